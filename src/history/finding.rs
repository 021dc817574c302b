use serde::Serialize;
use std::path::PathBuf;

/// Something `check` objects to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable, for machines: `fork`.
    pub code: &'static str,
    /// The migration or the object it is about.
    pub subject: String,
    pub message: String,
    /// Where to look, and the line where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// More text: a difference, the SQL that is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The next action.
    pub help: String,
}

impl Finding {
    #[must_use]
    pub fn new(
        code: &'static str,
        subject: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            code,
            subject: subject.into(),
            message: message.into(),
            path: None,
            line: None,
            detail: None,
            help: help.into(),
        }
    }

    #[must_use]
    pub fn at(self, path: impl Into<PathBuf>) -> Self {
        Self { path: Some(path.into()), ..self }
    }

    #[must_use]
    pub fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }
}
