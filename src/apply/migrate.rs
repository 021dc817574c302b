use super::script::Contents;
use super::settings::Settings;
use super::{ApplyError, Lock, script, steps, transaction};
use crate::config::OlderMigrations;
use crate::database::{Connection, ErrorKind, Session, interrupt};
use crate::ledger::{Comparison, Ledger, Record, Standing, State};
use crate::migration::{Checksum, Migration, SqlFile, Version};
use crate::model::Dialect;
use std::path::Path;
use std::time::{Duration, Instant};

/// Is told what happens, for progress and logs.
pub trait Observer {
    /// A migration begins; `down` when it is reverted.
    fn begin(&mut self, migration: &Migration, down: bool, at: usize, of: usize);
    /// It has run.
    fn end(&mut self, done: &Done);
    /// Something the user should know.
    fn warn(&mut self, message: &str);
}

/// A migration that has run or was reverted.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Done {
    /// Its folder.
    pub name: String,
    /// How many it has.
    pub statements: usize,
    /// The time they took together.
    pub duration_ms: u64,
}

/// The migrations to run, oldest first, after looking for what forbids it. One that began and did
/// not finish is among them.
///
/// # Errors
/// A way back that did not finish, or an older migration where the settings refuse it.
pub fn pending<'m>(
    migrations: &'m [Migration],
    standing: &[Comparison],
    older: OlderMigrations,
    observer: &mut dyn Observer,
) -> Result<Vec<&'m Migration>, ApplyError> {
    let newest = standing
        .iter()
        .rev()
        .find(|c| !matches!(c.standing, Standing::Pending | Standing::PendingOlder));
    let mut found = Vec::new();
    // Told when it is sure that anything runs.
    let mut warnings = Vec::new();
    for line in standing {
        let name = line.name.clone();
        match line.standing {
            Standing::Applied | Standing::Replacing => {}
            Standing::Renamed => {
                let was = line.was.clone().or_else(|| Some(line.was_version.as_ref()?.to_string()));
                let was = was.unwrap_or_default();
                return Err(ApplyError::Renamed { name, was, edited: line.edited });
            }
            Standing::PartlyReplaced => {
                let lacking: Vec<&str> = line.lacking.iter().map(Version::as_str).collect();
                return Err(ApplyError::PartlyReplaced { name, lacking: lacking.join(", ") });
            }
            Standing::Changed => warnings.push(format!(
                "{name} was changed after it had run: the change is not in this database"
            )),
            Standing::Missing => {
                warnings.push(format!("{name} has run here and is not in the folder of migrations"))
            }
            Standing::Reverting => return Err(ApplyError::Reverting { name }),
            Standing::Interrupted => {
                let migration = migrations.iter().find(|m| m.version == line.version);
                let reason = "its folder is missing".to_owned();
                found.push(migration.ok_or(ApplyError::Interrupted { name, reason })?);
            }
            Standing::Pending | Standing::PendingOlder => {
                if line.standing == Standing::PendingOlder {
                    let newest = newest.map(|c| c.name.clone()).unwrap_or_default();
                    match older {
                        OlderMigrations::Apply => {}
                        OlderMigrations::Warn => warnings.push(format!(
                            "{name} is older than {newest}, which has run; it runs now"
                        )),
                        OlderMigrations::Refuse => {
                            return Err(ApplyError::Older { name, newest });
                        }
                    }
                }
                found.extend(migrations.iter().find(|m| m.version == line.version));
            }
        }
    }
    for warning in &warnings {
        observer.warn(warning);
    }
    Ok(found)
}

/// Reads files of migrations and looks for what cannot run, so that a mistake in the last one is
/// found before the first one has run.
///
/// # Errors
/// The first file that cannot be read or run.
pub fn check(dialect: Dialect, migrations: &[&Migration]) -> Result<(), ApplyError> {
    for migration in migrations {
        Form::of(&migration.up()?, migration, dialect)?;
    }
    Ok(())
}

/// What running migrations needs.
pub struct Run<'r> {
    /// The database.
    pub connection: &'r mut Connection,
    /// What has run there.
    pub ledger: &'r mut Ledger,
    /// The right to change it.
    pub lock: &'r Lock,
    /// Limits and choices.
    pub settings: &'r Settings,
    /// Is told of each step.
    pub observer: &'r mut dyn Observer,
}

/// A file to run, looked through.
pub(super) struct Work<'m> {
    pub(super) migration: &'m Migration,
    pub(super) file: SqlFile,
    /// Of up.sql, whichever way it goes.
    pub(super) checksum: Checksum,
    pub(super) down: bool,
    pub(super) form: Form,
}

pub(super) enum Form {
    Transaction(Contents),
    Steps(Vec<script::Unit>),
}

impl<'m> Work<'m> {
    pub(super) fn up(
        migration: &'m Migration,
        connection: &Connection,
    ) -> Result<Self, ApplyError> {
        let file = migration.up()?;
        let checksum = Checksum::of(&file.text);
        let form = Form::of(&file, migration, connection.dialect())?;
        Ok(Self { migration, file, checksum, down: false, form })
    }

