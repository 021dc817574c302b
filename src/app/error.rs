use std::time::Duration;

/// What can go wrong besides the closure's own errors.
///
/// ```
/// use dbkit::app::{Db, Error, PoolSettings};
///
/// let settings = PoolSettings::default();
/// let db = Db::<diesel::SqliteConnection>::open(":memory:", settings)?;
/// match db.tenant("acme").run(|_| Ok::<_, Error>(())) {
///     Err(Error::Tenant(why)) => assert!(why.contains("PoolSettings::tenancy")),
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be reached, or does not let this application in. Holds no password.
    #[error("{0}")]
    Unreachable(String),
    /// Every connection is in use.
    #[error(
        "no connection became free within {} ms: all {size} are in use. Raise PoolSettings::max_size, or \
         look for units of work that wait for something else",
        waited.as_millis()
    )]
    PoolExhausted {
        /// How long was waited.
        waited: Duration,
        /// The connections of the pool.
        size: u32,
    },
    /// As many tenants' databases are open and in use as may be.
    #[error(
        "no tenant's database made room within {} ms: all {open} that may be open are in use. Raise \
         PoolSettings::tenant_pools, or look for units of work that wait for something else",
        waited.as_millis()
    )]
    TenantsExhausted {
        /// How long was waited.
        waited: Duration,
        /// The databases that are open.
        open: usize,
    },
    /// The pool has no connection, and making one failed.
    #[error("no connection to the database within {} ms: {reason}", waited.as_millis())]
    NoConnection {
        /// How long was waited.
        waited: Duration,
        /// What the driver says.
        reason: String,
    },
    /// The role that came in could look past what keeps tenants apart.
    #[error(
        "tenants would not be kept apart: {0}. Connect as a role that owns nothing and may do no more than it must"
    )]
    Refused(String),
    /// There is no such tenant, or what ran for it has left it.
    #[error("{0}")]
    Tenant(String),
    /// What the database or Diesel says.
    #[error(transparent)]
    Query(#[from] diesel::result::Error),
}
