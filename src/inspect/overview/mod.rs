//! Every table and view with its columns, indexes, rows and size.

mod postgres;
mod sqlite;

use crate::database::{DatabaseError, Session, Value};
use crate::model::{Dialect, QName};
pub(super) use sqlite::tells_sizes;

/// How much may be read to count rows, the smallest tables first. What does not fit is estimated.
const COUNT_UP_TO: u64 = 64 << 20;

/// What a database holds, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    pub dialect: Dialect,
    pub tables: Vec<TableInfo>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableInfo {
    pub name: QName,
    /// `table`, `view`, `materialized view` or, on SQLite, `virtual table`.
    pub kind: &'static str,
    pub columns: Vec<ColumnInfo>,
    pub primary_key: Vec<String>,
    /// With those behind keys and unique constraints.
    pub indexes: usize,
    /// `None` for a view, and where the role may not read.
    pub rows: Option<Count>,
    /// Table, indexes and out-of-line values; `None` where the database does not tell.
    pub bytes: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnInfo {
    pub name: String,
    /// As the database spells it; empty where it does not say (a view's column on SQLite).
    pub ty: String,
    pub nullable: bool,
    pub default: Option<String>,
}

/// A number of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub rows: u64,
    pub exact: bool,
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.exact {
            f.write_str("~")?;
        }
        write!(f, "{}", self.rows)
    }
}

/// Tables and views with columns, sizes and row counts. Writes nothing.
///
/// # Errors
/// The database's own.
pub fn overview(session: &mut dyn Session) -> Result<Overview, DatabaseError> {
    look(session, Counted::All)
}

/// The same without row counts: no table is read.
///
/// # Errors
/// The database's own.
pub fn tables(session: &mut dyn Session) -> Result<Overview, DatabaseError> {
    look(session, Counted::None)
}

/// One table with its size and its number of rows; `None` where there is none of that name.
///
/// # Errors
/// The database's own.
pub(super) fn measured(
    session: &mut dyn Session,
    table: &QName,
) -> Result<Option<TableInfo>, DatabaseError> {
    let found = look(session, Counted::Only(table))?;
    Ok(found.tables.into_iter().find(|found| found.name == *table))
}

/// Tables whose rows are counted.
#[derive(Clone, Copy, Debug)]
enum Counted<'t> {
    None,
    All,
    Only(&'t QName),
}

impl Counted<'_> {
    fn wants(self, table: &QName) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Only(only) => only == table,
        }
    }
}

fn look(session: &mut dyn Session, counted: Counted<'_>) -> Result<Overview, DatabaseError> {
    let dialect = session.dialect();
    let mut tables = match dialect {
        Dialect::Postgres => postgres::tables(session, counted)?,
        Dialect::Sqlite => sqlite::tables(session, counted)?,
    };
    tables.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Overview { dialect, tables })
}

fn first(rows: &[Vec<Value>]) -> Option<u64> {
    rows.first().and_then(|row| row.first()).and_then(number)
}

fn number(value: &Value) -> Option<u64> {
    value.as_integer().and_then(|number| u64::try_from(number).ok())
}
