use super::{Backend, Db, Ran};
use crate::database::Vitals;
use crate::migration::{Checksum, EmbeddedMigration, Version};
use serde::Serialize;
use std::time::{Duration, Instant};

/// Whether the database can be used, for a health endpoint. Serializes to JSON.
///
/// ```
/// # use dbkit::app::{Db, Error, PoolSettings};
/// # let db = Db::<diesel::SqliteConnection>::open(":memory:", PoolSettings::default())?;
/// let health = db.health(None);
/// assert!(health.reachable && health.migrations.is_none());
/// println!("{}", serde_json::to_string(&health).unwrap_or_default());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// A query was answered.
    pub reachable: bool,
    /// How long it took, with waiting for a connection.
    pub latency: Duration,
    /// Open connections.
    pub connections: u32,
    /// Connections nobody uses.
    pub idle: u32,
    /// Connections at most.
    pub max_size: u32,
    /// What the database says of itself, where it was asked for.
    pub vitals: Option<Vitals>,
    /// Why it does not say it, where it was asked.
    pub vitals_error: Option<String>,
    /// Migrations, where they were asked for.
    pub migrations: Option<MigrationState>,
    /// What went wrong.
    pub error: Option<String>,
}

/// What has run of the migrations that the program was built with.
///
/// ```
/// # use dbkit::app::{Db, Error, PoolSettings};
/// # let db = Db::<diesel::SqliteConnection>::open(":memory:", PoolSettings::default())?;
/// let health = db.health(Some(&[]));
/// assert_eq!(health.migrations.map(|state| state.pending.len()), Some(0));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default, Serialize)]
pub struct MigrationState {
    /// The newest that has run.
    pub version: Option<String>,
    /// Folders that have not run.
    pub pending: Vec<String>,
    /// Versions that have run and are not in the program: it is older than the database.
    pub unknown: Vec<String>,
    /// Folders whose up.sql is another than the one that has run.
    pub diverged: Vec<String>,
}

impl Health {
    /// Reachable, and the program's migrations have run, as they are, and no others.
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings};
    /// # let db = Db::<diesel::SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// assert!(db.health(None).is_ready());
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let fine = |state: &MigrationState| {
            state.pending.is_empty() && state.unknown.is_empty() && state.diverged.is_empty()
        };
        self.reachable && self.migrations.as_ref().is_none_or(fine)
    }
}

impl<C: Backend> Db<C> {
    /// Asks the database whether it answers; with `migrations`, also which of them have run. Waits
    /// for a connection as long as [`PoolSettings::connect_timeout`](super::PoolSettings) says.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), dbkit::app::Error> {
    /// use dbkit::app::{Db, PoolSettings};
    /// use diesel::SqliteConnection;
    ///
    /// let db = Db::<SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// assert!(db.health(None).is_ready());
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sqlite"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn health(&self, migrations: Option<&[EmbeddedMigration]>) -> Health {
        self.ask(migrations, false)
    }

    /// The same with what the database says of itself: size, connections, cache, longest
    /// transaction, replication lag.
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings};
    /// # let db = Db::<diesel::SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// let vitals = db.health_in_full(None).vitals.unwrap_or_default();
    /// assert!(vitals.size_bytes.is_some());
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn health_in_full(&self, migrations: Option<&[EmbeddedMigration]>) -> Health {
        self.ask(migrations, true)
    }

    fn ask(&self, migrations: Option<&[EmbeddedMigration]>, in_full: bool) -> Health {
        let begun = Instant::now();
        let answer = self.connection().and_then(|mut connection| {
            let connection: &mut C = &mut connection;
            let ran = connection.ran_migrations()?;
            // A role that may not see a number is no reason to send no requests.
            let vitals = in_full.then(|| connection.vitals());
            Ok((migrations.map(|list| state(ran, list)), vitals))
        });
        let (connections, idle) = self.pool_state();
        let (migrations, vitals, error) = match answer {
            Ok((migrations, vitals)) => (migrations, vitals, None),
            Err(error) => (None, None, Some(error.to_string())),
        };
        let (vitals, vitals_error) = match vitals {
            Some(Ok(vitals)) => (Some(vitals), None),
            Some(Err(error)) => (None, Some(error.to_string())),
            None => (None, None),
        };
        Health {
            reachable: error.is_none(),
            latency: begun.elapsed(),
            connections,
            idle,
            max_size: self.settings().max_size,
            vitals,
            vitals_error,
            migrations,
            error,
        }
    }
}

fn state(ran: Vec<Ran>, list: &[EmbeddedMigration]) -> MigrationState {
    let mut ran: Vec<(Version, Option<String>)> =
        ran.into_iter().map(|ran| (Version::new(&ran.version), ran.checksum)).collect();
    ran.sort();
    let known: Vec<Version> = list.iter().map(|m| Version::of_folder(m.name)).collect();
    let text = |version: &Version| version.as_str().to_owned();
    let mut state =
        MigrationState { version: ran.last().map(|(v, _)| text(v)), ..Default::default() };
    for (migration, version) in list.iter().zip(&known) {
        match ran.iter().find(|(ran, _)| ran == version) {
            None => state.pending.push(migration.name.to_owned()),
            // What Diesel ran has no checksum.
            Some((_, Some(checksum))) if *checksum != Checksum::of(migration.up).to_string() => {
                state.diverged.push(migration.name.to_owned());
            }
            Some(_) => {}
        }
    }
    state.unknown =
        ran.iter().map(|(version, _)| version).filter(|v| !known.contains(v)).map(text).collect();
    state
}
