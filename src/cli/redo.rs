//! `dbkit redo`

use super::migrations::{History, Limits, Progress, show, stop};
use super::rollback::{Extent, newest};
use super::{Context, Exit, Stop, prompt};
use crate::apply;
use crate::database::Access;
use crate::migration::Migration;

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Runs the down.sql and then the up.sql of the newest applied migration: tells whether its way\n\
                  back works. What down.sql drops is gone; on an environment marked `protected` it asks.\n\n\
                  Example:\n  dbkit redo\n  dbkit redo --steps 2"
)]
pub struct Args {
    /// How many folders to revert and run again; without it the last change, which may be in several
    #[arg(long, visible_alias = "count", value_name = "N")]
    steps: Option<usize>,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    limits: Limits,
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
    let settings = args.limits.settings(context);
    let done = history.under_lock(context, &settings, |history, lock| {
        let extent = args.steps.map_or(Extent::Change, Extent::Steps);
        let chosen = newest(history, &extent)?;
        let mut order: Vec<&Migration> = chosen.iter().collect();
        let mut progress = Progress::new(context);
        let (dir, dialect) = (history.dir.clone(), history.target.dialect());
        let mut run = history.run(lock, &settings, &mut progress);
        // What is reverted must be able to run again.
        apply::check(dialect, &order).map_err(stop)?;
        run.rollback(&order, &dir).map_err(stop)?;
        order.reverse();
        run.migrate(&order).map_err(stop)
    })?;
    show(context, "redone", &done)?;
    Ok(Exit::Done)
}
