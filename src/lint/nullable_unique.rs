//! Any number of rows may have NULL there.

use super::scene::at_column;
use super::{MODEL, ModelHit, Rule, Scene};

pub(super) const RULE: Rule =
    Rule { name: "nullable-unique", level: None, dialect: None, model: Some(design), ..MODEL };

fn design(scene: &Scene<'_>, hits: &mut Vec<ModelHit>) {
    for table in scene.tables() {
        for unique in table.uniques.iter().filter(|unique| !unique.nulls_not_distinct) {
            let nullable =
                unique.columns.iter().filter_map(|c| table.column(c)).find(|c| c.nullable);
            if let Some(column) = nullable {
                let message = format!(
                    "rows of {} with NULL in {} are never equal: unique ({}) allows any number of them",
                    table.name,
                    column.name,
                    unique.columns.join(", ")
                );
                let help =
                    "make the column NOT NULL, or write `nulls_not_distinct` (PostgreSQL 15)";
                hits.push(at_column(table, column, message, "nullable", help));
            }
        }
    }
}
