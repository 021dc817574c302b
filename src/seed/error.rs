use crate::database::DatabaseError;
use crate::diagnostic::{Diagnostic, Place};
use std::path::PathBuf;

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SeedError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("there is no folder {}; seeds live in {}", path.join(environment).display(), path.display())]
    NoEnvironment { path: PathBuf, environment: String, nearest: Option<String> },
    #[error("there is no set {set}{}", nearest.as_ref().map(|n| format!("\nhelp: did you mean {n}?")).unwrap_or_default())]
    NoSet { set: String, nearest: Option<String> },
    #[error("there is no table {table} in the seeds{}", nearest.as_ref().map(|n| format!("\nhelp: did you mean {n}?")).unwrap_or_default())]
    NoTable { table: String, nearest: Option<String> },
    /// A set that failed after others were written.
    #[error("{error}")]
    Set { sets: Vec<String>, done: Vec<String>, error: Box<SeedError> },
    #[error("interrupted")]
    Interrupted,
    /// What the files say cannot be written. Nothing was.
    #[error("{}{}", count(.0.len()), if .0.iter().any(|found| found.place.is_some()) { " in the seed files" } else { "" })]
    Mistakes(Vec<Diagnostic>),
    #[error(
        "tables refer to one another in a circle: {}. Make one of these foreign keys deferrable, \
         or one of their columns nullable",
        tables.join(" → ")
    )]
    Cycle { tables: Vec<String> },
    /// A row the database refused.
    #[error("{place}: table {table}, row {row}{}: {source}", of_column(column))]
    Row {
        place: Place,
        table: String,
        row: String,
        /// The column the constraint is about, where it is known.
        column: Option<String>,
        source: DatabaseError,
    },
    /// A row that `--prune` could not delete.
    #[error("table {table}, row {row}, which no seed file has any more: {source}")]
    Prune { table: String, row: String, source: DatabaseError },
    /// Rows read piece by piece, or generated.
    #[error("{what}: {source}")]
    Bulk { what: String, source: DatabaseError },
    /// What the sets cover cannot be emptied.
    #[error(
        "{child} has rows that refer to {table}, and no set covers {child}\nhelp: delete them first, or run without --reset"
    )]
    Covered { table: String, child: String },
    /// A statement of an SQL file the database refused.
    #[error("{place}: {source}")]
    Script { place: Place, source: DatabaseError },
    #[error("{while_doing}: {source}")]
    Database { while_doing: &'static str, source: DatabaseError },
}

impl SeedError {
    /// For `map_err`.
    pub(super) fn database(while_doing: &'static str) -> impl Fn(DatabaseError) -> Self {
        move |source| Self::Database { while_doing, source }
    }

    /// The database's own error, where it is one.
    #[must_use]
    pub fn database_error(&self) -> Option<&DatabaseError> {
        match self {
            Self::Row { source, .. } | Self::Script { source, .. } | Self::Prune { source, .. } => {
                Some(source)
            }
            Self::Database { source, .. } | Self::Bulk { source, .. } => Some(source),
            Self::Set { error, .. } => error.database_error(),
            _ => None,
        }
    }

    /// With a word about row-level security where a policy refused a row.
    pub(super) fn explained(mut self) -> Self {
        match &mut self {
            Self::Row { source, .. }
            | Self::Script { source, .. }
            | Self::Prune { source, .. }
            | Self::Bulk { source, .. }
            | Self::Database { source, .. } => {
                let policy = source.code.as_deref() == Some("42501")
                    && source.message.contains("row-level security");
                if policy {
                    source.hint = Some(POLICY.to_owned());
                }
            }
            Self::Set { error, .. } => {
                let inner = std::mem::replace(error.as_mut(), Self::Interrupted);
                **error = inner.explained();
            }
            _ => {}
        }
        self
    }

    /// What the files say that cannot be written, each with its place; empty where the files are
    /// not at fault.
    #[must_use]
    pub fn findings(&self) -> Vec<Diagnostic> {
        let (place, message, source) = match self {
            Self::Mistakes(found) => return found.clone(),
            Self::Set { error, .. } => return error.findings(),
            Self::Row { place, table, row, column, source } => {
                let column = of_column(column);
                (place, format!("table {table}, row {row}{column}: {source}"), source)
            }
            Self::Script { place, source } => (place, source.to_string(), source),
            _ => return Vec::new(),
        };
        let mut found = Diagnostic::error("seed-refused", message).at(place.clone());
        found.label.clone_from(&source.detail);
        found.help.clone_from(&source.hint);
        vec![found]
    }
}

const POLICY: &str = "this role is under row-level security: seed the rows of one tenant with --tenant NAME, \
    or all with a role that has BYPASSRLS";

fn count(mistakes: usize) -> String {
    if mistakes == 1 { "1 mistake".to_owned() } else { format!("{mistakes} mistakes") }
}

fn of_column(column: &Option<String>) -> String {
    column.as_ref().map(|column| format!(", column {column}")).unwrap_or_default()
}
