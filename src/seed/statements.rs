//! The SQL that writes rows: the only place of this stage that spells it.

use super::check::{CheckedRow, is_always_identity};
use crate::database::Value;
use crate::dialect::{postgres, sqlite};
use crate::model::{Dialect, Model, QName, Table, TypeName};
use std::collections::BTreeSet;

/// Rows of one table that give the same columns and are found by the same key.
pub(super) struct Batch<'r> {
    pub table: &'r Table,
    pub key: Vec<String>,
    pub columns: Vec<String>,
    /// Columns that count only when a row is inserted.
    pub once: BTreeSet<String>,
    pub rows: Vec<&'r CheckedRow>,
    /// The rows are in a temporary table of that name already.
    pub staged: bool,
}

/// The name of the rows in the statements; a table of the user can hardly be called so.
pub(super) const ROWS: &str = "dbkit_rows";
const TARGET: &str = "dbkit_target";

impl Batch<'_> {
    /// Updates the rows that are there and differ. `None`: there is nothing but the key.
    pub(super) fn update(&self, model: &Model) -> Option<(String, Vec<Value>)> {
        let changed = self.changeable();
        if changed.is_empty() {
            return None;
        }
        let dialect = model.dialect;
        let (with, binds) = self.with(model);
        let set: Vec<String> = changed
            .iter()
            .map(|c| format!("{name} = {ROWS}.{name}", name = ident(c, dialect)))
            .collect();
        let sql = format!(
            "{with} UPDATE {} AS {TARGET} SET {} FROM {ROWS} WHERE {} AND ({})",
            qname(&self.table.name, dialect),
            set.join(", "),
            self.same_key(dialect),
            self.differs(dialect),
        );
        Some((sql, binds))
    }

    /// Counts the rows that are there and differ.
    pub(super) fn count_different(&self, model: &Model) -> Option<(String, Vec<Value>)> {
        if self.changeable().is_empty() {
            return None;
        }
        let dialect = model.dialect;
        let (with, binds) = self.with(model);
        let sql = format!(
            "{with} SELECT count(*) FROM {} AS {TARGET}, {ROWS} WHERE {} AND ({})",
            qname(&self.table.name, dialect),
            self.same_key(dialect),
            self.differs(dialect),
        );
        Some((sql, binds))
    }

    /// Inserts the rows that are not there; the columns in `without` are left out.
    pub(super) fn insert(&self, model: &Model, without: &[&str]) -> (String, Vec<Value>) {
        let dialect = model.dialect;
        let (with, binds) = self.with(model);
        let columns: Vec<String> = self
            .columns
            .iter()
            .filter(|column| !without.contains(&column.as_str()))
            .map(|column| ident(column, dialect))
            .collect();
        let from: Vec<String> = columns.iter().map(|column| format!("{ROWS}.{column}")).collect();
        let identity = self.columns.iter().filter_map(|c| self.table.column(c));
        let overriding =
            if identity.into_iter().any(is_always_identity) && dialect == Dialect::Postgres {
                "OVERRIDING SYSTEM VALUE "
            } else {
                ""
            };
        let sql = format!(
            "{with} INSERT INTO {table} ({}) {overriding}SELECT {} FROM {ROWS} \
             WHERE NOT EXISTS (SELECT 1 FROM {table} AS {TARGET} WHERE {})",
            columns.join(", "),
            from.join(", "),
            self.same_key(dialect),
            table = qname(&self.table.name, dialect),
        );
        (sql, binds)
    }

    /// Key columns stay as they are, and so do the primary key, which other tables refer to, and an
    /// identity the database alone may set.
    fn changeable(&self) -> Vec<&String> {
        let fixed = |c: &String| {
            let primary = self.table.primary_key.as_ref();
            self.table.column(c).is_some_and(is_always_identity)
                || primary.is_some_and(|key| key.columns.contains(c))
                || self.once.contains(c)
        };
        self.columns.iter().filter(|c| !self.key.contains(c) && !fixed(c)).collect()
    }

    /// Selects the rows that are there and differ: the key, then old and new text of each column.
    pub(super) fn differences(&self, model: &Model) -> Option<(String, Vec<Value>, Vec<String>)> {
        let changed: Vec<String> = self.changeable().into_iter().cloned().collect();
        if changed.is_empty() {
            return None;
        }
        let dialect = model.dialect;
        let (with, binds) = self.with(model);
        let text = |of: &str, c: &String| match self.is_jsonb(c, dialect) {
            true => json_text(of, &ident(c, dialect)),
            false => format!("CAST({of}.{} AS text)", ident(c, dialect)),
        };
        let mut list: Vec<String> = self.key.iter().map(|c| text(ROWS, c)).collect();
        list.extend(changed.iter().flat_map(|c| [text(TARGET, c), text(ROWS, c)]));
        let sql = format!(
            "{with} SELECT {} FROM {} AS {TARGET}, {ROWS} WHERE {} AND ({})",
            list.join(", "),
            qname(&self.table.name, dialect),
            self.same_key(dialect),
            self.differs(dialect),
        );
        Some((sql, binds, changed))
    }

    /// Selects the keys of the rows that are not there.
    pub(super) fn absent(&self, model: &Model) -> (String, Vec<Value>) {
        let dialect = model.dialect;
        let (with, binds) = self.with(model);
        let list: Vec<String> = self
            .key
            .iter()
            .map(|c| format!("CAST({ROWS}.{} AS text)", ident(c, dialect)))
            .collect();
        let sql = format!(
            "{with} SELECT {} FROM {ROWS} WHERE NOT EXISTS \
             (SELECT 1 FROM {} AS {TARGET} WHERE {})",
            list.join(", "),
            qname(&self.table.name, dialect),
            self.same_key(dialect),
        );
        (sql, binds)
    }

    /// True for SQLite's binary form of JSON.
    fn is_jsonb(&self, column: &str, dialect: Dialect) -> bool {
        let column = self.table.column(column);
        dialect == Dialect::Sqlite && column.is_some_and(|c| sqlite::types::is_jsonb(&c.ty))
    }

    fn same_key(&self, dialect: Dialect) -> String {
        let same: Vec<String> = self
            .key
            .iter()
            .map(|c| format!("{TARGET}.{name} = {ROWS}.{name}", name = ident(c, dialect)))
            .collect();
        same.join(" AND ")
    }

    /// PostgreSQL compares the text forms: some types (json, point) have no equality, and for
    /// others (citext) equal is not the same.
    fn differs(&self, dialect: Dialect) -> String {
        let differs: Vec<String> = self
            .changeable()
            .iter()
            .map(|c| {
                let name = ident(c, dialect);
                match dialect {
                    Dialect::Postgres => {
                        format!("{TARGET}.{name}::text IS DISTINCT FROM {ROWS}.{name}::text")
                    }
                    // One value has several binary forms.
                    Dialect::Sqlite if self.is_jsonb(c, dialect) => {
                        format!("{} IS NOT {}", json_text(TARGET, &name), json_text(ROWS, &name))
                    }
                    Dialect::Sqlite => {
                        format!("{TARGET}.{name} IS NOT {ROWS}.{name} COLLATE BINARY")
                    }
                }
            })
            .collect();
        differs.join(" OR ")
    }

    fn with(&self, model: &Model) -> (String, Vec<Value>) {
        if self.staged {
            return (String::new(), Vec::new());
        }
        let rows: Vec<Vec<Value>> = self
            .rows
            .iter()
            .map(|row| {
                let value = |c: &String| row.value(c).cloned().unwrap_or(Value::Null);
                self.columns.iter().map(value).collect()
            })
            .collect();
        with_rows(self.table, &self.columns, rows, model)
    }
}

