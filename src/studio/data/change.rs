//! Staged changes as statements, each the one that is shown and, with its values bound, the one that
//! runs.

use super::bound;
use super::cell::Cell;
use super::diesel;
use super::kind::Kind as Sort;
use super::row::by_key;
use super::schema::{ColumnInfo, Schema, Table, TableName};
use super::shown::inline;
use crate::database::Value;
use crate::inspect::key::{Builder, Condition, ident, qname};
use crate::model::Dialect;
use crate::studio::problem::{Kind, Problem};
use serde::Deserialize;
use std::collections::BTreeMap;

pub type Cells = BTreeMap<String, Cell>;

#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Change {
    Insert {
        table: TableName,
        #[serde(default)]
        values: Cells,
    },
    Update {
        table: TableName,
        key: Vec<Cell>,
        #[serde(default)]
        old: Cells,
        values: Cells,
    },
    Delete {
        table: TableName,
        key: Vec<Cell>,
        #[serde(default)]
        old: Cells,
    },
}

impl Change {
    pub fn table(&self) -> &TableName {
        match self {
            Self::Insert { table, .. }
            | Self::Update { table, .. }
            | Self::Delete { table, .. } => table,
        }
    }

    pub fn key(&self) -> Option<&[Cell]> {
        match self {
            Self::Insert { .. } => None,
            Self::Update { key, .. } | Self::Delete { key, .. } => Some(key),
        }
    }

    pub fn values(&self) -> Option<&Cells> {
        match self {
            Self::Insert { values, .. } | Self::Update { values, .. } => Some(values),
            Self::Delete { .. } => None,
        }
    }
}

impl Change {
    /// What takes it back; `None` for a row whose key the database gives.
    ///
    /// # Errors
    /// An unknown table.
    pub fn reversed(&self, schema: &Schema) -> Result<Option<Self>, Problem> {
        let table = schema.table(self.table())?;
        let name = self.table().clone();
        let key_of = |cells: &Cells| -> Option<Vec<Cell>> {
            table.key.iter().map(|column| cells.get(column).cloned()).collect()
        };
        Ok(match self {
            Self::Insert { values, .. } => key_of(values)
                .filter(|key| !key.is_empty())
                .map(|key| Self::Delete { table: name, key, old: Cells::new() }),
            Self::Update { key, old, values, .. } => {
                let mut now = table.key.iter().cloned().zip(key.iter().cloned()).collect::<Cells>();
                now.extend(values.iter().map(|(name, cell)| (name.clone(), cell.clone())));
                let before = |name: &String| {
                    let kept = table.key.iter().position(|column| column == name);
                    let cell = old.get(name).or_else(|| key.get(kept?));
                    Some((name.clone(), cell?.clone()))
                };
                let before: Cells = values.keys().filter_map(before).collect();
                key_of(&now).filter(|_| !before.is_empty()).map(|key| Self::Update {
                    table: name,
                    key,
                    old: Cells::new(),
                    values: before,
                })
            }
            Self::Delete { key, old, .. } => {
                let mut values: Cells =
                    table.key.iter().cloned().zip(key.iter().cloned()).collect();
                values.extend(old.iter().map(|(name, cell)| (name.clone(), cell.clone())));
                Some(Self::Insert { table: name, values })
            }
        })
    }
}

/// One statement with its values.
#[derive(Clone, Debug)]
pub struct Statement {
    sql: String,
    pub binds: Vec<Value>,
    returning: String,
}

impl Statement {
    /// As it runs: it tells the row it leaves.
    pub fn sql(&self) -> String {
        format!("{} RETURNING {}", self.sql, self.returning)
    }

    pub fn shown(&self, dialect: Dialect) -> String {
        format!("{};", inline(&self.sql, &self.binds, dialect))
    }
}