    fn down(
        migration: &'m Migration,
        connection: &Connection,
        dir: &Path,
    ) -> Result<Self, ApplyError> {
        let no_way = || ApplyError::NoWayBack { name: migration.name.clone(), dir: dir.to_owned() };
        let file = migration.down(connection.dialect())?.ok_or_else(no_way)?;
        let form = Form::of(&file, migration, connection.dialect())?;
        Ok(Self { migration, file, checksum: migration.checksum()?, down: true, form })
    }

    pub(super) fn count(&self) -> usize {
        match &self.form {
            Form::Transaction(contents) => contents.count,
            Form::Steps(units) => units.iter().map(|unit| unit.spans().len()).sum(),
        }
    }
}

impl Form {
    fn of(file: &SqlFile, migration: &Migration, dialect: Dialect) -> Result<Self, ApplyError> {
        if !migration.transactional {
            return Ok(Self::Steps(script::units(file, dialect)?));
        }
        // Files of Diesel's that say nothing of transactions may steer them: it never looked.
        let as_diesel = !migration.has_metadata();
        match script::inspect(file, dialect, as_diesel) {
            Err(error @ ApplyError::TransactionControl { .. })
                if dialect == Dialect::Postgres && as_diesel =>
            {
                script::between_commits(file, dialect)?.map(Self::Steps).ok_or(error)
            }
            contents => Ok(Self::Transaction(contents?)),
        }
    }
}

impl Run<'_> {
    /// Runs migrations, each with its lines of the ledger in one transaction where it can.
    ///
    /// # Errors
    /// A file that cannot be read or run (nothing has run then), or the first that fails; those
    /// before it stay.
    pub fn migrate(&mut self, migrations: &[&Migration]) -> Result<Vec<Done>, ApplyError> {
        self.stoppable(|run| run.apply(migrations))
    }

    /// Reverts migrations, newest first: the way back of each is read before anything runs.
    ///
    /// # Errors
    /// One without a way back (nothing has run then), or the first that fails.
    pub fn rollback(
        &mut self,
        migrations: &[&Migration],
        dir: &Path,
    ) -> Result<Vec<Done>, ApplyError> {
        self.stoppable(|run| run.revert(migrations, dir))
    }

    fn apply(&mut self, migrations: &[&Migration]) -> Result<Vec<Done>, ApplyError> {
        if migrations.is_empty() {
            return Ok(Vec::new());
        }
        check(self.connection.dialect(), migrations)?;
        self.make_ledger()?;
        let mut unfinished = self.ledger.records(self.connection)?;
        // Nothing has run: there are no rows that could be lost.
        let mut may_warn = !unfinished.is_empty();
        unfinished.retain(|record| record.state == State::Started);
        let of = migrations.len();
        if self.settings.together {
            let mut group = Vec::new();
            for migration in migrations {
                if !migration.transactional {
                    return Err(ApplyError::NotTogether { name: migration.name.clone() });
                }
                group.push(Work::up(migration, self.connection)?);
            }
            return self.timed(group, 0, of, None, true);
        }
        let mut all = Vec::new();
        let mut apart = 0;
        while let Some(migration) = migrations.get(all.len()) {
            let at = all.len();
            if apart == 0 {
                let rest = migrations.get(at..).unwrap_or_default();
                let shared = self.share_commit(rest, (at, of), &unfinished)?;
                apart = shared.apart;
                if !shared.done.is_empty() {
                    all.extend(shared.done);
                    continue;
                }
            }
            apart -= 1;
            let work = Work::up(migration, self.connection)?;
            if may_warn && matches!(&work.form, Form::Transaction(it) if it.keys_stay_on) {
                may_warn = false;
                self.observer.warn(&keys_stay_on(&migration.name));
            }
            let record = unfinished.iter().find(|r| r.version == migration.version);
            let last = at + 1 == of;
            all.extend(self.timed(vec![work], at, of, record, last)?);
        }
        Ok(all)
    }

    fn revert(&mut self, migrations: &[&Migration], dir: &Path) -> Result<Vec<Done>, ApplyError> {
        let mut works = Vec::new();
        for migration in migrations {
            works.push(Work::down(migration, self.connection, dir)?);
        }
        self.make_ledger()?;
        let unfinished = self.unfinished(State::Reverting)?;
        let of = works.len();
        let mut all = Vec::new();
        for (at, work) in works.into_iter().enumerate() {
            let record = unfinished.iter().find(|r| r.version == work.migration.version);
            all.extend(self.timed(vec![work], at, of, record, at + 1 == of)?);
        }
        Ok(all)
    }

    /// Runs files that take effect together, and tells the observer.
    fn timed(
        &mut self,
        group: Vec<Work<'_>>,
        at: usize,
        of: usize,
        record: Option<&Record>,
        last: bool,
    ) -> Result<Vec<Done>, ApplyError> {
        let begin = Instant::now();
        for (number, work) in group.iter().enumerate() {
            self.observer.begin(work.migration, work.down, at + number + 1, of);
        }
        match group.as_slice() {
            [work] if matches!(work.form, Form::Steps(_)) => steps::run(self, work, record)?,
            _ => transaction::run(self, &group, last)?,
        }
        let mut all = Vec::new();
        for work in &group {
            let done = Done {
                name: work.migration.name.clone(),
                statements: work.count(),
                duration_ms: millis(begin.elapsed()),
            };
            self.observer.end(&done);
            all.push(done);
        }
        Ok(all)
    }

    /// What is still to be kept of the files. A run without it is no worse than one by Diesel.
    fn keep_rest(&mut self) {
        let sql = self.ledger.unkept().to_owned();
        self.ledger.nothing_unkept();
        let lost = matches!(&*self.connection, Connection::Postgres(session) if session.is_lost());
        if !sql.is_empty() && !lost {
            self.connection.execute(&sql).ok();
        }
    }

    fn make_ledger(&mut self) -> Result<(), ApplyError> {
        let ledger = &mut *self.ledger;
        if ledger.is_complete() {
            return Ok(());
        }
        transaction::small(self.connection, self.settings.lock_timeout, &mut |connection| {
            ledger.create(connection)
        })
    }

    fn unfinished(&mut self, state: State) -> Result<Vec<Record>, ApplyError> {
        let mut records = self.ledger.records(self.connection)?;
        records.retain(|record| record.state == state);
        Ok(records)
    }

    /// Tries again while somebody else holds a lock, up to the limit.
    pub(super) fn patiently(
        &mut self,
        attempt: &mut dyn FnMut(&mut Self) -> Result<(), ApplyError>,
    ) -> Result<(), ApplyError> {
        let begin = Instant::now();
        let mut pause = Duration::from_millis(500);
        let mut told = String::new();
        loop {
            let Err(mut error) = attempt(self) else { return Ok(()) };
            let blockers = blockers(self.connection);
            recover(self.connection);
            if !error.is_lock() {
                return Err(error);
            }
            let waited = begin.elapsed();
            if waited + pause > self.settings.lock_timeout {
                explain(&mut error, &blockers, waited);
                return Err(error);
            }
            let message = format!(
                "waiting for a lock that others hold{}; trying again",
                blockers.iter().map(|blocker| format!("\n  {blocker}")).collect::<String>()
            );
            if message != told {
                self.observer.warn(&message);
                told = message;
            }
            if interrupt::pause(pause) {
                return Err(error);
            }
            pause = (pause * 2).min(Duration::from_secs(8));
        }
    }

    /// A signal is told as such, and what was committed without waiting for the disk is brought
    /// there.
    fn stoppable<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, ApplyError>,
    ) -> Result<T, ApplyError> {
        let outcome = work(self);
        if outcome.is_err() {
            recover(self.connection);
        }
        self.keep_rest();
        outcome.map_err(|error| {
            transaction::wait_for_disk(self.connection);
            let cancelled = error.database().is_some_and(|e| e.kind == ErrorKind::Cancelled);
            if interrupt::requested() && (cancelled || error.is_lock() || error.is_lost()) {
                ApplyError::Stopped(Box::new(error))
            } else {
                error
            }
        })
    }
}

