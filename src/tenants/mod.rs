//! Tenants as the command line manages them: who there are, where each has its tables, whether they
//! are kept apart, and how one's data goes.

mod apart;
mod doctor;
mod erase;
mod place;
mod registry;

pub use apart::{examine_database, examine_files, examine_schemas};
pub use doctor::{Finding, Grade, examine};
pub use erase::{Apart, Erased, TenantColumns, census, erase};
pub use place::{Place, PlaceError, check_id};
pub use registry::{Registry, Tenant};

use crate::database::DatabaseError;

/// What managing tenants can fail at.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    #[error("{doing}: {error}")]
    Database {
        doing: String,
        #[source]
        error: DatabaseError,
    },
    #[error("{0}")]
    Refused(String),
}

impl TenantError {
    /// Names what was being done when the database refused it.
    pub fn database(doing: impl Into<String>) -> impl Fn(DatabaseError) -> Self {
        let doing = doing.into();
        move |error| Self::Database { doing: doing.clone(), error }
    }
}
