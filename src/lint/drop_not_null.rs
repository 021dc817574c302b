//! Programs that still run do not expect NULL.

use super::statement::{ActionKind, Statement};
use super::{About, Hit, Rule, STATEMENT, Script};

pub(super) const RULE: Rule = Rule {
    name: "drop-not-null",
    level: None,
    about: About::Clients,
    statement: Some(check),
    ..STATEMENT
};

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    for (table, action) in script.actions(at) {
        if let ActionKind::DropNotNull { column } = &action.kind {
            hits.push(Hit::new(
                &action.span,
                format!("running programs that read {table}.{column} may meet NULL"),
                "they expect a value",
                "first let every program read an Option",
            ));
        }
    }
}
