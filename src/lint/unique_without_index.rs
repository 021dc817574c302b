//! The index behind the constraint is built under a lock.

use super::statement::{ActionKind, ConstraintKind, Statement};
use super::{Hit, Rule, STATEMENT, Script};

pub(super) const RULE: Rule =
    Rule { name: "unique-without-index", statement: Some(check), ..STATEMENT };

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    for (table, action) in script.actions(at) {
        let found = match &action.kind {
            ActionKind::AddConstraint(added) => matches!(
                added.kind,
                ConstraintKind::Unique { using_index: false }
                    | ConstraintKind::PrimaryKey { using_index: false }
            ),
            ActionKind::AddColumn(column) => column.unique || column.primary_key,
            _ => false,
        };
        if found {
            hits.push(Hit::new(
                &action.span,
                format!("nobody can use {table} while the index behind this is built"),
                "builds an index under a lock",
                "CREATE UNIQUE INDEX CONCURRENTLY in a migration of its own, then ADD CONSTRAINT … USING INDEX",
            ));
        }
    }
}
