use crate::diagnostic::{Diagnostic, Severity};
use serde::{Serialize, Serializer};
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// A warning is told and leaves the exit code alone.
    #[serde(serialize_with = "level")]
    pub level: Severity,
    /// The place in the file, to be drawn.
    #[serde(skip)]
    pub diagnostic: Option<Diagnostic>,
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
            column: None,
            level: Severity::Error,
            diagnostic: None,
            detail: None,
            help: help.into(),
        }
    }

    /// What was found in a file.
    #[must_use]
    pub fn of(subject: impl Into<String>, diagnostic: &Diagnostic) -> Self {
        let mut message = diagnostic.message.clone();
        if let Some(label) = &diagnostic.label {
            message = format!("{message}: {label}");
        }
        let help = diagnostic.help.clone().unwrap_or_default();
        let mut finding = Self::new(diagnostic.code, subject, message, help);
        if let Some(place) = &diagnostic.place {
            let (line, column) = place.line_column();
            finding.path = Some(place.file.path.clone());
            (finding.line, finding.column) = (Some(line), Some(column));
        }
        finding.level = diagnostic.severity;
        finding.diagnostic = Some(diagnostic.clone());
        finding
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

fn level<S: Serializer>(level: &Severity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match level {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    })
}
