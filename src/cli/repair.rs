//! `dbkit repair`

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
    after_help = "For a migration that `status` shows as interrupted (finish or undo the rest by hand first) or\n\
                        as changed since it ran.\n\n\
                        Example:\n  dbkit repair 2024-05-31-120000 --applied"
)]
pub struct Args {
    /// Version or folder name of the migration
    migration: String,
    /// All of it is in the database: note it as applied, as its file is now
    #[arg(long, required_unless_present = "reverted")]
    applied: bool,
    /// Nothing of it is in the database: take it out of the ledger
    #[arg(long, conflicts_with = "applied")]
    reverted: bool,
    /// Seconds to wait for another dbkit on the same database
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    lock_timeout: u64,
}

/// Brings the ledger in line with what the user says is in the database.
///
/// # Errors
/// An unknown migration, one that needs no repair, no connection.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let mut history = History::open(context, Access::Write)?;
    let version = Version::of_folder(&args.migration);
    history.locked(context, Duration::from_secs(args.lock_timeout), |history| {
        let standing = history.standing()?;
        let Some(line) = standing.iter().find(|line| line.version == version) else {
            let (wanted, dir) = (args.migration.clone(), history.dir.clone());
            return Err(stop(ApplyError::Unknown { wanted, dir }));
        };
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
                    let (wanted, dir) = (args.migration.clone(), history.dir.clone());
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
