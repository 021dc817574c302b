//! `dbkit demo`

use super::starter::FILES;
use super::{Context, Exit, Global, Stop, prepare};
use std::fs;
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  dbkit demo /tmp/demo")]
pub struct Args {
    /// Folder to lay the project down in; it must be missing or empty
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

/// Writes the starter project, then makes, migrates and seeds its SQLite database.
///
/// # Errors
/// A folder that is not empty, a file that cannot be written, those of `prepare`.
pub fn run(args: &Args, mut global: Global) -> anyhow::Result<Exit> {
    let directory = &args.directory;
    let taken = fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some());
    if taken || directory.is_file() {
        let place = directory.display();
        let what = if taken { "is not empty" } else { "is a file" };
        return Err(Stop::error(
            Exit::Refused,
            format!("{place} {what}\nhelp: name a folder that does not exist yet"),
        ));
    }
    for (name, text) in FILES {
        let path = directory.join(name);
        let written =
            path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, text));
        written.map_err(|error| {
            Stop::error(Exit::Unexpected, format!("cannot write {}: {error}", path.display()))
        })?;
    }
    std::env::set_current_dir(directory)?;
    // The demo is the demo's own database, whatever DATABASE_URL says.
    global.env.get_or_insert_with(|| "dev".to_owned());
    let context = Context::new(global, Vec::new())?;
    context.say(&format!("laid {} files down in {}", FILES.len(), directory.display()));
    let target = context.target()?;
    prepare::prepare(&context, &target, true)?;
    context.say(&format!("next: cd {} && dbkit status", directory.display()));
    Ok(Exit::Done)
}