/// Columns of the table with the values given for them, in the table's order.
fn given<'t, 'c>(
    table: &'t Table,
    cells: &'c Cells,
) -> Result<Vec<(&'t ColumnInfo, &'c Cell)>, Problem> {
    for name in cells.keys() {
        table.column(name)?;
    }
    let columns = table.columns.iter();
    Ok(columns.filter_map(|column| Some((column, cells.get(&column.name)?))).collect())
}

/// The statement of one change.
///
/// # Errors
/// A table without a key, an unknown column, a value that is none.
pub fn statement(schema: &Schema, change: &Change) -> Result<Statement, Problem> {
    let dialect = schema.dialect;
    let table = schema.table(change.table())?;
    if table.key.is_empty() {
        by_key(schema, table, &[])?;
    }
    let name = qname(dialect, &table.name.qname());
    let mut binds = Condition::build(dialect);
    let sql = match change {
        Change::Insert { values, .. } => {
            let values = given(table, values)?;
            match values.is_empty() {
                true => format!("INSERT INTO {name} DEFAULT VALUES"),
                false => {
                    let columns: Vec<String> =
                        values.iter().map(|(column, _)| ident(dialect, &column.name)).collect();
                    let bound = values
                        .iter()
                        .map(|(column, cell)| place(column, cell, dialect, &mut binds))
                        .collect::<Result<Vec<_>, Problem>>()?;
                    let (columns, bound) = (columns.join(", "), bound.join(", "));
                    format!("INSERT INTO {name} ({columns}) VALUES ({bound})")
                }
            }
        }
        Change::Update { key, old, values, .. } => {
            let values = given(table, values)?;
            if values.is_empty() {
                return Err(Problem::bad_request("the change changes nothing"));
            }
            let set = values
                .iter()
                .map(|(column, cell)| {
                    let value = place(column, cell, dialect, &mut binds)?;
                    Ok(format!("{} = {value}", ident(dialect, &column.name)))
                })
                .collect::<Result<Vec<_>, Problem>>()?;
            let condition = unchanged(table, key, old, dialect, &mut binds)?;
            format!("UPDATE {name} SET {} WHERE {condition}", set.join(", "))
        }
        Change::Delete { key, old, .. } => {
            let condition = unchanged(table, key, old, dialect, &mut binds)?;
            format!("DELETE FROM {name} WHERE {condition}")
        }
    };
    let returning: Vec<String> = table.columns.iter().map(|c| ident(dialect, &c.name)).collect();
    let binds = binds.finish(String::new()).binds;
    Ok(Statement { sql, binds, returning: returning.join(", ") })
}

/// Binds a value that is written.
fn place(
    column: &ColumnInfo,
    cell: &Cell,
    dialect: Dialect,
    binds: &mut Builder,
) -> Result<String, Problem> {
    let bound = binds.bind(&bound(cell, column, dialect)?);
    match cell {
        Cell::Text(_) if column.is_binary_json(dialect) => Ok(format!("jsonb({bound})")),
        _ => Ok(bound),
    }
}

/// The row of that key, as long as it is what the page showed.
fn unchanged(
    table: &Table,
    key: &[Cell],
    old: &Cells,
    dialect: Dialect,
    binds: &mut Builder,
) -> Result<String, Problem> {
    if key.len() != table.key.len() {
        return Err(Problem::bad_request("the key has another number of columns"));
    }
    let mut parts = Vec::new();
    for (name, cell) in table.key.iter().zip(key) {
        let value = bound(cell, table.column(name)?, dialect)?;
        parts.push(binds.equal(&ident(dialect, name), &value));
    }
    for (column, cell) in given(table, old)? {
        if table.key.contains(&column.name) {
            continue;
        }
        parts.push(same(column, &bound(cell, column, dialect)?, dialect, binds));
    }
    Ok(parts.join(" AND "))
}

