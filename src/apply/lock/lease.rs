use super::{Attempt, KEY, Kind, holder as session_holder, is_true};
use crate::apply::ApplyError;
use crate::database::postgres::PgSession;
use crate::database::{DatabaseError, Session, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// A row that says who changes the schema, kept alive by a second connection.
///
/// It is only written in a transaction that holds the advisory lock, which a runner without a
/// pooler holds all the time, and a runner with one holds in each transaction of a migration: so
/// neither can begin while the other is at it, even when a heartbeat is late.
#[derive(Debug)]
pub(super) struct Lease {
    id: String,
    stop: Arc<AtomicBool>,
    heart: Option<JoinHandle<()>>,
}

const TABLE: &str = "__dbkit_lease";

/// Seconds without a heartbeat after which the row counts for nothing.
const EXPIRES: u32 = 15;

const BEAT: Duration = Duration::from_secs(3);

impl Lease {
    pub(super) fn try_take(session: &mut PgSession) -> Result<Attempt, ApplyError> {
        let outcome = Self::in_transaction(session);
        if !matches!(outcome, Ok(Attempt::Got(_))) && !session.is_lost() {
            session.execute("ROLLBACK").ok();
        }
        outcome
    }

    fn in_transaction(session: &mut PgSession) -> Result<Attempt, ApplyError> {
        session.execute("BEGIN")?;
        if !advisory(session)? {
            // Either a runner without a pooler or one that is just here: the row knows better.
            let held = match holder(session)? {
                Some(holder) => holder,
                None => session_holder(session)?,
            };
            return Ok(Attempt::Held(held));
        }
        if let Some(holder) = holder(session)? {
            return Ok(Attempt::Held(holder));
        }
        let id = uuid::Uuid::new_v4().to_string();
        session.execute(&format!(
            "CREATE TABLE IF NOT EXISTS {TABLE} (\n    \
             one boolean PRIMARY KEY DEFAULT true CHECK (one),\n    \
             id text NOT NULL,\n    \
             pid integer NOT NULL,\n    \
             application text,\n    \
             since timestamptz NOT NULL,\n    \
             beat timestamptz NOT NULL\n)"
        ))?;
        session.query(
            &format!(
                "INSERT INTO {TABLE} (id, pid, application, since, beat) \
                 VALUES ($1, $2::text::integer, 'dbkit', clock_timestamp(), clock_timestamp()) \
                 ON CONFLICT (one) DO UPDATE SET id = excluded.id, pid = excluded.pid, \
                 application = excluded.application, since = excluded.since, beat = excluded.beat"
            ),
            &[Value::Text(id.clone()), Value::Text(std::process::id().to_string())],
        )?;
        session.execute("COMMIT")?;
        let stop = Arc::new(AtomicBool::new(false));
        let heart = session.another()?;
        let heart = std::thread::spawn({
            let (id, stop) = (id.clone(), Arc::clone(&stop));
            move || beat(heart, &id, &stop)
        });
        Ok(Attempt::Got(Kind::Lease(Self { id, stop, heart: Some(heart) })))
    }

    /// In a transaction: the advisory lock until its end, and the row is still ours.
    pub(super) fn confirm(&self, session: &mut PgSession) -> Result<(), ApplyError> {
        // Somebody may be looking at the row just now.
        for _ in 0..50 {
            if advisory(session)? {
                return self.is_ours(session);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err(ApplyError::LeaseLost { reason: session_holder(session)? })
    }

    pub(super) fn renew(&self, session: &mut PgSession) -> Result<(), ApplyError> {
        self.is_ours(session)
    }

    fn is_ours(&self, session: &mut PgSession) -> Result<(), ApplyError> {
        let sql = format!("SELECT id = $1 FROM {TABLE}");
        let rows = session.query(&sql, &[Value::Text(self.id.clone())])?;
        if is_true(rows.rows.first()) {
            return Ok(());
        }
        Err(ApplyError::LeaseLost { reason: "another runner took over".to_owned() })
    }

    pub(super) fn release(mut self, session: &mut PgSession) -> Result<(), DatabaseError> {
        self.still();
        let sql = format!("DELETE FROM {TABLE} WHERE id = $1");
        session.query(&sql, &[Value::Text(self.id.clone())]).map(drop)
    }

    fn still(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(heart) = self.heart.take() {
            // It has nothing to say.
            heart.join().ok();
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

fn beat(mut session: PgSession, id: &str, stop: &AtomicBool) {
    let sql = format!("UPDATE {TABLE} SET beat = clock_timestamp() WHERE id = $1");
    let mut waited = Duration::ZERO;
    let tick = Duration::from_millis(50);
    while !stop.load(Ordering::SeqCst) {
        std::thread::sleep(tick);
        waited += tick;
        if waited >= BEAT {
            waited = Duration::ZERO;
            // A beat that fails is made up for by the next one, or by the row running out.
            if session.query(&sql, &[Value::Text(id.to_owned())]).is_err()
                && session.is_lost()
                && let Ok(again) = session.another()
            {
                session = again;
            }
        }
    }
}

fn advisory(session: &mut PgSession) -> Result<bool, DatabaseError> {
    let sql = format!("SELECT pg_catalog.pg_try_advisory_xact_lock({KEY})");
    Ok(is_true(session.query(&sql, &[])?.rows.first()))
}

/// Who holds a row that has not run out.
pub(super) fn holder(session: &mut PgSession) -> Result<Option<String>, DatabaseError> {
    let sql = format!("SELECT pg_catalog.to_regclass('{TABLE}') IS NOT NULL");
    if !is_true(session.query(&sql, &[])?.rows.first()) {
        return Ok(None);
    }
    let sql = format!(
        "SELECT 'pid ' || pid || ' (on its own machine), ' || application || ' through a pooler, for ' || \
                extract(epoch FROM clock_timestamp() - since)::bigint || ' s' \
         FROM {TABLE} WHERE beat > clock_timestamp() - interval '{EXPIRES} s'"
    );
    let rows = session.query(&sql, &[])?;
    Ok(rows.rows.first().and_then(|row| row.first()).and_then(Value::as_text).map(str::to_owned))
}
