//! The lock of ADD CONSTRAINT is held until the validation is through.

use super::statement::{ActionKind, Kind, Statement};
use super::{Hit, Rule, STATEMENT, Script};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    name: "validate-in-same-transaction",
    level: Some(Severity::Warning),
    statement: Some(check),
    ..STATEMENT
};

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    for (table, action) in script.actions(at) {
        let ActionKind::Validate { name } = &action.kind else { continue };
        let here = script.before_in_transaction(at).any(|earlier| match &earlier.kind {
            Kind::AlterTable { name: of, actions } => {
                of == table
                    && actions.iter().any(|a| match &a.kind {
                        ActionKind::AddConstraint(added) => added.name.as_ref() == Some(name),
                        _ => false,
                    })
            }
            _ => false,
        });
        if here {
            hits.push(Hit::new(
                &action.span,
                format!(
                    "the lock that adding {name} took on {table} is held while every row is read"
                ),
                "same transaction as ADD CONSTRAINT",
                "validate in the next migration",
            ));
        }
    }
}
