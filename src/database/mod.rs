//! The only place that opens a connection.

mod error;
pub mod interrupt;
mod open;
pub mod postgres;
mod provision;
pub mod sqlite;
mod stopper;
mod value;
mod vitals;

pub use error::{DatabaseError, ErrorKind};
pub use open::{Access, Connection, open};
pub(crate) use postgres::random_fraction;
#[cfg(feature = "testing")]
pub(crate) use provision::connect_elsewhere;
pub use provision::{drop_database, is_missing, open_existing, open_or_create};
pub use stopper::Stopper;
pub use value::{Rows, Value};
pub use vitals::Vitals;

use crate::model::{Dialect, Model};

/// Fills in the next row; false when there is none.
pub type NextRow<'n> = dyn FnMut(&mut Vec<Value>) -> Result<bool, DatabaseError> + 'n;

/// An open connection, whatever the database. Values travel as text, lossless.
pub trait Session {
    fn dialect(&self) -> Dialect;

    /// Runs one or several statements and throws their rows away.
    ///
    /// # Errors
    /// The database's own error, with position where it gives one.
    fn execute(&mut self, sql: &str) -> Result<(), DatabaseError>;

    /// Runs exactly one statement. Placeholders are `$1` on PostgreSQL and `?1` on SQLite.
    ///
    /// # Errors
    /// The database's own error, with position where it gives one.
    fn query(&mut self, sql: &str, binds: &[Value]) -> Result<Rows, DatabaseError>;

    /// Runs exactly one statement to its end, also one that writes, and keeps at most `limit` of its
    /// rows and about `bytes` of them; true when there were more.
    ///
    /// # Errors
    /// The database's own error.
    fn query_at_most(
        &mut self,
        sql: &str,
        limit: usize,
        bytes: usize,
    ) -> Result<(Rows, bool), DatabaseError>;

    /// Runs one query and hands its rows over in parts of at most `size`, so that memory does not
    /// grow with their number. `each` says whether to go on; it is called at least once. On
    /// PostgreSQL this needs an open transaction.
    ///
    /// # Errors
    /// The database's own error.
    fn query_in_parts(
        &mut self,
        sql: &str,
        binds: &[Value],
        size: usize,
        each: &mut dyn FnMut(Rows) -> bool,
    ) -> Result<(), DatabaseError>;

    /// Runs statements without placeholders and returns each one's rows; on PostgreSQL in one
    /// round trip and one transaction.
    ///
    /// # Errors
    /// The first error of any of them.
    fn query_all(&mut self, statements: &[String]) -> Result<Vec<Rows>, DatabaseError> {
        statements.iter().map(|sql| self.query(sql, &[])).collect()
    }

    /// Runs PostgreSQL's `COPY … FROM STDIN` with the reader's bytes as data. Returns the rows copied.
    ///
    /// # Errors
    /// The database's own; a database without COPY.
    fn copy_in(&mut self, sql: &str, data: &mut dyn std::io::Read) -> Result<u64, DatabaseError> {
        let _ = (sql, data);
        Err(DatabaseError::new(ErrorKind::Statement, "this database has no COPY"))
    }

    /// Prepares one statement and runs it for each row that `next` fills in; the values of the row
    /// before are still there. Returns how many rows there were.
    ///
    /// # Errors
    /// The database's own; `next` ends the run with one of its own.
    fn insert_each(&mut self, sql: &str, next: &mut NextRow<'_>) -> Result<u64, DatabaseError> {
        let (mut row, mut count) = (Vec::new(), 0);
        while next(&mut row)? {
            self.query(sql, &row)?;
            count += 1;
        }
        Ok(count)
    }

    /// What the database looks like now, dbkit's own and Diesel's bookkeeping tables left out.
    ///
    /// # Errors
    /// The database's own error.
    fn introspect(&mut self) -> Result<Model, DatabaseError>;

    /// After a script that failed half-way: ends the transaction it may have left open and sets
    /// again what it may have switched off.
    ///
    /// # Errors
    /// The database's own error.
    fn recover(&mut self) -> Result<(), DatabaseError> {
        self.execute("ROLLBACK")
    }
}
