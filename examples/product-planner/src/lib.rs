//! A planner for products: projects, the conversations about them, and what comes of these.
//!
//! The schema is in `schema.rs`, and that is all there is to say about tables: migrations are
//! generated from it, queries are typed by it.

mod brief;
mod model;
mod projects;
pub mod schema;

pub use brief::{Brief, Feature};
pub use model::{Activity, NewProject, NewUser, Project, ProjectChanges, User};
pub use projects::{Projects, Share, Users, shares, transfer};

use dbkit::app::{Db, PoolSettings};
use diesel::PgConnection;

/// The migrations, part of the program.
pub const MIGRATIONS: &[dbkit::EmbeddedMigration] = dbkit::embed_migrations!("migrations");

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Database(#[from] dbkit::app::Error),
    #[error(transparent)]
    Query(#[from] diesel::result::Error),
    #[error("there is no user {0}")]
    NoUser(uuid::Uuid),
    #[error("project {0} is somebody else's")]
    NotTheOwner(uuid::Uuid),
}

/// A pool of the size that fits the environment: 10 connections in development, 3 in tests, and in
/// production what dbkit gives it, 20, with statements of 30 seconds at most.
///
/// # Errors
/// The database cannot be reached.
pub fn open(url: &str, environment: &str) -> Result<Db<PgConnection>, dbkit::app::Error> {
    let mut settings = PoolSettings::for_environment(environment);
    settings.application_name = Some("product-planner".to_owned());
    Db::open(url, settings)
}
