use super::Tenancy;
use std::time::Duration;

/// Limits of a pool. [`Default`] is what development uses.
///
/// ```
/// use dbkit::app::PoolSettings;
/// use std::time::Duration;
///
/// let mut settings = PoolSettings::for_environment("prod");
/// assert_eq!(settings.max_size, 20);
/// settings.max_size = 8;
/// settings.application_name = Some("shop".to_owned());
/// settings.slow_query = Duration::from_millis(50);
/// ```
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
    /// With [`Tenancy::Schema`]: the role that a tenant's unit of work runs as, `{}` for the tenant. It
    /// has rights on the tenant's schema alone, and the application's role may become it:
    /// `tenant_role` under `[tenancy]` in dbkit.toml has `dbkit tenant create` make it.
    pub tenant_role: Option<String>,
    /// With [`Tenancy::Database`]: databases that are open at the same time. The one that was used
    /// longest ago makes room.
    pub tenant_pools: usize,
    /// With [`Tenancy::Database`]: connections at most to one tenant's database. Unused ones are closed
    /// after [`PoolSettings::idle_timeout`].
    pub tenant_pool_size: u32,
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
            tenant_role: None,
            tenant_pools: 32,
            tenant_pool_size: 2,
        }
    }
}

impl PoolSettings {
    /// `test`: 3 connections. `prod` and `production`: 20, statements of 30 s at most, no hint about
    /// repeated queries. Every other name: [`Default`].
    ///
    /// ```
    /// use dbkit::app::PoolSettings;
    ///
    /// let size = |environment| PoolSettings::for_environment(environment).max_size;
    /// assert_eq!([size("dev"), size("test"), size("prod")], [10, 3, 20]);
    /// ```
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
