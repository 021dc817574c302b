//! Migrations in one transaction with their lines of the ledger.

use super::error::Effect;
use super::migrate::{Form, Run, Work};
use super::settings::Settings;
use super::{ApplyError, run};
use crate::config::CommitWait;
use crate::database::postgres::PgSession;
use crate::database::{Connection, DatabaseError, ErrorKind, Session, interrupt};
use crate::ledger::Ledger;
use crate::model::Dialect;
use crate::sql::split::{StatementKind, StatementSpan, Statements};
use std::time::{Duration, Instant};

/// Runs a group of files, all of them or none.
pub(super) fn run(run: &mut Run<'_>, group: &[Work<'_>], last: bool) -> Result<(), ApplyError> {
    let wait = last || run.settings.commit_wait == CommitWait::Each;
    // Behind a pooler nothing is written outside the transactions that hold the right to it.
    let keep = wait || run.lock.needs_confirming() || run.ledger.unkept().len() > BATCH_BYTES;
    run.patiently(&mut |run| {
        let Run { connection, ledger, lock, settings, .. } = run;
        match &mut **connection {
            Connection::Postgres(session) => {
                let mut opening = Some(opening(settings, wait));
                if lock.needs_confirming() {
                    session.execute(&opening.take().unwrap_or_default())?;
                    lock.confirm(session)?;
                }
                for (at, work) in group.iter().enumerate() {
                    let mut files = String::new();
                    if keep && at + 1 == group.len() {
                        files.push_str(ledger.unkept());
                        let ups = group.iter().filter(|work| !work.down);
                        files.extend(ups.map(|work| ledger.keep_sql(work.migration)));
                    }
                    postgres(session, ledger, work, opening.take(), &files)?;
                }
            }
            connection @ Connection::Sqlite(_) => {
                begin_sqlite(connection, settings.lock_timeout)?;
                for work in group {
                    sqlite(connection, ledger, work)?;
                }
            }
        }
        commit(connection, group, settings.lock_timeout)
    })?;
    if keep {
        run.ledger.nothing_unkept();
    } else if let Connection::Postgres(_) = run.connection {
        for work in group.iter().filter(|work| !work.down) {
            run.ledger.keep_later(work.migration);
        }
    }
    Ok(())
}

fn opening(settings: &Settings, wait_for_disk: bool) -> String {
    let mut sql = format!("BEGIN;\n{}", settings.limits("SET LOCAL"));
    if !wait_for_disk {
        sql.push_str("SET LOCAL synchronous_commit = off;\n");
    }
    sql
}

/// Statements sent in one go: a round trip for each would cost more than most statements do.
const BATCH_BYTES: usize = 256 * 1024;
const BATCH_STATEMENTS: usize = 500;

/// The statements of a file on their way.
#[derive(Default)]
struct Batch {
    text: String,
    /// Where each statement begins in the text.
    spans: Vec<(usize, StatementSpan)>,
    /// How many statements of ours stand before them.
    before: usize,
    /// Where the ledger's own lines begin, which are no part of the file.
    ledger: Option<usize>,
}

impl Batch {
    /// What opens a transaction travels with its first statements.
    fn after(opening: Option<String>) -> Self {
        let text = opening.unwrap_or_default();
        Self { before: text.lines().count(), text, ..Self::default() }
    }

    fn add(&mut self, sql: &str, span: StatementSpan) {
        self.spans.push((self.text.len(), span));
        self.text.push_str(sql);
        self.end();
    }

    fn end(&mut self) {
        self.text.push_str(if self.text.ends_with(';') { "\n" } else { "\n;\n" });
    }

    fn send(&mut self, session: &mut PgSession, work: &Work<'_>) -> Result<(), ApplyError> {
        let batch = std::mem::take(self);
        if batch.text.is_empty() {
            return Ok(());
        }
        let (done, outcome) = session.execute_counted(&batch.text);
        let Err(mut error) = outcome else { return Ok(()) };
        let place = match error.position {
            // The server reads all of the text before it runs the first statement.
            Some(at) if batch.ledger.is_some_and(|ledger| at >= ledger) => None,
            Some(at) => batch.spans.iter().rev().find(|(start, _)| *start <= at),
            None => done.checked_sub(batch.before).and_then(|done| batch.spans.get(done)),
        };
        let Some((start, span)) = place else {
            let ran = done >= batch.before + batch.spans.len() && batch.ledger.is_some();
            let refused = ran && error.kind == ErrorKind::Statement;
            let name = work.migration.name.clone();
            return Err(if refused { ApplyError::Noting { name, error } } else { error.into() });
        };
        let length = span.sql(&work.file.text).len();
        error.position = error.position.map(|at| at - start).filter(|at| *at <= length);
        Err(run::failed(&work.file, span, error, Effect::None))
    }
}

