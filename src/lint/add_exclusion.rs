//! There is no way to build an exclusion constraint without the lock.

use super::statement::{ActionKind, ConstraintKind, Statement};
use super::{Hit, Rule, STATEMENT, Script};

pub(super) const RULE: Rule = Rule { name: "add-exclusion", statement: Some(check), ..STATEMENT };

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    for (table, action) in script.actions(at) {
        let found = match &action.kind {
            ActionKind::AddConstraint(added) => added.kind == ConstraintKind::Exclude,

            _ => false,
        };
        if found {
            hits.push(Hit::new(
                &action.span,
                format!("nobody can use {table} while the exclusion constraint is built"),
                "locks the table",
                "do this while nobody needs the table, then say so: `-- dbkit: allow add-exclusion`",
            ));
        }
    }
}
