//! A time without a zone is a time nobody can place.

use super::scene::at_column;
use super::shapes::is_builtin;
use super::statement::Statement;
use super::{About, Hit, MODEL, ModelHit, Rule, Scene, Script};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    name: "timestamp-without-time-zone",
    level: Some(Severity::Warning),
    about: About::Design,
    statement: Some(check),
    model: Some(design),
    ..MODEL
};

const HELP: &str = "use timestamptz (Timestamptz in schema.rs)";

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    for column in script.columns(at) {
        if ["timestamp", "timestamp without time zone"].contains(&column.ty.as_str()) {
            let message = format!("nobody knows which moment a value of {} is", column.name);
            hits.push(Hit::new(&column.ty_span, message, "no time zone", HELP));
        }
    }
}

fn design(scene: &Scene<'_>, hits: &mut Vec<ModelHit>) {
    for (table, column) in scene.columns() {
        if is_builtin(&column.ty, &["timestamp without time zone"]) {
            let message =
                format!("nobody knows which moment a value of {}.{} is", table.name, column.name);
            hits.push(at_column(table, column, message, "no time zone", HELP));
        }
    }
}
