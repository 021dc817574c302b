//! Programs that still run know the old name.

use super::statement::{ActionKind, Kind, Statement};
use super::{About, Hit, Rule, STATEMENT, Script};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    name: "rename-table",
    level: Some(Severity::Warning),
    about: About::Clients,
    dialect: None,
    statement: Some(check),
    ..STATEMENT
};

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    let help = "make the new name a view of the table, switch the programs over, then rename";
    if let Kind::Rename { what: what @ ("view" | "materialized view"), name } = &at.kind {
        let message = format!("running programs that use {what} {name} fail");
        hits.push(Hit::new(&at.head, message, "they know the old name", help));
    }
    for (table, action) in script.actions(at) {
        if matches!(action.kind, ActionKind::RenameTable) {
            let message = format!("running programs that use {table} fail");
            hits.push(Hit::new(&action.span, message, "they know the old name", help));
        }
    }
}
