//! Programs that still run know the old name.

use super::statement::{ActionKind, Statement};
use super::{About, Hit, Rule, STATEMENT, Script};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    name: "rename-column",
    level: Some(Severity::Warning),
    about: About::Clients,
    dialect: None,
    statement: Some(check),
    ..STATEMENT
};

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    for (table, action) in script.actions(at) {
        if let ActionKind::RenameColumn { from } = &action.kind {
            hits.push(Hit::new(
                &action.span,
                format!("running programs that use {table}.{from} fail"),
                "they know the old name",
                "keep the column and give it another name in schema.rs (`#[sql_name]`), or add a new one, write to both and switch over",
            ));
        }
    }
}
