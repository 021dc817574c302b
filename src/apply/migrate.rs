use super::{ApplyError, run};
use crate::config::OlderMigrations;
use crate::database::{Connection, Session};
use crate::ledger::{Comparison, Ledger, Standing};
use crate::migration::{Migration, SqlFile, Version};
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
    pub name: String,
    pub statements: usize,
    pub duration_ms: u64,
}

/// The migrations to run, oldest first, after looking for what forbids it.
///
/// # Errors
/// An interrupted migration, or an older one where the settings refuse it.
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
    for line in standing {
        let name = line.name.clone();
        match line.standing {
            Standing::Applied | Standing::Replacing => {}
            Standing::Renamed => {
                let was = line.was.clone().or_else(|| Some(line.was_version.as_ref()?.to_string()));
                return Err(ApplyError::Renamed { name, was: was.unwrap_or_default() });
            }
            Standing::PartlyReplaced => {
                let lacking: Vec<&str> = line.lacking.iter().map(Version::as_str).collect();
                return Err(ApplyError::PartlyReplaced { name, lacking: lacking.join(", ") });
            }
            Standing::Changed => observer.warn(&format!(
                "{name} was changed after it had run: the change is not in this database"
            )),
            Standing::Missing => observer
                .warn(&format!("{name} has run here and is not in the folder of migrations")),
            Standing::Interrupted => {
                return Err(ApplyError::Interrupted { name, done: line.statement });
            }
            Standing::Pending | Standing::PendingOlder => {
                if line.standing == Standing::PendingOlder {
                    let newest = newest.map(|c| c.name.clone()).unwrap_or_default();
                    match older {
                        OlderMigrations::Apply => {}
                        OlderMigrations::Warn => observer.warn(&format!(
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
    Ok(found)
}

/// Runs migrations, each with its lines of the ledger in one transaction where it can.
///
/// # Errors
/// The first that fails; those before it stay.
pub fn migrate(
    connection: &mut Connection,
    ledger: &mut Ledger,
    migrations: &[&Migration],
    observer: &mut dyn Observer,
) -> Result<Vec<Done>, ApplyError> {
    let mut all = Vec::new();
    ledger.create(connection)?;
    for (at, migration) in migrations.iter().enumerate() {
        observer.begin(migration, false, at + 1, migrations.len());
        let file = migration.up()?;
        let spans = run::inspect(&file, connection, migration.transactional)?;
        let begin = Instant::now();
        let checksum = migration.checksum()?;
        let outcome = if migration.transactional {
            in_transaction(connection, &mut |connection| {
                // Another process may have run it while this one waited for the file's lock.
                if connection.dialect() == Dialect::Sqlite
                    && ledger.has(connection, &migration.version)?
                {
                    return Ok(());
                }
                run::run(connection, &file, &spans, true, &mut |_, _| Ok(()))?;
                Ok(ledger.finish(connection, migration, &checksum, millis(begin.elapsed()))?)
            })
        } else {
            step_by_step(connection, ledger, migration, &file, &spans, begin)
        };
        outcome.inspect_err(|_| recover(connection))?;
        let done = Done {
            name: migration.name.clone(),
            statements: spans.len(),
            duration_ms: millis(begin.elapsed()),
        };
        observer.end(&done);
        all.push(done);
    }
    Ok(all)
}

fn step_by_step(
    connection: &mut Connection,
    ledger: &Ledger,
    migration: &Migration,
    file: &SqlFile,
    spans: &[crate::sql::split::StatementSpan],
    begin: Instant,
) -> Result<(), ApplyError> {
    let checksum = migration.checksum()?;
    ledger.start(connection, migration, &checksum)?;
    let version = &migration.version;
    let mut done = 0;
    let outcome = run::run(connection, file, spans, false, &mut |connection, count| {
        done = count;
        // Inside the file's own transaction the note would vanish with it.
        if in_own_transaction(connection) {
            return Ok(());
        }
        ledger.progress(connection, version, count)
    });
    if let Err(error) = outcome {
        recover(connection);
        // Where nothing took effect, nothing is interrupted.
        if done == 0 {
            ledger.remove(connection, version)?;
        }
        return Err(error);
    }
    in_transaction(connection, &mut |connection| {
        Ok(ledger.finish(connection, migration, &checksum, millis(begin.elapsed()))?)
    })
}

fn in_own_transaction(connection: &Connection) -> bool {
    match connection {
        Connection::Sqlite(session) => session.in_transaction(),
        Connection::Postgres(session) => {
            session.transaction_status() != crate::database::postgres::TransactionStatus::Idle
        }
    }
}

/// Reverts migrations, newest first: the way back of each is read before anything runs.
///
/// # Errors
/// One without a way back (nothing has run then), or the first that fails.
pub fn rollback(
    connection: &mut Connection,
    ledger: &mut Ledger,
    migrations: &[&Migration],
    dir: &Path,
    observer: &mut dyn Observer,
) -> Result<Vec<Done>, ApplyError> {
    let dialect = connection.dialect();
    let mut files = Vec::new();
    for migration in migrations {
        let file = migration.down(dialect)?.ok_or_else(|| ApplyError::NoWayBack {
            name: migration.name.clone(),
            dir: dir.to_owned(),
        })?;
        let spans = run::inspect(&file, connection, migration.transactional)?;
        files.push((migration, file, spans));
    }
    ledger.create(connection)?;
    let mut all = Vec::new();
    for (at, (migration, file, spans)) in files.iter().enumerate() {
        observer.begin(migration, true, at + 1, files.len());
        let begin = Instant::now();
        let version = &migration.version;
        let outcome = if migration.transactional {
            in_transaction(connection, &mut |connection| {
                run::run(connection, file, spans, true, &mut |_, _| Ok(()))?;
                Ok(ledger.remove(connection, version)?)
            })
        } else {
            run::run(connection, file, spans, false, &mut |_, _| Ok(()))
                .and_then(|()| in_transaction(connection, &mut |c| Ok(ledger.remove(c, version)?)))
        };
        outcome.inspect_err(|_| recover(connection))?;
        let done = Done {
            name: migration.name.clone(),
            statements: spans.len(),
            duration_ms: millis(begin.elapsed()),
        };
        observer.end(&done);
        all.push(done);
    }
    Ok(all)
}

/// Notes a migration as applied without running it.
///
/// # Errors
/// The database's own, or an up.sql that cannot be read.
pub fn mark_applied(
    connection: &mut Connection,
    ledger: &Ledger,
    migration: &Migration,
) -> Result<(), ApplyError> {
    let checksum = migration.checksum()?;
    in_transaction(connection, &mut |connection| {
        ledger.remove(connection, &migration.version)?;
        Ok(ledger.finish(connection, migration, &checksum, 0)?)
    })
}

/// SQLite takes the write lock at once: a transaction that starts by reading cannot wait for it
/// (SQLITE_BUSY_SNAPSHOT).
pub(super) fn in_transaction(
    connection: &mut Connection,
    work: &mut dyn FnMut(&mut Connection) -> Result<(), ApplyError>,
) -> Result<(), ApplyError> {
    let begin = match connection.dialect() {
        Dialect::Postgres => "BEGIN",
        Dialect::Sqlite => "BEGIN IMMEDIATE",
    };
    connection.execute(begin)?;
    let outcome = work(connection).and_then(|()| Ok(connection.execute("COMMIT")?));
    if outcome.is_err() {
        recover(connection);
    }
    outcome
}

/// Ends whatever transaction a failure left open. The failure itself is what the user must read.
fn recover(connection: &mut Connection) {
    match connection {
        Connection::Sqlite(session) => session.recover().ok(),
        Connection::Postgres(_) if in_own_transaction(connection) => {
            connection.execute("ROLLBACK").ok()
        }
        Connection::Postgres(_) => None,
    };
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
