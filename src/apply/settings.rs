use crate::config::CommitWait;
use std::time::Duration;

/// How migrations are run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long to wait altogether: for another runner, and for a table that others use.
    pub lock_timeout: Duration,
    /// How long one attempt waits for a table's lock; whoever comes later queues behind us for no
    /// longer than that. Zero: whatever the server is set to.
    pub table_lock_timeout: Duration,
    /// Limit of one statement; `None`: whatever the server is set to.
    pub statement_timeout: Option<Duration>,
    /// Whether every commit waits for the disk, or only the last one of a run.
    pub commit_wait: CommitWait,
    /// All pending migrations in one transaction.
    pub together: bool,
    /// What to do with a statement of which nothing tells whether it ran.
    pub unknown: Option<Unknown>,
}

/// The user's word on a statement that was running when everything stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// It did not take effect: run it.
    Retry,
    /// It did: go on with the next.
    Skip,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lock_timeout: Duration::from_secs(60),
            table_lock_timeout: Duration::from_secs(3),
            statement_timeout: None,
            commit_wait: CommitWait::default(),
            together: false,
            unknown: None,
        }
    }
}

impl Settings {
    /// The statements that set PostgreSQL's limits, `SET LOCAL` or for the session.
    pub(super) fn limits(&self, set: &str) -> String {
        let mut sql = String::new();
        if !self.table_lock_timeout.is_zero() {
            let millis = self.table_lock_timeout.as_millis();
            sql.push_str(&format!("{set} lock_timeout = {millis};\n"));
        }
        if let Some(limit) = self.statement_timeout {
            sql.push_str(&format!("{set} statement_timeout = {};\n", limit.as_millis()));
        }
        sql
    }
}
