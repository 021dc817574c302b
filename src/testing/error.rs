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
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Migration(#[from] MigrationError),
    #[error("the template cannot be migrated: {0}")]
    Apply(#[from] ApplyError),
    #[error("the template cannot be seeded: {}", told(.0))]
    Seed(#[from] SeedError),
    #[error("{doing}: {}{}", source.message.trim(), source.more())]
    Database { doing: String, source: DatabaseError },
    /// The closure of [`Template::filled`](super::Template::filled).
    #[error("the template cannot be filled ({what}): {source}")]
    Filled { what: String, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error(
        "environment {0} is protected: tests do not run there. Name another with Template::of_environment"
    )]
    Protected(String),
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
