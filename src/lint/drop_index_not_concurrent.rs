//! Dropping an index waits for every query on the table, and all others queue behind it.

use super::statement::{Kind, Statement};
use super::{Hit, Rule, STATEMENT, Script};

pub(super) const RULE: Rule =
    Rule { name: "drop-index-not-concurrent", statement: Some(check), ..STATEMENT };

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    let Kind::Drop { what: "index", names, concurrently: false, .. } = &at.kind else { return };
    let made_here = script.before(at).any(|earlier| match &earlier.kind {
        Kind::CreateIndex { table, .. } => script.is_new(table, earlier),
        _ => false,
    });
    if !made_here {
        hits.push(Hit::new(
            &at.head,
            format!("every query on the table of {} waits for this", names.join(", ")),
            "needs CONCURRENTLY",
            "DROP INDEX CONCURRENTLY, in a migration of its own with run_in_transaction = false in its metadata.toml",
        ));
    }
}
