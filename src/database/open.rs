use super::postgres::{ConnectOptions, PgSession, RetryPolicy, Waiting};
use super::sqlite::{self, OpenMode, SqliteSession};
use super::{DatabaseError, NextRow, Rows, Session, Value};
use crate::config::{Location, TableFilter, Target};
use crate::model::{Dialect, Model};
use std::time::Duration;

/// A connection to either database.
pub enum Connection {
    Postgres(PgSession),
    Sqlite(SqliteSession),
}

/// What the caller is going to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Only look: a SQLite file is opened read-only and must exist.
    Read,
    /// Change what is there; a SQLite file must exist.
    Write,
    /// A SQLite file that is missing is made.
    Create,
}

/// Connects. While a server cannot be reached the attempt is repeated within the target's wait
/// limit; `progress` is told before each pause.
///
/// # Errors
/// The last attempt's.
pub fn open(
    target: &Target,
    access: Access,
    progress: &mut dyn FnMut(&Waiting<'_>),
) -> Result<Connection, DatabaseError> {
    match &target.location {
        Location::Postgres { url, keywords } => {
            let mut options =
                ConnectOptions { keywords: keywords.clone(), ..ConnectOptions::default() };
            if let Some(seconds) = target.connect_timeout {
                options.timeout = Duration::from_secs(seconds);
            }
            let mut policy = RetryPolicy::default();
            if let Some(seconds) = target.wait {
                policy.wait_limit = Duration::from_secs(seconds);
            }
            PgSession::connect_with_retry(url, &options, &policy, progress)
                .map(Connection::Postgres)
        }
        Location::Sqlite { path } => {
            let mode = match access {
                Access::Read => OpenMode::ReadOnly,
                Access::Write => OpenMode::ReadWrite,
                Access::Create => OpenMode::Create,
            };
            if access == Access::Create
                && let Some(file) = sqlite::Location::parse(path).path()
                && let Some(folder) = file.parent()
            {
                // SQLite says only "unable to open": the session's own error names the folder.
                std::fs::create_dir_all(folder).ok();
            }
            SqliteSession::open(path, mode).map(Connection::Sqlite)
        }
    }
}

impl Connection {
    /// Tables that an introspection leaves out.
    pub fn set_filter(&mut self, filter: TableFilter) {
        match self {
            Self::Postgres(session) => session.set_filter(filter),
            Self::Sqlite(session) => session.set_filter(filter),
        }
    }
}

impl Session for Connection {
    fn dialect(&self) -> Dialect {
        match self {
            Self::Postgres(session) => session.dialect(),
            Self::Sqlite(session) => session.dialect(),
        }
    }

    fn execute(&mut self, sql: &str) -> Result<(), DatabaseError> {
        match self {
            Self::Postgres(session) => session.execute(sql),
            Self::Sqlite(session) => session.execute(sql),
        }
    }

    fn query(&mut self, sql: &str, binds: &[Value]) -> Result<Rows, DatabaseError> {
        match self {
            Self::Postgres(session) => session.query(sql, binds),
            Self::Sqlite(session) => session.query(sql, binds),
        }
    }

    fn query_at_most(
        &mut self,
        sql: &str,
        limit: usize,
        bytes: usize,
    ) -> Result<(Rows, bool), DatabaseError> {
        match self {
            Self::Postgres(session) => session.query_at_most(sql, limit, bytes),
            Self::Sqlite(session) => session.query_at_most(sql, limit, bytes),
        }
    }

    fn query_in_parts(
        &mut self,
        sql: &str,
        binds: &[Value],
        size: usize,
        each: &mut dyn FnMut(Rows) -> bool,
    ) -> Result<(), DatabaseError> {
        match self {
            Self::Postgres(session) => session.query_in_parts(sql, binds, size, each),
            Self::Sqlite(session) => session.query_in_parts(sql, binds, size, each),
        }
    }

    fn query_all(&mut self, statements: &[String]) -> Result<Vec<Rows>, DatabaseError> {
        match self {
            Self::Postgres(session) => session.query_all(statements),
            Self::Sqlite(session) => session.query_all(statements),
        }
    }

    fn copy_in(&mut self, sql: &str, data: &mut dyn std::io::Read) -> Result<u64, DatabaseError> {
        match self {
            Self::Postgres(session) => Session::copy_in(session, sql, data),
            Self::Sqlite(session) => Session::copy_in(session, sql, data),
        }
    }

    fn insert_each(&mut self, sql: &str, next: &mut NextRow<'_>) -> Result<u64, DatabaseError> {
        match self {
            Self::Postgres(session) => session.insert_each(sql, next),
            Self::Sqlite(session) => session.insert_each(sql, next),
        }
    }

    fn introspect(&mut self) -> Result<Model, DatabaseError> {
        match self {
            Self::Postgres(session) => session.introspect(),
            Self::Sqlite(session) => session.introspect(),
        }
    }

    fn recover(&mut self) -> Result<(), DatabaseError> {
        match self {
            Self::Postgres(session) => session.recover(),
            Self::Sqlite(session) => session.recover(),
        }
    }
}
