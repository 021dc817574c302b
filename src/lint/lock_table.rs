//! A lock taken by hand is held until the transaction ends.

use super::statement::{Kind, Statement};
use super::{Hit, Rule, STATEMENT, Script};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    name: "lock-table",
    level: Some(Severity::Warning),
    statement: Some(check),
    ..STATEMENT
};

fn check(_script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    if let Kind::Lock { table } = &at.kind {
        hits.push(Hit::new(
            &at.head,
            format!("others wait for {table} until this transaction ends"),
            "held to the end",
            "leave locking to the statements, which take the weakest lock that does, or keep the transaction short",
        ));
    }
}
