//! For those who run migrations with other programs, too, which set no limit.

use super::statement::{Kind, Statement};
use super::{Hit, Rule, STATEMENT, Script};

pub(super) const RULE: Rule =
    Rule { name: "missing-lock-timeout", level: None, statement: Some(check), ..STATEMENT };

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    let set = |earlier: &Statement| matches!(&earlier.kind, Kind::Set { name, .. } if name == "lock_timeout");
    let told = |earlier: &Statement| set(earlier) || locks(script, earlier);
    if locks(script, at) && !script.before(at).any(told) {
        hits.push(Hit::new(
            &at.head,
            "no lock_timeout before the first statement that locks a table in use",
            "waits as long as it takes",
            "SET LOCAL lock_timeout = '3s'; at the top; `dbkit migrate` sets one by itself",
        ));
    }
}

fn locks(script: &Script<'_>, at: &Statement) -> bool {
    match &at.kind {
        Kind::AlterTable { name, .. } => !script.is_new(name, at),
        Kind::Drop { what, concurrently, .. } => *what == "table" || !concurrently,
        Kind::CreateIndex { table, concurrently, .. } => !concurrently && !script.is_new(table, at),
        Kind::Truncate => true,
        _ => false,
    }
}
