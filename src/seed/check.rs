//! Rows as written in, rows that can be bound out: names, types, keys, duplicates.

use super::SeedError;
use super::kind::{Kind, has_own_value};
use super::rows::{Cell, Row};
use super::value::convert;
use crate::database::Value;
use crate::diagnostic::{Diagnostic, Place};
use crate::model::{Column, ColumnValue, IdentityMode, IndexKey, Model, QName, Table};
use std::collections::BTreeMap;

/// A row that fits its table.
#[derive(Clone, Debug)]
pub(super) struct CheckedRow {
    pub place: Place,
    /// By column, in the table's order.
    pub values: Vec<(String, Value)>,
    /// Where each value is written, for findings made later.
    pub places: BTreeMap<String, Place>,
    /// The columns that find the row again.
    pub key: Vec<String>,
}

impl CheckedRow {
    pub(super) fn value(&self, column: &str) -> Option<&Value> {
        self.values.iter().find(|(name, _)| name == column).map(|(_, value)| value)
    }

    /// `(id) = (7)`, for messages.
    pub(super) fn key_text(&self) -> String {
        let values: Vec<String> =
            self.key.iter().filter_map(|column| self.value(column)).map(shown).collect();
        format!("({}) = ({})", self.key.join(", "), values.join(", "))
    }
}

/// The rows of each table, files' order kept.
pub(super) type Checked = BTreeMap<QName, Vec<CheckedRow>>;

/// A value as a message shows it.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => format!("{} bytes", bytes.len()),
    }
}

/// Checks every row; a row of the environment that has the key of a common row is laid over it.
pub(super) fn check(rows: Vec<Row>, model: &Model) -> Result<Checked, SeedError> {
    let mut checker =
        Checker { model, mistakes: Vec::new(), known: BTreeMap::new(), checked: BTreeMap::new() };
    for row in rows {
        checker.row(row);
    }
    let Checker { mut mistakes, checked, .. } = checker;
    for (name, rows) in &checked {
        if let Some(table) = model.tables.get(name) {
            mistakes.extend(rows.iter().filter_map(|row| missing(table, row)));
        }
    }
    if mistakes.is_empty() { Ok(checked) } else { Err(SeedError::Mistakes(mistakes)) }
}

struct Checker<'m> {
    model: &'m Model,
    mistakes: Vec<Diagnostic>,
    /// Set and position of the row with that key.
    known: BTreeMap<(QName, String), (String, usize)>,
    checked: Checked,
}

impl Checker<'_> {
    fn row(&mut self, row: Row) {
        let Some(table) = self.model.tables.get(&row.table) else {
            self.mistakes.push(self.unknown_table(&row));
            return;
        };
        let before = self.mistakes.len();
        let mut given: BTreeMap<String, (Value, Place)> = BTreeMap::new();
        for cell in row.cells {
            match self.cell(table, &cell) {
                Ok(value) => {
                    given.insert(cell.column, (value, cell.place));
                }
                Err(mistake) => self.mistakes.push(*mistake),
            }
        }
        if self.mistakes.len() > before {
            return;
        }
        let mut values = Vec::new();
        let mut places = BTreeMap::new();
        for column in &table.columns {
            if let Some((value, place)) = given.remove(&column.name) {
                places.insert(column.name.clone(), place);
                values.push((column.name.clone(), value));
            }
        }
        let Some(key) = key(table, &values) else {
            self.mistakes.push(no_key(table, row.place));
            return;
        };
        let checked = CheckedRow { place: row.place, values, places, key };
        self.keep(row.table, row.set, checked);
    }

    /// Adds a row, or lays it over the common row with the same key.
    fn keep(&mut self, table: QName, set: String, row: CheckedRow) {
        let rows = self.checked.entry(table.clone()).or_default();
        let id = (table, row.key_text());
        match self.known.get(&id) {
            None => {
                self.known.insert(id, (set, rows.len()));
                rows.push(row);
            }
            Some((first_set, position)) => {
                let Some(first) = rows.get_mut(*position) else { return };
                if *first_set == set {
                    let message = format!("a second row of {} with {}", id.0, id.1);
                    self.mistakes.push(
                        Diagnostic::error("seed-duplicate", message)
                            .at(row.place)
                            .help(format!("the first one is at {}", first.place)),
                    );
                    return;
                }
                for (column, value) in row.values {
                    match first.values.iter_mut().find(|(name, _)| *name == column) {
                        Some(old) => old.1 = value,
                        None => first.values.push((column, value)),
                    }
                }
                first.places.extend(row.places);
                first.place = row.place;
            }
        }
    }

    fn unknown_table(&self, row: &Row) -> Diagnostic {
        let names: Vec<String> = self.model.tables.keys().map(ToString::to_string).collect();
        let wanted = row.table.to_string();
        let found = Diagnostic::error("seed-unknown-table", format!("there is no table {wanted}"))
            .at(row.place.clone());
        match dbkit_syntax::nearest(&wanted, names.iter().map(String::as_str)) {
            Some(name) => found.help(format!("did you mean {name}?")),
            None if names.is_empty() => {
                found.help("the database has no tables yet; run `dbkit migrate` first")
            }
            None => found,
        }
    }

    fn cell(&self, table: &Table, cell: &Cell) -> Result<Value, Box<Diagnostic>> {
        let Some(column) = table.column(&cell.column) else {
            let names = table.columns.iter().map(|column| column.name.as_str());
            let message = format!("table {} has no column {}", table.name, cell.column);
            let found =
                Diagnostic::error("seed-unknown-column", message).at(cell.column_place.clone());
            return Err(Box::new(match dbkit_syntax::nearest(&cell.column, names) {
                Some(name) => found.help(format!("did you mean {name}?")),
                None => found,
            }));
        };
        if matches!(column.value, ColumnValue::Generated { .. }) {
            let message = format!("{}.{} is generated by the database", table.name, column.name);
            return Err(Box::new(
                Diagnostic::error("seed-generated", message)
                    .at(cell.column_place.clone())
                    .help("leave it out"),
            ));
        }
        let wrong = |message: String| {
            let message = format!("{}.{}: {message}", table.name, column.name);
            Box::new(Diagnostic::error("seed-type", message).at(cell.place.clone()))
        };
        let value = convert(&cell.value, &Kind::of(&column.ty, self.model), self.model.dialect)
            .map_err(wrong)?;
        if value == Value::Null && !column.nullable {
            return Err(wrong("null, but the column is not nullable".to_owned()));
        }
        Ok(value)
    }
}

