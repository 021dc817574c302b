//! An offset without a date is no time zone.

use super::scene::at_column;
use super::shapes::is_builtin;
use super::statement::Statement;
use super::{About, Hit, MODEL, ModelHit, Rule, Scene, Script};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    name: "time-with-time-zone",
    level: Some(Severity::Warning),
    about: About::Design,
    statement: Some(check),
    model: Some(design),
    ..MODEL
};

const HELP: &str = "use timestamptz, or time beside the name of a zone";

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    for column in script.columns(at) {
        if ["timetz", "time with time zone"].contains(&column.ty.as_str()) {
            let message = format!(
                "{} keeps an offset, but without a date nobody knows the zone",
                column.name
            );
            hits.push(Hit::new(&column.ty_span, message, "timetz", HELP));
        }
    }
}

fn design(scene: &Scene<'_>, hits: &mut Vec<ModelHit>) {
    for (table, column) in scene.columns() {
        if is_builtin(&column.ty, &["time with time zone"]) {
            let message = format!(
                "{}.{} keeps an offset, but without a date nobody knows the zone",
                table.name, column.name
            );
            hits.push(at_column(table, column, message, "timetz", HELP));
        }
    }
}
