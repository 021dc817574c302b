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
    /// What the files say cannot be written. Nothing was.
    #[error("{} in the seed files", count(.0.len()))]
    Mistakes(Vec<Diagnostic>),
    #[error(
        "tables refer to one another in a circle: {}. Make one of these foreign keys deferrable, \
         or one of their columns nullable",
        tables.join(" → ")
    )]
    Cycle { tables: Vec<String> },
    /// A row the database refused.
    #[error("{place}: table {table}, row {row}: {source}")]
    Row { place: Place, table: String, row: String, source: DatabaseError },
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
            Self::Row { source, .. } | Self::Script { source, .. } => Some(source),
            Self::Database { source, .. } => Some(source),
            _ => None,
        }
    }

    /// What the files say that cannot be written, each with its place; empty where the files are
    /// not at fault.
    #[must_use]
    pub fn findings(&self) -> Vec<Diagnostic> {
        let (place, message, source) = match self {
            Self::Mistakes(found) => return found.clone(),
            Self::Row { place, table, row, source } => {
                (place, format!("table {table}, row {row}: {source}"), source)
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

fn count(mistakes: usize) -> String {
    if mistakes == 1 { "1 mistake".to_owned() } else { format!("{mistakes} mistakes") }
}
