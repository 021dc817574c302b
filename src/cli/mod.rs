//! The command line: one file per command, each with its `Args` and a `run`.

mod baseline;
mod browse;
mod check;
mod completions;
mod config;
mod context;
mod demo;
mod diff;
mod exit;
mod export;
mod findings;
mod folders;
mod generate;
mod hazards;
mod health;
mod init;
mod init_adopt;
mod init_found;
mod init_from;
mod inspect;
mod inspect_follow;
mod inspect_overview;
mod inspect_row;
mod lint;
mod man;
mod mend;
mod migrate;
mod migrations;
mod output;
mod pager;
mod prepare;
mod prompt;
mod pull;
mod push;
mod rebase;
mod redo;
mod renames;
mod repair;
mod replay;
mod reset;
mod rollback;
mod schema;
mod seed;
mod seed_dump;
mod seed_protect;
mod seed_status;
mod sides;
mod squash;
mod starter;
mod status;
#[cfg(feature = "studio")]
mod studio;
mod tenant;

pub use context::{Context, Format, Global};
pub use exit::{Exit, Stop};

use crate::database::DatabaseError;
use crate::terminal;
use clap::{CommandFactory, Parser, Subcommand};
use std::process::ExitCode;

/// Schema, migrations, seeds and data of a Diesel project.
#[derive(Parser, Debug)]
#[command(
    name = "dbkit",
    version,
    about = "Schema, migrations, seeds and data of a Diesel project",
    after_help = "Start with `dbkit init`, or `dbkit demo DIR` for a project to look at.\n\
                  Exit codes: 0 done, 1 unexpected, 2 usage, 3 pending or drift, 4 refused,\n\
                  5 locked, 6 failed, 7 no connection."
)]
struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Set a project up: settings, a first schema, a first seed
    Init(init::Args),
    /// Lay the built-in example project down in a new folder and run it
    Demo(demo::Args),
    /// Write the migration that leads from the migrations so far to the schema files
    Generate(generate::Args),
    /// Run pending migrations
    Migrate(migrate::Args),
    /// Revert the newest migrations
    Rollback(rollback::Args),
    /// Revert the newest migration and run it again
    Redo(redo::Args),
    /// Look for what is wrong with schema, migrations and history, for CI
    Check(check::Args),
    /// Show what differs between schema files, migrations and databases
    Diff(diff::Args),
    /// Adopt a database, or a Diesel project, that is there already
    Baseline(baseline::Args),
    /// Fold migrations of the past into one
    Squash(squash::Args),
    /// Print the whole schema as SQL
    Export(export::Args),
    /// Mend the ledger after a migration was interrupted, edited, lost or renamed
    Repair(repair::Args),
    /// Show what has run, what is pending, and what is in the database
    Status(status::Args),
    /// Make a database match the schema files without a migration
    Push(push::Args),
    /// Write schema files from a database
    Pull(pull::Args),
    /// Create the database if it is missing, migrate it, seed it and show it
    Prepare(prepare::Args),
    /// Drop the database and prepare it again
    Reset(reset::Args),
    /// Write the rows of an environment's seed files
    Seed(seed::Args),
    /// Show tables with their row counts and sizes, or the rows of one
    Inspect(inspect::Args),
    /// Look at the database in the browser and change it there
    #[cfg(feature = "studio")]
    Studio(studio::Args),
    /// Tell whether the database answers and is up to date, with the numbers that matter
    Health(health::Args),
    /// Manage tenants: their schemas or databases, migrations, isolation, erasure
    Tenant(tenant::Args),
    /// Show every setting in force and where it comes from
    Config(config::Args),
    /// Print a shell's completion script
    Completions(completions::Args),
    /// Print the manual page, or write those of all commands into a folder
    Man(man::Args),
}

