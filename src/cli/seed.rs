//! `dbkit seed`

use super::output::{Grid, print};
use super::{Context, Exit, Stop, seed_dump, seed_protect, seed_status, tenant};
use crate::config::Target;
use crate::database::{Access, Connection, DatabaseError, ErrorKind, Session};
use crate::seed::{self, Options, Report, SeedError};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Writes the rows of seeds/common, then of seeds/<environment>: TOML, JSON, CSV and SQL files,\n\
                  parents before children, each set in a transaction of its own. A second run changes\n\
                  nothing. An environment marked `protected` takes only its own sets, and wants its name\n\
                  typed or `--yes NAME`. docs/seeding.md says what files may hold.\n\n\
                  Example:\n  dbkit seed --env dev --dry-run"
)]
pub struct Args {
    #[command(flatten)]
    run: RunArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Show which sets ran, in which version; exit code 3 when one is new or changed
    Status(seed_status::Args),
    /// Show row by row what seeding would change; exit code 3 when it would change anything
    Diff(RunArgs),
    /// Write all rows of tables as a seed file in JSON
    Dump(seed_dump::DumpArgs),
    /// Write a row, what belongs to it and what these refer to, as a seed file in JSON
    Snapshot(seed_dump::SnapshotArgs),
    /// Mark the target's database as its protected environment, or take the mark away
    Protect(seed_protect::ProtectArgs),
}

#[derive(clap::Args, Debug)]
pub(super) struct RunArgs {
    /// Write, count, and take everything back
    #[arg(long)]
    dry_run: bool,
    /// Only the sets of this name: `comments`, or `dev/comments`; may be repeated
    #[arg(long = "set", value_name = "SET", value_delimiter = ',')]
    sets: Vec<String>,
    /// Only the rows of this table; may be repeated
    #[arg(long, value_name = "TABLE", value_delimiter = ',')]
    only: Vec<String>,
    /// Delete the rows that an earlier run wrote and no file has any more
    #[arg(long)]
    prune: bool,
    /// Empty the tables of the sets first
    #[arg(long)]
    reset: bool,
    /// Make so many rows of a table: comments=1_000_000; may be repeated
    #[arg(long, value_name = "TABLE=N", value_parser = rows)]
    rows: Vec<(String, u64)>,
    /// Seed of generated rows: the same seed makes the same rows
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Tenant whose rows are seeded: in its schema or database, or as policies let it
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
    /// Name of the protected environment that is meant
    #[arg(long, value_name = "NAME")]
    yes: Option<String>,
}

/// Seeds the target and prints what was written.
///
/// # Errors
/// A protected target, a mistake in the files, whatever the database refuses.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    match &args.command {
        None => seed(&args.run, context, false),
        Some(Command::Diff(run)) => seed(run, context, true),
        Some(Command::Status(status)) => seed_status::run(status, context),
        Some(Command::Dump(dump)) => seed_dump::dump(dump, context),
        Some(Command::Snapshot(snapshot)) => seed_dump::snapshot(snapshot, context),
        Some(Command::Protect(protect)) => seed_protect::protect(protect, context),
    }
}

/// `comments=1_000_000`
fn rows(text: &str) -> Result<(String, u64), String> {
    let (table, number) = text.split_once('=').ok_or("write TABLE=N")?;
    let number = number.replace('_', "").parse().map_err(|_| format!("{number} is no number"))?;
    Ok((table.to_owned(), number))
}

fn seed(args: &RunArgs, context: &Context, diff: bool) -> anyhow::Result<Exit> {
    let target = context.target()?;
    let environment = environment(context, &target);
    let tenant = args.tenant.as_deref();
    let folder = folder(context, tenant);
    let mut sets = load_from(context, &folder, &environment)?;
    if sets.is_empty() {
        context.say(&format!(
            "no seeds: {} has no file in common/ or {environment}/",
            folder.display()
        ));
    }
    sets.keep(&args.sets).map_err(|error| stop(context, error))?;
    let yes = args.yes.as_deref();
    seed_protect::allow_by_settings(&target, &environment, yes)?;
    let allowed = |connection: &mut Connection| {
        seed_protect::allow_by_mark(context, &target, connection, &environment, yes)
    };
    let mut connection = connect(context, &target, Access::Write, tenant)?;
    let mut protected = allowed(&mut connection)?;
    let elsewhere = tenant.is_some() && tenant::scope::have_places(context);
    if elsewhere && !protected {
        protected = allowed(&mut context.connect(&target, Access::Read)?)?;
    }
    if protected && args.reset {
        return Err(seed_protect::refuse_reset(&environment));
    }
    super::migrations::listen_for_signals();
    let options = Options {
        dry_run: args.dry_run || diff,
        prune: args.prune,
        reset: args.reset,
        details: diff,
        only: args.only.clone(),
        partial: !args.sets.is_empty(),
        rows: args.rows.clone(),
        seed: args.seed,
        clock: seed::Clock::default(),
    };
    let report = write(context, &mut connection, &sets, options)?;
    if !args.dry_run && !diff && !elsewhere {
        seed_protect::remember(context, &target, &mut connection);
    }
    if diff {
        return seed_status::show_diff(context, &report);
    }
    show(context, &report)?;
    Ok(Exit::Done)
}

