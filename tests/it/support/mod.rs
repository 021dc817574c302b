//! What every integration test stands on: throw-away databases, project folders, the binary.
#![allow(dead_code, unused_imports)]

mod command;
mod diesel;
mod pgbouncer;
mod postgres;
mod project;
mod proxy;
mod server;
mod sqlite;
mod terminal;
mod transcript;

pub use command::{Dbkit, Outcome, Running};
pub use diesel::diesel;
pub use pgbouncer::Pgbouncer;
pub use postgres::{PgDatabase, postgres_url};
pub use project::Project;
pub use proxy::{Fault, Proxy};
pub use server::{Door, Server};
pub use sqlite::SqliteFile;
pub use terminal::{END, INTERRUPT, Screen, on_terminal};
pub use transcript::Transcript;
