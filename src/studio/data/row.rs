//! One row with the rows it refers to, and how many refer to it.

use super::cell::{Cell, cells};
use super::schema::{ColumnInfo, ForeignKey, Reference, Schema, Table, TableName};
use super::shown::inline;
use super::{bound, diesel, filter};
use crate::database::{DatabaseError, Session, Value};
use crate::inspect::key::{Condition, ident, qname};
use crate::inspect::related::{count, tried};
use crate::model::Dialect;
use crate::studio::problem::{Kind, Problem};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// All statements that were asked, and their code.
    sql: String,
    diesel: String,
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
    let mut said = vec![said_row(schema, table, &table.key, &asked.key, &condition)];
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
                said.push(said_row(schema, parent, &key.parent_columns, &values, &condition));
                // A parent that may not be read is no reason to hide the row.
                tried(session, |session| one(session, parent, &condition))?.flatten()
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
        let name = child.name.qname();
        let counted = tried(session, |session| count(session, &name, &condition))?;
        said.push(said_count(schema, child, &key.key.columns, &values, &condition));
        children.push(Children {
            key: key.clone(),
            rows: counted.map(|count| count.rows),
            exact: counted.is_some_and(|count| count.exact),
        });
    }
    let columns = table.columns.iter().map(|column| column.name.clone()).collect();
    let (sql, diesel): (Vec<String>, Vec<String>) = said.into_iter().unzip();
    let (sql, diesel) = (sql.join("\n"), diesel.join("\n"));
    Ok(Detail { columns, row, parents, children, sql, diesel })
}

/// A statement that looks one row up, and the code that asks the same.
fn said_row(
    schema: &Schema,
    table: &Table,
    columns: &[String],
    values: &[Cell],
    condition: &Condition,
) -> (String, String) {
    let sql = format!(
        "{};",
        inline(&select_one(schema.dialect, table, condition), &condition.binds, schema.dialect)
    );
    (sql, diesel::look_up(table, columns, values))
}

fn said_count(
    schema: &Schema,
    table: &Table,
    columns: &[String],
    values: &[Cell],
    condition: &Condition,
) -> (String, String) {
    let name = qname(schema.dialect, &table.name.qname());
    let sql = format!("SELECT count(*) FROM {name} WHERE {};", condition.sql);
    (inline(&sql, &condition.binds, schema.dialect), diesel::count_of(table, columns, values))
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

fn select_one(dialect: Dialect, table: &Table, condition: &Condition) -> String {
    let name = qname(dialect, &table.name.qname());
    let list: Vec<String> = table.columns.iter().map(|c| ident(dialect, &c.name)).collect();
    format!("SELECT {} FROM {name} WHERE {} LIMIT 1", list.join(", "), condition.sql)
}

/// The row that meets the condition, all columns in the table's order.
///
/// # Errors
/// The database's own.
pub fn one(
    session: &mut dyn Session,
    table: &Table,
    condition: &Condition,
) -> Result<Option<Vec<Cell>>, DatabaseError> {
    let dialect = session.dialect();
    let found = session.query(&select_one(dialect, table, condition), &condition.binds)?;
    Ok(cells(found.rows, dialect).into_iter().next())
}

/// A cell as a bind value for its column.
///
/// # Errors
/// Digits that are none.
pub fn bound_to(cell: &Cell, column: &ColumnInfo, dialect: Dialect) -> Result<Value, Problem> {
    match (cell, dialect) {
        (Cell::Text(text), Dialect::Postgres) => Ok(filter::typed(text, column, dialect)),
        (cell, _) => cell.value(),
    }
}
