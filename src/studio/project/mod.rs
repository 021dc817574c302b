//! What the page shows of the project's files, and the files it makes: always in the folders that
//! the settings name, under a name that leads nowhere else.

mod migrations;
mod seed;

pub use migrations::{migration, migrations, save_as_migration};
pub use seed::save_as_seed;

use super::problem::Problem;
use crate::migration::MigrationError;
use std::path::Path;

/// Relative to the project, as people name it.
fn relative(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

impl From<MigrationError> for Problem {
    fn from(error: MigrationError) -> Self {
        Self::bad_request(error.to_string())
    }
}
