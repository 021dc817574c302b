//! `dbkit man`

use super::Exit;
use super::output::print;
use clap_mangen::Man;
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  dbkit man | man -l -\n  dbkit man --output ~/.local/share/man/man1"
)]
pub struct Args {
    /// Folder for the pages of all commands, made when it is missing: dbkit.1, dbkit-migrate.1 …
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// Prints the page of `dbkit`, or writes a page for each command.
///
/// # Errors
/// When stdout or the folder cannot be written.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut command = super::definition().disable_help_subcommand(true);
    let Some(folder) = &args.output else {
        let mut page = Vec::new();
        Man::new(command).render(&mut page)?;
        print(&String::from_utf8_lossy(&page))?;
        return Ok(Exit::Done);
    };
    // Building passes the global options on, and gives each command its whole name.
    command.build();
    std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(command, folder))
        .map_err(|error| {
            super::Stop::error(Exit::Unexpected, format!("{}: {error}", folder.display()))
        })?;
    Ok(Exit::Done)
}
