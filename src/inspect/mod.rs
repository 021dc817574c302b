//! Data out in the terminal: what a database holds, and the rows of one table.
//!
//! Nothing here can write: the session is made read-only before the first statement that a person
//! had a hand in, and every statement is a single SELECT.

mod browse;
mod csv;
mod error;
mod json;
pub(crate) mod key;
mod overview;
pub(crate) mod related;
mod rows;
mod sql;
mod structure;
mod table;
mod target;
mod text;

pub use browse::{Browsed, Identity, Place, Stretch, browse, counted, identified};
pub use csv::{csv, csv_rows};
pub use error::InspectError;
pub use json::{JsonRows, json, overview_json};
pub use overview::{ColumnInfo, Count, Overview, TableInfo, overview, tables};
pub use related::{Children, Detail, Link, Parent, detail, links};
pub use rows::{Page, Request, column, rows, stream};
pub use sql::query;
pub use structure::{ColumnDetail, Part, PartKind, Structure, structure};
pub use table::{Align, human_size, markdown, page_table, table, vertical};
pub use target::{find, list};
pub use text::{cell_text, fit, plain_text, width};

use crate::database::{DatabaseError, Session};
use crate::model::Dialect;

/// Begins a transaction in which the database itself refuses to write.
///
/// # Errors
/// The database's own.
pub fn begin_read_only(session: &mut dyn Session) -> Result<(), DatabaseError> {
    match session.dialect() {
        // After the first query the mode cannot be set back (manual, SET TRANSACTION).
        Dialect::Postgres => {
            session.execute("BEGIN READ ONLY")?;
            session.query("SELECT 1", &[]).map(drop)
        }
        // What is left to a SELECT under query_only is reading.
        Dialect::Sqlite => session.execute("PRAGMA query_only = ON; BEGIN"),
    }
}

/// The same for statements that name tables of the default schema without it.
fn begin_reading_tables(session: &mut dyn Session) -> Result<(), DatabaseError> {
    match session.dialect() {
        Dialect::Postgres => {
            session.execute("BEGIN READ ONLY")?;
            session.query(&public_first(true), &[]).map(drop)
        }
        Dialect::Sqlite => begin_read_only(session),
    }
}

/// Puts the default schema first in the search path, for the transaction or for the session. What a
/// person's own condition calls is still found.
pub(crate) fn public_first(transaction: bool) -> String {
    format!(
        "SELECT pg_catalog.set_config('search_path', 'public' || \
         coalesce(', ' || nullif(pg_catalog.current_setting('search_path'), ''), ''), {transaction})"
    )
}

/// Ends the transaction of [`begin_read_only`].
///
/// # Errors
/// The database's own.
pub fn end_read_only(session: &mut dyn Session) -> Result<(), DatabaseError> {
    session.execute("ROLLBACK")?;
    match session.dialect() {
        Dialect::Postgres => Ok(()),
        Dialect::Sqlite => session.execute("PRAGMA query_only = OFF"),
    }
}
