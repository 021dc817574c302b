//! A back end for several customers. Who they are all share; what they have is in a schema for each.

mod context;
pub mod schema;
mod seeders;
mod tenants;

/// What each tenant has.
pub mod tenant {
    mod documents;
    pub mod schema;

    pub use documents::{
        Document, Documents, Member, Members, NewDocument, NewMember, write_document,
    };
}

pub use context::TenantContext;
pub use seeders::{DatabaseSeeder, TenantSeeder, run_seeders};
pub use tenants::{NewTenant, Tenant, Tenants};

use dbkit::app::{Db, Health, PoolSettings, Tenancy};
use diesel::PgConnection;

/// The migrations of what all share.
pub const MIGRATIONS: &[dbkit::EmbeddedMigration] = dbkit::embed_migrations!("migrations/shared");

/// The migrations of each tenant's schema; `dbkit tenant migrate` runs them.
pub const TENANT_MIGRATIONS: &[dbkit::EmbeddedMigration] =
    dbkit::embed_migrations!("migrations/tenants");

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Database(#[from] dbkit::app::Error),
    #[error(transparent)]
    Query(#[from] diesel::result::Error),
    #[error("there is no tenant {0}")]
    NoTenant(String),
    #[error("tenant {0} is suspended")]
    Suspended(String),
}

/// A pool for the environment; tenants have schemas as in dbkit.toml.
///
/// # Errors
/// The database cannot be reached.
pub fn open(url: &str, environment: &str) -> Result<Db<PgConnection>, dbkit::app::Error> {
    let mut settings = PoolSettings::for_environment(environment);
    settings.tenancy = Some(Tenancy::Schema("tenant_{}".to_owned()));
    Db::open(url, settings)
}

/// Whether requests may come: the database answers, and has exactly this program's migrations.
#[must_use]
pub fn health(db: &Db<PgConnection>) -> Health {
    db.health(Some(MIGRATIONS))
}