/// The primary key, or else the first unique constraint or index, whose columns the row gives.
fn key(table: &Table, values: &[(String, Value)]) -> Option<Vec<String>> {
    let has = |column: &String| {
        values.iter().any(|(name, value)| name == column && *value != Value::Null)
    };
    keys(table).into_iter().find(|columns| !columns.is_empty() && columns.iter().all(has))
}

/// Every set of columns that finds at most one row.
fn keys(table: &Table) -> Vec<Vec<String>> {
    let primary = table.primary_key.iter().map(|key| key.columns.clone());
    let uniques = table.uniques.iter().map(|unique| unique.columns.clone());
    let indexes =
        table.indexes.iter().filter(|i| i.unique && i.predicate.is_none()).filter_map(|index| {
            let columns = index.elements.iter().map(|element| match &element.key {
                IndexKey::Column(name) => Some(name.clone()),
                IndexKey::Expr(_) => None,
            });
            columns.collect::<Option<Vec<String>>>()
        });
    primary.chain(uniques).chain(indexes).collect()
}

fn no_key(table: &Table, place: Place) -> Diagnostic {
    let found = Diagnostic::error(
        "seed-no-key",
        format!("a second run could not find this row of {} again", table.name),
    )
    .at(place);
    let keys: Vec<String> = keys(table).iter().map(|key| format!("({})", key.join(", "))).collect();
    if keys.is_empty() {
        found.help("the table has neither a primary key nor a unique constraint: use an SQL file")
    } else {
        found.help(format!("give the columns of one key: {}", keys.join(" or ")))
    }
}

/// A NOT NULL column without a value of its own that the row leaves out.
fn missing(table: &Table, row: &CheckedRow) -> Option<Diagnostic> {
    let needs = |column: &&Column| {
        !column.nullable && !has_own_value(&column.value) && !is_rowid(table, column)
    };
    let missing: Vec<&str> = table
        .columns
        .iter()
        .filter(needs)
        .filter(|column| row.value(&column.name).is_none())
        .map(|column| column.name.as_str())
        .collect();
    (!missing.is_empty()).then(|| {
        let names = missing.join(", ");
        Diagnostic::error("seed-missing", format!("this row of {} needs {names}", table.name))
            .at(row.place.clone())
            .help("these columns are not nullable and have no default")
    })
}

/// SQLite's `INTEGER PRIMARY KEY` numbers itself (lang_createtable, "ROWIDs and the INTEGER PRIMARY
/// KEY").
fn is_rowid(table: &Table, column: &Column) -> bool {
    let declared = crate::dialect::sqlite::types::render(&column.ty);
    let alone = table.primary_key.as_ref().is_some_and(|key| key.columns == [column.name.as_str()]);
    alone && !table.without_rowid && declared.eq_ignore_ascii_case("integer")
}

/// True when PostgreSQL takes an explicit value only with `OVERRIDING SYSTEM VALUE`.
pub(super) fn is_always_identity(column: &Column) -> bool {
    matches!(&column.value, ColumnValue::Identity(identity) if identity.mode == IdentityMode::Always)
}
