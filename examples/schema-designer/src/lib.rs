//! Draws schemas. People sign in with an account elsewhere and keep their drawings here.

mod design;
mod drawings;
pub mod schema;

pub use design::{Column, Design, Relation, Table};
pub use drawings::{NewSession, Project, create, design_of, save, sign_in, user_of};

/// The migrations, part of the program.
pub const MIGRATIONS: &[dbkit::EmbeddedMigration] = dbkit::embed_migrations!("migrations");