/// `WITH dbkit_rows (a, b) AS (VALUES …)` and its binds.
pub(super) fn with_rows(
    table: &Table,
    columns: &[String],
    rows: Vec<Vec<Value>>,
    model: &Model,
) -> (String, Vec<Value>) {
    let dialect = model.dialect;
    let mut binds = Vec::new();
    let mut lists = Vec::with_capacity(rows.len());
    for (number, row) in rows.into_iter().enumerate() {
        let mut cells = Vec::with_capacity(row.len());
        for (column, value) in columns.iter().zip(row) {
            binds.push(value);
            cells.push(match dialect {
                // The types of the first row are those of all.
                Dialect::Postgres if number == 0 => {
                    format!("${}{}", binds.len(), cast(table, column, model))
                }
                Dialect::Postgres => format!("${}", binds.len()),
                Dialect::Sqlite => placeholder(table, column, binds.len()),
            });
        }
        lists.push(format!("({})", cells.join(", ")));
    }
    let names: Vec<String> = columns.iter().map(|column| ident(column, dialect)).collect();
    let sql = format!("WITH {ROWS} ({}) AS (VALUES {})", names.join(", "), lists.join(", "));
    (sql, binds)
}

/// The JSON of a binary value; anything else is no JSON to Diesel, text included.
fn json_text(of: &str, name: &str) -> String {
    format!(
        "CASE WHEN {of}.{name} IS NULL THEN NULL \
         WHEN typeof({of}.{name}) = 'blob' AND json_valid({of}.{name}, 8) THEN json({of}.{name}) \
         ELSE 'no JSON: ' || quote({of}.{name}) END"
    )
}

