//! Which tables a step locks, and how (PostgreSQL manual, "Explicit Locking" and the notes of each
//! command). A test runs plans on a server and compares.

use super::assess::other_table;
use super::{Action, ColumnChange};
use crate::diff::{Constraint, Rename, TableChange};
use crate::model::{Model, Object, ObjectKind, QName, Table, TypeName};
use serde::Serialize;
use std::fmt;

/// A table-level lock that something else waits for, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockMode {
    /// Readers and writers pass; other changes of the table wait.
    ShareUpdateExclusive,
    /// Readers pass, writers wait.
    Share,
    /// Readers pass, writers wait.
    ShareRowExclusive,
    /// Everybody waits.
    AccessExclusive,
}

/// The words of the manual.
impl fmt::Display for LockMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        })
    }
}

/// A lock on a table that was there before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Lock {
    #[serde(serialize_with = "shown")]
    pub table: QName,
    pub mode: LockMode,
}

fn shown<S: serde::Serializer>(name: &QName, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(name)
}

impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.mode, self.table)
    }
}

impl Action {
    /// The table whose rows the step is about.
    #[must_use]
    pub fn table(&self) -> Option<&QName> {
        match self {
            Self::Rename(Rename::Object { kind: ObjectKind::Table, from, .. }) => Some(from),
            Self::Rename(
                Rename::Column { table, .. }
                | Rename::Index { table, .. }
                | Rename::Constraint { table, .. },
            ) => Some(table),
            Self::Create(object) | Self::Drop(object) | Self::Alter { to: object, .. } => {
                match &**object {
                    Object::Trigger(o) => Some(&o.id.table),
                    Object::Policy(o) => Some(&o.id.table),
                    Object::Rule(o) => Some(&o.id.table),
                    Object::Statistics(o) => Some(&o.table),
                    _ => None,
                }
            }
            Self::CreateTable(table)
            | Self::DropTable(table)
            | Self::RebuildTable { to: table, .. }
            | Self::SetAsideTable { table, .. } => Some(&table.name),
            Self::CopyRows { to, .. } => Some(to),
            Self::AlterTable { table, .. }
            | Self::AddColumn { table, .. }
            | Self::DropColumn { table, .. }
            | Self::AlterColumn { table, .. }
            | Self::AddConstraint { table, .. }
            | Self::AddConstraintUsingIndex { table, .. }
            | Self::DropConstraint { table, .. }
            | Self::ValidateConstraint { table, .. }
            | Self::AlterConstraint { table, .. }
            | Self::ConstraintComment { table, .. }
            | Self::CreateIndex { table, .. }
            | Self::DropIndex { table, .. }
            | Self::AlterIndex { table, .. }
            | Self::AttachPartition { table, .. }
            | Self::DetachPartition { table, .. }
            | Self::Inherit { table, .. }
            | Self::NoInherit { table, .. } => Some(table),
            Self::AdvanceSequence { column, .. } => Some(&column.table),
            Self::Rename(_)
            | Self::AttachIndex { .. }
            | Self::IndexComment { .. }
            | Self::AddEnumValue { .. }
            | Self::ReplaceType { .. }
            | Self::SetTypeAside { .. }
            | Self::SetSequenceOwner { .. } => None,
        }
    }

    /// The strongest lock on each table of `from` and `to`, the partitions and children included
    /// that the statement reaches.
    #[must_use]
    pub fn locks(&self, from: &Model, to: &Model) -> Vec<Lock> {
        let mut found = Found { from, to, locks: Vec::new() };
        found.action(self);
        let mut locks = found.locks;
        locks.sort_by(|a, b| a.table.cmp(&b.table).then(b.mode.cmp(&a.mode)));
        locks.dedup_by(|later, first| later.table == first.table);
        locks
    }
}

struct Found<'a> {
    from: &'a Model,
    to: &'a Model,
    locks: Vec<Lock>,
}

use LockMode::{AccessExclusive, Share, ShareRowExclusive, ShareUpdateExclusive};

