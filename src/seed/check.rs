//! Rows as written in, rows that can be bound out: names, types, keys, duplicates.

use super::SeedError;
use super::clock::Clock;
use super::keys::{self, Declared};
use super::kind::Kind;
use super::password;
use super::read::{Cell, Directive, Given, Reference, Row, time_offset};
use super::references::Pending;
use super::value::convert;
use crate::database::{Session, Value};
use crate::diagnostic::{Diagnostic, Place};
use crate::model::{Column, ColumnValue, IdentityMode, Model, QName, Table};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// A row that fits its table.
#[derive(Clone, Debug)]
pub(super) struct CheckedRow {
    pub set: String,
    pub place: Place,
    /// By column, in the table's order.
    pub values: Vec<(String, Value)>,
    /// Where each value is written, for findings made later.
    pub places: BTreeMap<String, Place>,
    /// The columns that find the row again.
    pub key: Vec<String>,
    /// Columns that count only when the row is inserted: times relative to now.
    pub once: BTreeSet<String>,
    /// Columns whose value the database gives to another row that is written first.
    pub late: Vec<(String, Lookup)>,
}

/// A column of another row, found by that row's key.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lookup {
    pub parent: QName,
    pub column: String,
    pub key: Vec<(String, Value)>,
}

impl CheckedRow {
    pub(super) fn value(&self, column: &str) -> Option<&Value> {
        self.values.iter().find(|(name, _)| name == column).map(|(_, value)| value)
    }

    /// The values of those columns; `None` when one is not given or null, for then nothing is
    /// referred to.
    pub(super) fn tuple(&self, columns: &[String]) -> Option<Vec<Value>> {
        let value = |column: &String| self.value(column).filter(|v| **v != Value::Null).cloned();
        columns.iter().map(value).collect()
    }

    /// `(id) = (7)`, for messages and to tell rows apart.
    pub(super) fn key_text(&self) -> String {
        let shown = |column: &String| match self.value(column) {
            Some(value) => shown(value),
            None => {
                self.late.iter().find(|(c, _)| c == column).map_or_else(String::new, |(_, l)| {
                    let key: Vec<String> = l.key.iter().map(|(_, value)| shown(value)).collect();
                    format!("@{}.{}", l.parent, key.join(","))
                })
            }
        };
        let values: Vec<String> = self.key.iter().map(shown).collect();
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

pub(super) fn has(values: &[(String, Value)], column: &str) -> bool {
    values.iter().any(|(name, value)| name == column && *value != Value::Null)
}

/// A row whose references may still be open.
#[derive(Debug)]
pub(super) struct Draft {
    pub row: Row,
    pub values: BTreeMap<String, (Value, Place)>,
    pub once: BTreeSet<String>,
    pub pending: Vec<Pending>,
    passwords: Vec<(String, String)>,
    pub late: Vec<(String, Lookup)>,
}

/// Checks every row; a row of the environment that has the key of a common row is laid over it.
pub(super) fn check(
    session: &mut dyn Session,
    rows: Vec<Row>,
    declared: &Declared,
    model: &Model,
    clock: Clock,
) -> Result<Checked, SeedError> {
    let mut checker = Checker {
        model,
        declared,
        clock,
        mistakes: keys::check_declared(declared, model),
        unknown: BTreeSet::new(),
        known: BTreeMap::new(),
        checked: BTreeMap::new(),
    };
    let mut drafts: Vec<Draft> = rows.into_iter().filter_map(|row| checker.draft(row)).collect();
    let mistakes = super::references::resolve(session, &mut drafts, declared, model)?;
    checker.mistakes.extend(mistakes);
    for draft in drafts {
        checker.row(draft);
    }
    let Checker { mut mistakes, checked, .. } = checker;
    for (name, rows) in &checked {
        if let Some(table) = model.tables.get(name) {
            mistakes.extend(rows.iter().filter_map(|row| missing(table, row)));
        }
    }
    if mistakes.is_empty() { Ok(checked) } else { Err(SeedError::Mistakes(in_order(mistakes))) }
}

/// By file and place, so that all findings of a file stand together. What is wrong with the first
/// line of a CSV file is found for each row and told once.
pub(super) fn in_order(mut mistakes: Vec<Diagnostic>) -> Vec<Diagnostic> {
    mistakes.sort_by_key(|found| {
        found.place.as_ref().map(|place| (place.file.path.clone(), place.span.start))
    });
    mistakes.dedup();
    mistakes
}

struct Checker<'m> {
    model: &'m Model,
    declared: &'m Declared,
    clock: Clock,
    mistakes: Vec<Diagnostic>,
    /// Tables that are not there, told once for each file.
    unknown: BTreeSet<(QName, PathBuf)>,
    /// Layer and position of the row with that key.
    known: BTreeMap<(QName, String), (String, usize)>,
    checked: Checked,
}

impl Checker<'_> {
    /// Names and types.
    fn draft(&mut self, mut row: Row) -> Option<Draft> {
        let Some(table) = self.model.tables.get(&row.table) else {
            let file = row.place.file.path.clone();
            if self.unknown.insert((row.table.clone(), file)) {
                let place = row.place.clone();
                self.mistakes.push(unknown_table(&row.table, self.model).at(place));
            }
            return None;
        };
        let before = self.mistakes.len();
        let cells = std::mem::take(&mut row.cells);
        let mut draft = Draft {
            row,
            values: BTreeMap::new(),
            once: BTreeSet::new(),
            pending: Vec::new(),
            passwords: Vec::new(),
            late: Vec::new(),
        };
        for cell in cells {
            if let Err(mistake) = self.cell(table, cell, &mut draft) {
                self.mistakes.push(*mistake);
            }
        }
        (self.mistakes.len() == before).then_some(draft)
    }

