//! `dbkit repair`

use super::mend::{self, Choice};
use super::migrations::{History, stop};
use super::output::print;
use super::{Context, Exit, Stop};
use crate::apply::{self, ApplyError};
use crate::database::Access;
use crate::ledger::Standing;
use crate::migration::Version;
use std::time::Duration;

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Without a migration it shows what can be mended, and how. For an interrupted one, finish or\n\
                        undo the rest by hand first. Every choice says what it does and asks.\n\n\
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
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Seconds to wait for another dbkit on the same database
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    lock_timeout: u64,
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
    let limit = Duration::from_secs(args.lock_timeout);
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
        let (name, ledger) = (line.name.clone(), &history.ledger);
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

fn told(context: &Context, name: &str, state: &str, text: &str) -> anyhow::Result<()> {
    Ok(if context.json() {
        print(&format!("{}\n", serde_json::json!({ "migration": name, "state": state })))?
    } else {
        print(&format!("{name} {text}\n"))?
    })
}