fn keys_stay_on(name: &str) -> String {
    format!(
        "{name} switches foreign keys off in a transaction, where SQLite ignores it (under diesel, too): \
         dropping a table deletes or refuses the rows that refer to it; \
         `run_in_transaction = false` in its metadata.toml lets the switch work"
    )
}

fn blockers(connection: &Connection) -> Vec<String> {
    match connection {
        Connection::Postgres(session) => session.blockers().to_vec(),
        Connection::Sqlite(_) => Vec::new(),
    }
}

fn explain(error: &mut ApplyError, blockers: &[String], waited: Duration) {
    if let Some(error) = error.database_mut() {
        if !blockers.is_empty() {
            error.detail = Some(format!("held up by {}", blockers.join("\n  and by ")));
        }
        error.hint = Some(format!(
            "tried for {} s; wait for the others or end them, or allow more time with --lock-timeout",
            waited.as_secs()
        ));
    }
}

/// Ends whatever transaction a failure left open. The failure itself is what the user must read.
pub(super) fn recover(connection: &mut Connection) {
    match connection {
        Connection::Sqlite(session) => session.recover().ok(),
        Connection::Postgres(session) => {
            use crate::database::postgres::TransactionStatus as Status;
            match session.transaction_status() {
                Status::Idle | Status::Unknown => None,
                _ => session.execute("ROLLBACK").ok(),
            }
        }
    };
}

/// Notes a migration as applied without running it.
///
/// # Errors
/// The database's own, or an up.sql that cannot be read.
pub fn mark_applied(
    connection: &mut Connection,
    ledger: &mut Ledger,
    migration: &Migration,
) -> Result<(), ApplyError> {
    let checksum = migration.checksum()?;
    let limit = Settings::default().lock_timeout;
    transaction::small(connection, limit, &mut |connection| {
        ledger.create(connection)?;
        ledger.remove(connection, &migration.version)?;
        ledger.finish(connection, migration, &checksum, 0, 0)
    })
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
