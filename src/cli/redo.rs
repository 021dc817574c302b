//! `dbkit redo`

use super::migrations::{History, Progress, show, stop};
use super::rollback::newest;
use super::{Context, Exit, Stop, prompt};
use crate::apply;
use crate::database::Access;
use crate::migration::Migration;
use std::time::Duration;

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Runs the down.sql and then the up.sql of the newest applied migration: tells whether its way\n\
                  back works. What down.sql drops is gone; on an environment marked `protected` it asks.\n\n\
                  Example:\n  dbkit redo\n  dbkit redo --steps 2"
)]
pub struct Args {
    /// How many to revert and run again
    #[arg(long, value_name = "N", default_value_t = 1)]
    steps: usize,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Seconds to wait for another dbkit on the same database
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    lock_timeout: u64,
}

/// Reverts the newest applied migrations and runs them again.
///
/// # Errors
/// No way back, no connection, the lock, or the first that fails.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let mut history = History::open(context, Access::Write)?;
    if history.target.protected && !args.yes {
        let question =
            format!("{} is protected; revert and run again all the same?", history.target);
        if !prompt::confirm(&question, "--yes")? {
            return Err(Stop::error(Exit::Refused, "nothing was reverted"));
        }
    }
    let done = history.locked(context, Duration::from_secs(args.lock_timeout), |history| {
        let chosen = newest(history, args.steps)?;
        let mut order: Vec<&Migration> = chosen.iter().collect();
        let mut progress = Progress::new(context);
        let (connection, ledger) = (&mut history.connection, &mut history.ledger);
        apply::rollback(connection, ledger, &order, &history.dir, &mut progress).map_err(stop)?;
        order.reverse();
        apply::migrate(connection, ledger, &order, &mut progress).map_err(stop)
    })?;
    show(context, "redone", &done)?;
    Ok(Exit::Done)
}
