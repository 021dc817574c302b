//! What a folder of migrations adds up to, without a database: each `snapshot.json` holds the
//! objects its migration changed, and the current model is the fold over all of them.

use crate::diff::Rename;
use crate::migration::{Checksum, Migration, SNAPSHOT_FILE};
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
    /// Further heads there were when it was made, of branches that were merged before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merges: Vec<Head>,
    /// The heads that a squashed one stands for, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<Head>,
    /// It goes with the folder before it: one change in several parts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub continues: bool,
    /// Of one that continues: it goes back by itself, and so does what came before it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub apart: bool,
    /// What was renamed and not dropped and added: objects alone do not tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub renames: Vec<Rename>,
    /// Tells files that are as they were generated from those that a person has edited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generated: Option<Generated>,
    /// Objects that are gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<ObjectId>,
    /// Objects that are new or different, whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<Object>,
}

/// Checksums of the files that `generate` wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generated {
    pub up: String,
    pub down: String,
}

impl Generated {
    #[must_use]
    pub fn of(up: &str, down: &str) -> Self {
        let short = |text: &str| Checksum::of(text).as_str().chars().take(16).collect();
        Self { up: short(up), down: short(down) }
    }
}

/// Names a state of the history: the last migration with a snapshot, and what it said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub version: String,
    pub hash: String,
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
        let removed = from.object_ids().filter(|id| !to.contains(id)).collect();
        let changed = to
            .object_ids()
            .filter(|id| !to.same_object(from, id))
            .filter_map(|id| to.object(&id))
            .collect();
        Self {
            format: FORMAT,
            dialect: to.dialect,
            parent,
            merges: Vec::new(),
            replaces: Vec::new(),
            continues: false,
            apart: false,
            renames: Vec::new(),
            generated: None,
            removed,
            changed,
        }
    }

    /// One that changes nothing, made on `parent`.
    #[must_use]
    pub fn unchanged(dialect: Dialect, parent: Option<Head>) -> Self {
        let nothing = Model::new(dialect);
        Self::between(&nothing, &nothing, parent)
    }

    /// Carries its changes out on a model.
    pub fn apply(&self, model: &mut Model) {
        for id in &self.removed {
            model.remove(id);
        }
        for object in &self.changed {
            model.insert(object.clone());
        }
    }

    /// The same, moving the objects.
    pub(super) fn apply_whole(self, model: &mut Model) {
        for id in &self.removed {
            model.remove(id);
        }
        for object in self.changed {
            model.insert(object);
        }
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

    /// The objects it changes or removes.
    pub fn touches(&self) -> impl Iterator<Item = ObjectId> + '_ {
        self.removed.iter().cloned().chain(self.changed.iter().map(Object::id))
    }
}

/// Whether a migration is a further part of the change that the one before it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continues {
    /// It begins one. So does what cannot be read.
    No,
    /// It goes back by itself.
    Apart,
    /// Only the parts together have a way back.
    Together,
}

/// Which of these a migration is.
#[must_use]
pub fn continues(migration: &Migration, dialect: Dialect) -> Continues {
    match read(migration, dialect) {
        Ok(Some(snapshot)) if snapshot.continues && snapshot.apart => Continues::Apart,
        Ok(Some(snapshot)) if snapshot.continues => Continues::Together,
        _ => Continues::No,
    }
}

/// Reads a migration's snapshot; `None` where it has none (written by hand or by Diesel).
///
/// # Errors
/// A file that cannot be read or is not a snapshot of that dialect.
pub fn read(migration: &Migration, dialect: Dialect) -> Result<Option<Snapshot>, SnapshotError> {
    let path = migration.path.join(SNAPSHOT_FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(SnapshotError::Read { path, source }),
    };
    let snapshot: Snapshot = serde_json::from_str(&text).map_err(|error| SnapshotError::Parse {
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
    Ok(Some(snapshot))
}
