//! Data in: the rows of `seeds/common` and `seeds/<environment>`, written so that a second run
//! changes nothing.
//!
//! ```text
//! files ─► rows (as written) ─► checked against the live model ─► units (sets) ─► one transaction each
//! ```
//!
//! Every mistake that can be seen without writing is reported before the first write, all of them
//! at once.

mod aside;
mod bulk;
mod check;
mod clock;
mod dump;
mod error;
mod feed;
mod files;
mod generate;
mod keys;
mod kind;
mod ledger;
mod load;
mod order;
mod password;
mod read;
mod references;
mod removed;
mod report;
mod reset;
mod sequences;
mod statements;
mod status;
mod surplus;
mod units;
mod value;
mod write;

pub use crate::model::Mask;
pub use clock::Clock;
pub use dump::{Dumped, Masks, Take, dump};
pub use error::SeedError;
pub use files::{COMMON, Sets, environments, load};
pub use ledger::{SeededSet, protect, protected_as};
#[cfg(feature = "studio")]
pub(crate) use read::{Field as CsvField, Records as CsvRecords};
pub use report::{Change, ChangeKind, ColumnChange, RemovedReport, Report, SqlReport, TableReport};
pub use status::{SetState, SetStatus, status};

use crate::database::{Session, interrupt};
use crate::model::{Dialect, Model, QName};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// How to run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Do everything, count it, and roll it back.
    pub dry_run: bool,
    /// Delete the rows that an earlier run wrote and no file has any more.
    pub prune: bool,
    /// Empty the tables of the sets first.
    pub reset: bool,
    /// Report what happens to each row.
    pub details: bool,
    /// Write these tables only; empty: all.
    pub only: Vec<String>,
    /// The sets are not all of the environment's.
    pub partial: bool,
    /// How many rows to make of these tables, instead of what the files say.
    pub rows: Vec<(String, u64)>,
    /// The seed of generated rows, instead of what the files say.
    pub seed: Option<u64>,
    /// The moment that relative times are seen from.
    pub clock: Clock,
}

/// Told while many rows are written.
pub trait Progress {
    /// `done` of `total` rows of the table are on their way; the total is not always known.
    fn rows(&mut self, table: &str, done: u64, total: Option<u64>);
}

/// Tells nobody.
impl Progress for () {
    fn rows(&mut self, _: &str, _: u64, _: Option<u64>) {}
}

/// Writes the sets to the database, each in a transaction of its own.
///
/// # Errors
/// [`SeedError::Mistakes`] before anything is written; any other error after the set it happened in
/// was rolled back. Sets before it stay, unless this is a dry run or a reset.
pub fn run(session: &mut dyn Session, sets: &Sets, options: Options) -> Result<Report, SeedError> {
    run_with(session, sets, options, &mut ())
}

/// As [`run`], telling how far it is.
///
/// # Errors
/// As [`run`].
pub fn run_with(
    session: &mut dyn Session,
    sets: &Sets,
    options: Options,
    progress: &mut dyn Progress,
) -> Result<Report, SeedError> {
    let started = Instant::now();
    let model = session.introspect().map_err(SeedError::database("reading the schema"))?;
    let plan = plan(session, sets, &options, &model)?;
    let mut report = Report {
        environment: sets.environment.clone(),
        dry_run: options.dry_run,
        ..Report::default()
    };
    plan.run(session, &options, &model, &mut report, progress)?;
    report.milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(report)
}

type Keys = BTreeMap<(String, QName), Vec<ledger::RowKey>>;

/// Everything checked and in order.
struct Plan {
    environment: String,
    units: Vec<(units::Unit, order::Order)>,
    checksums: BTreeMap<String, String>,
    /// What the ledger knows, and what is in the files now.
    before: Keys,
    now: Keys,
    /// Made rows that are too many.
    surplus: Vec<surplus::Surplus>,
}

