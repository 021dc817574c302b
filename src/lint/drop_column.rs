//! Programs that still run use the column; Diesel names every column it reads.

use super::statement::{ActionKind, Statement};
use super::{About, Hit, Rule, STATEMENT, Script};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    name: "drop-column",
    level: Some(Severity::Warning),
    about: About::Clients,
    dialect: None,
    statement: Some(check),
    ..STATEMENT
};

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    for (table, action) in script.actions(at) {
        if let ActionKind::DropColumn { name } = &action.kind {
            hits.push(Hit::new(
                &action.span,
                format!("running programs that use {table}.{name} fail, and its values are gone"),
                "still used?",
                "drop it in the release after the one that stopped using it",
            ));
        }
    }
}