/// What was shown is compared as it was shown: `1.0` is not `1.00` to whoever edits it, and some
/// types have no equality.
fn same(column: &ColumnInfo, value: &Value, dialect: Dialect, binds: &mut Builder) -> String {
    let name = ident(dialect, &column.name);
    if *value == Value::Null {
        return format!("{name} IS NULL");
    }
    let bound = binds.bind(value);
    let plain = matches!(column.kind, Sort::Integer | Sort::Boolean | Sort::Uuid | Sort::Date)
        || matches!(column.ty.split('(').next(), Some("text" | "character varying" | "character"));
    match dialect {
        Dialect::Postgres if plain => format!("{name} = {bound}"),
        Dialect::Postgres => format!("{name}::text = {bound}"),
        Dialect::Sqlite if column.is_binary_json(dialect) && matches!(value, Value::Text(_)) => {
            format!("CASE WHEN json_valid({name}, 9) THEN json({name}) ELSE {name} END = {bound}")
        }
        Dialect::Sqlite if matches!(value, Value::Text(_)) => {
            format!("{name} = {bound} COLLATE BINARY")
        }
        Dialect::Sqlite => format!("{name} = {bound}"),
    }
}

/// The statements of all changes, in their order.
///
/// # Errors
/// Those of [`statement`], with the change's number.
pub fn statements(schema: &Schema, changes: &[Change]) -> Result<Vec<Statement>, Problem> {
    if changes.is_empty() {
        return Err(Problem::bad_request("there are no changes"));
    }
    let numbered = changes.iter().enumerate().map(|(at, change)| {
        statement(schema, change).map_err(|problem| Problem { change: Some(at), ..problem })
    });
    numbered.collect()
}

/// The Diesel code of the changes.
pub fn code(schema: &Schema, changes: &[Change]) -> Result<String, Problem> {
    let mut out = Vec::new();
    for change in changes {
        let table = schema.table(change.table())?;
        let module = diesel::module(table);
        let value = |column: &ColumnInfo, cell: &Cell| match cell {
            Cell::Null => format!("{module}::{}.eq(None)", column.rust),
            Cell::Text(text) => {
                format!("{module}::{}.eq({})", column.rust, diesel::value(column, text))
            }
            Cell::Integer { int } => format!("{module}::{}.eq({int})", column.rust),
            Cell::Real { real } => format!("{module}::{}.eq({real})", column.rust),
            Cell::Blob { blob } => format!("{module}::{}.eq(hex::decode({blob:?})?)", column.rust),
        };
        let list = |cells: &Cells| -> Result<String, Problem> {
            let parts: Vec<String> = given(table, cells)?
                .into_iter()
                .map(|(column, cell)| value(column, cell))
                .collect();
            Ok(match parts.as_slice() {
                [one] => one.clone(),
                parts => format!("({})", parts.join(", ")),
            })
        };
        let rows = change.key().map(|key| {
            let parts = table.key.iter().zip(key).filter_map(|(name, cell)| {
                Some(format!(".filter({})", value(table.column(name).ok()?, cell)))
            });
            format!("{module}::table{}", parts.collect::<String>())
        });
        let rows = rows.unwrap_or_default();
        out.push(match change {
            Change::Insert { values, .. } if values.is_empty() => {
                format!(
                    "diesel::insert_into({module}::table).default_values().execute(connection)?;"
                )
            }
            Change::Insert { values, .. } => format!(
                "diesel::insert_into({module}::table)\n    .values({})\n    .execute(connection)?;",
                list(values)?
            ),
            Change::Update { values, .. } => format!(
                "diesel::update({rows})\n    .set({})\n    .execute(connection)?;",
                list(values)?
            ),
            Change::Delete { .. } => format!("diesel::delete({rows}).execute(connection)?;"),
        });
    }
    Ok(out.join("\n"))
}

/// What is wrong where the table has no such change.
pub fn conflict(row: Option<Vec<Cell>>) -> Problem {
    let message = match row {
        Some(_) => {
            "somebody changed the row meanwhile, or a rule of the database keeps it as it is"
        }
        None => "the row is gone",
    };
    Problem { row, ..Problem::new(Kind::Conflict, message) }
}
