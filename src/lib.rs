//! Schema, migrations, seeding and browsing for Diesel.

#[cfg(feature = "migrator")]
pub mod apply;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "migrator")]
pub mod config;
#[cfg(feature = "migrator")]
pub mod database;
pub mod diagnostic;
pub mod dialect;
pub mod diff;
#[cfg(feature = "cli")]
pub mod history;
#[cfg(feature = "cli")]
pub mod inspect;
#[cfg(feature = "migrator")]
pub mod ledger;
pub mod migration;
pub mod model;
pub mod plan;
#[cfg(feature = "cli")]
pub mod seed;
pub mod source;
pub mod sql;
#[cfg(feature = "cli")]
pub mod terminal;

#[cfg(feature = "migrator")]
pub use apply::Migrator;
pub use dbkit_macros::{embed_migrations, schema};
pub use migration::EmbeddedMigration;
