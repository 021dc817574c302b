//! `dbkit completions`

use super::Exit;
use super::output::print;
use clap_complete::Shell;

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Example:\n  dbkit completions bash > ~/.local/share/bash-completion/completions/dbkit"
)]
pub struct Args {
    /// Shell to write the script for
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the shell's completion script.
///
/// # Errors
/// When stdout cannot be written.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::definition(), "dbkit", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
