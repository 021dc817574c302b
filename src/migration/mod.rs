//! Migration folders on disk: Diesel's own layout, `<version>_<name>/{up.sql,down.sql,metadata.toml}`,
//! with dbkit's `snapshot.json` beside them.

mod checksum;
mod error;
pub mod foreign;
mod metadata;
mod read;
mod text;
mod version;
mod write;

pub use checksum::Checksum;
pub use error::MigrationError;
pub use metadata::{Metadata, Replaces};
pub use read::{EmbeddedMigration, Migration, embedded, read};
pub use text::SqlFile;
pub use version::{Version, stamp};
pub use write::{NewMigration, file_name, place, write};

/// The file with what a migration changed in the model.
pub const SNAPSHOT_FILE: &str = "snapshot.json";
