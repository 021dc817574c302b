use super::Tool;
use crate::migration::MigrationError;
use std::path::PathBuf;

/// Why another tool's history cannot be taken over.
#[derive(Debug, thiserror::Error)]
pub enum ForeignError {
    #[error(transparent)]
    Migration(#[from] MigrationError),
    #[error("there is no history of {tool} in {}\nhelp: name its folder with --from-dir", dir.display())]
    NoHistory { tool: Tool, dir: PathBuf },
    #[error("{}: {reason}", file.display())]
    Unreadable { file: PathBuf, reason: String },
    #[error("{} is a migration in Rust\nhelp: write what it does as SQL, under the same version, and try again; nothing was converted", file.display())]
    InRust { file: PathBuf },
    #[error("{} is for {provider}, and dbkit knows PostgreSQL and SQLite\nhelp: nothing was converted", file.display())]
    Provider { file: PathBuf, provider: String },
    #[error("{} names {}, which is not there\nhelp: bring the file back from version control", journal.display(), file.display())]
    Missing { journal: PathBuf, file: PathBuf },
    #[error("{} would not come before {}: their versions here say otherwise\nhelp: rename one of them so that both tools agree", first.display(), second.display())]
    Order { first: PathBuf, second: PathBuf },
}
