//! SQLite.

mod ddl;
mod error;
mod header;
mod introspect;
mod location;
mod restrict;
mod session;

pub use location::{Location, OpenMode};
pub use restrict::Restriction;
pub use session::SqliteSession;
