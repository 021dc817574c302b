use super::PoolSettings;
use diesel::connection::{AnsiTransactionManager, SimpleConnection};
use diesel::r2d2::R2D2Connection;
use diesel::sql_types::Text;
use diesel::{QueryResult, QueryableByName, RunQueryDsl};
use std::time::Duration;

/// How much a unit of work sees of others that run beside it (PostgreSQL manual, 13.2). SQLite
/// always is serializable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Each statement sees what was committed before it began.
    ReadCommitted,
    /// All statements see the same; a conflicting write fails and is tried again.
    RepeatableRead,
    /// As if units ran one after the other; a conflict fails and is tried again.
    Serializable,
}

/// What a unit of work may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing but reading.
    ReadOnly,
    /// Reading and writing.
    ReadWrite,
}

/// The databases a [`Db`](super::Db) works on: PostgreSQL and SQLite.
pub trait Backend: R2D2Connection<TransactionManager = AnsiTransactionManager> + 'static {
    /// Settings of a new connection.
    ///
    /// # Errors
    /// What the database says.
    fn prepare(&mut self, settings: &PoolSettings) -> QueryResult<()>;

    /// The statement that begins a transaction.
    fn begin(isolation: Option<Isolation>, access: Access) -> String;

    /// The versions in Diesel's ledger; none where there is no ledger yet.
    ///
    /// # Errors
    /// What the database says.
    fn ran_migrations(&mut self) -> QueryResult<Vec<String>>;
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    value: String,
}

const RAN: &str = "SELECT version AS value FROM __diesel_schema_migrations";

#[cfg(feature = "postgres")]
impl Backend for diesel::PgConnection {
    fn prepare(&mut self, settings: &PoolSettings) -> QueryResult<()> {
        let mut sql = String::new();
        let mut limit = |name: &str, limit: Option<Duration>| {
            if let Some(limit) = limit {
                sql.push_str(&format!("SET {name} = {};", limit.as_millis().max(1)));
            }
        };
        limit("statement_timeout", settings.statement_timeout);
        limit("idle_in_transaction_session_timeout", settings.idle_in_transaction_timeout);
        if let Some(name) = &settings.application_name {
            let name = crate::dialect::postgres::quote::literal(name);
            sql.push_str(&format!("SET application_name = {name};"));
        }
        if sql.is_empty() { Ok(()) } else { self.batch_execute(&sql) }
    }

    fn begin(isolation: Option<Isolation>, access: Access) -> String {
        let mut sql = "BEGIN".to_owned();
        sql.push_str(match isolation {
            None => "",
            Some(Isolation::ReadCommitted) => " ISOLATION LEVEL READ COMMITTED",
            Some(Isolation::RepeatableRead) => " ISOLATION LEVEL REPEATABLE READ",
            Some(Isolation::Serializable) => " ISOLATION LEVEL SERIALIZABLE",
        });
        if access == Access::ReadOnly {
            sql.push_str(" READ ONLY");
        }
        sql
    }

    fn ran_migrations(&mut self) -> QueryResult<Vec<String>> {
        let ledger =
            "SELECT 'there' AS value WHERE to_regclass('__diesel_schema_migrations') IS NOT NULL";
        ran(diesel::sql_query(ledger).load(self)?, || diesel::sql_query(RAN).load(self))
    }
}

#[cfg(feature = "sqlite")]
impl Backend for diesel::SqliteConnection {
    fn prepare(&mut self, settings: &PoolSettings) -> QueryResult<()> {
        let busy = settings.busy_timeout.as_millis();
        self.batch_execute(&format!("PRAGMA busy_timeout = {busy}; PRAGMA foreign_keys = ON;"))
    }

    fn begin(_: Option<Isolation>, access: Access) -> String {
        match access {
            // A transaction that reads first and writes later can be refused in the middle; one
            // that takes the lock at its start waits for it.
            Access::ReadWrite => "BEGIN IMMEDIATE",
            Access::ReadOnly => "BEGIN",
        }
        .to_owned()
    }

    fn ran_migrations(&mut self) -> QueryResult<Vec<String>> {
        let ledger =
            "SELECT 'there' AS value FROM sqlite_master WHERE name = '__diesel_schema_migrations'";
        ran(diesel::sql_query(ledger).load(self)?, || diesel::sql_query(RAN).load(self))
    }
}

fn ran(
    ledger: Vec<Row>,
    versions: impl FnOnce() -> QueryResult<Vec<Row>>,
) -> QueryResult<Vec<String>> {
    if ledger.is_empty() {
        return Ok(Vec::new());
    }
    Ok(versions()?.into_iter().map(|row| row.value).collect())
}
