//! json keeps text: no equality, no index, parsed at each use.

use super::scene::at_column;
use super::shapes::is_builtin;
use super::statement::Statement;
use super::{About, Hit, MODEL, ModelHit, Rule, Scene, Script};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    name: "json-column",
    level: Some(Severity::Warning),
    about: About::Design,
    statement: Some(check),
    model: Some(design),
    ..MODEL
};

const HELP: &str = "use jsonb, unless white space and the order of keys must be kept";

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    for column in script.columns(at) {
        if column.ty == "json" {
            let message = format!(
                "{} is json: it cannot be compared, made unique, grouped or indexed",
                column.name
            );
            hits.push(Hit::new(&column.ty_span, message, "json", HELP));
        }
    }
}

fn design(scene: &Scene<'_>, hits: &mut Vec<ModelHit>) {
    for (table, column) in scene.columns() {
        if is_builtin(&column.ty, &["json"]) {
            let message = format!(
                "{}.{} is json: it cannot be compared, made unique, grouped or indexed",
                table.name, column.name
            );
            hits.push(at_column(table, column, message, "json", HELP));
        }
    }
}