    fn cell(&self, table: &Table, cell: Cell, draft: &mut Draft) -> Result<(), Box<Diagnostic>> {
        let column = known_column(table, &cell.column)
            .map_err(|found| Box::new(found.at(cell.column_place.clone())))?;
        let wrong = |message: String| {
            let message = format!("{}.{}: {message}", table.name, column.name);
            Box::new(Diagnostic::error("seed-type", message).at(cell.place.clone()))
        };
        let kind = Kind::of(&column.ty, self.model);
        let directive = match &cell.value {
            Given::Directive(directive) => Some(directive.clone()),
            // What these words mean to PostgreSQL depends on the session.
            Given::Text(text) | Given::Raw(text) if kind.is_time() => match time_offset(text) {
                Some(offset) => Some(Directive::Time(
                    offset.map_err(|(message, help)| Box::new(wrong(message).help(help)))?,
                )),
                None => None,
            },
            _ => None,
        };
        match directive {
            Some(Directive::Reference(Reference { text })) => {
                draft.pending.push(Pending {
                    column: column.name.clone(),
                    text,
                    place: cell.place,
                });
            }
            Some(Directive::Time(offset)) => {
                let value = self.clock.value(offset, &kind, self.model.dialect).map_err(wrong)?;
                draft.once.insert(column.name.clone());
                draft.values.insert(cell.column, (value, cell.place));
            }
            Some(Directive::Password(text)) => {
                if !matches!(kind, Kind::Text { .. }) {
                    return Err(wrong("a hashed password is text".to_owned()));
                }
                draft.passwords.push((column.name.clone(), text));
                draft.values.insert(cell.column, (Value::Null, cell.place));
            }
            None => {
                let value = convert(&cell.value, &kind, self.model.dialect).map_err(wrong)?;
                if value == Value::Null && !column.nullable {
                    return Err(wrong("null, but the column is not nullable".to_owned()));
                }
                draft.values.insert(cell.column, (value, cell.place));
            }
        }
        Ok(())
    }

    fn row(&mut self, mut draft: Draft) {
        let Some(table) = self.model.tables.get(&draft.row.table) else { return };
        let mut values = Vec::new();
        let mut places: BTreeMap<String, Place> =
            draft.pending.iter().map(|p| (p.column.clone(), p.place.clone())).collect();
        let hashed = |column: &str| draft.passwords.iter().any(|(name, _)| name == column);
        for column in &table.columns {
            if let Some((value, place)) = draft.values.remove(&column.name) {
                places.insert(column.name.clone(), place);
                values.push((column.name.clone(), value));
            }
        }
        let late = |column: &str| draft.late.iter().any(|(name, _)| name == column);
        let key = keys::key(table, self.declared, &values, &late);
        let Some(key) = key.filter(|key| !key.iter().any(|column| hashed(column))) else {
            self.mistakes.push(keys::no_key(table, self.declared, draft.row.place));
            return;
        };
        let Row { layer, set, table: name, place, .. } = draft.row;
        let mut checked =
            CheckedRow { set, place, values, places, key, once: draft.once, late: draft.late };
        for (column, text) in draft.passwords {
            let salt = format!("{name}\0{column}\0{}", checked.key_text());
            let hash = password::hash(&text, &salt);
            match (hash, checked.values.iter_mut().find(|(name, _)| *name == column)) {
                (Ok(hash), Some(slot)) => slot.1 = Value::Text(hash),
                (Err(message), _) => self
                    .mistakes
                    .push(Diagnostic::error("seed-value", message).at(checked.place.clone())),
                _ => {}
            }
        }
        self.keep(name, layer, checked);
    }

