//! What every integration test stands on: throw-away databases, project folders, the binary.
#![allow(dead_code, unused_imports)]

mod command;
mod postgres;
mod project;
mod sqlite;

pub use command::{Dbkit, Outcome};
pub use postgres::{PgDatabase, postgres_url};
pub use project::Project;
pub use sqlite::SqliteFile;
