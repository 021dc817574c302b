//! Each index costs on every write.

use super::scene::at_table;
use super::shapes::covered;
use super::{MODEL, ModelHit, Rule, Scene};

pub(super) const RULE: Rule =
    Rule { name: "redundant-index", dialect: None, model: Some(design), ..MODEL };

fn design(scene: &Scene<'_>, hits: &mut Vec<ModelHit>) {
    for table in scene.tables() {
        for index in &table.indexes {
            if let Some(other) = covered(table, index) {
                hits.push(at_table(
                    table,
                    format!(
                        "index {} of {} does nothing that {other} does not do",
                        index.name, table.name
                    ),
                    "",
                    format!("drop {}", index.name),
                ));
            }
        }
    }
}
