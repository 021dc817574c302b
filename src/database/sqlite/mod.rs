//! SQLite.

mod ddl;
mod error;
mod introspect;
mod location;
mod session;

pub use location::{Location, OpenMode};
pub use session::SqliteSession;
