//! Both tables are locked against writing while every row is looked up.

use super::statement::{ActionKind, ConstraintKind, Statement};
use super::{Hit, Rule, STATEMENT, Script};

pub(super) const RULE: Rule =
    Rule { name: "foreign-key-without-not-valid", statement: Some(check), ..STATEMENT };

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    for (table, action) in script.actions(at) {
        let found = match &action.kind {
            ActionKind::AddConstraint(added) => {
                added.kind == ConstraintKind::ForeignKey && !added.not_valid
            }
            ActionKind::AddColumn(column) => column.references,
            _ => false,
        };
        if found {
            hits.push(Hit::new(
                &action.span,
                format!("nobody can write to {table} or its parent while every row of {table} is looked up"),
                "checks all rows at once",
                "add the key NOT VALID, and VALIDATE CONSTRAINT in the next migration",
            ));
        }
    }
}
