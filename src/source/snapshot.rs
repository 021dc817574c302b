//! What a folder of migrations adds up to, without a database: each `snapshot.json` holds the
//! objects its migration changed, and the current model is the fold over all of them.

use crate::migration::{Migration, SNAPSHOT_FILE};
use crate::model::{Dialect, Model, Object, ObjectId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// The format this version writes.
const FORMAT: u32 = 1;

/// One `snapshot.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    pub format: u32,
    pub dialect: Dialect,
    /// The head this one was made on, `None` for the first.
    pub parent: Option<Head>,
    /// Objects that are gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<ObjectId>,
    /// Objects that are new or different, whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<Object>,
}

/// Names a state of the history: the last migration with a snapshot, and what it said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub version: String,
    pub hash: String,
}

/// The state after the last migration.
#[derive(Clone, Debug)]
pub struct History {
    pub model: Model,
    pub head: Option<Head>,
    /// Migrations made on the same head as another one.
    pub forks: Vec<Fork>,
}

/// Two migrations with one parent: two branches were merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    pub first: String,
    pub second: String,
    /// Objects both changed: the later one does not know what the earlier one did to them.
    pub shared: Vec<ObjectId>,
}

/// Why the history cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{}:{line}:{column}: {reason}\nhelp: restore the file from version control", path.display())]
    Parse { path: PathBuf, line: usize, column: usize, reason: String },
    #[error("{} has format {found}; this dbkit knows {FORMAT}\nhelp: install a newer dbkit", path.display())]
    Format { path: PathBuf, found: u32 },
    #[error("{} is for {found}, not for {wanted}\nhelp: name the folder of {wanted} with --migration-dir", path.display())]
    Dialect { path: PathBuf, found: Dialect, wanted: Dialect },
}

impl Snapshot {
    /// What leads from one model to another, made on `parent`.
    #[must_use]
    pub fn between(from: &Model, to: &Model, parent: Option<Head>) -> Self {
        let removed = from.object_ids().filter(|id| to.object(id).is_none()).collect();
        let changed = to
            .object_ids()
            .filter(|id| !to.same_object(from, id))
            .filter_map(|id| to.object(&id))
            .collect();
        Self { format: FORMAT, dialect: to.dialect, parent, removed, changed }
    }

    /// The file's text: the same for the same content.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Every key is a string or an enum of strings, so that serialising cannot fail.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The head after a migration of that version with this snapshot.
    #[must_use]
    pub fn head(&self, version: &str) -> Head {
        let digest = Sha256::digest(self.to_json().as_bytes());
        let hash = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Head { version: version.to_owned(), hash }
    }

    fn touches(&self) -> impl Iterator<Item = ObjectId> + '_ {
        self.removed.iter().cloned().chain(self.changed.iter().map(Object::id))
    }
}

/// Folds the snapshots of migrations, which come oldest first. Migrations without one (written by
/// hand or by Diesel) change nothing.
///
/// # Errors
/// A file that cannot be read or is not a snapshot of that dialect.
pub fn fold(migrations: &[Migration], dialect: Dialect) -> Result<History, SnapshotError> {
    let mut history = History { model: Model::new(dialect), head: None, forks: Vec::new() };
    let mut read: Vec<(&Migration, Snapshot)> = Vec::new();
    for migration in migrations {
        let path = migration.path.join(SNAPSHOT_FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(source) => return Err(SnapshotError::Read { path, source }),
        };
        let snapshot: Snapshot =
            serde_json::from_str(&text).map_err(|error| SnapshotError::Parse {
                path: path.clone(),
                line: error.line(),
                column: error.column(),
                reason: error.to_string(),
            })?;
        if snapshot.format != FORMAT {
            return Err(SnapshotError::Format { path, found: snapshot.format });
        }
        if snapshot.dialect != dialect {
            return Err(SnapshotError::Dialect { path, found: snapshot.dialect, wanted: dialect });
        }
        read.push((migration, snapshot));
    }
    for (at, (migration, snapshot)) in read.iter().enumerate() {
        for (other, before) in read.iter().take(at) {
            if before.parent == snapshot.parent {
                let touched: Vec<ObjectId> = before.touches().collect();
                history.forks.push(Fork {
                    first: other.name.clone(),
                    second: migration.name.clone(),
                    shared: snapshot.touches().filter(|id| touched.contains(id)).collect(),
                });
            }
        }
    }
    for (migration, snapshot) in read {
        history.head = Some(snapshot.head(migration.version.as_str()));
        for id in &snapshot.removed {
            history.model.remove(id);
        }
        for object in snapshot.changed {
            history.model.insert(object);
        }
    }
    Ok(history)
}
