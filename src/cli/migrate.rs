//! `dbkit migrate`

use super::migrations::{History, Limits, Progress, show, stop};
use super::output::print;
use super::tenant::fleet::{self, Fleet};
use super::{Context, Exit, Stop, seed_protect};
use crate::apply::{self, ApplyError};
use crate::config::Target;
use crate::database::{Access, is_missing};
use crate::migration::{Migration, Version};
use std::path::Path;

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Runs what is in the folder of migrations and not in the database's ledger, oldest first,\n\
                        each in a transaction of its own where its metadata.toml allows one.\n\n\
                        Example:\n  dbkit migrate --env prod\n  dbkit migrate --dry-run"
)]
pub struct Args {
    /// Print the SQL that would run, and run nothing
    #[arg(long)]
    dry_run: bool,
    /// Run at most this many
    #[arg(long, visible_alias = "count", value_name = "N", conflicts_with = "to")]
    steps: Option<usize>,
    /// Run up to and including this version
    #[arg(long, value_name = "VERSION")]
    to: Option<String>,
    /// Run all of them in one transaction: all or none
    #[arg(long)]
    single_transaction: bool,
    /// Run them for every tenant instead, each with a ledger of its own
    #[arg(long, conflicts_with_all = ["dry_run", "steps", "to", "single_transaction"])]
    all_tenants: bool,
    #[command(flatten)]
    fleet: Fleet,
    #[command(flatten)]
    limits: Limits,
}

/// Runs pending migrations.
///
/// # Errors
/// A broken folder, no connection, the lock, or the first migration that fails.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    if args.all_tenants || !args.fleet.only.is_empty() {
        return fleet::all(&args.fleet, &args.limits, context);
    }
    let access = if args.dry_run { Access::Read } else { Access::Create };
    let mut history = History::open_with(context, access, |target, dir, migrations| {
        look(args, target, dir, migrations)
    })?;
    if args.dry_run {
        let chosen = choose(args, context, &mut history)?;
        if context.json() {
            let mut pending = Vec::new();
            for migration in chosen {
                let sql = migration.up()?.text;
                pending.push(serde_json::json!({ "name": migration.name, "sql": sql }));
            }
            let json = serde_json::json!({ "pending": pending });
            print(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
            return Ok(Exit::Done);
        }
        let mut text = String::new();
        for migration in chosen {
            let up = migration.up()?.text;
            text.push_str(&format!("-- {}\n{}\n", migration.name, up.trim_end()));
        }
        print(&text)?;
        return Ok(Exit::Done);
    }
    show(context, "applied", &apply_chosen(args, context, &mut history)?)?;
    Ok(Exit::Done)
}

/// What can be found wrong before a database is made for it.
fn look(args: &Args, target: &Target, dir: &Path, migrations: &[Migration]) -> anyhow::Result<()> {
    if migrations.is_empty() {
        return Err(Stop::error(
            Exit::Usage,
            format!(
                "there is no migration in {}\nhelp: write the first with `dbkit generate`, or name another folder with --migration-dir",
                dir.display()
            ),
        ));
    }
    if let Some(to) = &args.to {
        known(to, dir, migrations)?;
    }
    if is_missing(target) {
        let all: Vec<&Migration> = migrations.iter().collect();
        apply::check(target.dialect(), &all).map_err(stop)?;
    }
    Ok(())
}

/// The version that `--to` names.
fn known(to: &str, dir: &Path, migrations: &[Migration]) -> anyhow::Result<Version> {
    let wanted = Version::of_folder(to);
    if migrations.iter().any(|migration| migration.version == wanted) {
        return Ok(wanted);
    }
    Err(stop(ApplyError::Unknown { wanted: to.to_owned(), dir: dir.to_owned() }))
}

/// Runs everything that is pending. Returns what it ran.
pub(super) fn run_pending(
    context: &Context,
    history: &mut History,
) -> anyhow::Result<Vec<apply::Done>> {
    let limits = Limits::default();
    let args = Args {
        dry_run: false,
        steps: None,
        to: None,
        single_transaction: false,
        all_tenants: false,
        fleet: Fleet::default(),
        limits,
    };
    apply_chosen(&args, context, history)
}

fn apply_chosen(
    args: &Args,
    context: &Context,
    history: &mut History,
) -> anyhow::Result<Vec<apply::Done>> {
    let mut settings = args.limits.settings(context);
    settings.together = args.single_transaction;
    let done = history.under_lock(context, &settings, |history, lock| {
        let chosen = choose(args, context, history)?;
        let chosen: Vec<&Migration> = chosen.iter().collect();
        let mut progress = Progress::new(context);
        let outcome = history.run(lock, &settings, &mut progress).migrate(&chosen);
        outcome.map_err(|error| {
            progress.tell_done("applied");
            stop(error)
        })
    })?;
    seed_protect::remember(context, &history.target, &mut history.connection);
    Ok(done)
}

/// The pending migrations that the flags leave.
fn choose(args: &Args, context: &Context, history: &mut History) -> anyhow::Result<Vec<Migration>> {
    let standing = history.standing()?;
    let older = context.config.older_migrations.value;
    let mut chosen: Vec<Migration> =
        apply::pending(&history.migrations, &standing, older, &mut Progress::new(context))
            .map_err(stop)?
            .into_iter()
            .cloned()
            .collect();
    if let Some(to) = &args.to {
        let wanted = known(to, &history.dir, &history.migrations)?;
        chosen.retain(|migration| migration.version <= wanted);
    }
    chosen.truncate(args.steps.unwrap_or(usize::MAX));
    Ok(chosen)
}
