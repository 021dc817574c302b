//! Questions. Without a terminal there is nobody to ask: the question becomes the error.

use super::exit::{Exit, Stop};
use dialoguer::{Confirm, Input, Select};
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

/// Lets the user choose one of several answers; returns its position.
///
/// # Errors
/// Without a terminal, with the question and the flags that answer it.
pub fn choose(question: &str, answers: &[String], flag: &str) -> anyhow::Result<usize> {
    if !interactive() {
        return Err(unanswered(question, flag));
    }
    Ok(Select::new().with_prompt(question).items(answers).default(0).interact()?)
}

/// Asks for a text.
///
/// # Errors
/// Without a terminal, with the question and the flag that answers it.
pub fn text(question: &str, flag: &str) -> anyhow::Result<String> {
    if !interactive() {
        return Err(unanswered(question, flag));
    }
    Ok(Input::<String>::new().with_prompt(question).allow_empty(true).interact_text()?)
}

fn unanswered(question: &str, flag: &str) -> anyhow::Error {
    Stop::error(
        Exit::Refused,
        format!("{question}\nhelp: there is no terminal to answer on; use {flag}"),
    )
}
