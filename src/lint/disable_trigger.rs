//! What the trigger keeps up is not kept up, for everybody, until it is enabled again.

use super::statement::{ActionKind, Kind, Statement};
use super::{About, Hit, Rule, STATEMENT, Script};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    name: "disable-trigger",
    level: Some(Severity::Warning),
    about: About::Rows,
    statement: Some(check),
    ..STATEMENT
};

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    for (table, action) in script.actions(at) {
        let ActionKind::DisableTrigger { name } = &action.kind else { continue };
        let again = script.after(at).any(|later| match &later.kind {
            Kind::AlterTable { name: of, actions } => {
                of == table && actions.iter().any(|a| matches!(a.kind, ActionKind::EnableTrigger))
            }
            _ => false,
        });
        if !again || matches!(name.as_str(), "all" | "user") {
            hits.push(Hit::new(
                &action.span,
                format!("trigger {name} of {table} is off for every session"),
                if again { "foreign keys too, where it is ALL" } else { "never enabled again here" },
                "SET LOCAL session_replication_role = replica switches triggers off for this transaction alone",
            ));
        }
    }
}
