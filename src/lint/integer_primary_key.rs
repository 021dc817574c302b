//! Two thousand million rows are fewer than they were.

use super::scene::at_column;
use super::shapes::is_builtin;
use super::statement::Statement;
use super::{About, Hit, MODEL, ModelHit, Rule, Scene, Script};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    name: "integer-primary-key",
    level: Some(Severity::Warning),
    about: About::Design,
    statement: Some(check),
    model: Some(design),
    ..MODEL
};

const HELP: &str = "use bigint (BigInt, and BigSerial for serial): changing it later writes the table and every table that refers to it anew";

fn end(ty: &str) -> &'static str {
    if ty.starts_with("small") || ty == "int2" { "32,767" } else { "2,147,483,647" }
}

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    for column in script.columns(at) {
        let small =
            ["int", "integer", "int4", "serial", "serial4", "smallint", "int2", "smallserial"];
        if column.primary_key && small.contains(&column.ty.as_str()) {
            let message = format!("{} ends at {}", column.name, end(&column.ty));
            hits.push(Hit::new(&column.ty_span, message, "use bigint", HELP));
        }
    }
}

fn design(scene: &Scene<'_>, hits: &mut Vec<ModelHit>) {
    for table in scene.tables() {
        let key = table.primary_key.as_ref().map_or(&[][..], |key| &key.columns);
        // With several columns, or as a parent's key, the number is another table's.
        let [name] = key else { continue };
        if table.foreign_keys.iter().any(|parent| parent.columns.contains(name)) {
            continue;
        }
        let Some(column) = table.column(name) else { continue };
        if let Some(ty) = ["integer", "smallint"].iter().find(|ty| is_builtin(&column.ty, &[**ty]))
        {
            let message = format!("{}.{name} ends at {}", table.name, end(ty));
            hits.push(at_column(table, column, message, "BigInt lasts", HELP));
        }
    }
}
