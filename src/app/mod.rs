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

mod backend;
mod error;
mod fingerprint;
#[cfg(feature = "postgres")]
mod guard;
mod health;
mod manager;
mod metrics;
mod pool;
mod seeder;
mod settings;
mod tenancy;
mod tenant;
mod transient;
mod unit;
mod watch;

pub use backend::{Access, Backend, Isolation, Ran};
pub use error::Error;
pub use health::{Health, MigrationState};
pub use manager::Manager;
pub use metrics::Metrics;
pub use pool::{Db, Pooled};
pub use seeder::{SeedRun, SeedRunError, SeedRunReport, Seeded, Seeder, Seeding};
pub use settings::PoolSettings;
pub use tenancy::Tenancy;
pub use tenant::{System, Tenant};
pub use unit::{Unit, Work};
