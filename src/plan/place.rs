use super::{Action, Step};
use crate::diff::TableChange;
use crate::model::{ObjectId, ObjectKind, QName};

/// Where a step stands when no dependency decides: group, name, place within, name within. What
/// belongs to one table stays together.
pub(super) type Place = (u8, String, u8, String);

const DROP_BODY: u8 = 0;
const DROP_PART: u8 = 1;
const SCHEMA: u8 = 2;
const EXTENSION: u8 = 3;
const TYPE: u8 = 4;
const SEQUENCE: u8 = 5;
const TABLE: u8 = 6;
const FOREIGN_KEY: u8 = 7;
const BODY: u8 = 8;
const DROP_TABLE: u8 = 9;
const DROP_TYPE: u8 = 10;

impl Action {
    pub(super) fn place(&self) -> Place {
        let table =
            |table: &QName, sub: u8, name: &str| (TABLE, table.to_string(), sub, name.to_owned());
        match self {
            Self::Rename(rename) => (0, rename.flag(), 0, String::new()),
            Self::Create(o) | Self::Alter { to: o, .. } => {
                let id = o.id();
                (made(id.kind()), String::new(), id.kind() as u8, id_name(&id))
            }
            Self::Drop(o) => {
                let id = o.id();
                (dropped(&id), String::new(), u8::MAX - id.kind() as u8, id_name(&id))
            }
            Self::CreateTable(t) | Self::RebuildTable { to: t, .. } => table(&t.name, 2, ""),
            // Before the parent changes: nothing has to fit a partition that goes.
            Self::DropTable(t) if t.partition_of.is_some() => {
                (DROP_PART, t.name.to_string(), 10, String::new())
            }
            Self::DropTable(t) => (DROP_TABLE, t.name.to_string(), 0, String::new()),
            Self::AlterTable { table: t, change } => table(t, 8, property(change)),
            Self::DetachPartition { table: t, parent } | Self::NoInherit { table: t, parent } => {
                // First of all: what is dropped or changed in the parent then spares it.
                (DROP_BODY, String::new(), 0, format!("{t} {parent}"))
            }
            Self::AddColumn { table: t, column } => table(t, 3, &column.name),
            Self::AlterColumn { table: t, column, change, .. } => {
                (TABLE, t.to_string(), 4, format!("{column}\0{}", change.rank()))
            }
            Self::DropColumn { table: t, column } => table(t, 5, &column.name),
            Self::AddConstraint { table: t, constraint, .. }
            | Self::AddConstraintUsingIndex { table: t, constraint } => {
                let name =
                    format!("{}{}", constraint.rank(), constraint.name().unwrap_or_default());
                if matches!(**constraint, crate::diff::Constraint::ForeignKey(_)) {
                    (FOREIGN_KEY, t.to_string(), 0, name)
                } else {
                    table(t, 6, &name)
                }
            }
            Self::AlterConstraint { table: t, to, .. } => {
                table(t, 6, to.name().unwrap_or_default())
            }
            Self::DropConstraint { table: t, constraint } => {
                let name = constraint.name().unwrap_or_default();
                // Foreign keys go before the keys they point at.
                (DROP_PART, t.to_string(), 9 - constraint.rank(), name.to_owned())
            }
            Self::ValidateConstraint { table: t, name } => {
                (FOREIGN_KEY, t.to_string(), 1, name.clone())
            }
            Self::ConstraintComment { table: t, name, .. } => table(t, 10, name),
            Self::CreateIndex { table: t, index, .. } => table(t, 7, &index.name),
            Self::AlterIndex { table: t, to, .. } => table(t, 7, &to.name),
            Self::DropIndex { table: t, index, .. } => {
                (DROP_PART, t.to_string(), 8, index.name.clone())
            }
            Self::AttachIndex { parent, child } => table(parent, 9, &child.to_string()),
            Self::IndexComment { index, .. } => table(index, 10, ""),
            Self::AttachPartition { table: t, .. } => table(t, 7, ""),
            Self::Inherit { table: t, parent } => table(t, 7, &parent.to_string()),
            Self::AddEnumValue { ty, position, .. } => {
                (TYPE, ty.to_string(), 1, format!("{position:05}"))
            }
            Self::ReplaceType { to, .. } => (TYPE, id_name(&to.id()), 2, String::new()),
            Self::SetTypeAside { object, .. } => (TYPE, id_name(&object.id()), 0, String::new()),
            Self::SetAsideTable { table: t, .. } => table(&t.name, 1, ""),
            Self::CopyRows { to, .. } => (FOREIGN_KEY, to.to_string(), 0, String::new()),
            Self::SetSequenceOwner { sequence, owner } => match owner {
                Some(owner) => table(&owner.table, 9, &sequence.to_string()),
                None => (DROP_PART, sequence.to_string(), 0, String::new()),
            },
            Self::AdvanceSequence { column, .. } => table(&column.table, 11, &column.column),
        }
    }

