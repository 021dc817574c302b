//! What `diesel::table!` cannot say: indexes, defaults, checks, functions … are taken from what is
//! there already, so that a project of Diesel's can be worked on before `pull` has made its file
//! say them.

use super::types;
use crate::diagnostic::Diagnostic;
use crate::model::{
    Column, ColumnRef, ColumnValue, DataType, Dialect, Model, QName, Table, TypeName,
};
use crate::source::Source;
use std::collections::BTreeSet;

/// A schema whose plain tables have been completed.
#[derive(Clone, Debug)]
pub struct Completed {
    pub source: Source,
    /// Tables that are there, and that files of Diesel's alone do not mention.
    pub left_alone: Vec<QName>,
}

/// Lays the plain tables of the files over `base`. Files without any are what they were.
///
/// # Errors
/// Columns of which nothing tells the type in the database: neither the files nor `base`.
pub fn completed(mut source: Source, base: &Model) -> Result<Completed, Vec<Diagnostic>> {
    if !source.declared.plain {
        return Ok(Completed { source, left_alone: Vec::new() });
    }
    without_views(&mut source, &base.views.keys().cloned().collect());
    let undecided: Vec<Diagnostic> = source
        .declared
        .undecided
        .iter()
        .filter(|(place, _)| column_of(base, place).is_none())
        .map(|(_, mistake)| mistake.clone())
        .collect();
    if !undecided.is_empty() {
        return Err(undecided);
    }
    let plain = |name: &QName| source.declared.tables.get(name).is_some_and(|table| table.plain);
    let mut left_alone = Vec::new();
    // Where every table is Diesel's, nothing in the files could say anything else.
    let mut model = match source.model.tables.keys().all(plain) && source.model.enums.is_empty() {
        true => {
            let others = base.tables.keys().filter(|name| !source.model.tables.contains_key(*name));
            left_alone.extend(others.cloned());
            let mut model = base.clone();
            for (name, schema) in &source.model.schemas {
                model.schemas.entry(name.clone()).or_insert_with(|| schema.clone());
            }
            model
        }
        false => source.model.clone(),
    };
    for (name, table) in &source.model.tables {
        let table = match base.tables.get(name).filter(|_| plain(name)) {
            Some(old) => laid_over(&source.model, table, base, old),
            None => table.clone(),
        };
        model.tables.insert(name.clone(), table);
    }
    source.model = model;
    Ok(Completed { source, left_alone })
}

/// Takes out the plain tables that stand for a view: Diesel has no other word for one.
pub fn without_views(source: &mut Source, views: &BTreeSet<QName>) {
    let declared = &mut source.declared;
    let gone: BTreeSet<QName> = views
        .iter()
        .filter(|name| declared.tables.get(*name).is_some_and(|table| table.plain))
        .cloned()
        .collect();
    declared.tables.retain(|name, _| !gone.contains(name));
    declared.undecided.retain(|place, _| !gone.contains(&place.table));
    declared.plain = declared.tables.values().any(|table| table.plain);
    source.model.tables.retain(|name, _| !gone.contains(name));
    for table in source.model.tables.values_mut() {
        table.foreign_keys.retain(|key| !gone.contains(&key.parent));
    }
    declared.views.extend(gone);
}

fn column_of<'m>(model: &'m Model, place: &ColumnRef) -> Option<&'m Column> {
    model.tables.get(&place.table)?.columns.iter().find(|column| column.name == place.column)
}

fn laid_over(model: &Model, table: &Table, base: &Model, old: &Table) -> Table {
    let mut out = old.clone();
    out.columns = table
        .columns
        .iter()
        .map(|column| match old.columns.iter().find(|known| known.name == column.name) {
            Some(known) => Column {
                ty: match says_the_same(model, &column.ty, base, &known.ty) {
                    true => known.ty.clone(),
                    false => column.ty.clone(),
                },
                nullable: column.nullable,
                value: match &column.value {
                    ColumnValue::None => known.value.clone(),
                    said => said.clone(),
                },
                ..known.clone()
            },
            None => column.clone(),
        })
        .collect();
    // What a column needs that is not there any more goes with it.
    let has = |name: &String| table.columns.iter().any(|column| column.name == *name);
    out.foreign_keys.retain(|key| key.columns.iter().all(has));
    out.uniques.retain(|unique| unique.columns.iter().all(has));
    let new = |name: &String| !old.columns.iter().any(|column| column.name == *name);
    let joined = table.foreign_keys.iter().filter(|key| key.columns.iter().any(new));
    out.foreign_keys.extend(joined.cloned());
    // Attributes of dbkit's may have been added, one by one.
    let known: Vec<Option<String>> = old.uniques.iter().map(|it| it.name.clone()).collect();
    let said = table.uniques.iter().filter(|it| !known.contains(&it.name));
    out.uniques.extend(said.cloned());
    let known: Vec<Option<String>> = old.checks.iter().map(|it| it.name.clone()).collect();
    let said = table.checks.iter().filter(|it| !known.contains(&it.name));
    out.checks.extend(said.cloned());
    let said = table.indexes.iter().filter(|it| old.indexes.iter().all(|i| i.name != it.name));
    out.indexes.extend(said.cloned());
    if out.primary_key.as_ref().is_some_and(|key| !key.columns.iter().all(has)) {
        out.primary_key.clone_from(&table.primary_key);
    }
    out
}

/// Diesel writes both types alike: lengths that the file leaves out are those there are. Text stands
/// for whatever the application reads as text; on SQLite any type does, because columns hold any value.
fn says_the_same(model: &Model, new: &DataType, base: &Model, old: &DataType) -> bool {
    if undecided(new) || new == old || model.dialect == Dialect::Sqlite {
        return true;
    }
    if new.array != old.array || !(new.modifier.is_none() || new.modifier == old.modifier) {
        return false;
    }
    let (written, known) = (types::to_diesel(model, new), types::to_diesel(base, old));
    let text = |name: &str| matches!(name, "Text" | "Varchar" | "Bpchar" | "Citext");
    let as_text = text(&known.diesel) || matches!(old.name, TypeName::User(_));
    written.diesel == known.diesel || (text(&written.diesel) && as_text)
}

/// The reader's sign for a type it does not know.
fn undecided(ty: &DataType) -> bool {
    matches!(&ty.name, TypeName::User(name) if name.name.is_empty())
}
