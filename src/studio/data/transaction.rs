//! What a request's statements run in.

use crate::database::{Connection, DatabaseError, Session, Value};
use crate::inspect::public_first;
use crate::studio::problem::Problem;

const TENANT: &str = "SELECT pg_catalog.set_config('app.tenant_id', $1, true)";

/// Reads, as the tenant where one is chosen. One round trip where nothing else is needed: the
/// connection itself is read-only.
///
/// # Errors
/// The work's, the database's own.
pub fn reading<T>(
    connection: &mut Connection,
    tenant: Option<&str>,
    work: impl FnOnce(&mut Connection) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let pooled = match connection {
        Connection::Postgres(session) => session.through_pooler()?,
        Connection::Sqlite(_) => return work(connection),
    };
    if tenant.is_none() && !pooled {
        return work(connection);
    }
    connection.execute("BEGIN READ ONLY")?;
    let done = settings(connection, tenant).map_err(Problem::from).and_then(|()| work(connection));
    end(connection, false, done)
}

/// Reads with several statements that see the same rows, each of which may fail behind a savepoint.
///
/// # Errors
/// The work's, the database's own.
pub fn looking<T>(
    connection: &mut Connection,
    tenant: Option<&str>,
    work: impl FnOnce(&mut Connection) -> Result<T, Problem>,
) -> Result<T, Problem> {
    begin_reading(connection, tenant)?;
    let done = work(connection);
    end(connection, false, done)
}

/// Begins a transaction that may write.
///
/// # Errors
/// The database's own.
pub fn begin_writing(
    connection: &mut Connection,
    tenant: Option<&str>,
) -> Result<(), DatabaseError> {
    match connection {
        Connection::Postgres(session) => {
            session.execute("BEGIN; SET LOCAL lock_timeout = '10s'")?;
            settings(connection, tenant)
        }
        // Two writers that begin as readers cannot both go on.
        Connection::Sqlite(session) => session.execute("BEGIN IMMEDIATE"),
    }
}

/// Begins a transaction in which the database refuses to write, and cannot be talked out of it:
/// after the first query the mode is fixed (manual, SET TRANSACTION).
///
/// # Errors
/// The database's own.
pub fn begin_reading(
    connection: &mut Connection,
    tenant: Option<&str>,
) -> Result<(), DatabaseError> {
    match connection {
        Connection::Postgres(session) => {
            session.execute("BEGIN READ ONLY")?;
            session.query("SELECT 1", &[])?;
            settings(connection, tenant)
        }
        Connection::Sqlite(session) => session.execute("BEGIN"),
    }
}

fn settings(connection: &mut Connection, tenant: Option<&str>) -> Result<(), DatabaseError> {
    let Connection::Postgres(session) = connection else { return Ok(()) };
    if session.through_pooler()? {
        session.query(&public_first(true), &[])?;
    }
    if let Some(tenant) = tenant {
        session.query(TENANT, &[Value::Text(tenant.to_owned())])?;
    }
    Ok(())
}

/// Keeps what was done, or takes it back; after an error always the latter.
///
/// # Errors
/// Those of the work, then those of COMMIT.
pub fn end<T>(
    connection: &mut Connection,
    keep: bool,
    done: Result<T, Problem>,
) -> Result<T, Problem> {
    let keep = keep && done.is_ok();
    let ended = connection.execute(if keep { "COMMIT" } else { "ROLLBACK" });
    match (done, ended) {
        (Ok(_), Err(error)) if keep => {
            connection.execute("ROLLBACK").ok();
            Err(Problem::from(error))
        }
        (done, _) => done,
    }
}
