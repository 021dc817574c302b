//! Deleting a parent looks through every row of the child.

use super::shapes::leads;
use super::{MODEL, ModelHit, Rule, Scene};

pub(super) const RULE: Rule =
    Rule { name: "foreign-key-without-index", dialect: None, model: Some(design), ..MODEL };

fn design(scene: &Scene<'_>, hits: &mut Vec<ModelHit>) {
    for table in scene.tables() {
        for key in table.foreign_keys.iter().filter(|key| key.inherited_from.is_none()) {
            if leads(table, &key.columns) {
                continue;
            }
            let column = (key.columns.len() == 1).then(|| key.columns.first().cloned()).flatten();
            let columns = key.columns.join(", ");
            hits.push(ModelHit {
                table: table.name.clone(),
                column,
                message: format!(
                    "deleting a row of {} reads all of {}: no index begins with {columns}",
                    key.parent, table.name
                ),
                label: "no index",
                help: format!("`#[index({columns})]`"),
            });
        }
    }
}
