//! Exit codes: public interface, documented in docs/exit-codes.md.

use crate::config::ConfigError;
use crate::database::{DatabaseError, ErrorKind};
use crate::diagnostic::{Diagnostic, Place};

/// What the process says to whoever started it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Done = 0,
    Unexpected = 1,
    /// Wrong flags, settings or schema files.
    Usage = 2,
    /// Pending migrations, drift, or schema and migrations that disagree.
    Pending = 3,
    /// Refused: a hazard or a question nobody answered.
    Refused = 4,
    /// Another process holds the lock.
    Lock = 5,
    /// A migration or seed failed.
    Failed = 6,
    NoConnection = 7,
    /// Ended by a signal, as shells say it of Ctrl-C.
    Stopped = 130,
}

/// A message and the exit code that goes with it. Commands return it inside [`anyhow::Error`].
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Stop {
    pub exit: Exit,
    pub message: String,
    /// What `--format json` tells programs beyond the message, by its key.
    pub details: Option<(&'static str, serde_json::Value)>,
}

impl Stop {
    /// An error to return from a command.
    #[must_use]
    pub fn error(exit: Exit, message: impl Into<String>) -> anyhow::Error {
        anyhow::Error::new(Self { exit, message: message.into(), details: None })
    }

    /// Refused for want of answers: each question with the flag that says yes to it.
    #[must_use]
    pub fn questions(message: String, questions: &[(String, String)]) -> anyhow::Error {
        let list = questions
            .iter()
            .map(|(question, flag)| serde_json::json!({ "question": question, "flag": flag }));
        let details = Some(("questions", serde_json::Value::Array(list.collect())));
        anyhow::Error::new(Self { exit: Exit::Refused, message, details })
    }

    /// Mistakes in files: drawn for people, with their places for programs.
    #[must_use]
    pub fn findings(exit: Exit, message: String, found: &[Diagnostic]) -> anyhow::Error {
        let list = found.iter().map(|finding| {
            let place = finding.place.as_ref();
            let (line, column) = place.map(Place::line_column).unzip();
            serde_json::json!({
                "code": finding.code,
                "message": finding.message,
                "file": place.map(|place| place.file.path.display().to_string()),
                "line": line,
                "column": column,
                "help": finding.help,
            })
        });
        let details =
            (!found.is_empty()).then(|| ("findings", serde_json::Value::Array(list.collect())));
        anyhow::Error::new(Self { exit, message, details })
    }
}

/// The exit code of an error, from the innermost cause that has one.
#[must_use]
pub fn code_of(error: &anyhow::Error) -> Exit {
    for cause in error.chain() {
        if let Some(stop) = cause.downcast_ref::<Stop>() {
            return stop.exit;
        }
        if cause.downcast_ref::<ConfigError>().is_some() {
            return Exit::Usage;
        }
        if let Some(error) = cause.downcast_ref::<DatabaseError>() {
            return match error.kind {
                ErrorKind::Unreachable | ErrorKind::Rejected | ErrorKind::Lost => {
                    Exit::NoConnection
                }
                ErrorKind::LockTimeout => Exit::Lock,
                _ => Exit::Unexpected,
            };
        }
    }
    Exit::Unexpected
}
