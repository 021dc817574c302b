//! One row with the rows it refers to, and how many refer to it.

use super::cell::{Cell, cells};
use super::schema::{ColumnInfo, ForeignKey, Reference, Schema, Table, TableName};
use super::{bound, filter};
use crate::database::{Session, Value};
use crate::inspect::key::{Condition, ident, qname};
use crate::studio::problem::{Kind, Problem};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Rows of another table that are counted at most.
pub const COUNT_UP_TO: u64 = 10_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowAsked {
    pub table: TableName,
    pub key: Vec<Cell>,
}

#[derive(Debug, Serialize)]
pub struct Detail {
    columns: Vec<String>,
    row: Vec<Cell>,
    parents: Vec<Parent>,
    children: Vec<Children>,
}

#[derive(Debug, Serialize)]
struct Parent {
    key: ForeignKey,
    columns: Vec<String>,
    row: Option<Vec<Cell>>,
}

#[derive(Debug, Serialize)]
struct Children {
    key: Reference,
    /// `None` where they cannot be read.
    rows: Option<u64>,
    exact: bool,
}

/// Looks one row up.
///
/// # Errors
/// No such row, the database's own.
pub fn detail(
    session: &mut dyn Session,
    schema: &Schema,
    asked: &RowAsked,
) -> Result<Detail, Problem> {
    let table = schema.table(&asked.table)?;
    let condition = by_key(schema, table, &asked.key)?;
    let Some(row) = one(session, table, &condition)? else {
        return Err(Problem::new(Kind::NotFound, "the row is gone"));
    };
    let held: BTreeMap<&str, &Cell> =
        table.columns.iter().map(|column| column.name.as_str()).zip(&row).collect();
    let values = |names: &[String]| -> Option<Vec<Cell>> {
        let values = names.iter().map(|name| held.get(name.as_str()).map(|cell| (*cell).clone()));
        values.collect::<Option<Vec<Cell>>>().filter(|values| !values.contains(&Cell::Null))
    };
    let mut parents = Vec::new();
    for key in &table.foreign_keys {
        let Ok(parent) = schema.table(&key.table) else { continue };
        let found = match values(&key.columns) {
            Some(values) => {
                let condition = equal(schema, parent, &key.parent_columns, &values)?;
                // A parent that may not be read is no reason to hide the row.
                one(session, parent, &condition).unwrap_or_default()
            }
            None => None,
        };
        let columns = parent.columns.iter().map(|column| column.name.clone()).collect();
        parents.push(Parent { key: key.clone(), columns, row: found });
    }
    let mut children = Vec::new();
    for key in &table.referenced_by {
        let Ok(child) = schema.table(&key.from) else { continue };
        let Some(values) = values(&key.key.parent_columns) else { continue };
        let condition = equal(schema, child, &key.key.columns, &values)?;
        let rows = count(session, child, &condition).ok();
        children.push(Children {
            key: key.clone(),
            rows: rows.map(|rows| rows.min(COUNT_UP_TO)),
            exact: rows.is_some_and(|rows| rows <= COUNT_UP_TO),
        });
    }
    let columns = table.columns.iter().map(|column| column.name.clone()).collect();
    Ok(Detail { columns, row, parents, children })
}

/// The condition that finds a row.
///
/// # Errors
/// A table without a key, another number of values.
pub fn by_key(schema: &Schema, table: &Table, key: &[Cell]) -> Result<Condition, Problem> {
    if table.key.is_empty() {
        let message = format!("{} has no key that tells its rows apart", table.name.qname());
        return Err(Problem::new(Kind::ReadOnly, message)
            .hint("a primary key, or a unique constraint on columns that are NOT NULL"));
    }
    if key.len() != table.key.len() {
        return Err(Problem::bad_request("the key has another number of columns"));
    }
    equal(schema, table, &table.key, key)
}

fn equal(
    schema: &Schema,
    table: &Table,
    columns: &[String],
    values: &[Cell],
) -> Result<Condition, Problem> {
    let mut binds = Condition::build(schema.dialect);
    let mut parts = Vec::new();
    for (name, cell) in columns.iter().zip(values) {
        let value = bound(cell, table.column(name)?, schema.dialect)?;
        parts.push(binds.equal(&ident(schema.dialect, name), &value));
    }
    Ok(binds.finish(parts.join(" AND ")))
}

/// The row that meets the condition, all columns in the table's order.
///
/// # Errors
/// The database's own.
pub fn one(
    session: &mut dyn Session,
    table: &Table,
    condition: &Condition,
) -> Result<Option<Vec<Cell>>, Problem> {
    let dialect = session.dialect();
    let name = qname(dialect, &table.name.qname());
    let list: Vec<String> = table.columns.iter().map(|c| ident(dialect, &c.name)).collect();
    let sql = format!("SELECT {} FROM {name} WHERE {} LIMIT 1", list.join(", "), condition.sql);
    let found = session.query(&sql, &condition.binds)?;
    Ok(cells(found.rows, dialect).into_iter().next())
}

fn count(session: &mut dyn Session, table: &Table, condition: &Condition) -> Result<u64, Problem> {
    let name = qname(session.dialect(), &table.name.qname());
    let sql = format!(
        "SELECT count(*) FROM (SELECT 1 FROM {name} WHERE {} LIMIT {}) AS counted",
        condition.sql,
        COUNT_UP_TO + 1
    );
    let found = session.query(&sql, &condition.binds)?;
    let number = found.rows.first().and_then(|row| row.first()).and_then(Value::as_integer);
    Ok(number.and_then(|number| u64::try_from(number).ok()).unwrap_or(0))
}

/// A cell as a bind value for its column.
///
/// # Errors
/// Digits that are none.
pub fn bound_to(
    cell: &Cell,
    column: &ColumnInfo,
    dialect: crate::model::Dialect,
) -> Result<Value, Problem> {
    match (cell, dialect) {
        (Cell::Text(text), crate::model::Dialect::Postgres) => {
            Ok(filter::typed(text, column, dialect))
        }
        (cell, _) => cell.value(),
    }
}
