//! Programs that still run look for it where it was.

use super::statement::{ActionKind, Kind, Statement, TypeChange};
use super::{About, Hit, Rule, STATEMENT, Script};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    name: "set-schema",
    level: Some(Severity::Warning),
    about: About::Clients,
    statement: Some(check),
    ..STATEMENT
};

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    let moved = match &at.kind {
        Kind::AlterTable { name, actions } => {
            !script.is_new(name, at)
                && actions.iter().any(|action| matches!(action.kind, ActionKind::SetSchema))
        }
        Kind::AlterType { change: TypeChange::SetSchema, .. } | Kind::SetSchema => true,
        _ => false,
    };
    if moved {
        hits.push(Hit::new(
            &at.head,
            "running programs look for it in the old schema",
            "moves it",
            "leave a view of the old name behind, or move it when every program names the new schema",
        ));
    }
}
