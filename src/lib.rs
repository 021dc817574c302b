//! Schema, migrations, seeding and browsing for Diesel.
//!
//! An application uses these of it:
//!
//! - [`schema!`], Diesel's `table!` with attributes for what it cannot say. It expands to plain Diesel
//!   items.
//! - `Migrator` (feature `migrator`), which runs the migrations compiled in by
//!   [`embed_migrations!`], with the lock and the ledger of the program `dbkit`.
//! - `Seeder` (feature `app`): rows written in Rust, by seeders that call one another.
//!
//! ```
//! dbkit::schema! {
//!     #[index(created_at)]
//!     table users (id) {
//!         id -> Integer,
//!         #[unique]
//!         email -> Text,
//!         #[default = "now()"]
//!         created_at -> Timestamp,
//!     }
//! }
//! ```
//!
//! Everything else is for the program, and for tools that want a stage of it: read a schema
//! ([`source`]) or a database (`database`) into a [`model`], compare two models ([`diff`]), order the
//! changes and tell their hazards ([`plan`]), write them as SQL ([`dialect`]). Each stage takes and
//! returns values; only `database` holds a connection, only `cli` prints.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `cli` (default) | the program |
//! | `studio` (default) | `dbkit studio`, the database in the browser |
//! | `app` (default) | a pool, units of work, tenants, health, seeders |
//! | `testing` (default) | a fresh, migrated database for each test |
//! | `health` (default) | health endpoints as an axum router |
//! | `migrator` | running migrations from an application |
//! | `postgres`, `sqlite` (default) | the databases |
//! | `bundled` (default) | libpq with TLS and SQLite built in |
//! | `system-libs` | the system's libpq and SQLite |

#[cfg(feature = "app")]
pub mod app;
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
#[cfg(feature = "health")]
pub mod health;
#[cfg(feature = "cli")]
pub mod history;
#[cfg(feature = "cli")]
pub mod inspect;
#[doc(hidden)]
pub mod json;
#[cfg(feature = "migrator")]
pub mod ledger;
#[cfg(feature = "cli")]
pub mod lint;
pub mod migration;
pub mod model;
pub mod plan;
#[cfg(feature = "seeds")]
pub mod seed;
pub mod source;
pub mod sql;
#[cfg(feature = "studio")]
pub mod studio;
#[cfg(feature = "cli")]
pub mod tenants;
#[cfg(feature = "cli")]
pub mod terminal;
#[cfg(feature = "testing")]
pub mod testing;

#[cfg(feature = "app")]
pub use app::{SeedRun, Seeded, Seeder, Seeding};
#[cfg(feature = "migrator")]
pub use apply::Migrator;
/// ```
/// use diesel::prelude::*;
///
/// dbkit::schema! {
///     table notes (id) {
///         id -> Integer,
///         tags -> Nullable<Json>,
///     }
/// }
///
/// #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize, dbkit::Json)]
/// struct Tags(Vec<String>);
///
/// # use diesel::connection::SimpleConnection;
/// let mut connection = SqliteConnection::establish(":memory:")?;
/// # connection.batch_execute("CREATE TABLE notes (id INTEGER PRIMARY KEY NOT NULL, tags JSON TEXT)")?;
/// let row = (notes::id.eq(1), notes::tags.eq(Tags(vec!["a".to_owned()])));
/// diesel::insert_into(notes::table).values(row).execute(&mut connection)?;
/// let found = notes::table.select(notes::tags).first::<Option<Tags>>(&mut connection)?;
/// assert_eq!(found, Some(Tags(vec!["a".to_owned()])));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub use dbkit_macros::Json;
/// ```
/// use diesel::prelude::*;
/// use serde::{Deserialize, Serialize};
///
/// dbkit::schema! {
///     table plans (id) {
///         id -> Integer,
///         brief -> Jsonb,
///         notes -> Nullable<Jsonb>,
///     }
/// }
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize, dbkit::Jsonb)]
/// struct Brief {
///     vision: String,
///     steps: Vec<u32>,
/// }
///
/// /// One value alone, or one of several.
/// #[derive(Debug, PartialEq, Serialize, Deserialize, dbkit::Jsonb)]
/// enum Note {
///     Text(String),
///     None,
/// }
///
/// #[derive(Debug, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
/// #[diesel(table_name = plans)]
/// struct Plan {
///     id: i32,
///     brief: Brief,
///     notes: Option<Note>,
/// }
///
/// # use diesel::connection::SimpleConnection;
/// let mut connection = SqliteConnection::establish(":memory:")?;
/// # connection.batch_execute("CREATE TABLE plans (id INTEGER PRIMARY KEY NOT NULL, brief JSONB BLOB NOT NULL, notes JSONB BLOB)")?;
/// let brief = Brief { vision: "a \"garden\"\n".to_owned(), steps: vec![1, 2] };
/// let plan = Plan { id: 1, brief, notes: Some(Note::Text("ä".to_owned())) };
/// diesel::insert_into(plans::table).values(&plan).execute(&mut connection)?;
/// assert_eq!(plans::table.select(Plan::as_select()).first(&mut connection)?, plan);
///
/// diesel::update(plans::table).set(plans::notes.eq(None::<Note>)).execute(&mut connection)?;
/// let found = plans::table.filter(plans::brief.eq(&plan.brief)).select(plans::notes);
/// assert_eq!(found.first::<Option<Note>>(&mut connection)?, None);
///
/// # connection.batch_execute("UPDATE plans SET brief = jsonb('{\"vision\": 1}')")?;
/// let error = plans::table.select(plans::brief).first::<Brief>(&mut connection).unwrap_err();
/// let told = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
/// let told: Vec<String> = told.map(ToString::to_string).collect();
/// assert!(told.join(": ").contains("no Brief: invalid type"), "{told:?}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// It is for one type, not for a family of them:
///
/// ```compile_fail
/// #[derive(serde::Serialize, serde::Deserialize, dbkit::Jsonb)]
/// struct Wrapped<T>(T);
/// ```
pub use dbkit_macros::Jsonb;
#[cfg(feature = "app")]
/// ```
/// use diesel::prelude::*;
///
/// dbkit::schema! {
///     table lines (order_id, number) {
///         order_id -> Integer,
///         number -> Integer,
///         text -> Text,
///     }
/// }
///
/// #[derive(Queryable, Selectable, Insertable)]
/// #[diesel(table_name = lines)]
/// struct Line {
///     order_id: i32,
///     number: i32,
///     text: String,
/// }
///
/// #[derive(dbkit::Repository)]
/// #[repository(table = lines, entity = Line, key = (order_id, number), id = (i32, i32), new = Line,
///     connection = SqliteConnection)]
/// struct Lines;
///
/// let mut connection = SqliteConnection::establish(":memory:")?;
/// # use diesel::connection::SimpleConnection;
/// # connection.batch_execute("CREATE TABLE lines (order_id INTEGER, number INTEGER, text TEXT NOT NULL, PRIMARY KEY (order_id, number))")?;
/// let line = |number| Line { order_id: 1, number, text: "bolts".to_owned() };
/// assert_eq!(Lines::insert_many(&mut connection, &[line(1), line(2)])?, 2);
/// assert!(Lines::exists(&mut connection, (1, 2))?);
/// let page = Lines::page(&mut connection, Some((1, 1)), 10)?;
/// assert_eq!(page.first().map(|line| line.number), Some(2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub use dbkit_macros::Repository;
pub use dbkit_macros::{embed_migrations, schema};
pub use migration::EmbeddedMigration;