fn postgres(
    session: &mut PgSession,
    ledger: &Ledger,
    work: &Work<'_>,
    opening: Option<String>,
    files: &str,
) -> Result<(), ApplyError> {
    let file = &work.file;
    // The server would read strings behind such a statement as it was before it.
    let one_by_one = file.text.contains("standard_conforming_strings");
    let mut batch = Batch::after(opening);
    for span in Statements::new(&file.text, Dialect::Postgres) {
        let span = span.map_err(|error| ApplyError::unterminated(file, &error))?;
        let sql = span.sql(&file.text);
        if let StatementKind::CopyIn { data, .. } = &span.kind {
            batch.send(session, work)?;
            let mut rows = file.text.get(data.clone()).unwrap_or_default().as_bytes();
            let outcome = session.copy_in(sql, &mut rows);
            outcome.map_err(|error| run::failed(file, &span, error, Effect::None))?;
            continue;
        }
        let full = batch.text.len() + sql.len() > BATCH_BYTES
            || batch.spans.len() >= BATCH_STATEMENTS
            || one_by_one;
        if full {
            batch.send(session, work)?;
        }
        batch.add(sql, span);
    }
    if matches!(&work.form, Form::Transaction(contents) if contents.session) {
        batch.send(session, work)?;
        session.execute(RESET)?;
    }
    batch.ledger = Some(batch.text.len());
    batch.text.push_str(&ledger_sql(ledger, work));
    batch.text.push_str(files);
    batch.send(session, work)
}

/// A migration's settings end with it: the next one must find what it would find on its own.
pub(super) const RESET: &str = "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL;";

fn ledger_sql(ledger: &Ledger, work: &Work<'_>) -> String {
    if work.down {
        ledger.remove_sql(&work.migration.version)
    } else {
        ledger.finish_sql(work.migration, &work.checksum, work.count(), None)
    }
}

pub(super) fn sqlite(
    connection: &mut Connection,
    ledger: &Ledger,
    work: &Work<'_>,
) -> Result<(), ApplyError> {
    let begin = Instant::now();
    let version = &work.migration.version;
    // Another program may have run it while this one waited for the file's lock.
    if ledger.has(connection, version)? != work.down {
        return Ok(());
    }
    let file = &work.file;
    for span in Statements::new(&file.text, Dialect::Sqlite) {
        let span = span.map_err(|error| ApplyError::unterminated(file, &error))?;
        run::statement(connection, file, &span)
            .map_err(|error| run::failed(file, &span, error, Effect::None))?;
    }
    if work.down {
        return Ok(ledger.remove(connection, version)?);
    }
    let duration = super::migrate::millis(begin.elapsed());
    Ok(ledger.finish(connection, work.migration, &work.checksum, work.count(), duration)?)
}

fn commit(
    connection: &mut Connection,
    group: &[Work<'_>],
    limit: Duration,
) -> Result<(), ApplyError> {
    let Err(error) = end(connection, limit) else { return Ok(()) };
    let what = group.iter().map(|work| work.migration.name.as_str()).collect::<Vec<_>>().join(", ");
    if error.kind == ErrorKind::Lost {
        return Err(ApplyError::OutcomeUnknown { what, error });
    }
    let file = group.last().map(|work| work.file.path.clone()).unwrap_or_default();
    Err(ApplyError::Commit { what, file, error })
}

/// Commits. On SQLite a reader may hold it up, and the transaction is still there then.
pub(super) fn end(connection: &mut Connection, limit: Duration) -> Result<(), DatabaseError> {
    match connection {
        Connection::Postgres(_) => connection.execute("COMMIT"),
        Connection::Sqlite(_) => while_busy(connection, "COMMIT", limit),
    }
}

/// SQLite takes the write lock at once: a transaction that starts by reading cannot wait for it
/// (SQLITE_BUSY_SNAPSHOT).
pub(super) fn begin_sqlite(
    connection: &mut Connection,
    limit: Duration,
) -> Result<(), DatabaseError> {
    while_busy(connection, "BEGIN IMMEDIATE", limit)
}

/// SQLite's own waiting hears no signal: it waits in short stretches.
fn while_busy(
    connection: &mut Connection,
    sql: &str,
    limit: Duration,
) -> Result<(), DatabaseError> {
    let begin = Instant::now();
    loop {
        match connection.execute(sql) {
            Err(error)
                if error.kind == ErrorKind::LockTimeout
                    && begin.elapsed() < limit
                    && !interrupt::pause(Duration::from_millis(20)) => {}
            other => return other,
        }
    }
}

/// A transaction of the ledger's own.
pub(super) fn small(
    connection: &mut Connection,
    limit: Duration,
    work: &mut dyn FnMut(&mut Connection) -> Result<(), DatabaseError>,
) -> Result<(), ApplyError> {
    let outcome = match connection {
        Connection::Postgres(session) => session.execute("BEGIN"),
        Connection::Sqlite(_) => begin_sqlite(connection, limit),
    }
    .and_then(|()| work(connection))
    .and_then(|()| end(connection, limit));
    if outcome.is_err() {
        super::migrate::recover(connection);
    }
    Ok(outcome?)
}

/// A commit that waits for the disk takes the earlier ones with it.
pub(super) fn wait_for_disk(connection: &mut Connection) {
    if let Connection::Postgres(session) = connection
        && !session.is_lost()
    {
        // The failure that led here is what the user must read.
        session.execute("BEGIN; SELECT pg_catalog.txid_current(); COMMIT").ok();
    }
}
