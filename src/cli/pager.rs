//! Long text on a terminal, as the user is used to reading it.

use std::io::{self, Write};
use std::process::{Command, Stdio};

/// Prints through `$PAGER`, `less` where there is none, when the text does not fit on the terminal.
///
/// # Errors
/// Those of stdout.
pub fn print(text: &str, terminal: bool) -> io::Result<()> {
    let long = terminal && lines().is_some_and(|lines| text.lines().count() >= lines);
    match long && through(text) {
        true => Ok(()),
        false => super::output::print(text),
    }
}

/// False where no pager could be started.
fn through(text: &str) -> bool {
    let pager = std::env::var("PAGER").ok().filter(|pager| !pager.trim().is_empty());
    let mut command = match &pager {
        Some(pager) => {
            let mut command = Command::new("sh");
            command.args(["-c", pager]);
            command
        }
        None => {
            let mut command = Command::new("less");
            command.arg("-FRX");
            command
        }
    };
    let Ok(mut child) = command.stdin(Stdio::piped()).spawn() else { return false };
    if let Some(mut input) = child.stdin.take() {
        // Who has read enough closes it.
        input.write_all(text.as_bytes()).ok();
    }
    child.wait().is_ok_and(|status| status.code() != Some(127))
}

/// Lines of the terminal.
#[cfg(unix)]
fn lines() -> Option<usize> {
    // SAFETY: the structure is plain data that the call fills in.
    let size = unsafe {
        let mut size: libc::winsize = std::mem::zeroed();
        (libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &raw mut size) == 0).then_some(size)
    };
    size.map(|size| usize::from(size.ws_row)).filter(|lines| *lines > 0)
}

#[cfg(not(unix))]
fn lines() -> Option<usize> {
    None
}
