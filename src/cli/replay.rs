//! `dbkit check --replay`: every migration on a scratch database, and the way back of each.

use super::migrations::{History, Progress};
use super::{Context, Exit, Stop, schema};
use crate::apply::Settings;
use crate::config::{Location, Origin, Target};
use crate::database::{Connection, Session, drop_database, open_or_create};
use crate::diagnostic::Severity;
use crate::history::{self, Difference, Finding, example_rows};
use crate::migration::Migration;
use crate::model::{Dialect, Model};
use crate::source::Source;
use crate::source::lineage::Lineage;
use crate::source::snapshot::{self, Continues};

/// A database that goes when the value goes.
pub(super) struct Scratch(Target);

impl Scratch {
    /// Beside the target: a file of its own, or a database of its own on the same server.
    fn beside(target: &Target) -> Self {
        let mut target = target.clone();
        let name = format!("dbkit_scratch_{}", std::process::id());
        match &mut target.location {
            Location::Sqlite { path } => {
                let file = std::env::temp_dir().join(format!("{name}.db"));
                *path = file.display().to_string();
            }
            Location::Postgres { keywords, .. } => {
                keywords.retain(|(keyword, _)| keyword != "dbname");
                keywords.push(("dbname".to_owned(), name));
            }
        }
        target.protected = false;
        Self(target)
    }

    /// The same where there may be no target: a file needs none.
    pub(super) fn of(target: Option<&Target>, dialect: Dialect) -> Option<Self> {
        match (target, dialect) {
            (Some(target), _) => Some(Self::beside(target)),
            (None, Dialect::Postgres) => None,
            (None, Dialect::Sqlite) => {
                let location = Location::Sqlite { path: String::new() };
                Some(Self::beside(&Target {
                    location,
                    origin: Origin::Default,
                    environment: None,
                    protected: false,
                    connect_timeout: None,
                    wait: None,
                }))
            }
        }
    }

    pub(super) fn target(&self) -> &Target {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What the check found is what the user must read.
        drop_database(&self.0).ok();
    }
}

/// Runs all migrations on a scratch database beside the target's, compares the result with the
/// schema files, and goes back and forth over each, newest first.
///
/// # Errors
/// No scratch database. Whatever fails in it is a finding.
pub(super) fn findings(
    context: &Context,
    target: &Target,
    notes: &mut Vec<String>,
) -> anyhow::Result<Vec<Finding>> {
    let scratch = Scratch::beside(target);
    drop_database(&scratch.0)?;
    let (connection, _) = open_or_create(&scratch.0, &mut |_| {}).map_err(|error| {
        let message = format!(
            "cannot make a scratch database beside {target}: {}\nhelp: the role needs CREATEDB; name another server with --database-url",
            error.message.trim()
        );
        Stop::error(Exit::NoConnection, message)
    })?;
    let wanted = schema::read(context, target.dialect())?.ok();
    let mut history = History::on(context, &scratch.0, connection)?;
    let lineage = Lineage::read(&history.migrations, target.dialect()).ok();
    let (settings, found) = (Settings::default(), Vec::new());
    let mut replay = Replay { context, settings, lineage, found };
    replay.there(&mut history, wanted.as_ref())?;
    if replay.found.is_empty() {
        replay.back(&mut history, notes)?;
    }
    drop(history);
    Ok(replay.found)
}

struct Replay<'c> {
    context: &'c Context,
    settings: Settings,
    lineage: Option<Lineage>,
    found: Vec<Finding>,
}

