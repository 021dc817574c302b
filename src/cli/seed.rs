//! `dbkit seed`

use super::output::{Grid, print};
use super::{Context, Exit, Stop};
use crate::config::Target;
use crate::database::{Access, DatabaseError, ErrorKind, Session};
use crate::seed::{self, Options, Report, SeedError};

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Writes the rows of seeds/common, then of seeds/<environment>: TOML and SQL files, parents\n\
                  before children, in one transaction. A second run changes nothing. Environments\n\
                  marked `protected` in dbkit.toml are refused.\n\n\
                  Example:\n  dbkit seed --env dev"
)]
pub struct Args {
    /// Write, count, and take everything back
    #[arg(long)]
    dry_run: bool,
}

/// Seeds the target and prints what was written.
///
/// # Errors
/// A protected target, a mistake in the files, whatever the database refuses.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let target = context.target()?;
    refuse_protected(&target, "seeds")?;
    let environment = environment(context, &target);
    let sets = load(context, &environment)?;
    if sets.is_empty() {
        context.say(&format!(
            "no seeds: {} has no TOML or SQL file in common/ or {environment}/",
            context.config.seeds.value.display()
        ));
    }
    let mut connection = context.connect(&target, Access::Write)?;
    let report = write(context, &mut connection, &sets, Options { dry_run: args.dry_run })?;
    show(context, &report)?;
    Ok(Exit::Done)
}

/// The environment whose seeds go to the target.
pub(super) fn environment(context: &Context, target: &Target) -> String {
    let asked = context.config.environment.as_ref().map(|setting| setting.value.clone());
    asked.or_else(|| target.environment.clone()).unwrap_or_else(|| seed::COMMON.to_owned())
}

/// Nothing that writes example data or drops anything runs on a protected target.
pub(super) fn refuse_protected(target: &Target, what: &str) -> anyhow::Result<()> {
    if !target.protected {
        return Ok(());
    }
    let name = target.environment.as_deref().unwrap_or("of this database");
    Err(Stop::error(
        Exit::Refused,
        format!(
            "environment {name} is protected: {what} are refused there\nhelp: choose another one with --env NAME"
        ),
    ))
}

/// Reads the files of an environment.
pub(super) fn load(context: &Context, environment: &str) -> anyhow::Result<seed::Sets> {
    let folder = &context.config.seeds.value;
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
        context.warn(&format!("{} is not a seed file (.toml, .sql): ignored", file.display()));
    }
    Ok(sets)
}

/// Writes the sets.
pub(super) fn write(
    context: &Context,
    session: &mut dyn Session,
    sets: &seed::Sets,
    options: Options,
) -> anyhow::Result<Report> {
    seed::run(session, sets, options).map_err(|error| stop(context, error))
}

fn stop(context: &Context, error: SeedError) -> anyhow::Error {
    let exit = match error.database_error().map(|error| error.kind) {
        Some(ErrorKind::LockTimeout) => Exit::Lock,
        Some(ErrorKind::Lost | ErrorKind::Unreachable) => Exit::NoConnection,
        _ => match &error {
            SeedError::NoEnvironment { .. } => Exit::Usage,
            SeedError::Read { .. } => Exit::Unexpected,
            _ => Exit::Failed,
        },
    };
    let found = error.findings();
    let mut message = match &error {
        SeedError::Mistakes(_) => {
            format!("{}\n{error}: nothing was written", super::schema::drawn(context, &found))
        }
        other if found.is_empty() => {
            other.to_string() + &other.database_error().map(DatabaseError::more).unwrap_or_default()
        }
        _ => super::schema::drawn(context, &found),
    };
    if error.database_error().is_some() {
        message.push_str("\nnothing was written: the transaction was rolled back");
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
    let mut grid = Grid::new(["table", "inserted", "updated", "unchanged", "rows"])
        .numeric(1)
        .numeric(2)
        .numeric(3)
        .numeric(4);
    for table in &report.tables {
        grid.row([
            table.table.to_string(),
            table.inserted.to_string(),
            table.updated.to_string(),
            table.unchanged.to_string(),
            table.rows.to_string(),
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
    if report.dry_run {
        context.say("dry run: everything was taken back");
    }
    Ok(())
}
