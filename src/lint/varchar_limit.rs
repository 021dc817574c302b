//! A limit that turns out too short is a migration.

use super::scene::at_column;
use super::shapes::is_builtin;
use super::statement::Statement;
use super::{About, Hit, MODEL, ModelHit, Rule, Scene, Script};

pub(super) const RULE: Rule = Rule {
    name: "varchar-limit",
    level: None,
    about: About::Design,
    statement: Some(check),
    model: Some(design),
    ..MODEL
};

const HELP: &str = "use text, with a check on the length where there has to be one";

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    for column in script.columns(at) {
        if ["varchar", "character varying"].contains(&column.ty.as_str()) && column.modified {
            let message = format!("a longer {} will need a migration", column.name);
            hits.push(Hit::new(&column.ty_span, message, "varchar(n)", HELP));
        }
    }
}

fn design(scene: &Scene<'_>, hits: &mut Vec<ModelHit>) {
    for (table, column) in scene.columns() {
        if is_builtin(&column.ty, &["character varying"]) && column.ty.modifier.is_some() {
            let message = format!("a longer {}.{} will need a migration", table.name, column.name);
            hits.push(at_column(table, column, message, "varchar(n)", HELP));
        }
    }
}
