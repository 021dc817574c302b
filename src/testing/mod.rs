//! A fresh, migrated database for each test, in milliseconds.
//!
//! The first test migrates and seeds one database, the template; every other gets a copy of it. The
//! template is known by what makes it (migrations, seeds), so that a changed migration makes another
//! one, and any number of test processes may ask for it at once. A copy goes with its value; the
//! copies of tests that were killed go when the next test process begins.
//!
//! ```no_run
//! # #[cfg(feature = "postgres")]
//! # mod example {
//! use dbkit::testing::{Template, TestDatabase};
//! use diesel::prelude::*;
//!
//! /// What `[env.test]` of dbkit.toml names, with the migrations and the seeds of the project.
//! fn database() -> TestDatabase<PgConnection> {
//!     Template::of_project(env!("CARGO_MANIFEST_DIR")).and_then(|t| t.fresh()).expect("a database")
//! }
//!
//! #[test]
//! fn a_project_begins_without_members() {
//!     let database = database();
//!     let mut connection = database.connect().expect("a connection");
//!     diesel::sql_query("SELECT 1").execute(&mut connection).expect("an answer");
//! }
//! # }
//! ```
//!
//! On SQLite a copy is a file in the folder for temporary files:
//!
//! ```
//! # #[cfg(feature = "sqlite")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use dbkit::testing::Template;
//! use diesel::prelude::*;
//!
//! diesel::table! { notes (id) { id -> Integer, text -> Text, } }
//!
//! let template = Template::on("sqlite://notes.db")?.filled("a table of notes, 1", |url| {
//!     let mut connection = SqliteConnection::establish(url)?;
//!     diesel::sql_query("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
//!         .execute(&mut connection)?;
//!     Ok(())
//! });
//! let (one, other) = (template.fresh::<SqliteConnection>()?, template.fresh::<SqliteConnection>()?);
//! diesel::insert_into(notes::table).values(notes::text.eq("mine")).execute(&mut one.connect()?)?;
//! assert_eq!(notes::table.count().get_result::<i64>(&mut one.connect()?)?, 1);
//! assert_eq!(notes::table.count().get_result::<i64>(&mut other.connect()?)?, 0);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```

#![warn(missing_docs)]

mod build;
mod database;
mod error;
mod files;
mod name;
mod server;

pub use build::Template;
pub use database::TestDatabase;
pub use error::Error;

/// What [`Template::filled`] calls with the URL of the template.
pub type Filled = Result<(), Box<dyn std::error::Error + Send + Sync>>;
