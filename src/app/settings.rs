use super::Tenancy;
use std::time::Duration;

/// Limits of a pool. [`Default`] is what development uses.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolSettings {
    /// Connections at most. The server's `max_connections` must allow it for every instance.
    pub max_size: u32,
    /// Connections kept although nobody uses them.
    pub min_idle: u32,
    /// An unused connection is closed after this time.
    pub idle_timeout: Duration,
    /// How long to wait for a free connection.
    pub connect_timeout: Duration,
    /// How long [`Db::open`](super::Db::open) tries again while the server cannot be reached or is
    /// starting up. A wrong password is never tried again.
    pub start_timeout: Duration,
    /// Limit of one statement (PostgreSQL `statement_timeout`).
    pub statement_timeout: Option<Duration>,
    /// Limit of a transaction that does nothing (PostgreSQL
    /// `idle_in_transaction_session_timeout`): it holds locks and keeps VACUUM from its work.
    pub idle_in_transaction_timeout: Option<Duration>,
    /// How long SQLite waits for a lock of another process.
    pub busy_timeout: Duration,
    /// What `pg_stat_activity` shows.
    pub application_name: Option<String>,
    /// Queries that take longer are warned about.
    pub slow_query: Duration,
    /// The same query that often in one unit of work is warned about: most likely a loop that
    /// should be a join. `None`: never.
    pub repeated_query: Option<u32>,
    /// How tenants are kept apart. Where it is set, [`Db::open`](super::Db::open) refuses a role that
    /// could look past it.
    pub tenancy: Option<Tenancy>,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            max_size: 10,
            min_idle: 1,
            idle_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(2),
            start_timeout: Duration::from_secs(10),
            statement_timeout: None,
            idle_in_transaction_timeout: Some(Duration::from_secs(60)),
            busy_timeout: Duration::from_secs(5),
            application_name: None,
            slow_query: Duration::from_millis(200),
            repeated_query: Some(20),
            tenancy: None,
        }
    }
}

impl PoolSettings {
    /// `test`: 3 connections. `prod` and `production`: 20, statements of 30 s at most, no hint about
    /// repeated queries. Every other name: [`Default`].
    #[must_use]
    pub fn for_environment(name: &str) -> Self {
        let usual = Self::default();
        match name {
            "test" => Self { max_size: 3, ..usual },
            "prod" | "production" => Self {
                max_size: 20,
                statement_timeout: Some(Duration::from_secs(30)),
                repeated_query: None,
                ..usual
            },
            _ => usual,
        }
    }
}
