//! Small migrations of SQLite that share a commit. A commit waits for the disk four times, which is
//! most of the time that a long history of small changes takes.
//!
//! Each migration is there with its line of the ledger or not at all, as ever, and is told as done
//! when it is on the disk. Where anything goes wrong the whole group is taken back and each of it
//! runs by itself, so that what stays and what is said are what they would be without groups.

use super::migrate::{Done, Form, Run, Work, millis, recover};
use super::{ApplyError, transaction};
use crate::config::CommitWait;
use crate::database::{Connection, interrupt};
use crate::ledger::Record;
use crate::migration::Migration;
use std::time::{Duration, Instant};

/// How long a commit is put off: so much work at most is lost with the process.
const LIMIT: Duration = Duration::from_millis(250);
const MOST: usize = 100;
const BYTES: usize = 1 << 20;

/// What came of the first of some migrations.
#[derive(Default)]
pub(super) struct Shared {
    /// Those that have run.
    pub(super) done: Vec<Done>,
    /// How many must run by themselves now.
    pub(super) apart: usize,
}

impl Run<'_> {
    /// Runs as many of the first ones as may share a commit.
    ///
    /// # Errors
    /// A file that cannot be read, a database that others have locked up to the limit, or a signal.
    pub(super) fn share_commit(
        &mut self,
        migrations: &[&Migration],
        (at, of): (usize, usize),
        unfinished: &[Record],
    ) -> Result<Shared, ApplyError> {
        let alone = Shared { apart: 1, ..Shared::default() };
        let sqlite = matches!(self.connection, Connection::Sqlite(_));
        if !sqlite || self.settings.commit_wait == CommitWait::Each || migrations.len() < 2 {
            return Ok(alone);
        }
        let works = self.candidates(migrations, unfinished)?;
        if works.len() < 2 {
            return Ok(alone);
        }
        let begin = Instant::now();
        match self.together(&works, (at, of)) {
            Ok(done) => Ok(Shared { done, apart: 0 }),
            Err(error) => {
                recover(self.connection);
                if interrupt::requested() || begin.elapsed() >= self.settings.lock_timeout {
                    return Err(error);
                }
                Ok(Shared { apart: works.len(), ..Shared::default() })
            }
        }
    }

    fn candidates<'m>(
        &self,
        migrations: &[&'m Migration],
        unfinished: &[Record],
    ) -> Result<Vec<Work<'m>>, ApplyError> {
        let mut works = Vec::new();
        let mut bytes = 0;
        for migration in migrations.iter().take(MOST) {
            if unfinished.iter().any(|record| record.version == migration.version) {
                break;
            }
            let work = Work::up(migration, self.connection)?;
            bytes += work.file.text.len();
            let fits = matches!(&work.form, Form::Transaction(contents) if !contents.settings);
            if !fits || bytes > BYTES {
                break;
            }
            works.push(work);
        }
        Ok(works)
    }

    fn together(
        &mut self,
        works: &[Work<'_>],
        (at, of): (usize, usize),
    ) -> Result<Vec<Done>, ApplyError> {
        transaction::begin_sqlite(self.connection, self.settings.lock_timeout)?;
        let begin = Instant::now();
        let mut all: Vec<Done> = Vec::new();
        for work in works {
            let own = Instant::now();
            self.observer.begin(work.migration, false, at + all.len() + 1, of);
            transaction::sqlite(self.connection, self.ledger, work)?;
            if let Connection::Sqlite(session) = &*self.connection
                && session.has_deferred_violations()
            {
                // By itself it would fail here, whatever the next one mends.
                let name = work.migration.name.clone();
                return Err(ApplyError::NotTogether { name });
            }
            all.push(Done {
                name: work.migration.name.clone(),
                statements: work.count(),
                duration_ms: millis(own.elapsed()),
            });
            if begin.elapsed() > LIMIT {
                break;
            }
        }
        transaction::end(self.connection, self.settings.lock_timeout)?;
        for done in &all {
            self.observer.end(done);
        }
        Ok(all)
    }
}
