use crate::database::{Connection, DatabaseError, Session, Value};
use crate::dialect::postgres::quote::qname;
use crate::plan::{LockMode, Statement};
use std::fmt;
use std::time::Duration;

/// How long a statement may wait for a table that others hold. While it waits, everybody else
/// queues up behind it; so it tries for a short time, lets go, and tries again.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// One try.
    pub each: Duration,
    /// All tries with the pauses between them.
    pub limit: Duration,
}

impl Patience {
    /// Tries of two seconds until `limit` has passed.
    #[must_use]
    pub fn up_to(limit: Duration) -> Self {
        let each = Duration::from_secs(2).min(limit.max(Duration::from_millis(100)));
        Self { each, limit }
    }
}

/// A statement that did not get its lock in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// `add column age of table users`.
    pub what: String,
    /// Who holds the tables: process, application, for how long, and its query.
    pub holders: Vec<String>,
    /// The pause before the next try.
    pub pause: Duration,
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} waits", self.what)?;
        if !self.holders.is_empty() {
            write!(f, " for {}", self.holders.join("; "))?;
        }
        write!(f, "; trying again in {:.1} s", self.pause.as_secs_f32())
    }
}

/// The sessions that hold locks in the way of the statement, the oldest transaction first.
pub(super) fn holders(
    connection: &mut Connection,
    statement: &Statement,
) -> Result<Vec<String>, DatabaseError> {
    let mut found = Vec::new();
    for lock in &statement.locks {
        let weak = match lock.mode {
            LockMode::AccessExclusive => "",
            LockMode::Share | LockMode::ShareRowExclusive => "AccessShareLock,RowShareLock",
            LockMode::ShareUpdateExclusive => "AccessShareLock,RowShareLock,RowExclusiveLock",
        };
        let sql = "SELECT 'pid ' || a.pid || coalesce(' (' || nullif(a.application_name, '') || ')', '') \
                       || coalesce(', in a transaction for ' \
                          || extract(epoch FROM clock_timestamp() - a.xact_start)::bigint || ' s', '') \
                       || ', ' || coalesce(a.state, 'unknown') || ': ' \
                       || left(regexp_replace(a.query, '\\s+', ' ', 'g'), 120) \
                   FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid \
                   WHERE l.relation = pg_catalog.to_regclass($1) AND l.granted \
                     AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) \
                     AND l.pid <> pg_catalog.pg_backend_pid() \
                     AND l.mode <> ALL (string_to_array($2, ',')) \
                   GROUP BY a.pid, a.application_name, a.xact_start, a.state, a.query \
                   ORDER BY a.xact_start LIMIT 3";
        let values = [Value::Text(qname(&lock.table)), Value::Text(weak.to_owned())];
        for row in connection.query(sql, &values)?.rows {
            if let Some(text) = row.first().and_then(Value::as_text)
                && !found.iter().any(|other| other == text)
            {
                found.push(text.to_owned());
            }
        }
    }
    Ok(found)
}
