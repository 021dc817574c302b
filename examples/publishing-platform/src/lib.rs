//! A platform to publish from: users have a workspace each, a workspace has one git repository,
//! and what is in it becomes pages and blocks.

pub mod modules;

mod content;
mod publishing;

pub use content::{NewNode, Node, Nodes, children, import, node_id};
pub use publishing::{Deployment, history, publish, workspace_of};

use dbkit::app::{Db, Error, PoolSettings, database_url};
use diesel::PgConnection;

/// The migrations, part of the program: no database is asked while it is built.
pub const MIGRATIONS: &[dbkit::EmbeddedMigration] = dbkit::embed_migrations!("migrations");

/// The database that `DATABASE_URL` or `POSTGRES_…` names.
///
/// # Errors
/// Neither is set; the database cannot be reached.
pub fn open(environment: &str) -> Result<Db<PgConnection>, Error> {
    Db::open(&database_url()?, PoolSettings::for_environment(environment))
}
