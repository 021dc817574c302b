//! What has run: Diesel's `__diesel_schema_migrations`, untouched, and beside it dbkit's own
//! `__dbkit_migrations` with checksum, state and duration, and `__dbkit_files` with the files as they
//! were when they ran. Looking never creates anything.

mod compare;
mod files;
pub mod foreign;
mod record;

pub use compare::{Comparison, Standing, compare};
pub use files::Kept;
pub use record::{Ledger, Progress, Record, State};
