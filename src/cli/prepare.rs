//! `dbkit prepare`

use super::migrations::History;
use super::output::count;
use super::{Context, Exit, migrate, seed};
use crate::config::Target;
use crate::database::open_or_create;
use crate::seed::Options;

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Makes the database if it is missing, runs pending migrations, writes the seeds of the\n\
                  environment (not where it is protected) and shows the tables. A second run changes\n\
                  nothing.\n\n\
                  Example:\n  dbkit prepare --env test"
)]
pub struct Args {
    /// Leave the seeds out
    #[arg(long)]
    no_seed: bool,
}

/// Brings the target up to date.
///
/// # Errors
/// Those of the steps.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let target = context.direct_target()?;
    prepare(context, &target, !args.no_seed)?;
    Ok(Exit::Done)
}

/// Creates, migrates, seeds and shows.
pub(super) fn prepare(context: &Context, target: &Target, seeds: bool) -> anyhow::Result<()> {
    let opened = open_or_create(target, &mut context.waiting());
    let (connection, made) =
        opened.map_err(|error| super::context::no_connection(target, &error))?;
    if made {
        context.say("created the database");
    }
    let mut history = History::on(context, target, connection)?;
    if history.migrations.is_empty() {
        let dir = history.dir.display();
        context.warn(&format!("{dir} has no migrations; `dbkit generate NAME` writes the first"));
    }
    let done = migrate::run_pending(context, &mut history)?;
    context.say(&format!("{} applied", count(done.len(), "migration")));
    let mut connection = history.connection;
    let marked = seeds && crate::seed::protected_as(&mut connection)?.is_some();
    if seeds && (target.protected || marked) {
        context.say("no seeds: the environment is protected");
    } else if seeds {
        let environment = seed::environment(context, target);
        let sets = seed::load(context, &environment)?;
        let report = seed::write(context, &mut connection, &sets, Options::default())?;
        context.say(&seed::summary(&report, &environment));
    }
    super::inspect_overview::show_overview(context, &crate::inspect::overview(&mut connection)?)
}
