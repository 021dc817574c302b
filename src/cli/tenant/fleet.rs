//! `dbkit tenant migrate`, `dbkit migrate --all-tenants`: each tenant has a ledger of its own, so that
//! one that failed, or a run that was stopped, goes on where it was.

use super::super::migrations::{Limits, listen_for_signals, stop};
use super::super::output::{Grid, count, print};
use super::super::{Context, Exit, Stop};
use super::House;
use super::scope::Shuttle;
use crate::apply::{self, ApplyError, Done, Lock, Observer, Run, Settings, move_over};
use crate::config::TenancySection;
use crate::database::{Access, Connection, interrupt};
use crate::ledger::{Ledger, compare};
use crate::migration::{Migration, read};
use crate::model::Dialect;
use crate::tenants::Place;
use serde::Serialize;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

#[derive(clap::Args, Debug)]
#[command(
    after_help = "The first tenant goes alone: a migration that fails on it reaches nobody else. Run it\n\
                        again after a failure: who is done is passed over.\n\n\
                        Example:\n  dbkit tenant migrate --jobs 4 --canary acme --keep-going"
)]
pub struct Args {
    #[command(flatten)]
    pub fleet: Fleet,
    #[command(flatten)]
    pub limits: Limits,
}

/// How many at once, who first, and what a failure means.
#[derive(clap::Args, Clone, Debug)]
pub(in crate::cli) struct Fleet {
    /// Tenants at the same time, each on a connection of its own
    #[arg(long, value_name = "N", default_value = "1", help_heading = "Tenants")]
    pub jobs: NonZeroUsize,
    /// The tenant that goes first, alone [default: the first of the list]
    #[arg(long, value_name = "TENANT", help_heading = "Tenants")]
    pub canary: Option<String>,
    /// Go on with the others when one fails; otherwise no other begins
    #[arg(long, help_heading = "Tenants")]
    pub keep_going: bool,
    /// Only these tenants
    #[arg(long = "tenant", value_name = "TENANT", help_heading = "Tenants")]
    pub only: Vec<String>,
}

impl Default for Fleet {
    fn default() -> Self {
        Self { jobs: NonZeroUsize::MIN, canary: None, keep_going: false, only: Vec::new() }
    }
}

/// What became of one tenant.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub tenant: String,
    pub done: Vec<Done>,
    pub error: Option<String>,
}

/// The folder of the tenants' migrations, and what is in it.
pub(super) fn folder(
    context: &Context,
    tenancy: &TenancySection,
    dialect: Dialect,
) -> anyhow::Result<(PathBuf, Vec<Migration>)> {
    let dir = match &tenancy.migrations {
        Some(dir) => context.config.root.join(dir),
        None => context.config.migration_dir(dialect),
    };
    let migrations = read(&dir).map_err(|e| Stop::error(Exit::Usage, e.to_string()))?;
    Ok((dir, migrations))
}

/// Runs migrations of one tenant after another.
pub(super) struct Runner<'r> {
    pub context: &'r Context,
    pub migrations: &'r [Migration],
    pub settings: &'r Settings,
}

/// A fleet tells what matters of a tenant at its end.
struct Warnings<'c> {
    context: &'c Context,
    tenant: &'c str,
    done: Vec<Done>,
}

impl Observer for Warnings<'_> {
    fn begin(&mut self, migration: &Migration, _: bool, _: usize, _: usize) {
        if self.context.global.verbose {
            self.context.say(&format!("{}: running {}", self.tenant, migration.name));
        }
    }

    fn end(&mut self, done: &Done) {
        self.done.push(done.clone());
    }

    fn warn(&mut self, message: &str) {
        self.context.warn(&format!("{}: {message}", self.tenant));
    }
}

impl Runner<'_> {
    /// Brings one tenant up to date. `covered` when the main database's lock already keeps others
    /// from the whole fleet.
    pub(super) fn one(&self, place: &Place, covered: bool, shuttle: &mut Shuttle) -> Report {
        let tenant = place.tenant.as_str();
        let mut observer = Warnings { context: self.context, tenant, done: Vec::new() };
        let outcome = self.migrate(place, covered, shuttle, &mut observer);
        let error = outcome.err().map(|error| {
            let all: Vec<String> = error.chain().map(ToString::to_string).collect();
            all.first().cloned().unwrap_or_default()
        });
        Report { tenant: tenant.to_owned(), done: observer.done, error }
    }

    fn migrate(
        &self,
        place: &Place,
        covered: bool,
        shuttle: &mut Shuttle,
        observer: &mut Warnings<'_>,
    ) -> anyhow::Result<()> {
        let mut connection = shuttle.to(place)?;
        let lock = if covered {
            Lock::held_elsewhere()
        } else {
            Lock::take(&mut connection, self.settings.lock_timeout, &mut |_| {}).map_err(stop)?
        };
        let outcome = self.pending(place, &lock, &mut connection, observer);
        lock.release(&mut connection).ok();
        outcome.map_err(stop)?;
        shuttle.back(place, connection);
        Ok(())
    }

    fn pending(
        &self,
        place: &Place,
        lock: &Lock,
        connection: &mut Connection,
        observer: &mut Warnings<'_>,
    ) -> Result<(), ApplyError> {
        let mut ledger = Ledger::find_in(connection, place.schema.as_deref())?;
        let mut standing = compare(self.migrations, &ledger.records(connection)?)?;
        if !move_over(connection, &mut ledger, self.migrations, &standing)?.is_empty() {
            observer.warn("squashed migrations take the place of what they replace");
            standing = compare(self.migrations, &ledger.records(connection)?)?;
        }
        let older = self.context.config.older_migrations.value;
        let chosen = apply::pending(self.migrations, &standing, older, observer)?;
        let mut run =
            Run { connection, ledger: &mut ledger, lock, settings: self.settings, observer };
        run.migrate(&chosen).map(drop)
    }
}

pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    all(&args.fleet, &args.limits, context)
}

/// Brings all tenants up to date.
pub(in crate::cli) fn all(
    fleet: &Fleet,
    limits: &Limits,
    context: &Context,
) -> anyhow::Result<Exit> {
    let mut house = House::open(context, Access::Write)?;
    house.apart("`dbkit migrate` brings all of them up to date")?;
    let settings = limits.settings(context);
    let (dir, migrations) = folder(context, &house.tenancy, house.target.dialect())?;
    if migrations.is_empty() {
        return Err(Stop::error(
            Exit::Usage,
            format!(
                "there is no migration in {}\nhelp: name the tenants' folder in `tenancy.migrations` of dbkit.toml",
                dir.display()
            ),
        ));
    }
    apply::check(house.target.dialect(), &migrations.iter().collect::<Vec<_>>()).map_err(stop)?;
    listen_for_signals();
    // One lock for the fleet: its own workers must not wait for each other.
    let lock = Lock::take(&mut house.connection, settings.lock_timeout, &mut |holder| {
        context.say(&format!("waiting for another dbkit on this database ({holder})"));
    })
    .map_err(stop)?;
    let outcome = chosen(fleet, &mut house).map(|places| {
        let runner = Runner { context, migrations: &migrations, settings: &settings };
        let covered = house.tenancy.mode == crate::config::TenancyMode::Schema;
        (places.len(), sail(fleet, &runner, &places, covered))
    });
    lock.release(&mut house.connection).ok();
    let (of, reports) = outcome?;
    show(context, of, &reports)
}

/// Who goes, the canary first.
fn chosen(fleet: &Fleet, house: &mut House<'_>) -> anyhow::Result<Vec<Place>> {
    for id in fleet.only.iter().chain(&fleet.canary) {
        house.known(id)?;
    }
    let mut ids: Vec<String> = house
        .tenants()?
        .into_iter()
        .filter(|tenant| tenant.state != "dropping")
        .map(|tenant| tenant.id)
        .filter(|id| fleet.only.is_empty() || fleet.only.contains(id))
        .collect();
    if let Some(canary) = &fleet.canary {
        ids.sort_by_key(|id| id != canary);
    }
    ids.iter().map(|id| house.place(id)).collect()
}

/// The first alone, then as many at once as are wanted.
fn sail(fleet: &Fleet, runner: &Runner<'_>, places: &[Place], covered: bool) -> Vec<Report> {
    let Some((first, others)) = places.split_first() else { return Vec::new() };
    let canary = runner.one(first, covered, &mut Shuttle::default());
    if canary.error.is_some() {
        return vec![canary];
    }
    let next = AtomicUsize::new(0);
    let stopped = AtomicBool::new(false);
    let reports = Mutex::new(vec![canary]);
    std::thread::scope(|scope| {
        for _ in 0..fleet.jobs.get().min(others.len()) {
            scope.spawn(|| {
                let mut shuttle = Shuttle::default();
                while !stopped.load(Ordering::Relaxed) && !interrupt::requested() {
                    let Some(place) = others.get(next.fetch_add(1, Ordering::Relaxed)) else {
                        break;
                    };
                    let report = runner.one(place, covered, &mut shuttle);
                    if report.error.is_some() && !fleet.keep_going {
                        stopped.store(true, Ordering::Relaxed);
                    }
                    // A thread that panicked has told its own tale.
                    if let Ok(mut reports) = reports.lock() {
                        reports.push(report);
                    }
                }
            });
        }
    });
    let mut reports = reports.into_inner().unwrap_or_default();
    reports.sort_by(|a, b| a.tenant.cmp(&b.tenant));
    reports
}

fn show(context: &Context, of: usize, reports: &[Report]) -> anyhow::Result<Exit> {
    let failed: Vec<&Report> = reports.iter().filter(|report| report.error.is_some()).collect();
    let moved = reports.iter().filter(|r| r.error.is_none() && !r.done.is_empty()).count();
    let left = of - reports.len();
    if context.json() {
        let json = serde_json::json!({
            "tenants": reports,
            "migrated": moved,
            "failed": failed.len(),
            "not_begun": left,
        });
        print(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
    } else {
        let mut grid = Grid::new(["tenant", "migrations", "ms"]).numeric(1).numeric(2);
        for report in reports.iter().filter(|report| !report.done.is_empty()) {
            let time: u64 = report.done.iter().map(|done| done.duration_ms).sum();
            grid.row([report.tenant.clone(), report.done.len().to_string(), time.to_string()]);
        }
        let table = if grid.is_empty() { String::new() } else { grid.render(context.terminal) };
        let current = reports.len() - moved - failed.len();
        print(&format!(
            "{table}{} migrated, {current} up to date, {} failed, {left} not begun\n",
            count(moved, "tenant"),
            failed.len()
        ))?;
    }
    if failed.is_empty() {
        return if interrupt::requested() && left > 0 {
            Err(Stop::error(Exit::Stopped, "stopped; run it again for the others"))
        } else {
            Ok(Exit::Done)
        };
    }
    let told: Vec<String> = failed
        .iter()
        .map(|report| {
            format!("tenant {}: {}", report.tenant, report.error.as_deref().unwrap_or_default())
        })
        .collect();
    let help = if left > 0 {
        format!("{left} did not begin; run it again when that is corrected, or with --keep-going")
    } else {
        "run it again when that is corrected: who is done is passed over".to_owned()
    };
    Err(Stop::error(Exit::Failed, format!("{}\nhelp: {help}", told.join("\n"))))
}
