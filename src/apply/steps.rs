//! Migrations that cannot run in one transaction: unit by unit, each with its note in the ledger.
//!
//! An ordinary statement shares a transaction with its note, and a transaction of the file's own
//! gets the note before its COMMIT: of these the ledger is exact. Of a statement that refuses to
//! run in a transaction the ledger says before it that it is running; after an interruption
//! `leftovers` looks at the database to find out whether it did.

use super::error::Effect;
use super::leftovers::{self, Leftover};
use super::migrate::{Form, Run, Work, millis};
use super::script::{self, Unit, is_atomic};
use super::settings::Unknown;
use super::{ApplyError, run as one, transaction};
use crate::database::{Connection, DatabaseError, ErrorKind, Session};
use crate::ledger::{Progress, Record, State};
use crate::migration::Checksum;
use crate::sql::split::StatementSpan;
use std::time::Instant;

/// Runs a file from its beginning, or from where it was interrupted.
pub(super) fn run(
    run: &mut Run<'_>,
    work: &Work<'_>,
    record: Option<&Record>,
) -> Result<(), ApplyError> {
    let Form::Steps(units) = &work.form else { return Ok(()) };
    let mut steps = Steps { work, units, done: 0, begin: Instant::now(), ended: false };
    if let Some(record) = record {
        steps.resume(run, record)?;
    }
    let atomic = is_atomic(units);
    let mut at = 0;
    for unit in units {
        let count = unit.spans().len();
        // Settings are lost with the connection that made them.
        if at + count > steps.done || matches!(unit, Unit::Session(_)) {
            run.lock.renew(run.connection)?;
            steps.unit(run, unit, at, atomic)?;
        }
        at += count;
    }
    if !steps.ended {
        run.patiently(&mut |run| steps.end(run))?;
    }
    if let Connection::Postgres(session) = run.connection
        && units.iter().any(|unit| matches!(unit, Unit::Session(_) | Unit::Together(_)))
    {
        session.execute(transaction::RESET)?;
    }
    Ok(())
}

struct Steps<'w> {
    work: &'w Work<'w>,
    units: &'w [Unit],
    /// Statements that are done and noted.
    done: usize,
    begin: Instant,
    /// The ledger says that all of it is done.
    ended: bool,
}

