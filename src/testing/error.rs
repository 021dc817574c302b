use crate::apply::ApplyError;
use crate::config::ConfigError;
use crate::database::DatabaseError;
use crate::migration::MigrationError;
use crate::seed::SeedError;
use std::path::PathBuf;

/// Why a test got no database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The settings cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The folders of migrations cannot be read.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// A migration failed in the template.
    #[error("the template cannot be migrated: {0}")]
    Apply(#[from] ApplyError),
    /// A seed file failed in the template.
    #[error("the template cannot be seeded: {}", told(.0))]
    Seed(#[from] SeedError),
    /// The server refused to make or drop a database.
    #[error("{doing}: {}{}", source.message.trim(), source.more())]
    Database {
        /// What was being done.
        doing: String,
        /// What was said.
        source: DatabaseError,
    },
    /// The closure of [`Template::filled`](super::Template::filled).
    #[error("the template cannot be filled ({what}): {source}")]
    Filled {
        /// The name it was given.
        what: String,
        /// What was said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file of a SQLite database.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What was said.
        source: std::io::Error,
    },
    /// The environment is for no tests.
    #[error(
        "environment {0} is protected: tests do not run there. Name another with Template::of_environment"
    )]
    Protected(String),
    /// The finished database could not be reached.
    #[error(transparent)]
    Connection(#[from] diesel::ConnectionError),
}

impl Error {
    pub(super) fn database(doing: impl Into<String>) -> impl FnOnce(DatabaseError) -> Self {
        let doing = doing.into();
        move |source| Self::Database { doing, source }
    }

    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}

/// A test shows the error alone, so the mistakes have to be in it.
fn told(error: &SeedError) -> String {
    match error {
        SeedError::Mistakes(found) => {
            let found: Vec<String> = found.iter().map(|mistake| mistake.render(false)).collect();
            format!("{error}\n{}", found.join("\n"))
        }
        _ => {
            let more = error.database_error().map(DatabaseError::more).unwrap_or_default();
            format!("{error}{more}")
        }
    }
}
