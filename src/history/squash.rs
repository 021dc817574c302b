use crate::diff::Rename;
use crate::migration::{Migration, MigrationError, Replaces, Version};
use crate::model::{Dialect, Model};
use crate::source::lineage::{Entry, Lineage};
use crate::source::snapshot::{Generated, Snapshot};
use crate::sql::split::{StatementKind, statements};
use std::collections::BTreeSet;

/// A stretch of the past, in order.
#[derive(Clone, Debug)]
pub enum Segment {
    /// Only generated statements: planned anew, from what was there before to what was there
    /// after.
    Planned { from: Model, to: Model, renames: Vec<Rename> },
    /// Written or edited by a person, or not known to dbkit: kept as it is.
    Verbatim { name: String, up: String, down: Option<String> },
}

/// What a squashed migration is made of.
#[derive(Clone, Debug)]
pub struct Squash {
    pub segments: Vec<Segment>,
    /// All of them in one; `generated` is still to be filled in.
    pub snapshot: Snapshot,
    pub replaces: Replaces,
    /// The folders it takes the place of, oldest first.
    pub folders: Vec<Migration>,
}

/// Why the past cannot be folded.
#[derive(Debug, thiserror::Error)]
pub enum SquashError {
    #[error(transparent)]
    Migration(#[from] MigrationError),
    #[error("there is no migration {wanted}")]
    Unknown { wanted: Version },
    #[error("there is nothing to squash: {0}")]
    Nothing(&'static str),
    #[error(
        "{first} and {second} were made on the same state\nhelp: join them first with `dbkit generate --rebase`"
    )]
    Fork { first: String, second: String },
    #[error("{name} was made on {parent}, which is not as it was\nhelp: `dbkit check` says more")]
    Orphan { name: String, parent: String },
    #[error(
        "{later} was made on {inside}, in the middle of what would be squashed\nhelp: squash up to {later} or later, or up to {inside}"
    )]
    MadeOnMiddle { later: String, inside: String },
    #[error("{later} goes with {last}: one change in several parts\nhelp: squash up to {later}")]
    CutsParts { last: String, later: String },
    #[error(
        "{name} was written by hand and does not run in a transaction, so that it cannot be part of a migration that does\nhelp: if it changed only what is gone by now, leave it out with --leave-out {version}; otherwise squash up to the one before it"
    )]
    NotInTransaction { name: String, version: Version },
}

/// Folds migrations up to and including a version into one, of that same version: a database
/// that has run the last of them has run it as far as Diesel is concerned, too.
///
/// # Errors
/// The first thing that stands in the way.
pub fn squash(
    migrations: &[Migration],
    lineage: &Lineage,
    upto: &Version,
    leave_out: &BTreeSet<Version>,
) -> Result<Squash, SquashError> {
    for wanted in leave_out.iter().chain([upto]) {
        if !migrations.iter().any(|m| m.version == *wanted) {
            return Err(SquashError::Unknown { wanted: wanted.clone() });
        }
    }
    joined(lineage, upto)?;
    let folders: Vec<Migration> =
        migrations.iter().filter(|m| m.version <= *upto).cloned().collect();
    if folders.len() < 2 {
        return Err(SquashError::Nothing("up to there it is one migration"));
    }
    let entry = |migration: &Migration| {
        lineage.entries.iter().find(|e| e.migration.version == migration.version)
    };
    let mut segments: Vec<Segment> = Vec::new();
    let mut model = Model::new(lineage.dialect);
    for migration in &folders {
        let known = entry(migration);
        let before = model.clone();
        if let Some(entry) = known {
            entry.snapshot.apply(&mut model);
        }
        if known.is_some_and(|entry| whole_untouched(lineage, entry)) {
            let renames = known.map(|e| e.snapshot.renames.clone()).unwrap_or_default();
            match segments.last_mut() {
                Some(Segment::Planned { to, renames: known, .. }) => {
                    known.extend(renames);
                    to.clone_from(&model);
                }
                _ => segments.push(Segment::Planned { from: before, to: model.clone(), renames }),
            }
            continue;
        }
        if leave_out.contains(&migration.version) {
            continue;
        }
        if !migration.transactional {
            let (name, version) = (migration.name.clone(), migration.version.clone());
            return Err(SquashError::NotInTransaction { name, version });
        }
        segments.push(Segment::Verbatim {
            name: migration.name.clone(),
            up: ended(migration.up()?.text, lineage.dialect),
            down: migration.down(lineage.dialect)?.map(|file| ended(file.text, lineage.dialect)),
        });
    }
    segments.retain(|segment| !matches!(segment, Segment::Planned { from, to, .. } if from == to));
    let empty = Model::new(lineage.dialect);
    let mut snapshot = Snapshot::between(&empty, &model, None);
    for migration in &folders {
        if let Some(entry) = entry(migration) {
            snapshot.replaces.extend(entry.snapshot.replaces.iter().cloned());
            snapshot.replaces.push(entry.head.clone());
        }
    }
    let mut replaces = Replaces::default();
    for migration in &folders {
        replaces.versions.push(migration.version.clone());
        let older = migration.replaces.versions.iter().chain(&migration.replaces.earlier);
        replaces.earlier.extend(older.filter(|v| **v != migration.version).cloned());
    }
    Ok(Squash { segments, snapshot, replaces, folders })
}

