//! How migrations with snapshots descend from each other, offline: each names the head it was
//! made on. More than one head means that branches were merged and nobody has joined them yet.

use super::snapshot::{Head, Snapshot, SnapshotError, read};
use crate::migration::Migration;
use crate::model::{Dialect, Model, ObjectId};
use std::collections::BTreeSet;

/// A migration and its snapshot.
#[derive(Clone, Debug)]
pub struct Entry {
    pub migration: Migration,
    pub snapshot: Snapshot,
    pub head: Head,
}

/// Every migration that has a snapshot, oldest first, and what it was made on.
#[derive(Clone, Debug)]
pub struct Lineage {
    pub dialect: Dialect,
    pub entries: Vec<Entry>,
    /// Migrations without a snapshot, by name: written by hand or by Diesel.
    pub without: Vec<String>,
    /// Entries each one was made on.
    parents: Vec<Vec<usize>>,
    /// What was made on a state that the folder does not have.
    pub orphans: Vec<Orphan>,
}

/// A migration whose parent is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    pub name: String,
    /// What it was made on.
    pub parent: Head,
    /// The parent's folder is there, and its snapshot is another.
    pub changed: bool,
}

/// Two branches that nothing joins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// What only the branch with the older head has, oldest first.
    pub first: Vec<String>,
    pub second: Vec<String>,
    /// Objects both change: the one does not know what the other does to them.
    pub shared: Vec<ObjectId>,
}

impl Lineage {
    /// Reads the snapshots of migrations, which come oldest first.
    ///
    /// # Errors
    /// A file that cannot be read or is not a snapshot of that dialect.
    pub fn read(migrations: &[Migration], dialect: Dialect) -> Result<Self, SnapshotError> {
        let mut entries = Vec::new();
        let mut without = Vec::new();
        for migration in migrations {
            match read(migration, dialect)? {
                Some(snapshot) => {
                    let head = snapshot.head(migration.version.as_str());
                    entries.push(Entry { migration: migration.clone(), snapshot, head });
                }
                None => without.push(migration.name.clone()),
            }
        }
        let mut lineage =
            Self { dialect, entries, without, parents: Vec::new(), orphans: Vec::new() };
        lineage.link();
        Ok(lineage)
    }

    fn link(&mut self) {
        for entry in &self.entries {
            let mut parents = Vec::new();
            for wanted in entry.snapshot.parent.iter().chain(&entry.snapshot.merges) {
                match self.find(wanted) {
                    Some(at) => parents.push(at),
                    // Made on a state that was squashed since: a branch of its own.
                    None if self.entries.iter().any(|e| e.snapshot.replaces.contains(wanted)) => {}
                    None => self.orphans.push(Orphan {
                        name: entry.migration.name.clone(),
                        parent: wanted.clone(),
                        changed: self.entries.iter().any(|e| e.head.version == wanted.version),
                    }),
                }
            }
            self.parents.push(parents);
        }
    }

    /// The entry that a head names. A folder that was renamed is known by what it says.
    fn find(&self, wanted: &Head) -> Option<usize> {
        let exact = self.entries.iter().position(|e| stands_for(e, wanted));
        exact.or_else(|| {
            let mut same = (0..self.entries.len())
                .filter(|at| self.entries.get(*at).is_some_and(|e| e.head.hash == wanted.hash));
            same.next().filter(|_| same.next().is_none())
        })
    }

    /// The entry before an orphan, and its snapshot made to stand for the parent that is gone for
    /// good.
    #[must_use]
    pub fn relinked(&self, orphan: &Orphan) -> Option<(&Migration, Snapshot)> {
        let at = self.entries.iter().position(|e| e.migration.name == orphan.name)?;
        let before = self.entries.get(at.checked_sub(1)?)?;
        let mut snapshot = before.snapshot.clone();
        snapshot.replaces.push(orphan.parent.clone());
        Some((&before.migration, snapshot))
    }

