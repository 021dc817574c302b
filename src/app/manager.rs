use super::Backend;
use diesel::r2d2::{ConnectionManager, Error};

/// Diesel's manager of connections, with one difference: what is asked of a connection before it is
/// handed out also takes back what its last user left in the session, in the same round trip.
#[derive(Debug)]
pub struct Manager<C: Backend>(ConnectionManager<C>);

impl<C: Backend> Manager<C> {
    pub(super) fn new(address: String) -> Self {
        Self(ConnectionManager::new(address))
    }
}

impl<C: Backend> r2d2::ManageConnection for Manager<C> {
    type Connection = C;
    type Error = Error;

    fn connect(&self) -> Result<C, Error> {
        self.0.connect()
    }

    fn is_valid(&self, connection: &mut C) -> Result<(), Error> {
        connection.refresh().map_err(Error::QueryError)
    }

    fn has_broken(&self, connection: &mut C) -> bool {
        self.0.has_broken(connection)
    }
}
