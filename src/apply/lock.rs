use super::ApplyError;
use crate::database::{Connection, DatabaseError, Session, Value};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// `dbkit` in ASCII: the advisory lock's first key. The second is the database's own, because
/// advisory locks belong to one database anyway.
const KEY: &str = "431047010420";

/// The right to change this database's schema, for as long as the value lives.
///
/// On PostgreSQL a session-level advisory lock, tried in a loop (a waiting one would deadlock with
/// CREATE INDEX CONCURRENTLY, which waits for every other transaction). On SQLite each
/// transaction takes the file's own lock.
#[derive(Debug)]
pub struct Lock(());

impl Lock {
    /// Waits for the lock; `waiting` is told once who holds it.
    ///
    /// # Errors
    /// Still held after `limit`.
    pub fn take(
        connection: &mut Connection,
        limit: Duration,
        waiting: &mut dyn FnMut(&str),
    ) -> Result<Self, ApplyError> {
        if let Connection::Sqlite(session) = connection {
            session.set_lock_timeout(limit)?;
            return Ok(Self(()));
        }
        let begin = Instant::now();
        let mut pause = Duration::from_millis(50);
        let mut told = false;
        loop {
            let rows = connection.query(&format!("SELECT pg_try_advisory_lock({KEY})"), &[])?;
            let got = rows.rows.first().and_then(|row| row.first());
            if got.is_some_and(|v| v.as_text() == Some("t") || *v == Value::Bool(true)) {
                return Ok(Self(()));
            }
            let holder = holder(connection)?;
            if begin.elapsed() + pause > limit {
                return Err(ApplyError::Locked { holder, waited: begin.elapsed().as_secs() });
            }
            if !told {
                waiting(&holder);
                told = true;
            }
            sleep(pause);
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }

    /// Gives the lock back.
    ///
    /// # Errors
    /// The database's own.
    pub fn release(self, connection: &mut Connection) -> Result<(), DatabaseError> {
        match connection {
            Connection::Postgres(_) => {
                connection.query(&format!("SELECT pg_advisory_unlock({KEY})"), &[]).map(drop)
            }
            Connection::Sqlite(_) => Ok(()),
        }
    }
}

/// Who has it: process, application and since when.
fn holder(connection: &mut Connection) -> Result<String, DatabaseError> {
    let rows = connection.query(
        &format!(
            "SELECT 'pid ' || a.pid || coalesce(', ' || nullif(a.application_name, ''), '') || ', for ' || \
                    extract(epoch FROM clock_timestamp() - a.backend_start)::bigint || ' s' \
             FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid \
             WHERE l.locktype = 'advisory' AND l.granted AND (l.classid::bigint << 32 | l.objid::bigint) = {KEY} \
               AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())"
        ),
        &[],
    )?;
    let first = rows.rows.first().and_then(|row| row.first()).and_then(Value::as_text);
    Ok(first.unwrap_or("its session has just ended").to_owned())
}