    /// True when the entry after it is a further part of the same change.
    #[must_use]
    pub fn has_parts(&self, entry: &Entry) -> bool {
        let mut after = self.entries.iter().skip_while(|e| e.head != entry.head).skip(1);
        after.next().is_some_and(|next| next.snapshot.continues)
    }

    /// Entries that nothing was made on.
    #[must_use]
    pub fn heads(&self) -> Vec<usize> {
        let used: BTreeSet<usize> = self.parents.iter().flatten().copied().collect();
        (0..self.entries.len()).filter(|at| !used.contains(at)).collect()
    }

    /// The entries that an entry was made on.
    #[must_use]
    pub fn made_on(&self, at: usize) -> &[usize] {
        self.parents.get(at).map_or(&[], Vec::as_slice)
    }

    /// An entry and everything it was made on.
    #[must_use]
    pub fn ancestry(&self, at: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut open = vec![at];
        while let Some(at) = open.pop() {
            if found.insert(at) {
                open.extend(self.parents.get(at).into_iter().flatten().copied());
            }
        }
        found
    }

    /// The newest head.
    #[must_use]
    pub fn head(&self) -> Option<Head> {
        self.entries.get(*self.heads().last()?).map(|entry| entry.head.clone())
    }

    /// The heads a new migration joins, besides the newest.
    #[must_use]
    pub fn other_heads(&self) -> Vec<Head> {
        let mut heads = self.heads();
        heads.pop();
        heads.iter().filter_map(|at| self.entries.get(*at)).map(|e| e.head.clone()).collect()
    }

    /// Every pair of branches that nothing joins. What is cut off from its parent is no fork.
    #[must_use]
    pub fn forks(&self) -> Vec<Fork> {
        let heads = self.heads();
        let mut forks = Vec::new();
        for (number, second) in heads.iter().enumerate() {
            for first in heads.iter().take(number) {
                let (a, b) = (self.ancestry(*first), self.ancestry(*second));
                let left: BTreeSet<usize> = a.difference(&b).copied().collect();
                let right: BTreeSet<usize> = b.difference(&a).copied().collect();
                let names = |set: &BTreeSet<usize>| -> Vec<String> {
                    let found = set.iter().filter_map(|at| self.entries.get(*at));
                    found.map(|entry| entry.migration.name.clone()).collect()
                };
                let cut = |names: &[String]| {
                    self.orphans.iter().any(|orphan| names.contains(&orphan.name))
                };
                let (first, second) = (names(&left), names(&right));
                if cut(&first) || cut(&second) {
                    continue;
                }
                let touched = self.touched(&left);
                let shared =
                    self.touched(&right).into_iter().filter(|id| touched.contains(id)).collect();
                forks.push(Fork { first, second, shared });
            }
        }
        forks
    }

    /// The objects that entries change or remove.
    #[must_use]
    pub fn touched(&self, entries: &BTreeSet<usize>) -> BTreeSet<ObjectId> {
        let found = entries.iter().filter_map(|at| self.entries.get(*at));
        found.flat_map(|entry| entry.snapshot.touches()).collect()
    }

    /// What all of them add up to.
    #[must_use]
    pub fn model(&self) -> Model {
        self.model_of(|_| true)
    }

    /// The same, at the cost of the lineage: nothing is copied.
    #[must_use]
    pub fn into_model(self) -> Model {
        let mut model = Model::new(self.dialect);
        for entry in self.entries {
            entry.snapshot.apply_whole(&mut model);
        }
        model
    }

    /// What those that are chosen add up to, in order of version.
    #[must_use]
    pub fn model_of(&self, chosen: impl Fn(usize) -> bool) -> Model {
        let mut model = Model::new(self.dialect);
        for (at, entry) in self.entries.iter().enumerate() {
            if chosen(at) {
                entry.snapshot.apply(&mut model);
            }
        }
        model
    }
}

/// True when a snapshot made on `wanted` was made on this entry, or on the last of those it
/// replaces.
fn stands_for(entry: &Entry, wanted: &Head) -> bool {
    entry.head == *wanted || entry.snapshot.replaces.last() == Some(wanted)
}