impl Replay<'_> {
    /// Runs everything and compares with the schema files.
    fn there(&mut self, history: &mut History, wanted: Option<&Source>) -> anyhow::Result<()> {
        for migration in history.migrations.clone() {
            if let Err(error) = self.run(history, std::slice::from_ref(&migration), false) {
                self.fault(
                    "replay-fails",
                    &migration,
                    "it fails on an empty database with the migrations before it",
                    &error,
                    "correct its up.sql, or write a new migration where it has run elsewhere",
                );
                return Ok(());
            }
        }
        let Some(wanted) = wanted else { return Ok(()) };
        let made = history.connection.introspect()?;
        let wanted = super::schema::completed(self.context, wanted.clone(), &made)?.model;
        let beside = history::beside(&mut history.connection, &wanted)?;
        for difference in history::differences(&beside.other, &beside.live, &[]) {
            self.found.push(told(
                "replay-differs",
                difference.object.clone(),
                "all migrations together do not make what the schema files say",
                &[difference],
                "a migration was edited: `dbkit generate --custom` for what is missing, or restore the file",
            ));
        }
        Ok(())
    }

    /// Reverts each, runs it again, and reverts it once more to come to the one before.
    fn back(&mut self, history: &mut History, notes: &mut Vec<String>) -> anyhow::Result<()> {
        let dialect = history.target.dialect();
        let migrations = history.migrations.clone();
        let full = history.connection.introspect()?;
        let filled = example_rows(&mut history.connection, &full);
        if !filled.without.is_empty() {
            notes.push(format!("no example rows could be made for {}", filled.without.join(", ")));
        }
        let mut after = full;
        let changes = changes(&migrations, dialect);
        for (at, change) in changes.iter().enumerate().rev() {
            let Some(migration) = change.last() else { continue };
            let next = changes.get(at + 1).and_then(|next| next.first());
            let is_part = next.is_some_and(|m| snapshot::continues(m, dialect) == Continues::Apart);
            let mut says_so = false;
            for part in *change {
                let Some(down) = part.down(dialect)? else {
                    notes.push(format!(
                        "{} has no way back: the migrations before it were not tried",
                        part.name
                    ));
                    return Ok(());
                };
                says_so |= ["-- Cannot bring back", "-- may-fail: "]
                    .iter()
                    .any(|words| down.text.contains(words));
            }
            let rows_before = counts(&mut history.connection, &after);
            if let Err(error) = self.run(history, change, true) {
                // The file itself says that it cannot bring back what was there.
                if says_so {
                    notes.push(format!(
                        "{} cannot be reverted while there are rows, as it says itself",
                        migration.name
                    ));
                } else {
                    self.no_way(
                        "way-back-fails",
                        migration,
                        "its down.sql fails on a database with rows",
                        &error,
                        "correct its down.sql",
                    );
                }
                return Ok(());
            }
            let before = history.connection.introspect()?;
            if let Err(error) = self.run(history, change, false) {
                self.no_way(
                    "again-fails",
                    migration,
                    "it cannot run again after its down.sql",
                    &error,
                    "have down.sql take back everything that up.sql makes",
                );
                return Ok(());
            }
            let mut again = history.connection.introspect()?;
            if is_part {
                // A later part reads the old rows, and is still to come.
                all_valid(&mut after);
                all_valid(&mut again);
            }
            let differ = history::differences(&after, &again, &[]);
            if !differ.is_empty() {
                let finding = told(
                    "way-back-differs",
                    migration.name.clone(),
                    "after down.sql and up.sql the database is another",
                    &differ,
                    "have down.sql take back everything that up.sql makes, and nothing else",
                );
                self.found.push(Finding {
                    level: self.level_of_way_back(migration),
                    ..finding.at(migration.path.join("down.sql"))
                });
                return Ok(());
            }
            let rows_after = counts(&mut history.connection, &again);
            let lost: Vec<String> = rows_before
                .iter()
                .filter(|(table, rows)| {
                    rows_after.iter().any(|(other, left)| other == table && left < rows)
                })
                .map(|(table, _)| table.clone())
                .collect();
            if !lost.is_empty() {
                notes.push(format!(
                    "down.sql of {} loses rows of {}",
                    migration.name,
                    lost.join(", ")
                ));
            }
            if let Err(error) = self.run(history, change, true) {
                self.no_way(
                    "way-back-fails",
                    migration,
                    "its down.sql fails the second time",
                    &error,
                    "correct its down.sql",
                );
                return Ok(());
            }
            after = before;
        }
        if !after.is_empty() {
            notes.push(
                "after all ways back the database was not empty before the first migration"
                    .to_owned(),
            );
        }
        Ok(())
    }

    fn run(
        &self,
        history: &mut History,
        migrations: &[Migration],
        down: bool,
    ) -> anyhow::Result<()> {
        let dir = history.dir.clone();
        history.under_lock(self.context, &self.settings, |history, lock| {
            let mut progress = Progress::new(self.context);
            let mut run = history.run(lock, &self.settings, &mut progress);
            let mut order: Vec<&Migration> = migrations.iter().collect();
            let outcome = if down {
                order.reverse();
                run.rollback(&order, &dir)
            } else {
                run.migrate(&order)
            };
            outcome.map(drop).map_err(super::migrations::stop)
        })
    }

    /// What is wrong with a way back. Those of the time before dbkit came nobody goes any more.
    fn no_way(
        &mut self,
        code: &'static str,
        migration: &Migration,
        message: &str,
        error: &anyhow::Error,
        help: &str,
    ) {
        self.fault(code, migration, message, error, help);
        let level = self.level_of_way_back(migration);
        if let Some(finding) = self.found.last_mut() {
            finding.level = level;
        }
    }

    fn level_of_way_back(&self, migration: &Migration) -> Severity {
        let lineage = self.lineage.as_ref();
        match lineage.is_some_and(|lineage| history::is_adopted(migration, lineage)) {
            true => Severity::Warning,
            false => Severity::Error,
        }
    }

    fn fault(
        &mut self,
        code: &'static str,
        migration: &Migration,
        message: &str,
        error: &anyhow::Error,
        help: &str,
    ) {
        self.found.push(
            Finding::new(code, migration.name.clone(), message, help)
                .at(&migration.path)
                .detail(error.to_string()),
        );
    }
}

/// Migrations that go back together: parts of a change that have no way back of their own.
fn changes(migrations: &[Migration], dialect: Dialect) -> Vec<&[Migration]> {
    let together = |next: &Migration| snapshot::continues(next, dialect) == Continues::Together;
    migrations.chunk_by(|_, next| together(next)).collect()
}

fn all_valid(model: &mut Model) {
    for table in model.tables.values_mut() {
        table.foreign_keys.iter_mut().for_each(|key| key.not_valid = false);
        table.checks.iter_mut().for_each(|check| check.not_valid = false);
    }
}

fn told(
    code: &'static str,
    subject: String,
    message: &str,
    differences: &[Difference],
    help: &str,
) -> Finding {
    let mut detail = Vec::new();
    for difference in differences {
        detail.push(format!("{} {}", difference.object, difference.change.as_str()));
        detail.extend(difference.details.iter().map(|line| format!("  {line}")));
    }
    Finding::new(code, subject, message, help).detail(detail.join("\n"))
}

/// Rows of each table; those that cannot be counted are left out.
fn counts(connection: &mut Connection, model: &Model) -> Vec<(String, u64)> {
    let mut all = Vec::new();
    for name in model.tables.keys() {
        if let Some(rows) = history::count_rows(connection, name) {
            all.push((name.to_string(), rows));
        }
    }
    all
}
