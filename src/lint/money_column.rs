//! money follows the server's lc_monetary and knows no currency.

use super::scene::at_column;
use super::shapes::is_builtin;
use super::statement::Statement;
use super::{About, Hit, MODEL, ModelHit, Rule, Scene, Script};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    name: "money-column",
    level: Some(Severity::Warning),
    about: About::Design,
    statement: Some(check),
    model: Some(design),
    ..MODEL
};

const HELP: &str = "use numeric(p, s), and a column for the currency";

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    for column in script.columns(at) {
        if column.ty == "money" {
            let message = format!("what {} holds depends on the server's lc_monetary", column.name);
            hits.push(Hit::new(&column.ty_span, message, "money", HELP));
        }
    }
}

fn design(scene: &Scene<'_>, hits: &mut Vec<ModelHit>) {
    for (table, column) in scene.columns() {
        if is_builtin(&column.ty, &["money"]) {
            let message = format!(
                "what {}.{} holds depends on the server's lc_monetary",
                table.name, column.name
            );
            hits.push(at_column(table, column, message, "money", HELP));
        }
    }
}