    /// For messages: `create table users`.
    #[must_use]
    pub fn describe(&self) -> String {
        let on = |verb: &str, name: &str, table: &QName| format!("{verb} {name} of table {table}");
        match self {
            Self::Rename(rename) => format!("rename {}", rename.flag()),
            Self::Create(o) => format!("create {}", o.id()),
            Self::Drop(o) => format!("drop {}", o.id()),
            Self::Alter { to, .. } => format!("alter {}", to.id()),
            Self::CreateTable(t) => format!("create table {}", t.name),
            Self::DropTable(t) => format!("drop table {}", t.name),
            Self::RebuildTable { to, .. } => format!("rebuild table {}", to.name),
            Self::AlterTable { table, change } => on("alter", property(change), table),
            Self::AddColumn { table, column } => on("add column", &column.name, table),
            Self::DropColumn { table, column } => on("drop column", &column.name, table),
            Self::AlterColumn { table, column, .. } => on("alter column", column, table),
            Self::AddConstraint { table, constraint, .. }
            | Self::AddConstraintUsingIndex { table, constraint } => {
                on("add constraint", constraint.name().unwrap_or_default(), table)
            }
            Self::DropConstraint { table, constraint } => {
                on("drop constraint", constraint.name().unwrap_or_default(), table)
            }
            Self::ValidateConstraint { table, name } => on("validate constraint", name, table),
            Self::AlterConstraint { table, to, .. } => {
                on("alter constraint", to.name().unwrap_or_default(), table)
            }
            Self::ConstraintComment { table, name, .. } => on("comment on constraint", name, table),
            Self::CreateIndex { table, index, .. } => on("create index", &index.name, table),
            Self::DropIndex { table, index, .. } => on("drop index", &index.name, table),
            Self::AlterIndex { table, to, .. } => on("alter index", &to.name, table),
            Self::AttachIndex { parent, child } => format!("attach index {child} to {parent}"),
            Self::IndexComment { index, .. } => format!("comment on index {index}"),
            Self::AttachPartition { table, partition } => {
                format!("attach partition {table} to {}", partition.parent)
            }
            Self::DetachPartition { table, parent } => {
                format!("detach partition {table} from {parent}")
            }
            Self::Inherit { table, parent } => format!("let table {table} inherit {parent}"),
            Self::NoInherit { table, parent } => format!("stop table {table} inheriting {parent}"),
            Self::AddEnumValue { ty, label, .. } => format!("add label '{label}' to enum {ty}"),
            Self::ReplaceType { to, .. } => format!("replace {}", to.id()),
            Self::SetTypeAside { object, .. } => format!("set {} aside", object.id()),
            Self::SetAsideTable { table, .. } => format!("set table {} aside", table.name),
            Self::CopyRows { to, .. } => format!("copy the rows of table {to}"),
            Self::SetSequenceOwner { sequence, .. } => format!("set owner of sequence {sequence}"),
            Self::AdvanceSequence { column, .. } => {
                format!("advance the sequence of {}.{}", column.table, column.column)
            }
        }
    }
}

impl Step {
    /// For messages.
    #[must_use]
    pub fn describe(&self) -> String {
        self.action.describe()
    }
}

fn made(kind: ObjectKind) -> u8 {
    match kind {
        ObjectKind::Schema => SCHEMA,
        ObjectKind::Extension | ObjectKind::Collation => EXTENSION,
        ObjectKind::Enum | ObjectKind::Domain | ObjectKind::Composite | ObjectKind::Range => TYPE,
        ObjectKind::Sequence => SEQUENCE,
        ObjectKind::Table => TABLE,
        _ => BODY,
    }
}

fn dropped(id: &ObjectId) -> u8 {
    match id.kind() {
        ObjectKind::Schema
        | ObjectKind::Extension
        | ObjectKind::Collation
        | ObjectKind::Enum
        | ObjectKind::Domain
        | ObjectKind::Composite
        | ObjectKind::Range
        | ObjectKind::Sequence => DROP_TYPE,
        ObjectKind::Table => DROP_TABLE,
        _ => DROP_BODY,
    }
}

fn id_name(id: &ObjectId) -> String {
    id.to_string()
}

fn property(change: &TableChange) -> &'static str {
    match change {
        TableChange::Comment(_) => "comment",
        TableChange::Persistence(_) => "persistence",
        TableChange::Options { .. } => "options",
        TableChange::Tablespace(_) => "tablespace",
        TableChange::AccessMethod(_) => "access method",
        TableChange::PartitionBy { .. } => "partitioning",
        TableChange::PartitionOf { .. } => "partition",
        TableChange::Inherits { .. } => "inheritance",
        TableChange::OfType { .. } => "type",
        TableChange::RowSecurity(_) => "row security",
        TableChange::ForceRowSecurity(_) => "forced row security",
        TableChange::ReplicaIdentity(_) => "replica identity",
        TableChange::Strict(_) => "strictness",
        TableChange::WithoutRowid(_) => "rowid",
        _ => "definition",
    }
}
