//! `dbkit repair`

use super::mend::{self, Choice};
use super::migrations::{History, Limits, Progress, stop};
use super::output::print;
use super::{Context, Exit, Stop};
use crate::apply::{self, ApplyError, Unknown};
use crate::database::Access;
use crate::ledger::Standing;
use crate::migration::Version;

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Without a migration it shows what can be mended, and how. An interrupted\n\
                        one goes on with --resume, as `migrate` does by itself.\n\n\
                        Example:\n  dbkit repair\n  dbkit repair 2024-05-31-120000 --accept --yes"
)]
pub struct Args {
    /// Version or folder name of the migration
    migration: Option<String>,
    /// All of it is in the database: note it as applied, as its file is now
    #[arg(long, group = "choice", requires = "migration")]
    applied: bool,
    /// Nothing of it is in the database: take it out of the ledger
    #[arg(long, group = "choice", requires = "migration")]
    reverted: bool,
    /// It was edited after it ran: note it as its files are now
    #[arg(long, group = "choice", requires = "migration")]
    accept: bool,
    /// Its folder is gone for good: take it out of the ledger
    #[arg(long, group = "choice", requires = "migration")]
    forget: bool,
    /// Its folder was renamed: note it under its new version
    #[arg(long, group = "choice", requires = "migration")]
    renamed: bool,
    /// Write its files as they were when it ran, from what the ledger has kept
    #[arg(long, group = "choice", requires = "migration")]
    restore: bool,
    /// Go on with the statement that was running when it was interrupted
    #[arg(long, group = "choice", requires = "migration")]
    resume: bool,
    /// The same, though nothing tells whether that statement took effect: run it
    #[arg(long, group = "choice", requires = "migration")]
    retry: bool,
    /// The same, without that statement: it took effect
    #[arg(long, group = "choice", requires = "migration")]
    skip: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    limits: Limits,
}

impl Args {
    fn choice(&self) -> Option<Choice> {
        [
            (self.accept, Choice::Accept),
            (self.forget, Choice::Forget),
            (self.renamed, Choice::Renamed),
            (self.restore, Choice::Restore),
        ]
        .into_iter()
        .find_map(|(given, choice)| given.then_some(choice))
    }
}

/// Brings the ledger in line with what the user says is in the database.
///
/// # Errors
/// An unknown migration, one that needs no repair, no connection.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let Some(wanted) = &args.migration else {
        return mend::list(context, &mut History::open(context, Access::Read)?);
    };
    let mut history = History::open(context, Access::Write)?;
    let limit = args.limits.settings(context).lock_timeout;
    if args.resume || args.retry || args.skip {
        return resume(args, context, &mut history, wanted);
    }
    if let Some(choice) = args.choice() {
        return history.locked(context, limit, |history| {
            mend::mend(context, history, wanted, choice, args.yes)
        });
    }
    if !args.applied && !args.reverted {
        return Err(Stop::error(
            Exit::Usage,
            "what is to be done?\nhelp: `dbkit repair` without a migration shows what can be mended, and how",
        ));
    }
    let version = Version::of_folder(wanted);
    history.locked(context, limit, |history| {
        let standing = history.standing()?;
        let Some(line) = standing.iter().find(|line| line.version == version) else {
            let (wanted, dir) = (wanted.clone(), history.dir.clone());
            return Err(stop(ApplyError::Unknown { wanted, dir }));
        };
        history.ledger.create(&mut history.connection)?;
        let (name, ledger) = (line.name.clone(), &mut history.ledger);
        match line.standing {
            Standing::Pending | Standing::PendingOlder => Err(Stop::error(
                Exit::Usage,
                format!("{name} has not run\nhelp: `dbkit migrate` runs it"),
            )),
            Standing::Applied if args.applied => Err(Stop::error(
                Exit::Usage,
                format!("{name} is applied and unchanged: there is nothing to repair"),
            )),
            Standing::Missing if args.applied => Err(Stop::error(
                Exit::Usage,
                format!("{name} has no folder\nhelp: restore it from version control, or take it out of the ledger with --reverted"),
            )),
            _ if args.reverted => {
                ledger.remove(&mut history.connection, &version)?;
                told(context, &name, "removed", "is out of the ledger")
            }
            _ => {
                let Some(migration) = history.migrations.iter().find(|m| m.version == version) else {
                    let (wanted, dir) = (wanted.clone(), history.dir.clone());
                    return Err(stop(ApplyError::Unknown { wanted, dir }));
                };
                apply::mark_applied(&mut history.connection, ledger, migration).map_err(stop)?;
                told(context, &name, "applied", "is noted as applied")
            }
        }
    })?;
    Ok(Exit::Done)
}

/// Runs the rest of the file that was running, up or down.
fn resume(
    args: &Args,
    context: &Context,
    history: &mut History,
    wanted: &str,
) -> anyhow::Result<Exit> {
    let mut settings = args.limits.settings(context);
    settings.unknown = match (args.retry, args.skip) {
        (true, _) => Some(Unknown::Retry),
        (_, true) => Some(Unknown::Skip),
        _ => None,
    };
    let version = Version::of_folder(wanted);
    history.under_lock(context, &settings, |history, lock| {
        let standing = history.standing()?;
        let line = standing.iter().find(|line| line.version == version);
        let migration = history.migrations.iter().find(|m| m.version == version).cloned();
        let (Some(line), Some(migration)) = (line, migration) else {
            let (wanted, dir) = (wanted.to_owned(), history.dir.clone());
            return Err(stop(ApplyError::Unknown { wanted, dir }));
        };
        if !mend::is_open(line) {
            let message = format!("{} was not interrupted", line.name);
            return Err(Stop::error(Exit::Usage, message));
        }
        let down = line.standing == Standing::Reverting;
        let (dir, mut progress) = (history.dir.clone(), Progress::new(context));
        let mut run = history.run(lock, &settings, &mut progress);
        let outcome =
            if down { run.rollback(&[&migration], &dir) } else { run.migrate(&[&migration]) };
        outcome.map_err(stop)?;
        let (state, text) =
            if down { ("reverted", "is reverted") } else { ("applied", "is applied") };
        told(context, &line.name, state, text)
    })?;
    Ok(Exit::Done)
}

fn told(context: &Context, name: &str, state: &str, text: &str) -> anyhow::Result<()> {
    let told = if context.json() {
        serde_json::json!({ "migration": name, "state": state }).to_string()
    } else {
        format!("{name} {text}")
    };
    Ok(print(&format!("{told}\n"))?)
}
