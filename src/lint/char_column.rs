//! char(n) fills up with spaces.

use super::scene::at_column;
use super::shapes::is_builtin;
use super::statement::Statement;
use super::{About, Hit, MODEL, ModelHit, Rule, Scene, Script};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    name: "char-column",
    level: Some(Severity::Warning),
    about: About::Design,
    statement: Some(check),
    model: Some(design),
    ..MODEL
};

const HELP: &str = "use text or varchar(n); a check on the length where all values have the same";

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    for column in script.columns(at) {
        if ["char", "character", "bpchar"].contains(&column.ty.as_str()) {
            let message =
                format!("{} is filled up with spaces, which most comparisons ignore", column.name);
            hits.push(Hit::new(&column.ty_span, message, "char(n)", HELP));
        }
    }
}

fn design(scene: &Scene<'_>, hits: &mut Vec<ModelHit>) {
    for (table, column) in scene.columns() {
        if is_builtin(&column.ty, &["character", "bpchar"]) {
            let message = format!(
                "{}.{} is filled up with spaces, which most comparisons ignore",
                table.name, column.name
            );
            hits.push(at_column(table, column, message, "char(n)", HELP));
        }
    }
}
