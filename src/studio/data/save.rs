//! Staged changes, all or none.

use super::cell::{Cell, cells};
use super::change::{Change, Statement, conflict, statements};
use super::row::{by_key, one};
use super::schema::{Schema, Table};
use super::transaction::{begin_writing, end};
use crate::database::{Connection, Session, Value};
use crate::inspect::key::ident;
use crate::model::Dialect;
use crate::studio::problem::{Kind, Problem};
use serde::Serialize;

#[derive(Debug, Serialize)]
pub struct Saved {
    saved: usize,
    rows: Vec<SavedRow>,
}

#[derive(Debug, Serialize)]
struct SavedRow {
    change: usize,
    row: Vec<Cell>,
}

/// Makes the changes in one transaction.
///
/// # Errors
/// The first that cannot be made, with its number and, where it is known, its column.
pub fn save(
    connection: &mut Connection,
    schema: &Schema,
    changes: &[Change],
    tenant: Option<&str>,
) -> Result<Saved, Problem> {
    let statements = statements(schema, changes)?;
    begin_writing(connection, tenant)?;
    let mut rows = Vec::new();
    let mut done = Ok(());
    for (at, (statement, change)) in statements.iter().zip(changes).enumerate() {
        match make(connection, schema, statement, change) {
            Ok(row) => rows.push(SavedRow { change: at, row }),
            Err(problem) => {
                done = Err(Problem { change: Some(at), ..problem });
                break;
            }
        }
    }
    let failed = done.is_err();
    let mut ended = end(connection, true, done);
    if let Err(problem) = &mut ended
        && failed
        && problem.column.is_none()
        && let Some(change) = problem.change.and_then(|at| changes.get(at))
    {
        problem.column = at_fault(connection, schema, change, problem);
    }
    ended.map(|()| Saved { saved: rows.len(), rows })
}

fn make(
    connection: &mut Connection,
    schema: &Schema,
    statement: &Statement,
    change: &Change,
) -> Result<Vec<Cell>, Problem> {
    let table = schema.table(change.table())?;
    let found = connection.query(&statement.sql(), &statement.binds).map_err(|error| {
        let named = error.column.clone();
        let constraint = error.constraint.clone();
        let message = error.message.clone();
        let column = named
            .or_else(|| constraint.and_then(|name| of_constraint(table, &name, change)))
            .or_else(|| of_message(table, &message, change));
        Problem { column, ..Problem::from(error) }
    })?;
    match (cells(found.rows, schema.dialect).into_iter().next(), change.key()) {
        (Some(row), _) => Ok(row),
        (None, Some(key)) => {
            let now = one(connection, table, &by_key(schema, table, key)?)?;
            Err(conflict(now))
        }
        // A trigger may put the row elsewhere.
        (None, None) => Ok(Vec::new()),
    }
}

/// The first of the columns that the change touches, else the first.
fn touched(columns: &[String], change: &Change) -> Option<String> {
    let values = change.values();
    let changed = columns.iter().find(|name| values.is_some_and(|v| v.contains_key(*name)));
    changed.or(columns.first()).cloned()
}

fn of_constraint(table: &Table, name: &str, change: &Change) -> Option<String> {
    if let Some(columns) = table.index_columns(name) {
        return touched(columns, change);
    }
    if let Some(key) = table.foreign_keys.iter().find(|key| key.name.as_deref() == Some(name)) {
        return touched(&key.columns, change);
    }
    let check = table.check(name)?;
    mentioned(check, change)
}

/// A column of the change that the text names.
fn mentioned(text: &str, change: &Change) -> Option<String> {
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty()).collect();
    let mut names = change.values()?.keys();
    names.find(|name| words.iter().any(|word| word == name)).cloned()
}

fn of_message(table: &Table, message: &str, change: &Change) -> Option<String> {
    if let Some(rest) = message.strip_prefix("CHECK constraint failed: ") {
        return mentioned(table.check(rest).unwrap_or(rest), change);
    }
    touched(&named(table, message), change)
}

/// SQLite says it in words: `NOT NULL constraint failed: users.name`.
pub fn named(table: &Table, message: &str) -> Vec<String> {
    let Some((_, rest)) = message.split_once(" constraint failed: ") else { return Vec::new() };
    let prefix = format!("{}.", table.name.name);
    rest.split(", ")
        .map(|name| name.strip_prefix(&prefix).unwrap_or(name).to_owned())
        .filter(|name| table.column(name).is_ok())
        .collect()
}

/// PostgreSQL does not say which value it could not read: each is tried by itself.
fn at_fault(
    connection: &mut Connection,
    schema: &Schema,
    change: &Change,
    problem: &Problem,
) -> Option<String> {
    let values = change.values()?;
    let table = schema.table(change.table()).ok()?;
    let code = problem.code.as_deref().unwrap_or_default();
    if problem.kind == Kind::Constraint && code == "SQLITE_CONSTRAINT_FOREIGNKEY" {
        let mut keys = table.foreign_keys.iter().flat_map(|key| key.columns.iter());
        return keys.find(|name| values.contains_key(*name)).cloned();
    }
    if schema.dialect == Dialect::Sqlite || !code.starts_with("22") {
        return None;
    }
    for column in &table.columns {
        let Some(Cell::Text(text)) = values.get(&column.name) else { continue };
        let too_long = code == "22001"
            && column.max_length.is_some_and(|most| text.chars().count() > most as usize);
        let cast = format!("SELECT CAST($1::text AS {})", column.ty);
        if too_long || connection.query(&cast, &[Value::Text(text.clone())]).is_err() {
            return Some(column.name.clone());
        }
    }
    None
}

/// Names of columns, quoted.
pub fn list(columns: &[String], dialect: Dialect) -> String {
    columns.iter().map(|name| ident(dialect, name)).collect::<Vec<_>>().join(", ")
}
