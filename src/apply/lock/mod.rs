//! The right to change a database's schema: one runner at a time.
//!
//! PostgreSQL: a session-level advisory lock, tried in a loop (a waiting one would deadlock with
//! CREATE INDEX CONCURRENTLY, which waits for every other transaction). Behind a pooler a session
//! belongs to nobody for longer than a transaction; there a row with a heartbeat takes the lock's
//! place, and each kind respects the other. SQLite: a locked file beside the database.

mod file;
mod lease;

use super::ApplyError;
use crate::database::postgres::PgSession;
use crate::database::{Connection, DatabaseError, Session, Value, interrupt};
use file::LockFile;
use lease::Lease;
use std::time::{Duration, Instant};

/// `dbkit` in ASCII: the advisory lock's key. Advisory locks belong to one database anyway.
const KEY: &str = "431047010420";

/// The right, for as long as the value lives.
#[derive(Debug)]
pub struct Lock(Kind);

#[derive(Debug)]
enum Kind {
    Session,
    Lease(Lease),
    File {
        _held: LockFile,
    },
    /// Nobody else can reach the database.
    Private,
}

/// One attempt.
enum Attempt {
    Got(Kind),
    /// Who has it.
    Held(String),
}

impl Lock {
    /// Waits for the lock; `waiting` is told who holds it, whenever that changes.
    ///
    /// # Errors
    /// Still held after `limit`.
    pub fn take(
        connection: &mut Connection,
        limit: Duration,
        waiting: &mut dyn FnMut(&str),
    ) -> Result<Self, ApplyError> {
        let begin = Instant::now();
        let mut pause = Duration::from_millis(50);
        let mut told = String::new();
        loop {
            let attempt = match connection {
                Connection::Sqlite(session) => {
                    // Waiting is done in short stretches, between which a signal is heard.
                    session.set_lock_timeout(Duration::from_millis(200))?;
                    match session.location().path() {
                        Some(path) => LockFile::try_take(&path)?,
                        None => Attempt::Got(Kind::Private),
                    }
                }
                Connection::Postgres(session) => postgres(session)?,
            };
            let holder = match attempt {
                Attempt::Got(kind) => return Ok(Self(kind)),
                Attempt::Held(holder) => holder,
            };
            let waited = begin.elapsed();
            let locked = ApplyError::Locked { holder: holder.clone(), waited: waited.as_secs() };
            if waited + pause > limit {
                return Err(locked);
            }
            let who = holder.split(", for").next().unwrap_or_default();
            if who != told {
                waiting(&holder);
                who.clone_into(&mut told);
            }
            if interrupt::pause(pause) {
                return Err(ApplyError::Stopped(Box::new(locked)));
            }
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }

    /// The right that another session of this program holds for as long as this one works: one lock
    /// for a whole fleet of schemas, which must not keep its own workers apart.
    #[must_use]
    pub fn held_elsewhere() -> Self {
        Self(Kind::Private)
    }

    /// Several sessions of the server take turns behind the connection.
    pub(super) fn is_shared(&self) -> bool {
        matches!(self.0, Kind::Lease(_))
    }

    /// Makes sure, in a transaction that has just begun, that nobody takes the right away before
    /// it ends.
    pub(super) fn confirm(&self, session: &mut PgSession) -> Result<(), ApplyError> {
        match &self.0 {
            Kind::Lease(lease) => lease.confirm(session),
            _ => Ok(()),
        }
    }

    /// Whether a transaction has to ask: a session's lock is there as long as the session.
    pub(super) fn needs_confirming(&self) -> bool {
        matches!(self.0, Kind::Lease(_))
    }

    /// Makes sure outside a transaction that the right is still there.
    pub(super) fn renew(&self, connection: &mut Connection) -> Result<(), ApplyError> {
        match (&self.0, connection) {
            (Kind::Lease(lease), Connection::Postgres(session)) => lease.renew(session),
            _ => Ok(()),
        }
    }

    /// Gives the lock back.
    ///
    /// # Errors
    /// The database's own.
    pub fn release(self, connection: &mut Connection) -> Result<(), DatabaseError> {
        match (self.0, connection) {
            (Kind::Session, Connection::Postgres(session)) if !session.is_lost() => session
                .query(&format!("SELECT pg_catalog.pg_advisory_unlock({KEY})"), &[])
                .map(drop),
            (Kind::Lease(lease), Connection::Postgres(session)) if !session.is_lost() => {
                lease.release(session)
            }
            _ => Ok(()),
        }
    }
}

fn postgres(session: &mut PgSession) -> Result<Attempt, ApplyError> {
    if session.through_pooler()? {
        return Lease::try_take(session);
    }
    let sql = format!("SELECT pg_catalog.pg_try_advisory_lock({KEY})");
    if !is_true(session.query(&sql, &[])?.rows.first()) {
        // A runner behind a pooler holds it, too, while a transaction lasts: its row says more.
        let held = match lease::holder(session)? {
            Some(holder) => holder,
            None => holder(session)?,
        };
        return Ok(Attempt::Held(held));
    }
    match lease::holder(session)? {
        None => Ok(Attempt::Got(Kind::Session)),
        Some(holder) => {
            session.query(&format!("SELECT pg_catalog.pg_advisory_unlock({KEY})"), &[])?;
            Ok(Attempt::Held(holder))
        }
    }
}

fn is_true(row: Option<&Vec<Value>>) -> bool {
    row.and_then(|row| row.first()).is_some_and(|v| *v == Value::Bool(true))
}

/// Who has the advisory lock: process, application and since when.
fn holder(session: &mut PgSession) -> Result<String, DatabaseError> {
    let rows = session.query(
        &format!(
            "SELECT 'pid ' || l.pid || coalesce(', ' || nullif(a.application_name, ''), '') || ', for ' || \
                    coalesce(extract(epoch FROM clock_timestamp() - a.backend_start)::bigint::text, '?') || ' s' \
             FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid \
             WHERE l.locktype = 'advisory' AND l.granted AND (l.classid::bigint << 32 | l.objid::bigint) = {KEY} \
               AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())"
        ),
        &[],
    )?;
    let first = rows.rows.first().and_then(|row| row.first()).and_then(Value::as_text);
    Ok(first.unwrap_or("its session has just ended").to_owned())
}
