//! Every query on the parent waits.

use super::statement::{ActionKind, Statement};
use super::{Hit, Rule, STATEMENT, Script};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    name: "detach-partition-not-concurrent",
    level: Some(Severity::Warning),
    statement: Some(check),
    ..STATEMENT
};

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    for (table, action) in script.actions(at) {
        if let ActionKind::DetachPartition { concurrently: false } = &action.kind {
            hits.push(Hit::new(
                &action.span,
                format!("every query on {table} waits for this"),
                "needs CONCURRENTLY",
                "DETACH PARTITION … CONCURRENTLY (PostgreSQL 14), in a migration of its own with run_in_transaction = false",
            ));
        }
    }
}
