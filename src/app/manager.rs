use super::{Backend, PoolSettings};
use diesel::r2d2::{ConnectionManager, Error};

/// Diesel's manager of connections, with one difference: what is asked of a connection before it is
/// handed out also takes back what its last user left in the session, in the same round trip.
/// [`Pooled`](super::Pooled) names it; nobody makes one.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), dbkit::app::Error> {
/// use dbkit::app::{Db, PoolSettings, Pooled};
/// use diesel::SqliteConnection;
///
/// let db = Db::<SqliteConnection>::open(":memory:", PoolSettings::default())?;
/// let connection: Pooled<SqliteConnection> = db.connection()?;
/// # drop(connection);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct Manager<C: Backend> {
    diesel: ConnectionManager<C>,
    settings: PoolSettings,
}

impl<C: Backend> Manager<C> {
    pub(super) fn new(address: String, settings: PoolSettings) -> Self {
        Self { diesel: ConnectionManager::new(address), settings }
    }
}

impl<C: Backend> r2d2::ManageConnection for Manager<C> {
    type Connection = C;
    type Error = Error;

    fn connect(&self) -> Result<C, Error> {
        self.diesel.connect()
    }

    fn is_valid(&self, connection: &mut C) -> Result<(), Error> {
        connection.refresh(&self.settings).map_err(Error::QueryError)
    }

    fn has_broken(&self, connection: &mut C) -> bool {
        self.diesel.has_broken(connection)
    }
}