/// SQLite's own function makes the binary form of JSON, which Diesel reads.
pub(super) fn placeholder(table: &Table, column: &str, number: usize) -> String {
    match table.column(column) {
        Some(column) if sqlite::types::is_jsonb(&column.ty) => format!("jsonb(?{number})"),
        _ => format!("?{number}"),
    }
}

/// `SELECT` of those rows of `with_rows` that have no row in the parent table.
pub(super) fn orphans(
    parent: &QName,
    columns: &[String],
    parent_columns: &[String],
    dialect: Dialect,
) -> String {
    let list: Vec<String> =
        columns.iter().map(|c| format!("{ROWS}.{}", ident(c, dialect))).collect();
    let same: Vec<String> = columns
        .iter()
        .zip(parent_columns)
        .map(|(c, p)| format!("{TARGET}.{} = {ROWS}.{}", ident(p, dialect), ident(c, dialect)))
        .collect();
    format!(
        "SELECT {} FROM {ROWS} WHERE NOT EXISTS (SELECT 1 FROM {} AS {TARGET} WHERE {})",
        list.join(", "),
        qname(parent, dialect),
        same.join(" AND "),
    )
}

/// The cast of a bind value. Lengths of strings are left out, because an explicit cast cuts too
/// long a value off where the assignment would refuse it (manual, "Type Casts"); those of numbers
/// and times stay, because there the cast rounds as the assignment does.
fn cast(table: &Table, column: &str, model: &Model) -> String {
    let Some(column) = table.column(column) else { return String::new() };
    let mut ty = column.ty.clone();
    let mut depth = 0;
    while let TypeName::User(name) = &ty.name {
        let Some(domain) = model.domains.get(name).filter(|_| depth < 32 && !ty.array) else {
            break;
        };
        ty = domain.base.clone();
        depth += 1;
    }
    if let TypeName::Builtin(name) = &ty.name {
        match name.as_str() {
            "character varying" | "bit varying" => ty.modifier = None,
            // Without a length these two mean length 1.
            "character" => return if ty.array { "::bpchar[]" } else { "::bpchar" }.to_owned(),
            "bit" => return if ty.array { "::varbit[]" } else { "::varbit" }.to_owned(),
            _ => {}
        }
    }
    format!("::{}", postgres::types::render(&ty))
}

pub(super) fn ident(name: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::Postgres => postgres::quote::ident(name),
        Dialect::Sqlite => sqlite::quote::ident(name),
    }
}

pub(super) fn qname(name: &QName, dialect: Dialect) -> String {
    match dialect {
        Dialect::Postgres => postgres::quote::qname(name),
        Dialect::Sqlite => sqlite::quote::qname(name),
    }
}
