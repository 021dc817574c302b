use super::Connection;
use super::postgres::CancelHandle;
use rusqlite::InterruptHandle;

/// What ends the statement that is running on a connection, from another thread.
pub enum Stopper {
    /// `None` where the connection was lost already.
    Postgres(Option<CancelHandle>),
    Sqlite(InterruptHandle),
}

impl Stopper {
    #[must_use]
    pub fn of(connection: &Connection) -> Self {
        match connection {
            Connection::Postgres(session) => Self::Postgres(session.cancel_handle()),
            Connection::Sqlite(session) => Self::Sqlite(session.interrupt_handle()),
        }
    }

    /// On PostgreSQL this takes a connection of its own, and so a moment.
    pub fn stop(&self) {
        match self {
            Self::Postgres(handle) => drop(handle.as_ref().map(CancelHandle::cancel)),
            Self::Sqlite(handle) => handle.interrupt(),
        }
    }
}
