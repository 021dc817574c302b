//! Draws schemas. People sign in with an account elsewhere and keep their drawings here.

mod design;
mod drawings;
pub mod schema;

pub use design::{Column, Design, Relation, Table};
pub use drawings::{NewSession, Project, create, design_of, save, sign_in, user_of};

/// The connection to the database that the program is built for.
#[cfg(not(feature = "sqlite"))]
pub type Connection = diesel::PgConnection;
/// The connection to the database that the program is built for.
#[cfg(feature = "sqlite")]
pub type Connection = diesel::SqliteConnection;

/// Its migrations, part of the program.
#[cfg(not(feature = "sqlite"))]
pub const MIGRATIONS: &[dbkit::EmbeddedMigration] = dbkit::embed_migrations!("migrations/postgres");
/// Its migrations, part of the program.
#[cfg(feature = "sqlite")]
pub const MIGRATIONS: &[dbkit::EmbeddedMigration] = dbkit::embed_migrations!("migrations/sqlite");
