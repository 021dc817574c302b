//! What has run: Diesel's `__diesel_schema_migrations`, untouched, and beside it dbkit's own
//! `__dbkit_migrations` with checksum, state and duration. Looking never creates anything.

mod compare;
mod record;

pub use compare::{Comparison, Standing, compare};
pub use record::{Ledger, Record, State};
