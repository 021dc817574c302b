//! The table is locked while every row is read.

use super::statement::{ActionKind, ConstraintKind, Statement};
use super::{Hit, Rule, STATEMENT, Script};

pub(super) const RULE: Rule =
    Rule { name: "check-without-not-valid", statement: Some(check), ..STATEMENT };

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    for (table, action) in script.actions(at) {
        let found = match &action.kind {
            ActionKind::AddConstraint(added) => {
                matches!(added.kind, ConstraintKind::Check { .. }) && !added.not_valid
            }
            ActionKind::AddColumn(column) => column.check && column.default.is_none(),
            _ => false,
        };
        if found {
            hits.push(Hit::new(
                &action.span,
                format!("nobody can use {table} while the check is tried on every row"),
                "checks all rows at once",
                "add the constraint NOT VALID, and VALIDATE CONSTRAINT in the next migration",
            ));
        }
    }
}