impl Steps<'_> {
    fn unit(
        &mut self,
        run: &mut Run<'_>,
        unit: &Unit,
        at: usize,
        atomic: bool,
    ) -> Result<(), ApplyError> {
        match unit {
            Unit::Session(span) => one::statement(run.connection, &self.work.file, span)
                .map_err(|error| self.failed(span, error)),
            Unit::Ordinary(span) => {
                let spans = std::slice::from_ref(span);
                run.patiently(&mut |run| self.together(run, spans, at, false))?;
                self.done = at + 1;
                Ok(())
            }
            Unit::Together(spans) => {
                run.patiently(&mut |run| self.together(run, spans, at, atomic))?;
                self.ended = atomic;
                self.done = at + spans.len();
                Ok(())
            }
            Unit::Block { spans, kept } => {
                run.patiently(&mut |run| self.block(run, spans, *kept, at, atomic))?;
                self.ended = *kept && atomic;
                self.done = at + spans.len();
                Ok(())
            }
            Unit::Alone(span) => {
                run.patiently(&mut |run| self.alone(run, span, at))?;
                self.done = at + 1;
                Ok(())
            }
        }
    }

    /// Statements and their note; the ledger's last word where they are all of the file.
    fn together(
        &self,
        run: &mut Run<'_>,
        spans: &[StatementSpan],
        at: usize,
        atomic: bool,
    ) -> Result<(), ApplyError> {
        self.open(run)?;
        for span in spans {
            one::statement(run.connection, &self.work.file, span)
                .map_err(|error| self.failed(span, error))?;
        }
        if atomic {
            self.mark(run)?;
        } else {
            self.note(run, at + spans.len(), None)?;
        }
        self.commit(run)
    }

    /// The file's own transaction; the note goes in before its COMMIT.
    fn block(
        &self,
        run: &mut Run<'_>,
        spans: &[StatementSpan],
        kept: bool,
        at: usize,
        atomic: bool,
    ) -> Result<(), ApplyError> {
        for (number, span) in spans.iter().enumerate() {
            let last = number + 1 == spans.len();
            if last && kept {
                if atomic {
                    self.mark(run)?;
                } else {
                    self.note(run, at + spans.len(), None)?;
                }
                self.commit_of(run, span)?;
                continue;
            }
            one::statement(run.connection, &self.work.file, span)
                .map_err(|error| self.failed(span, error))?;
            if number == 0
                && let Connection::Postgres(session) = &mut *run.connection
                && !self.work.file.text.contains("lock_timeout")
            {
                session.execute(&run.settings.limits("SET LOCAL"))?;
            }
        }
        Ok(())
    }

    /// A statement that cannot share a transaction with its note.
    fn alone(&self, run: &mut Run<'_>, span: &StatementSpan, at: usize) -> Result<(), ApplyError> {
        let sql = span.sql(&self.work.file.text);
        if let Some(told) = leftovers::clear(run.connection, sql)? {
            run.observer.warn(&told);
        }
        let excerpt = script::excerpt(sql, None);
        transaction::small(run.connection, run.settings.lock_timeout, &mut |connection| {
            let progress = self.progress(at, Some(&excerpt));
            run.ledger.note(connection, self.work.migration, &self.work.checksum, &progress)
        })?;
        // These wait for every other transaction, which is no harm to anybody: none queues behind.
        let patience = run.settings.lock_timeout.as_millis();
        let limited = matches!(run.connection, Connection::Postgres(_))
            && !run.lock.is_shared()
            && !self.work.file.text.contains("lock_timeout");
        if limited {
            run.connection.execute(&format!("SET lock_timeout = {patience}"))?;
        }
        let outcome = one::statement(run.connection, &self.work.file, span);
        let outcome = match outcome {
            Ok(()) => Ok(()),
            Err(error) if error.kind == ErrorKind::Lost => {
                return Err(one::failed(&self.work.file, span, error, Effect::Unknown));
            }
            Err(error) => Err(self.failed(span, error)),
        };
        if limited {
            run.connection.execute("RESET lock_timeout")?;
        }
        if outcome.is_err() {
            // What the statement left behind is known now, and so is where the file stands.
            super::migrate::recover(run.connection);
            leftovers::clear(run.connection, sql)?;
        }
        let done = if outcome.is_ok() { at + 1 } else { self.done };
        transaction::small(run.connection, run.settings.lock_timeout, &mut |connection| match (
            done,
            self.work.down,
        ) {
            (0, false) => run.ledger.remove(connection, &self.work.migration.version),
            _ => {
                let mut progress = self.progress(done, None);
                if done == 0 {
                    progress.state = State::Finished;
                }
                run.ledger.note(connection, self.work.migration, &self.work.checksum, &progress)
            }
        })?;
        outcome
    }

    fn open(&self, run: &mut Run<'_>) -> Result<(), ApplyError> {
        match &mut *run.connection {
            Connection::Postgres(session) => {
                let own = self.work.file.text.contains("lock_timeout");
                let limits = if own { String::new() } else { run.settings.limits("SET LOCAL") };
                session.execute(&format!("BEGIN;\n{limits}"))?;
                run.lock.confirm(session)
            }
            connection @ Connection::Sqlite(_) => {
                Ok(transaction::begin_sqlite(connection, run.settings.lock_timeout)?)
            }
        }
    }

    fn commit(&self, run: &mut Run<'_>) -> Result<(), ApplyError> {
        transaction::end(run.connection, run.settings.lock_timeout)
            .map_err(|error| self.uncommitted(error))
    }

    fn commit_of(&self, run: &mut Run<'_>, span: &StatementSpan) -> Result<(), ApplyError> {
        match &*run.connection {
            Connection::Sqlite(_) => self.commit(run),
            Connection::Postgres(_) => one::statement(run.connection, &self.work.file, span)
                .map_err(|error| self.uncommitted(error)),
        }
    }

    fn uncommitted(&self, error: DatabaseError) -> ApplyError {
        let what = self.work.migration.name.clone();
        if error.kind == ErrorKind::Lost {
            return ApplyError::OutcomeUnknown { what, error };
        }
        let file = self.work.file.path.clone();
        let what = format!("this transaction of {what}");
        ApplyError::Commit { what, file, error }
    }

    /// The ledger's last word, in a transaction of its own.
    fn end(&self, run: &mut Run<'_>) -> Result<(), ApplyError> {
        self.open(run)?;
        self.mark(run)?;
        self.commit(run)
    }

    fn mark(&self, run: &mut Run<'_>) -> Result<(), ApplyError> {
        let Work { migration, checksum, down, .. } = self.work;
        if *down {
            return Ok(run.ledger.remove(run.connection, &migration.version)?);
        }
        let duration = millis(self.begin.elapsed());
        let count = self.work.count();
        Ok(run.ledger.finish(run.connection, migration, checksum, count, duration)?)
    }

    fn note(
        &self,
        run: &mut Run<'_>,
        done: usize,
        running: Option<&str>,
    ) -> Result<(), ApplyError> {
        let Work { migration, checksum, .. } = self.work;
        let progress = self.progress(done, running);
        Ok(run.ledger.note(run.connection, migration, checksum, &progress)?)
    }

    fn progress<'p>(&self, done: usize, running: Option<&'p str>) -> Progress<'p> {
        Progress {
            state: if self.work.down { State::Reverting } else { State::Started },
            done,
            of: self.work.count(),
            running,
            part: self.part(done),
        }
    }

    /// The checksum of the text up to a statement.
    fn part(&self, done: usize) -> Checksum {
        let end = done.checked_sub(1).and_then(|last| self.span(last));
        let end = end.map_or(0, |span| span.range.end);
        Checksum::of(self.work.file.text.get(..end).unwrap_or_default())
    }

    fn span(&self, at: usize) -> Option<&StatementSpan> {
        self.units.iter().flat_map(Unit::spans).nth(at)
    }

    /// Finds out where to go on.
    fn resume(&mut self, run: &mut Run<'_>, record: &Record) -> Result<(), ApplyError> {
        let name = self.work.migration.name.clone();
        let file = self.work.file.path.display();
        self.done = usize::try_from(record.statement).unwrap_or(usize::MAX);
        if record.part.as_deref() != Some(self.part(self.done).as_str()) {
            let reason = format!(
                "the first {} statements of {file} have run, and that part of it was changed since",
                self.done
            );
            return Err(ApplyError::Interrupted { name, reason });
        }
        let next = self.span(self.done);
        let sql = next.map(|span| span.sql(&self.work.file.text)).unwrap_or_default();
        let skip = match run.settings.unknown {
            Some(Unknown::Skip) => true,
            Some(Unknown::Retry) => false,
            None if record.running.is_some() => match leftovers::look(run.connection, sql)? {
                Leftover::Done => true,
                Leftover::Again => false,
                Leftover::Unknown => {
                    let line = next.map_or(1, |span| span.line);
                    let reason = format!(
                        "its statement {} ({file}:{line}) was running, and nothing tells whether it took effect:\n    {}",
                        self.done + 1,
                        script::excerpt(sql, None).replace('\n', "\n    ")
                    );
                    return Err(ApplyError::Interrupted { name, reason });
                }
            },
            None => false,
        };
        self.done += usize::from(skip);
        let of = self.work.count();
        let told = if self.done < of {
            format!("{name} was interrupted; going on with statement {} of {of}", self.done + 1)
        } else {
            format!("{name} was interrupted after its last statement")
        };
        run.observer.warn(&told);
        Ok(())
    }

    fn failed(&self, span: &StatementSpan, error: DatabaseError) -> ApplyError {
        let effect = if self.done == 0 { Effect::None } else { Effect::Before };
        one::failed(&self.work.file, span, error, effect)
    }
}