/// Connects, as a tenant where one is named.
pub(super) fn connect(
    context: &Context,
    target: &Target,
    access: Access,
    tenant: Option<&str>,
) -> anyhow::Result<Connection> {
    match tenant {
        None => context.connect(target, access),
        Some(tenant) => tenant::scope::connect(context, target, access, tenant),
    }
}

/// The folder of seeds: tenants may have one of their own.
pub(super) fn folder(context: &Context, tenant: Option<&str>) -> PathBuf {
    let own = context.config.tenancy().and_then(|tenancy| tenancy.seeds.as_ref());
    match own.filter(|_| tenant.is_some()) {
        Some(folder) => context.config.root.join(folder),
        None => context.config.seeds.value.clone(),
    }
}

/// The environment whose seeds go to the target.
pub(super) fn environment(context: &Context, target: &Target) -> String {
    let asked = context.config.environment.as_ref().map(|setting| setting.value.clone());
    asked.or_else(|| target.environment.clone()).unwrap_or_else(|| seed::COMMON.to_owned())
}

/// Reads the files of an environment.
pub(super) fn load(context: &Context, environment: &str) -> anyhow::Result<seed::Sets> {
    load_from(context, &context.config.seeds.value, environment)
}

/// The same in a folder of one's own.
pub(super) fn load_from(
    context: &Context,
    folder: &Path,
    environment: &str,
) -> anyhow::Result<seed::Sets> {
    let known = seed::environments(folder);
    let configured = context.config.environment_names();
    let unknown = environment != seed::COMMON
        && !known.iter().any(|name| name == environment)
        && !configured.iter().any(|name| name == environment);
    if unknown {
        let names = known.iter().chain(&configured).map(String::as_str);
        let nearest = dbkit_syntax::nearest(environment, names);
        let help = nearest.map_or_else(
            || format!("make the folder {}", folder.join(environment).display()),
            |name| format!("did you mean {name}?"),
        );
        return Err(Stop::error(
            Exit::Usage,
            format!(
                "there is no environment {environment}: neither in dbkit.toml nor as a folder in {}\nhelp: {help}",
                folder.display()
            ),
        ));
    }
    if !folder.is_dir() {
        return Ok(seed::Sets::default());
    }
    let sets = match seed::load(folder, environment) {
        // The environment is known and simply has no rows of its own.
        Err(SeedError::NoEnvironment { .. }) => seed::Sets::default(),
        other => other.map_err(|error| stop(context, error))?,
    };
    for file in &sets.ignored {
        context.warn(&format!(
            "{} is not a seed file (.toml, .json, .csv, .sql): ignored",
            file.display()
        ));
    }
    Ok(sets)
}

/// Rows, rate and time left, on a terminal only.
struct Bar {
    wanted: bool,
    table: String,
    bar: Option<indicatif::ProgressBar>,
}

impl Bar {
    fn new(context: &Context) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let wanted = terminal && !context.json() && !context.global.quiet;
        Self { wanted, table: String::new(), bar: None }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl seed::Progress for Bar {
    fn rows(&mut self, table: &str, done: u64, total: Option<u64>) {
        if !self.wanted {
            return;
        }
        if self.bar.is_none() || self.table != table {
            let shown = crate::terminal::harmless(table);
            let (bar, template) = match total {
                Some(total) => (
                    indicatif::ProgressBar::new(total),
                    "{msg} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}",
                ),
                None => (indicatif::ProgressBar::no_length(), "{msg} {human_pos} {per_sec}"),
            };
            let style = indicatif::ProgressStyle::with_template(template);
            bar.set_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()));
            bar.set_message(shown);
            if let Some(old) = self.bar.replace(bar) {
                old.finish_and_clear();
            }
            table.clone_into(&mut self.table);
        }
        if let Some(bar) = &self.bar {
            bar.set_position(done);
        }
    }
}