fn plan(
    session: &mut dyn Session,
    sets: &Sets,
    options: &Options,
    model: &Model,
) -> Result<Plan, SeedError> {
    let mut contents = read::read(sets)?;
    let mut scripts = files::scripts(sets, model.dialect)?;
    let rows = contents.rows.len();
    only(&mut contents, &options.only)?;
    if rows != contents.rows.len() || !options.only.is_empty() {
        scripts.clear();
    }
    let checked = check::check(session, contents.rows, &contents.keys, model, options.clock)?;
    let environment = &sets.environment;
    let wanted = std::mem::take(&mut contents.wanted);
    let requests = generate::requests(wanted, &options.rows, options.seed, environment, model)
        .map_err(SeedError::Mistakes)?;
    let made = ledger::ranges(session, environment)?;
    let bulk = bulk::Sources { checked: &checked, declared: &contents.keys, made: &made, model };
    let mut bulk = bulk.check(contents.large, requests, options.reset)?;
    let bulk_tables: BTreeSet<QName> = bulk.iter().map(|bulk| bulk.table.clone()).collect();
    references::check(session, &checked, &bulk_tables, model)?;
    let now = removed::current(&checked);
    let mut units = Vec::new();
    let mut names = sets.names();
    let seen: BTreeSet<String> = names.iter().cloned().collect();
    let surplus = match options.reset || !options.only.is_empty() {
        true => Vec::new(),
        false => surplus::find(&made, &bulk, options.partial.then_some(&seen), model),
    };
    if options.prune {
        surplus::forget(&surplus, &mut bulk);
    }
    for bulk in &bulk {
        if !names.contains(&bulk.set) {
            names.push(bulk.set.clone());
        }
    }
    for unit in units::units(&names, checked, bulk, scripts, model) {
        let tables = unit.rows.keys().chain(unit.bulk.iter().map(|bulk| &bulk.table)).collect();
        let order = order::order(&tables, model)?;
        units.push((unit, order));
    }
    let before = ledger::keys(session, &sets.environment)?;
    let checksums = sets.checksums()?;
    Ok(Plan { environment: sets.environment.clone(), units, checksums, before, now, surplus })
}

/// Leaves only the rows of those tables.
fn only(contents: &mut read::Contents, wanted: &[String]) -> Result<(), SeedError> {
    if wanted.is_empty() {
        return Ok(());
    }
    let mut known: BTreeSet<String> = contents.rows.iter().map(|r| r.table.to_string()).collect();
    known.extend(contents.large.iter().map(|file| file.table.to_string()));
    known.extend(contents.wanted.iter().map(|wanted| wanted.table.to_string()));
    if let Some(table) = wanted.iter().find(|name| !known.contains(*name)) {
        let nearest = dbkit_syntax::nearest(table, known.iter().map(String::as_str));
        let nearest = nearest.map(str::to_owned);
        return Err(SeedError::NoTable { table: table.clone(), nearest });
    }
    let is = |table: &QName| wanted.contains(&table.to_string());
    contents.rows.retain(|row| is(&row.table));
    contents.large.retain(|file| is(&file.table));
    contents.wanted.retain(|wanted| is(&wanted.table));
    Ok(())
}

impl Plan {
    fn run(
        &self,
        session: &mut dyn Session,
        options: &Options,
        model: &Model,
        report: &mut Report,
        progress: &mut dyn Progress,
    ) -> Result<(), SeedError> {
        // What is taken back, or must not happen by halves, is one transaction.
        let whole = options.dry_run || options.reset;
        let outcome = self.all(session, options, model, report, progress, whole);
        if !whole {
            return outcome;
        }
        let end = if options.dry_run || outcome.is_err() { "ROLLBACK" } else { "COMMIT" };
        let ended = session.execute(end).map_err(SeedError::database("ending the transaction"));
        // The first error is the one to tell; the connection may be gone already.
        outcome.and(ended)
    }

    fn all(
        &self,
        session: &mut dyn Session,
        options: &Options,
        model: &Model,
        report: &mut Report,
        progress: &mut dyn Progress,
        whole: bool,
    ) -> Result<(), SeedError> {
        if whole {
            write::begin(session, &order::Order::default(), false)?;
        }
        if options.reset {
            let rows = self.units.iter().flat_map(|(unit, _)| unit.rows.keys());
            let bulk = self.units.iter().flat_map(|(unit, _)| unit.bulk.iter());
            let tables = rows.chain(bulk.map(|bulk| &bulk.table)).collect();
            reset::reset(session, &tables, model)?;
        }
        let before = self.removed(session, options, model, report, whole)?;
        let mut done: Vec<String> = Vec::new();
        for (unit, order) in &self.units {
            let how = (options, &before, whole);
            let written = self.unit(session, (unit, order), how, model, report, progress);
            if let Err(error) = written {
                let stopped = interrupt::requested();
                let error = if stopped { SeedError::Interrupted } else { error.explained() };
                let done = if whole { Vec::new() } else { done };
                return Err(SeedError::Set {
                    sets: unit.sets.clone(),
                    done,
                    error: Box::new(error),
                });
            }
            done.extend(unit.sets.iter().cloned());
        }
        Ok(())
    }

