//! Every query of a tenant reads the rows of all.

use super::scene::at_column;
use super::shapes::begins;
use super::{MODEL, ModelHit, Rule, Scene};

pub(super) const RULE: Rule =
    Rule { name: "tenant-without-index", dialect: None, model: Some(design), ..MODEL };

fn design(scene: &Scene<'_>, hits: &mut Vec<ModelHit>) {
    for table in scene.tables() {
        let Some(tenant) = scene.tenant(&table.name) else { continue };
        let Some(column) = table.column(tenant) else { continue };
        if !begins(table, tenant) {
            let message = format!(
                "every query of one tenant reads all of {}: no index begins with {tenant}",
                table.name
            );
            let help = format!("`#[index({tenant}, …)]` with the columns that the queries sort by");
            hits.push(at_column(table, column, message, "no index", help));
        }
    }
}