impl Command {
    fn run(self, global: Global) -> anyhow::Result<Exit> {
        if let Some(word) = global.format.only_inspect()
            && !matches!(self, Self::Inspect(_))
        {
            return Err(Stop::error(
                Exit::Usage,
                format!(
                    "`--format {word}` is for `dbkit inspect`\nhelp: use --format json or leave it out"
                ),
            ));
        }
        match self {
            Self::Init(args) => init::run(&args, global),
            Self::Generate(mut args) => {
                let context = Context::new(global, std::mem::take(&mut args.schema))?;
                generate::run(&args, &context)
            }
            Self::Migrate(args) => migrate::run(&args, &Context::new(global, Vec::new())?),
            Self::Rollback(args) => rollback::run(&args, &Context::new(global, Vec::new())?),
            Self::Redo(args) => redo::run(&args, &Context::new(global, Vec::new())?),
            Self::Check(mut args) => {
                let context = Context::new(global, std::mem::take(&mut args.schema))?;
                check::run(&args, &context)
            }
            Self::Diff(mut args) => {
                let context = Context::new(global, std::mem::take(&mut args.schema))?;
                diff::run(&args, &context)
            }
            Self::Baseline(args) => baseline::run(&args, &Context::new(global, Vec::new())?),
            Self::Squash(args) => squash::run(&args, &Context::new(global, Vec::new())?),
            Self::Export(mut args) => {
                let context = Context::new(global, std::mem::take(&mut args.schema))?;
                export::run(&args, &context)
            }
            Self::Repair(args) => repair::run(&args, &Context::new(global, Vec::new())?),
            Self::Status(args) => status::run(&args, &Context::new(global, Vec::new())?),
            Self::Push(mut args) => {
                let context = Context::new(global, std::mem::take(&mut args.schema))?;
                push::run(&args, &context)
            }
            Self::Pull(mut args) => {
                let context = Context::new(global, std::mem::take(&mut args.schema))?;
                pull::run(&args, &context)
            }
            Self::Demo(args) => demo::run(&args, global),
            Self::Prepare(args) => prepare::run(&args, &Context::new(global, Vec::new())?),
            Self::Reset(args) => reset::run(&args, &Context::new(global, Vec::new())?),
            Self::Seed(args) => seed::run(&args, &Context::new(global, Vec::new())?),
            Self::Inspect(args) => inspect::run(&args, &Context::new(global, Vec::new())?),
            #[cfg(feature = "studio")]
            Self::Studio(args) => studio::run(&args, &Context::new(global, Vec::new())?),
            Self::Health(args) => health::run(&args, &Context::new(global, Vec::new())?),
            Self::Tenant(args) => tenant::run(&args, &Context::new(global, Vec::new())?),
            Self::Config(args) => config::run(&args, &Context::new(global, Vec::new())?),
            Self::Completions(args) => completions::run(&args),
            Self::Man(args) => man::run(&args),
        }
    }
}

/// Parses the arguments, runs the command and turns its outcome into an exit code.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let wrong = error.use_stderr();
            if wrong && asks_for_json(std::env::args()) {
                let text = error.render().to_string();
                let text = text.strip_prefix("error: ").unwrap_or(&text).trim();
                eprintln!("{}", json_error(text, Exit::Usage, None));
                return ExitCode::from(Exit::Usage as u8);
            }
            // A reader of `--help` that went away is no error.
            error.print().ok();
            return ExitCode::from(if wrong { Exit::Usage as u8 } else { 0 });
        }
    };
    let json = arguments.global.format == Format::Json;
    let exit = arguments.command.run(arguments.global).unwrap_or_else(|error| {
        let exit = exit::code_of(&error);
        report(&error, exit, json);
        exit
    });
    ExitCode::from(exit as u8)
}

/// The error on stderr; with `--format json` as one JSON object on one line.
fn report(error: &anyhow::Error, exit: Exit, json: bool) {
    let text = messages(error).join(": ");
    if json {
        let details = error.chain().find_map(|cause| cause.downcast_ref::<Stop>()?.details.clone());
        eprintln!("{}", json_error(&text, exit, details));
    } else {
        let text =
            text.strip_prefix("error").map_or_else(|| format!("error: {text}"), |_| text.clone());
        eprintln!("{}", terminal::message(&text));
    }
}

fn json_error(
    text: &str,
    exit: Exit,
    details: Option<(&'static str, serde_json::Value)>,
) -> serde_json::Value {
    let mut object = serde_json::json!({ "error": text, "exit_code": exit as u8 });
    if let (Some((key, value)), Some(object)) = (details, object.as_object_mut()) {
        object.insert(key.to_owned(), value);
    }
    object
}

/// True for a command line that could not be read, where it asks for JSON.
fn asks_for_json(arguments: impl Iterator<Item = String>) -> bool {
    let arguments: Vec<String> = arguments.take_while(|argument| argument != "--").collect();
    arguments.iter().any(|argument| argument == "--format=json")
        || arguments.windows(2).any(|pair| pair == ["--format", "json"])
}

/// The chain of causes, without those that only repeat the one before; a database's error with
/// its detail and its help.
fn messages(error: &anyhow::Error) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for cause in error.chain() {
        let more = cause.downcast_ref::<DatabaseError>().map(DatabaseError::more);
        let text = format!("{cause}{}", more.unwrap_or_default());
        if !all.last().is_some_and(|last| last.contains(&text)) {
            all.push(text);
        }
    }
    all
}

/// The definition of the whole command line, for completions and man pages.
#[must_use]
pub fn definition() -> clap::Command {
    Arguments::command()
}