/// Nothing in the history may be open, and what stays must have been made on the last that goes.
fn joined(lineage: &Lineage, upto: &Version) -> Result<(), SquashError> {
    if let Some(fork) = lineage.forks().into_iter().next() {
        let (first, second) = (fork.first.join(", "), fork.second.join(", "));
        return Err(SquashError::Fork { first, second });
    }
    if let Some(orphan) = lineage.orphans.first() {
        let (name, parent) = (orphan.name.clone(), orphan.parent.version.clone());
        return Err(SquashError::Orphan { name, parent });
    }
    let goes = |at: usize| lineage.entries.get(at).is_some_and(|e| e.migration.version <= *upto);
    let Some(last) = (0..lineage.entries.len()).rev().find(|at| goes(*at)) else {
        return Ok(());
    };
    let name =
        |at: usize| lineage.entries.get(at).map(|e| e.migration.name.clone()).unwrap_or_default();
    for later in last + 1..lineage.entries.len() {
        if lineage.entries.get(later).is_some_and(|e| e.snapshot.continues) && later == last + 1 {
            return Err(SquashError::CutsParts { last: name(last), later: name(later) });
        }
        let inside = lineage.made_on(later).iter().copied().find(|at| goes(*at) && *at != last);
        if let Some(inside) = inside {
            return Err(SquashError::MadeOnMiddle { later: name(later), inside: name(inside) });
        }
    }
    Ok(())
}

/// True when both files are as `generate` wrote them.
#[must_use]
pub fn untouched(entry: &Entry) -> bool {
    let read = |name: &str| std::fs::read_to_string(entry.migration.path.join(name)).ok();
    let (Some(up), Some(down)) = (read("up.sql"), read("down.sql")) else { return false };
    entry.snapshot.generated.as_ref() == Some(&Generated::of(&up, &down))
}

/// The same for all parts of the change it belongs to: they can only be planned together.
#[must_use]
pub fn whole_untouched(lineage: &Lineage, entry: &Entry) -> bool {
    let at = lineage.entries.iter().position(|e| e.migration.version == entry.migration.version);
    let at = at.unwrap_or_default();
    let before = lineage.entries.get(..=at).unwrap_or_default();
    let start = before.iter().rposition(|e| !e.snapshot.continues).unwrap_or_default();
    let mut parts = lineage.entries.iter().skip(start);
    parts.next().is_some_and(untouched) && parts.take_while(|e| e.snapshot.continues).all(untouched)
}

/// A text whose last statement has its semicolon, so that another may follow.
fn ended(text: String, dialect: Dialect) -> String {
    let mut text = text.trim_end().to_owned() + "\n";
    let open = statements(&text, dialect).ok().and_then(|found| {
        let last = found.last()?;
        let copied = matches!(last.kind, StatementKind::CopyIn { .. });
        Some(!copied && !last.sql(&text).trim_end().ends_with(';'))
    });
    if open == Some(true) {
        text.push_str(";\n");
    }
    text
}
