use super::{Backend, Db};
use crate::migration::{EmbeddedMigration, Version};
use serde::Serialize;
use std::time::{Duration, Instant};

/// Whether the database can be used, for a health endpoint. Serializes to JSON.
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
    /// Migrations, where they were asked for.
    pub migrations: Option<MigrationState>,
    /// What went wrong.
    pub error: Option<String>,
}

/// What has run of the migrations that the program was built with.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MigrationState {
    /// The newest that has run.
    pub version: Option<String>,
    /// Folders that have not run.
    pub pending: Vec<String>,
    /// Versions that have run and are not in the program: it is older than the database.
    pub unknown: Vec<String>,
}

impl Health {
    /// Reachable, and every migration of the program has run.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.reachable && self.migrations.as_ref().is_none_or(|state| state.pending.is_empty())
    }
}

impl<C: Backend> Db<C> {
    /// Asks the database whether it answers; with `migrations`, also which of them have run. Waits
    /// for a connection as long as [`PoolSettings::connect_timeout`](super::PoolSettings) says.
    #[must_use]
    pub fn health(&self, migrations: Option<&[EmbeddedMigration]>) -> Health {
        let begun = Instant::now();
        let answer = self.connection().and_then(|mut connection| {
            let connection: &mut C = &mut connection;
            let ran = connection.ran_migrations()?;
            Ok(migrations.map(|list| state(ran, list)))
        });
        let (connections, idle) = self.pool_state();
        let (migrations, error) = match answer {
            Ok(state) => (state, None),
            Err(error) => (None, Some(error.to_string())),
        };
        Health {
            reachable: error.is_none(),
            latency: begun.elapsed(),
            connections,
            idle,
            max_size: self.settings().max_size,
            migrations,
            error,
        }
    }
}

fn state(ran: Vec<String>, list: &[EmbeddedMigration]) -> MigrationState {
    let mut ran: Vec<Version> = ran.iter().map(|version| Version::new(version)).collect();
    ran.sort();
    let known: Vec<Version> = list.iter().map(|m| Version::of_folder(m.name)).collect();
    let text = |version: &Version| version.as_str().to_owned();
    MigrationState {
        version: ran.last().map(text),
        pending: list
            .iter()
            .zip(&known)
            .filter(|(_, version)| !ran.contains(version))
            .map(|(migration, _)| migration.name.to_owned())
            .collect(),
        unknown: ran.iter().filter(|version| !known.contains(version)).map(text).collect(),
    }
}
