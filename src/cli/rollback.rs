//! `dbkit rollback`

use super::migrations::{History, Progress, show, stop};
use super::{Context, Exit, Stop, prompt};
use crate::apply::{self, ApplyError};
use crate::database::Access;
use crate::ledger::Standing;
use crate::migration::Migration;
use std::time::Duration;

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Runs the down.sql of the newest applied migrations, newest first. Refuses before doing\n\
                        anything when one of them has no way back.\n\n\
                        Example:\n  dbkit rollback --steps 2 --yes"
)]
pub struct Args {
    /// How many to revert
    #[arg(long, value_name = "N", default_value_t = 1)]
    steps: usize,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Seconds to wait for another dbkit on the same database
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    lock_timeout: u64,
}

/// Reverts the newest applied migrations.
///
/// # Errors
/// No way back, no connection, the lock, or the first that fails.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let mut history = History::open(context, Access::Write)?;
    let chosen = newest(&mut history, args.steps)?;
    if !chosen.is_empty() && !args.yes {
        let names: Vec<_> = chosen.iter().map(|m| m.name.as_str()).collect();
        let question = format!("revert {} on {}?", names.join(", "), history.target);
        if !prompt::confirm(&question, "--yes")? {
            return Err(Stop::error(Exit::Refused, "nothing was reverted"));
        }
    }
    let done = history.locked(context, Duration::from_secs(args.lock_timeout), |history| {
        let chosen = newest(history, args.steps)?;
        let chosen: Vec<&Migration> = chosen.iter().collect();
        let mut progress = Progress::new(context);
        apply::rollback(
            &mut history.connection,
            &mut history.ledger,
            &chosen,
            &history.dir,
            &mut progress,
        )
        .map_err(stop)
    })?;
    show(context, "reverted", &done)?;
    Ok(Exit::Done)
}

/// The newest applied migrations, newest first.
pub(super) fn newest(history: &mut History, steps: usize) -> anyhow::Result<Vec<Migration>> {
    let standing = history.standing()?;
    let mut chosen = Vec::new();
    for line in standing.iter().rev() {
        match line.standing {
            Standing::Pending | Standing::PendingOlder => continue,
            Standing::Interrupted => {
                let (name, done) = (line.name.clone(), line.statement);
                return Err(stop(ApplyError::Interrupted { name, done }));
            }
            Standing::Renamed => {
                let was = line.was.clone().unwrap_or_default();
                return Err(stop(ApplyError::Renamed { name: line.name.clone(), was }));
            }
            _ => {}
        }
        if chosen.len() == steps {
            break;
        }
        match history.migrations.iter().find(|m| m.version == line.version) {
            Some(migration) => chosen.push(migration.clone()),
            None => {
                let (name, dir) = (line.name.clone(), history.dir.clone());
                return Err(stop(ApplyError::NoWayBack { name, dir }));
            }
        }
    }
    Ok(chosen)
}