impl Found<'_> {
    fn add(&mut self, table: &QName, mode: LockMode) {
        self.locks.push(Lock { table: table.clone(), mode });
    }

    /// The table and everything below it.
    fn tree(&mut self, table: &QName, mode: LockMode) {
        self.add(table, mode);
        let below: Vec<QName> = [self.from, self.to]
            .into_iter()
            .flat_map(|model| model.tables.values())
            .filter(|child| {
                child.inherits.contains(table)
                    || child.partition_of.as_ref().is_some_and(|p| p.parent == *table)
            })
            .map(|child| child.name.clone())
            .collect();
        for child in below {
            if !self.locks.iter().any(|lock| lock.table == child && lock.mode == mode) {
                self.tree(&child, mode);
            }
        }
    }

    fn action(&mut self, action: &Action) {
        match action {
            Action::Rename(rename) => self.rename(rename),
            Action::Create(object) => match &**object {
                Object::Trigger(o) => self.tree(&o.id.table, ShareRowExclusive),
                Object::Policy(o) => self.add(&o.id.table, AccessExclusive),
                Object::Rule(o) => self.add(&o.id.table, AccessExclusive),
                Object::Statistics(o) => self.add(&o.table, ShareUpdateExclusive),
                _ => {}
            },
            Action::Drop(object) => match &**object {
                Object::Trigger(o) => self.tree(&o.id.table, AccessExclusive),
                Object::Policy(o) => self.add(&o.id.table, AccessExclusive),
                Object::Rule(o) => self.add(&o.id.table, AccessExclusive),
                Object::Statistics(o) => self.add(&o.table, ShareUpdateExclusive),
                Object::View(o) => self.add(&o.name, AccessExclusive),
                _ => {}
            },
            Action::Alter { to, .. } => match &**to {
                Object::Policy(o) => self.add(&o.id.table, AccessExclusive),
                Object::View(o) => self.add(&o.name, AccessExclusive),
                Object::Domain(o) => {
                    let ty = TypeName::User(o.name.clone());
                    let has = |t: &&Table| t.columns.iter().any(|c| c.ty.name == ty);
                    let tables = self.from.tables.values().filter(has).map(|t| t.name.clone());
                    for table in tables.collect::<Vec<_>>() {
                        self.add(&table, Share);
                    }
                }
                _ => {}
            },
            Action::CreateTable(table) => self.beside(table),
            Action::DropTable(table) => {
                self.tree(&table.name, AccessExclusive);
                let parents = table.foreign_keys.iter().map(|key| key.parent.clone());
                let parents = parents.chain(table.partition_of.iter().map(|p| p.parent.clone()));
                for parent in parents.collect::<Vec<_>>() {
                    self.add(&parent, AccessExclusive);
                }
            }
            Action::SetAsideTable { table, .. } => self.add(&table.name, AccessExclusive),
            Action::AlterTable { table, change } => self.table(table, change),
            Action::AddColumn { table, .. } | Action::DropColumn { table, .. } => {
                self.tree(table, AccessExclusive);
            }
            Action::AlterColumn { table, column, change, only } => {
                let mode = match change {
                    ColumnChange::Statistics(_)
                    | ColumnChange::Options { .. }
                    | ColumnChange::Comment(_) => ShareUpdateExclusive,
                    _ => AccessExclusive,
                };
                if matches!(change, ColumnChange::Type { .. }) {
                    self.keys_of(table, column);
                }
                if *only || matches!(change, ColumnChange::Comment(_)) {
                    self.add(table, mode);
                } else {
                    self.tree(table, mode);
                }
            }
            Action::AddConstraint { table, constraint, .. } => match other_table(constraint) {
                Some(parent) => {
                    let parent = parent.clone();
                    self.tree(table, ShareRowExclusive);
                    self.tree(&parent, ShareRowExclusive);
                }
                // The partitions' indexes are built like any other.
                None if matches!(**constraint, Constraint::Unique(_)) => {
                    self.tree(table, Share);
                    self.add(table, AccessExclusive);
                }
                None => self.tree(table, AccessExclusive),
            },
            Action::DropConstraint { table, constraint } => {
                self.tree(table, AccessExclusive);
                if let Some(parent) = other_table(constraint).cloned() {
                    self.tree(&parent, AccessExclusive);
                }
            }
            Action::AddConstraintUsingIndex { table, .. } => self.add(table, AccessExclusive),
            Action::ValidateConstraint { table, .. } => self.tree(table, ShareUpdateExclusive),
            Action::AlterConstraint { table, to, .. } => {
                self.tree(table, ShareRowExclusive);
                if let Some(parent) = other_table(to).cloned() {
                    self.tree(&parent, ShareRowExclusive);
                }
            }
            Action::ConstraintComment { table, .. } => self.add(table, ShareUpdateExclusive),
            Action::CreateIndex { table, index, concurrently } => {
                let mode = if *concurrently { ShareUpdateExclusive } else { Share };
                if index.only { self.add(table, mode) } else { self.tree(table, mode) }
            }
            Action::DropIndex { table, concurrently: true, .. } => {
                self.add(table, ShareUpdateExclusive);
            }
            Action::DropIndex { table, .. } => self.tree(table, AccessExclusive),
            Action::AttachPartition { table, partition } => {
                self.tree(table, AccessExclusive);
                self.add(&partition.parent, ShareUpdateExclusive);
                self.default_partition(&partition.parent);
            }
            Action::DetachPartition { table, parent } => {
                self.tree(table, AccessExclusive);
                self.add(parent, AccessExclusive);
                self.default_partition(parent);
            }
            Action::Inherit { table, parent } => {
                self.add(table, AccessExclusive);
                self.add(parent, ShareUpdateExclusive);
            }
            Action::NoInherit { table, .. } => self.add(table, AccessExclusive),
            Action::ReplaceType { columns, .. } => {
                for column in columns {
                    self.tree(&column.column.table, AccessExclusive);
                }
            }
            Action::SetTypeAside { .. }
            | Action::RebuildTable { .. }
            | Action::CopyRows { .. }
            | Action::AlterIndex { .. }
            | Action::AttachIndex { .. }
            | Action::IndexComment { .. }
            | Action::AddEnumValue { .. }
            | Action::SetSequenceOwner { .. }
            | Action::AdvanceSequence { .. } => {}
        }
    }

    /// Foreign keys from or to a column that changes its type are made anew.
    fn keys_of(&mut self, table: &QName, column: &String) {
        let mut others = Vec::new();
        for (owner, key) in
            self.to.tables.values().flat_map(|t| t.foreign_keys.iter().map(move |k| (&t.name, k)))
        {
            if owner == table && key.columns.contains(column) {
                others.push(key.parent.clone());
            }
            if key.parent == *table && key.parent_columns.contains(column) {
                others.push(owner.clone());
            }
        }
        for other in others {
            self.tree(&other, AccessExclusive);
        }
    }

    fn rename(&mut self, rename: &Rename) {
        match rename {
            Rename::Object { kind: ObjectKind::Table | ObjectKind::View, from, .. } => {
                self.add(from, AccessExclusive);
            }
            Rename::Column { table, .. } | Rename::Constraint { table, .. } => {
                self.tree(table, AccessExclusive);
            }
            Rename::Object { .. } | Rename::Index { .. } | Rename::EnumLabel { .. } => {}
        }
    }

    /// Tables that a new table leans on.
    fn beside(&mut self, table: &Table) {
        for key in &table.foreign_keys {
            if key.parent != table.name {
                self.tree(&key.parent, ShareRowExclusive);
            }
        }
        for parent in &table.inherits {
            self.add(parent, ShareUpdateExclusive);
        }
        if let Some(partition) = &table.partition_of {
            self.add(&partition.parent, AccessExclusive);
            self.default_partition(&partition.parent);
        }
    }

    /// Its bound is what the other partitions leave.
    fn default_partition(&mut self, parent: &QName) {
        let default = self.from.tables.values().find(|table| {
            table.partition_of.as_ref().is_some_and(|p| {
                p.parent == *parent && p.bound.as_str().trim().eq_ignore_ascii_case("default")
            })
        });
        if let Some(default) = default {
            self.add(&default.name, AccessExclusive);
        }
    }

    fn table(&mut self, table: &QName, change: &TableChange) {
        let mode = match change {
            TableChange::Comment(_) => ShareUpdateExclusive,
            TableChange::Options { from, to } => {
                let changed = from.iter().filter(|(key, value)| to.get(key) != Some(value));
                let keys = changed.map(|(key, _)| key).chain(to.keys());
                // The manual, CREATE TABLE, "Storage Parameters": what readers depend on.
                let hard = ["user_catalog_table", "toast_tuple_target"];
                if keys.into_iter().any(|key| hard.contains(&key.as_str())) {
                    AccessExclusive
                } else {
                    ShareUpdateExclusive
                }
            }
            _ => AccessExclusive,
        };
        self.add(table, mode);
    }
}
