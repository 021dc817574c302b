//! What an application links: a pool with limits, units of work, health.
//!
//! Diesel stays one step away: everything here hands out a plain Diesel connection.
//!
//! ```no_run
//! # #[cfg(feature = "postgres")]
//! # fn main() -> Result<(), dbkit::app::Error> {
//! use dbkit::app::{Db, PoolSettings};
//! use diesel::prelude::*;
//!
//! let settings = PoolSettings::for_environment("prod");
//! let db = Db::<PgConnection>::open("postgres://app@localhost/shop", settings)?;
//! db.unit().run(|work| -> Result<_, dbkit::app::Error> {
//!     diesel::sql_query("UPDATE carts SET paid = true WHERE id = 7").execute(work.connection())?;
//!     work.after_commit(|| println!("cart 7 is paid"));
//!     Ok(())
//! })?;
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "postgres"))]
//! # fn main() {}
//! ```
//!
//! # Repositories
//!
//! [`Repository`](crate::Repository) gives a unit struct the queries that every table wants; what is
//! the project's own stands beside them, in plain Diesel. With `tenant` each function takes the tenant.
//!
//! ```
//! # #[cfg(feature = "sqlite")]
//! # fn main() -> Result<(), dbkit::app::Error> {
//! use dbkit::app::{Db, Error, PoolSettings, Tenancy};
//! use diesel::prelude::*;
//!
//! dbkit::schema! {
//!     #[tenant(tenant_id)]
//!     table instances (id) {
//!         id -> Integer,
//!         tenant_id -> Text,
//!         domain -> Text,
//!         active -> Bool,
//!     }
//! }
//!
//! #[derive(Queryable, Selectable, Debug, PartialEq)]
//! #[diesel(table_name = instances)]
//! struct Instance {
//!     id: i32,
//!     tenant_id: String,
//!     domain: String,
//!     active: bool,
//! }
//!
//! #[derive(Insertable)]
//! #[diesel(table_name = instances)]
//! struct NewInstance {
//!     domain: String,
//!     active: bool,
//! }
//!
//! #[derive(AsChangeset)]
//! #[diesel(table_name = instances)]
//! struct Changes {
//!     active: Option<bool>,
//! }
//!
//! #[derive(dbkit::Repository)]
//! #[repository(
//!     table = instances, entity = Instance, id = i32, new = NewInstance, changes = Changes,
//!     tenant = tenant_id, tenant_id = str, connection = SqliteConnection
//! )]
//! struct TenantRepository;
//!
//! impl TenantRepository {
//!     fn find_by_domain(c: &mut SqliteConnection, tenant: &str, domain: &str) -> QueryResult<Option<Instance>> {
//!         let mine = instances::table.filter(instances::tenant_id.eq(tenant));
//!         mine.filter(instances::domain.eq(domain)).select(Instance::as_select()).first(c).optional()
//!     }
//!
//!     fn is_active(c: &mut SqliteConnection, tenant: &str, id: i32) -> QueryResult<bool> {
//!         Ok(Self::find_by_id(c, tenant, id)?.is_some_and(|instance| instance.active))
//!     }
//! }
//!
//! let mut settings = PoolSettings::default();
//! settings.tenancy = Some(Tenancy::Column);
//! let db = Db::<SqliteConnection>::open(":memory:", settings)?;
//! # db.run(|c| -> Result<_, Error> { Ok(diesel::sql_query("CREATE TABLE instances (id INTEGER PRIMARY KEY, \
//! #     tenant_id TEXT NOT NULL, domain TEXT NOT NULL, active BOOLEAN NOT NULL)").execute(c)?) })?;
//! db.tenant("acme").unit().run(|work| -> Result<(), Error> {
//!     let tenant = work.tenant().unwrap_or_default().to_owned();
//!     let c = work.connection();
//!     let new = NewInstance { domain: "acme.example".to_owned(), active: true };
//!     let made = TenantRepository::insert(c, &tenant, &new)?;
//!     assert_eq!(TenantRepository::find_by_domain(c, &tenant, "acme.example")?.as_ref(), Some(&made));
//!     assert!(TenantRepository::update(c, &tenant, made.id, &Changes { active: Some(false) })?);
//!     assert!(!TenantRepository::is_active(c, &tenant, made.id)?);
//!     assert_eq!(TenantRepository::find_by_id(c, "another", made.id)?, None);
//!     Ok(())
//! })?;
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```

#![warn(missing_docs)]

mod address;
mod backend;
mod confine;
mod error;
mod fingerprint;
#[cfg(feature = "postgres")]
mod guard;
mod health;
mod homes;
mod manager;
mod metrics;
mod pool;
mod repository;
mod seeder;
mod settings;
mod tenancy;
mod tenant;
mod transient;
mod unit;
mod url;
mod watch;

pub use backend::{Access, Backend, Isolation, Quarters, Ran};
pub use error::Error;
pub use health::{Health, MigrationState};
pub use manager::Manager;
pub use pool::{Db, Pooled};
pub use repository::rows_at_once;
pub use seeder::{SeedRun, SeedRunError, SeedRunReport, Seeded, Seeder, Seeding};
pub use settings::PoolSettings;
pub use tenancy::Tenancy;
pub use tenant::{System, Tenant};
pub use unit::{Unit, Work};
pub use url::database_url;
