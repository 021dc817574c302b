//! What went wrong, as the page is told.

use super::data::Cell;
use crate::database::{DatabaseError, ErrorKind};
use serde::Serialize;

/// What a page can tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Unauthorized,
    Forbidden,
    NotFound,
    Method,
    BadRequest,
    UnknownTable,
    UnknownColumn,
    /// The database's own error.
    Database,
    /// Somebody else changed the row meanwhile.
    Conflict,
    Constraint,
    ReadOnly,
    /// A protected environment that nobody has unlocked.
    Locked,
    Cancelled,
    Timeout,
    TooLarge,
}

impl Kind {
    pub fn status(self) -> u16 {
        match self {
            Self::Unauthorized => 401,
            Self::Forbidden | Self::ReadOnly => 403,
            Self::NotFound | Self::UnknownTable => 404,
            Self::Method => 405,
            Self::BadRequest | Self::UnknownColumn => 400,
            Self::Conflict | Self::Cancelled => 409,
            Self::Database | Self::Constraint => 422,
            Self::Locked => 423,
            Self::Timeout => 408,
            Self::TooLarge => 413,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Problem {
    pub kind: Kind,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// In the SQL that was sent, in characters from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
    /// Which of the changes, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The row as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<Vec<Cell>>,
    /// The connection broke: another try may succeed.
    #[serde(skip)]
    pub lost: bool,
    /// The database's own code.
    #[serde(skip)]
    pub code: Option<String>,
}

impl Problem {
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: None,
            position: None,
            change: None,
            column: None,
            row: None,
            lost: false,
            code: None,
        }
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(Kind::BadRequest, message)
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<DatabaseError> for Problem {
    fn from(error: DatabaseError) -> Self {
        let constraint = error
            .code
            .as_deref()
            .is_some_and(|code| code.starts_with("23") || code.starts_with("SQLITE_CONSTRAINT"));
        let read_only = error.code.as_deref() == Some("25006");
        let kind = match error.kind {
            ErrorKind::Cancelled => Kind::Cancelled,
            _ if constraint => Kind::Constraint,
            _ if read_only => Kind::ReadOnly,
            _ => Kind::Database,
        };
        let detail = error.detail.map(|detail| format!("{}\n{detail}", error.message));
        let lost = matches!(error.kind, ErrorKind::Lost | ErrorKind::Unreachable);
        Self {
            hint: error.hint,
            lost,
            code: error.code,
            ..Self::new(kind, detail.unwrap_or(error.message))
        }
    }
}
