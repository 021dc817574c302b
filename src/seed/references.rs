//! Foreign keys that would point at nothing, found before anything is written.

use super::SeedError;
use super::check::{Checked, CheckedRow, shown};
use super::statements::{orphans, with_rows};
use crate::database::{Session, Value};
use crate::diagnostic::Diagnostic;
use crate::model::{ForeignKey, Model, QName, Table};
use std::collections::{BTreeMap, BTreeSet};

/// Keys asked for in one statement.
const AT_ONCE: usize = 1000;

pub(super) fn check(
    session: &mut dyn Session,
    checked: &Checked,
    model: &Model,
) -> Result<(), SeedError> {
    let mut mistakes = Vec::new();
    for (name, rows) in checked {
        let Some(table) = model.tables.get(name) else { continue };
        for key in &table.foreign_keys {
            mistakes.extend(broken(session, table, key, rows, checked, model)?);
        }
    }
    if mistakes.is_empty() { Ok(()) } else { Err(SeedError::Mistakes(mistakes)) }
}

fn broken(
    session: &mut dyn Session,
    table: &Table,
    key: &ForeignKey,
    rows: &[CheckedRow],
    checked: &Checked,
    model: &Model,
) -> Result<Vec<Diagnostic>, SeedError> {
    let seeded = seeded(checked, &key.parent, &key.parent_columns);
    // Each key that no seed row brings, with the first row that uses it.
    let mut asked: BTreeMap<String, (&CheckedRow, Vec<Value>)> = BTreeMap::new();
    for row in rows {
        if let Some(values) = tuple(row, &key.columns) {
            let text = text(&values);
            if !seeded.contains(&text) {
                asked.entry(text).or_insert((row, values));
            }
        }
    }
    let asked: Vec<(String, (&CheckedRow, Vec<Value>))> = asked.into_iter().collect();
    let mut mistakes = Vec::new();
    for part in asked.chunks(AT_ONCE) {
        for (text, (row, values)) in part {
            // One key at a time: the database gives values back in its own text form, by which
            // they could not be told apart.
            let (with, binds) = with_rows(table, &key.columns, vec![values.clone()], model);
            let select = orphans(&key.parent, &key.columns, &key.parent_columns, model.dialect);
            let found = session
                .query(&format!("{with} {select}"), &binds)
                .map_err(SeedError::database("looking for the rows that are referred to"))?;
            if !found.rows.is_empty() {
                mistakes.push(mistake(row, key, text, &seeded));
            }
        }
    }
    Ok(mistakes)
}

fn mistake(
    row: &CheckedRow,
    key: &ForeignKey,
    text: &str,
    seeded: &BTreeSet<String>,
) -> Diagnostic {
    let columns = key.parent_columns.join(", ");
    let message = format!("no row of {} has ({columns}) = ({text})", key.parent);
    let place = key.columns.iter().find_map(|column| row.places.get(column));
    let found =
        Diagnostic::error("seed-reference", message).at(place.unwrap_or(&row.place).clone());
    match dbkit_syntax::nearest(text, seeded.iter().map(String::as_str)) {
        Some(near) => found.help(format!("the most similar seed row is {near}")),
        None => found.help("it is neither in the seed files nor in the database"),
    }
}

fn seeded(checked: &Checked, parent: &QName, columns: &[String]) -> BTreeSet<String> {
    let rows = checked.get(parent).into_iter().flatten();
    rows.filter_map(|row| tuple(row, columns)).map(|values| text(&values)).collect()
}

/// The values of those columns; `None` when one is not given or null, for then nothing is
/// referred to.
fn tuple(row: &CheckedRow, columns: &[String]) -> Option<Vec<Value>> {
    let value = |column: &String| row.value(column).filter(|v| **v != Value::Null).cloned();
    columns.iter().map(value).collect()
}

fn text(values: &[Value]) -> String {
    values.iter().map(shown).collect::<Vec<_>>().join(", ")
}
