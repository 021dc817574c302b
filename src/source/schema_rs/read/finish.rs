//! What follows once all tables are read: default names, sequences of `serial` columns, triggers
//! of `on_update`, canonical order.

use super::super::default_names::{self, Parts};
use super::super::names::Namespace;
use super::super::{on_update, serial};
use super::draft::Draft;
use super::identity::autoincrement;
use super::mistakes::Mistakes;
use crate::model::{ColumnValue, DataType, Dialect, Model, Object, Table, TypeName};
use std::collections::BTreeMap;

/// Turns `#[serial]` columns into what the dialect has for them.
pub fn serials(drafts: &mut [Draft], mistakes: &mut [Mistakes], model: &mut Model) {
    for draft in drafts {
        let Some(mistakes) = mistakes.get_mut(draft.home.file) else { continue };
        let mut serials = std::mem::take(&mut draft.serials);
        serials.sort_unstable();
        serials.dedup();
        for at in serials {
            let Some(mut column) = draft.table.columns.get(at).cloned() else { continue };
            let span = draft.column_spans.get(at).cloned().unwrap_or_default();
            if !column.value.is_none() {
                mistakes
                    .add(
                        "two-values",
                        &span,
                        format!("column `{}` is serial and has another value", column.name),
                    )
                    .help("keep one of them");
                continue;
            }
            if model.dialect == Dialect::Sqlite {
                autoincrement(&mut column, &span, draft, Dialect::Sqlite, mistakes);
            } else {
                let ty = match &column.ty {
                    DataType { name: TypeName::Builtin(name), array: false, .. } => name.clone(),
                    _ => String::new(),
                };
                if !matches!(ty.as_str(), "smallint" | "integer" | "bigint") {
                    mistakes
                        .add(
                            "wrong-type",
                            &span,
                            format!("`{}` counts, so it must be an integer", column.name),
                        )
                        .help("make it SmallInt, Integer or BigInt");
                    continue;
                }
                let sequence = serial::sequence_of(&draft.table.name, &column.name, &ty);
                column.value = ColumnValue::Default(serial::next_value(&sequence.name));
                column.nullable = false;
                model.insert(Object::Sequence(Box::new(sequence)));
            }
            if let Some(slot) = draft.table.columns.get_mut(at) {
                *slot = column;
            }
        }
    }
}

/// Gives PostgreSQL's default names to whatever has none; on SQLite only indexes must have one.
pub fn names(drafts: &mut [Draft], model: &Model) {
    let mut spaces: BTreeMap<Option<String>, Namespace> = BTreeMap::new();
    for sequence in model.sequences.keys() {
        let space = spaces.entry(sequence.schema.clone()).or_default();
        space.relations.insert(sequence.name.clone());
    }
    for draft in &*drafts {
        take_given(&draft.table, spaces.entry(draft.table.name.schema.clone()).or_default());
    }
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    order.sort_by(|a, b| {
        drafts.get(*a).map(|d| &d.table.name).cmp(&drafts.get(*b).map(|d| &d.table.name))
    });
    for at in order {
        let Some(draft) = drafts.get_mut(at) else { continue };
        let space = spaces.entry(draft.table.name.schema.clone()).or_default();
        name_all(&mut draft.table, model.dialect, space);
    }
}

fn take_given(table: &Table, space: &mut Namespace) {
    space.relations.insert(table.name.name.clone());
    space.relations.extend(given(table.indexes.iter().map(|i| i.name.as_str())));
    let indexed = table
        .primary_key
        .iter()
        .filter_map(|k| k.name.as_deref())
        .chain(table.uniques.iter().filter_map(|u| u.name.as_deref()))
        .chain(table.exclusions.iter().map(|e| e.name.as_str()));
    for name in given(indexed) {
        space.relations.insert(name.clone());
        space.constraints.insert(name);
    }
    let plain = table
        .foreign_keys
        .iter()
        .filter_map(|k| k.name.as_deref())
        .chain(table.checks.iter().filter_map(|c| c.name.as_deref()));
    space.constraints.extend(given(plain));
}

fn given<'a>(names: impl Iterator<Item = &'a str>) -> impl Iterator<Item = String> {
    names.filter(|name| !name.is_empty()).map(str::to_owned)
}

fn name_all(table: &mut Table, dialect: Dialect, space: &mut Namespace) {
    let own = table.name.name.clone();
    let with_index = |parts: &Parts, space: &mut Namespace| {
        space.index_constraint(&own, parts.second.as_deref(), parts.label)
    };
    if dialect == Dialect::Postgres {
        let check_parts: Vec<Parts> =
            table.checks.iter().map(|check| default_names::check(check, table, dialect)).collect();
        if let Some(key) = &mut table.primary_key
            && key.name.is_none()
        {
            key.name = Some(with_index(&default_names::primary_key(key), space));
        }
        for unique in table.uniques.iter_mut().filter(|u| u.name.is_none()) {
            unique.name = Some(with_index(&default_names::unique(unique), space));
        }
        for exclusion in table.exclusions.iter_mut().filter(|e| e.name.is_empty()) {
            exclusion.name = with_index(&default_names::exclusion(exclusion), space);
            exclusion.index.name.clone_from(&exclusion.name);
        }
        for (check, parts) in table.checks.iter_mut().zip(check_parts) {
            if check.name.is_none() {
                check.name = Some(space.constraint(&own, parts.second.as_deref(), parts.label));
            }
        }
        for key in table.foreign_keys.iter_mut().filter(|k| k.name.is_none()) {
            let parts = default_names::foreign_key(key);
            key.name = Some(space.constraint(&own, parts.second.as_deref(), parts.label));
        }
    }
    for index in table.indexes.iter_mut().filter(|i| i.name.is_empty()) {
        let parts = default_names::index(index);
        index.name = space.relation(&own, parts.second.as_deref(), parts.label);
    }
}

/// Puts tables into the model, their lists in canonical order, with the triggers of `on_update`.
pub fn into_model(drafts: Vec<Draft>, model: &mut Model) {
    for mut draft in drafts {
        for (at, expr) in &draft.on_updates {
            if let Some(column) = draft.table.columns.get(*at) {
                on_update::add(model, &draft.table, column, expr);
            }
        }
        sort(&mut draft.table);
        model.insert(Object::Table(Box::new(draft.table)));
    }
}

/// By name; those without one stay in their order after the others.
fn sort(table: &mut Table) {
    fn key(name: Option<&String>) -> (bool, Option<String>) {
        (name.is_none(), name.cloned())
    }
    table.uniques.sort_by_key(|u| key(u.name.as_ref()));
    table.foreign_keys.sort_by_key(|k| key(k.name.as_ref()));
    table.checks.sort_by_key(|c| key(c.name.as_ref()));
    table.exclusions.sort_by(|a, b| a.name.cmp(&b.name));
    table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
}