    /// Finds the rows that went from the files, deletes them when asked to. Returns what the ledger
    /// knows afterwards.
    fn removed(
        &self,
        session: &mut dyn Session,
        options: &Options,
        model: &Model,
        report: &mut Report,
        whole: bool,
    ) -> Result<Keys, SeedError> {
        let mut before = self.before.clone();
        if options.reset || !options.only.is_empty() {
            return Ok(before);
        }
        let sets: BTreeSet<String> =
            self.units.iter().flat_map(|(unit, _)| unit.sets.iter().cloned()).collect();
        let known = options.partial.then_some(&sets);
        let gone = removed::find(&before, &self.now, known, model);
        if gone.is_empty() && self.surplus.is_empty() {
            return Ok(before);
        }
        if options.prune && !whole {
            write::begin(session, &order::Order::default(), false)?;
        }
        let how = (options.prune, options.details);
        let outcome = removed::handle(session, &gone, model, how, report).and_then(|_| {
            for surplus in &self.surplus {
                surplus.handle(session, &self.environment, model, options.prune, report)?;
            }
            if !options.prune {
                return Ok(());
            }
            for (entry, keys) in &gone {
                let left: Vec<ledger::RowKey> = before
                    .get(entry)
                    .into_iter()
                    .flatten()
                    .filter(|key| !keys.contains(key))
                    .cloned()
                    .collect();
                ledger::record_keys(session, &self.environment, &entry.0, &entry.1, &left)?;
                before.insert(entry.clone(), left);
                if !self.checksums.contains_key(&entry.0) {
                    ledger::forget(session, &self.environment, &entry.0)?;
                }
            }
            Ok(())
        });
        if options.prune && !whole {
            end(session, outcome)?;
        } else {
            outcome?;
        }
        Ok(before)
    }

    fn unit(
        &self,
        session: &mut dyn Session,
        (unit, order): (&units::Unit, &order::Order),
        (options, before, whole): (&Options, &Keys, bool),
        model: &Model,
        report: &mut Report,
        progress: &mut dyn Progress,
    ) -> Result<(), SeedError> {
        if interrupt::requested() {
            return Err(SeedError::Interrupted);
        }
        write::begin(session, order, whole)?;
        let first = report.tables.len();
        let details = options.details;
        let mut writer = write::Writer { session, model, report, details, progress };
        let outcome = writer.unit(unit, order).and_then(|()| {
            ledger::create(session)?;
            for set in &unit.sets {
                let tables = report.tables.get(first..).unwrap_or_default();
                let rows = tables.iter().filter(|table| table.set == *set);
                ledger::record(
                    session,
                    &SeededSet {
                        environment: self.environment.clone(),
                        set: set.clone(),
                        checksum: self.checksums.get(set).cloned().unwrap_or_default(),
                        rows: rows.map(|t| t.inserted + t.updated + t.unchanged).sum(),
                        seeded_at: options.clock.0.format("%Y-%m-%d %H:%M:%S").to_string(),
                        dbkit_version: env!("CARGO_PKG_VERSION").to_owned(),
                    },
                )?;
            }
            if options.only.is_empty() {
                removed::record(session, &self.environment, &unit.sets, before, &self.now)?;
            }
            Ok(())
        });
        if !whole {
            return end(session, outcome);
        }
        outcome?;
        let check = match (model.dialect, order.defer) {
            (Dialect::Postgres, true) => "SET CONSTRAINTS ALL IMMEDIATE; ",
            _ => "",
        };
        session
            .execute(&format!("{check}RELEASE SAVEPOINT dbkit_unit"))
            .map_err(SeedError::database("checking the foreign keys"))
    }
}

/// Commits, or rolls back what went wrong.
fn end(session: &mut dyn Session, outcome: Result<(), SeedError>) -> Result<(), SeedError> {
    let outcome = outcome.and_then(|()| {
        session.execute("COMMIT").map_err(SeedError::database("ending the transaction"))
    });
    if outcome.is_err() {
        // SQLite keeps the transaction open when COMMIT fails on a deferred foreign key. The first
        // error is the one to tell; the connection may be gone already.
        let _ = session.execute("ROLLBACK");
    }
    outcome
}
