//! `dbkit reset`

use super::{Context, Exit, Stop, prepare, prompt, seed_protect};
use crate::database::drop_database;

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Refused on environments marked `protected` in dbkit.toml, and on databases that carry the\n\
                  mark of one.\n\n\
                  Example:\n  dbkit reset --env test --yes"
)]
pub struct Args {
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Leave the seeds out
    #[arg(long)]
    no_seed: bool,
}

/// Drops the database and prepares it again.
///
/// # Errors
/// A protected target, a question nobody answers, those of the steps.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let target = context.target()?;
    seed_protect::refuse(context, &target, "resets")?;
    let question = format!("Drop {target} with everything in it?");
    if !args.yes && !prompt::confirm(&question, "--yes")? {
        return Err(Stop::error(Exit::Refused, "nothing was dropped"));
    }
    drop_database(&target)?;
    context.say("dropped the database");
    prepare::prepare(context, &target, !args.no_seed)?;
    Ok(Exit::Done)
}
