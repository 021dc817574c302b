//! Questions. Without a terminal there is nobody to ask: the question becomes the error.

use super::exit::{Exit, Stop};
use super::output::harmless;
use std::io::{self, BufRead, IsTerminal, Write};

/// True when a person can read and answer.
#[must_use]
pub fn interactive() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks yes or no; an empty line is no. The terminal keeps its own line editing, so that Ctrl-C
/// leaves nothing behind.
///
/// # Errors
/// Without a terminal, with the question and the flag that answers it; an end of input.
pub fn confirm(question: &str, flag: &str) -> anyhow::Result<bool> {
    if !interactive() {
        return Err(Stop::questions(
            format!("{question}\nhelp: there is no terminal to answer on; use {flag}"),
            &[(question.to_owned(), flag.to_owned())],
        ));
    }
    let mut stderr = io::stderr();
    loop {
        write!(stderr, "{} [y/N] ", harmless(question))?;
        stderr.flush()?;
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line)? == 0 {
            writeln!(stderr)?;
            return Err(Stop::error(Exit::Refused, "no answer: nothing was done"));
        }
        match line.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => return Ok(true),
            "" | "n" | "no" => return Ok(false),
            _ => writeln!(stderr, "please answer y or n")?,
        }
    }
}

/// Asks for a name to be typed; anything else is no.
///
/// # Errors
/// Without a terminal, with the question and the flag that answers it; an end of input.
pub fn typed(question: &str, name: &str, flag: &str) -> anyhow::Result<bool> {
    if !interactive() {
        return Err(Stop::questions(
            format!("{question}\nhelp: there is no terminal to answer on; use {flag}"),
            &[(question.to_owned(), flag.to_owned())],
        ));
    }
    let mut stderr = io::stderr();
    write!(stderr, "{}: ", harmless(question))?;
    stderr.flush()?;
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line)? == 0 {
        writeln!(stderr)?;
        return Err(Stop::error(Exit::Refused, "no answer: nothing was done"));
    }
    Ok(line.trim() == name)
}
