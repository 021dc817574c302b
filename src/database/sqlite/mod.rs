//! SQLite.

mod ddl;
mod error;
mod header;
mod introspect;
mod location;
mod session;

pub use location::{Location, OpenMode};
pub use session::SqliteSession;
