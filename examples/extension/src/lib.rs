//! An extension with data of its own: instances come and go by webhook, users comment. Each instance
//! is a tenant, and the database keeps them apart.

mod comments;
pub mod schema;
mod webhook;

pub use comments::{Comment, Comments, NewComment, write};
pub use webhook::{Change, Event, Instance, Instances, receive};

use dbkit::app::{Db, Error, PoolSettings, Tenancy};
use diesel::PgConnection;

/// The migrations, part of the program.
pub const MIGRATIONS: &[dbkit::EmbeddedMigration] = dbkit::embed_migrations!("migrations");

/// A pool of which every unit of work is an instance's: without one, no row is seen. Refuses a role
/// that could look past that.
///
/// # Errors
/// The database cannot be reached; the role owns the tables or may pass by policies.
pub fn open(url: &str, environment: &str) -> Result<Db<PgConnection>, Error> {
    let mut settings = PoolSettings::for_environment(environment);
    settings.tenancy = Some(Tenancy::Column);
    Db::open(url, settings)
}