    /// Adds a row, or lays it over the common row with the same key.
    fn keep(&mut self, table: QName, layer: String, row: CheckedRow) {
        let rows = self.checked.entry(table.clone()).or_default();
        let id = (table, row.key_text());
        match self.known.get(&id) {
            None => {
                self.known.insert(id, (layer, rows.len()));
                rows.push(row);
            }
            Some((first_layer, position)) => {
                let Some(first) = rows.get_mut(*position) else { return };
                if *first_layer == layer {
                    let message = format!("a second row of {} with {}", id.0, id.1);
                    self.mistakes.push(
                        Diagnostic::error("seed-duplicate", message)
                            .at(row.place)
                            .help(format!("the first one is at {}", first.place)),
                    );
                    return;
                }
                first.once.retain(|column| !row.places.contains_key(column));
                first.once.extend(row.once);
                first.late.retain(|(column, _)| !row.places.contains_key(column));
                first.values.retain(|(column, _)| !row.late.iter().any(|(late, _)| late == column));
                first.late.extend(row.late);
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
}

pub(super) fn unknown_table(wanted: &QName, model: &Model) -> Diagnostic {
    let names: Vec<String> = model.tables.keys().map(ToString::to_string).collect();
    let wanted = wanted.to_string();
    let found = Diagnostic::error("seed-unknown-table", format!("there is no table {wanted}"));
    match dbkit_syntax::nearest(&wanted, names.iter().map(String::as_str)) {
        Some(name) => found.help(format!("did you mean {name}?")),
        None if names.is_empty() => {
            found.help("the database has no tables yet; run `dbkit migrate` first")
        }
        None => found,
    }
}

/// The column, unless the database alone fills it.
pub(super) fn known_column<'t>(table: &'t Table, name: &str) -> Result<&'t Column, Diagnostic> {
    let Some(column) = table.column(name) else {
        let names = table.columns.iter().map(|column| column.name.as_str());
        let message = format!("table {} has no column {name}", table.name);
        let found = Diagnostic::error("seed-unknown-column", message);
        return Err(match dbkit_syntax::nearest(name, names) {
            Some(name) => found.help(format!("did you mean {name}?")),
            None => found,
        });
    };
    if matches!(column.value, ColumnValue::Generated { .. }) {
        let message = format!("{}.{} is generated by the database", table.name, column.name);
        return Err(Diagnostic::error("seed-generated", message).help("leave it out"));
    }
    Ok(column)
}

fn missing(table: &Table, row: &CheckedRow) -> Option<Diagnostic> {
    let given = |column: &str| {
        row.value(column).is_some() || row.late.iter().any(|(late, _)| late == column)
    };
    let missing = keys::missing(table, &given);
    (!missing.is_empty()).then(|| {
        let names = missing.join(", ");
        Diagnostic::error("seed-missing", format!("this row of {} needs {names}", table.name))
            .at(row.place.clone())
            .help("these columns are not nullable and have no default")
    })
}

/// SQLite's `INTEGER PRIMARY KEY` numbers itself (lang_createtable, "ROWIDs and the INTEGER PRIMARY
/// KEY").
pub(super) fn is_rowid(table: &Table, column: &Column) -> bool {
    let declared = crate::dialect::sqlite::types::render(&column.ty);
    let alone = table.primary_key.as_ref().is_some_and(|key| key.columns == [column.name.as_str()]);
    alone && !table.without_rowid && declared.eq_ignore_ascii_case("integer")
}

/// True when PostgreSQL takes an explicit value only with `OVERRIDING SYSTEM VALUE`.
pub(super) fn is_always_identity(column: &Column) -> bool {
    matches!(&column.value, ColumnValue::Identity(identity) if identity.mode == IdentityMode::Always)
}
