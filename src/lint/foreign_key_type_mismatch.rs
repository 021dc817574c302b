//! Comparing them converts each value, and an index may not help.

use super::scene::at_column;
use super::{MODEL, ModelHit, Rule, Scene};
use crate::model::{DataType, TypeName};

pub(super) const RULE: Rule =
    Rule { name: "foreign-key-type-mismatch", dialect: None, model: Some(design), ..MODEL };

fn design(scene: &Scene<'_>, hits: &mut Vec<ModelHit>) {
    for table in scene.tables() {
        for key in &table.foreign_keys {
            let Some(parent) = scene.model.tables.get(&key.parent) else { continue };
            for (name, parent_name) in key.columns.iter().zip(&key.parent_columns) {
                let (Some(column), Some(parent_column)) =
                    (table.column(name), parent.column(parent_name))
                else {
                    continue;
                };
                if column.ty.name != parent_column.ty.name
                    || column.ty.array != parent_column.ty.array
                {
                    let (own, theirs) = (spelled(&column.ty), spelled(&parent_column.ty));
                    let message = format!(
                        "{}.{name} is {own}, {}.{parent_name} is {theirs}",
                        table.name, key.parent
                    );
                    hits.push(at_column(
                        table,
                        column,
                        message,
                        "another type",
                        "give both the same type",
                    ));
                }
            }
        }
    }
}

fn spelled(ty: &DataType) -> String {
    match &ty.name {
        TypeName::Builtin(name) => name.clone(),
        TypeName::User(name) => name.to_string(),
    }
}
