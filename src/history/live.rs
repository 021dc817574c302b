use crate::database::postgres::canonicalise;
use crate::database::{Connection, DatabaseError, Session};
use crate::model::Model;

/// A live database beside a model from elsewhere, both in the database's own spelling.
#[derive(Clone, Debug)]
pub struct Beside {
    pub live: Model,
    pub other: Model,
    /// What could not be brought into that spelling.
    pub notes: Vec<String>,
}

/// Looks at a database and brings another model into its spelling, so that only what really
/// differs is different.
///
/// # Errors
/// The database's own.
pub fn beside(connection: &mut Connection, other: &Model) -> Result<Beside, DatabaseError> {
    let live = connection.introspect()?;
    Ok(match connection {
        Connection::Postgres(session) => {
            let found = canonicalise(session, other, &live)?;
            Beside { live, other: found.model, notes: found.notes }
        }
        // SQLite keeps text as it is written; its dialect compares without regard to spelling.
        Connection::Sqlite(_) => Beside { live, other: other.clone(), notes: Vec::new() },
    })
}
