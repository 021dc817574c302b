//! Questions. Without a terminal there is nobody to ask: the question becomes the error.

use super::exit::{Exit, Stop};
use dialoguer::Confirm;
use std::io::IsTerminal;

/// True when a person can read and answer.
#[must_use]
pub fn interactive() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks yes or no; no is the default.
///
/// # Errors
/// Without a terminal, with the question and the flag that answers it.
pub fn confirm(question: &str, flag: &str) -> anyhow::Result<bool> {
    if !interactive() {
        return Err(unanswered(question, flag));
    }
    Ok(Confirm::new().with_prompt(question).default(false).interact()?)
}

fn unanswered(question: &str, flag: &str) -> anyhow::Error {
    Stop::error(
        Exit::Refused,
        format!("{question}\nhelp: there is no terminal to answer on; use {flag}"),
    )
}
