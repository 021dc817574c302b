//! Programs that still run use the table.

use super::statement::{Kind, Statement};
use super::{About, Hit, Rule, STATEMENT, Script};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    name: "drop-table",
    level: Some(Severity::Warning),
    about: About::Clients,
    dialect: None,
    statement: Some(check),
    ..STATEMENT
};

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    if let Kind::Drop {
        what: what @ ("table" | "view" | "materialized view" | "foreign table"),
        names,
        ..
    } = &at.kind
        && !names.iter().all(|name| script.is_new(name, at))
    {
        hits.push(Hit::new(
            &at.head,
            format!("running programs that use {what} {} fail", names.join(", ")),
            "still used?",
            "drop it in the release after the one that stopped using it",
        ));
    }
}
