//! Schema, migrations, seeding and browsing for Diesel.

#[cfg(feature = "cli")]
pub mod apply;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod config;
#[cfg(feature = "cli")]
pub mod database;
pub mod diagnostic;
pub mod dialect;
pub mod diff;
#[cfg(feature = "cli")]
pub mod history;
pub mod inspect;
#[cfg(feature = "cli")]
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

pub use dbkit_macros::schema;