/// Writes the sets.
pub(super) fn write(
    context: &Context,
    session: &mut dyn Session,
    sets: &seed::Sets,
    options: Options,
) -> anyhow::Result<Report> {
    let mut bar = Bar::new(context);
    let outcome = seed::run_with(session, sets, options, &mut bar);
    drop(bar);
    outcome.map_err(|error| stop(context, error))
}

pub(super) fn stop(context: &Context, error: SeedError) -> anyhow::Error {
    let cause = match &error {
        SeedError::Set { error, .. } => error.as_ref(),
        other => other,
    };
    let exit = match error.database_error().map(|error| error.kind) {
        Some(ErrorKind::LockTimeout) => Exit::Lock,
        Some(ErrorKind::Lost | ErrorKind::Unreachable) => Exit::NoConnection,
        _ => match cause {
            SeedError::NoEnvironment { .. }
            | SeedError::NoSet { .. }
            | SeedError::NoTable { .. } => Exit::Usage,
            SeedError::Read { .. } => Exit::Unexpected,
            SeedError::Covered { .. } => Exit::Refused,
            SeedError::Interrupted => Exit::Stopped,
            _ => Exit::Failed,
        },
    };
    let found = error.findings();
    let mut message = match cause {
        SeedError::Mistakes(_) => {
            format!("{}\n{error}: nothing was written", super::schema::drawn(context, &found))
        }
        other if found.is_empty() => {
            other.to_string() + &other.database_error().map(DatabaseError::more).unwrap_or_default()
        }
        _ => super::schema::drawn(context, &found),
    };
    match &error {
        SeedError::Set { sets, done, .. } => {
            message.push_str(&format!(
                "\nnothing of {} was written: it was rolled back",
                sets.join(", ")
            ));
            if !done.is_empty() {
                message.push_str(&format!("; what was written before stays: {}", done.join(", ")));
            }
        }
        _ if error.database_error().is_some() => message.push_str("\nnothing was written"),
        _ => {}
    }
    Stop::findings(exit, message, &found)
}

/// One line about a run.
pub(super) fn summary(report: &Report, environment: &str) -> String {
    let sum = |count: fn(&seed::TableReport) -> u64| report.tables.iter().map(count).sum::<u64>();
    let scripts: u64 = report.scripts.iter().map(|script| script.rows).sum();
    format!(
        "seeds of {environment}: {} inserted, {} updated, {} unchanged, {scripts} by SQL files",
        sum(|table| table.inserted),
        sum(|table| table.updated),
        sum(|table| table.unchanged),
    )
}

/// Prints the counts.
pub(super) fn show(context: &Context, report: &Report) -> anyhow::Result<()> {
    if context.json() {
        print(&format!("{}\n", serde_json::to_string_pretty(report)?))?;
        return Ok(());
    }
    let mut grid = Grid::new(["set", "table", "inserted", "updated", "unchanged", "rows", "ms"])
        .numeric(2)
        .numeric(3)
        .numeric(4)
        .numeric(5)
        .numeric(6);
    for table in &report.tables {
        grid.row([
            table.set.clone(),
            table.table.to_string(),
            table.inserted.to_string(),
            table.updated.to_string(),
            table.unchanged.to_string(),
            table.rows.to_string(),
            table.milliseconds.to_string(),
        ]);
    }
    if !grid.is_empty() {
        print(&grid.render(context.terminal))?;
    }
    if !report.scripts.is_empty() {
        let mut grid = Grid::new(["file", "statements", "rows written"]).numeric(1).numeric(2);
        for script in &report.scripts {
            let file = script.file.strip_prefix(&context.config.root).unwrap_or(&script.file);
            grid.row([
                file.display().to_string(),
                script.statements.to_string(),
                script.rows.to_string(),
            ]);
        }
        let gap = if report.tables.is_empty() { "" } else { "\n" };
        print(&format!("{gap}{}", grid.render(context.terminal)))?;
    }
    for removed in &report.removed {
        let rows = super::output::count(removed.rows as usize, "row");
        let (set, table) = (&removed.set, &removed.table);
        context.say(&if removed.deleted {
            format!("deleted {rows} of {table} that {set} has no more")
        } else {
            format!("{rows} of {table} stay that {set} has no more; --prune deletes them")
        });
    }
    if report.dry_run {
        context.say("dry run: everything was taken back");
    }
    Ok(())
}
