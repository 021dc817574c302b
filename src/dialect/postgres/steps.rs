//! One step as SQL.

use super::quote::{ident, qname};
use super::{columns, comments, constraints, enums, indexes, objects, renames, sequences, tables};
use crate::model::{Model, Object};
use crate::plan::Action;

/// The statements of a step, each with its semicolon.
pub(super) fn render(action: &Action, to: &Model) -> Vec<String> {
    match action {
        Action::Rename(rename) => renames::render(rename, to),
        Action::Create(object) => create_object(object),
        Action::Drop(object) => match &**object {
            Object::Enum(o) => vec![enums::drop(o)],
            Object::Sequence(o) => vec![sequences::drop(o)],
            other => objects::drop(other),
        },
        Action::Alter { from, to } => match (&**from, &**to) {
            (Object::Enum(a), Object::Enum(b)) => enums::alter(a, b),
            (Object::Sequence(a), Object::Sequence(b)) => sequences::alter(a, b),
            (a, b) => objects::alter(a, b),
        },
        Action::CreateTable(table) => vec![tables::create(table)],
        Action::DropTable(table) => vec![format!("DROP TABLE {};", qname(&table.name))],
        // PostgreSQL's plans set tables aside instead.
        Action::RebuildTable { .. } => Vec::new(),
        Action::SetAsideTable { table, aside, sequences, freed } => {
            tables::set_aside(table, aside, sequences, freed)
        }
        Action::CopyRows { from, to, columns, keeps_identity } => {
            vec![tables::copy(from, to, columns, *keeps_identity)]
        }
        Action::AlterTable { table, change } => tables::alter(table, change),
        Action::AddColumn { table, column } => vec![format!(
            "ALTER TABLE {} ADD COLUMN {};",
            qname(table),
            columns::definition(column)
        )],
        Action::DropColumn { table, column } => {
            vec![format!("ALTER TABLE {} DROP COLUMN {};", qname(table), ident(&column.name))]
        }
        Action::AlterColumn { table, column, change, only } => {
            columns::alter(table, column, change, *only)
        }
        Action::AddConstraint { table, constraint, not_valid } => {
            vec![constraints::add(table, constraint, *not_valid)]
        }
        Action::AddConstraintUsingIndex { table, constraint } => {
            vec![constraints::add_using_index(table, constraint)]
        }
        Action::DropConstraint { table, constraint } if constraint.is_inherited() => {
            vec![constraints::drop_leftover(table, constraint.name().unwrap_or_default())]
        }
        Action::DropConstraint { table, constraint } => {
            vec![constraints::drop(table, constraint.name().unwrap_or_default())]
        }
        Action::ValidateConstraint { table, name } => {
            vec![format!("ALTER TABLE {} VALIDATE CONSTRAINT {};", qname(table), ident(name))]
        }
        Action::AlterConstraint { table, to, .. } => vec![constraints::alter(table, to)],
        Action::ConstraintComment { table, name, text } => {
            let target = format!("{} ON {}", ident(name), qname(table));
            vec![comments::set("CONSTRAINT", &target, text.as_deref())]
        }
        Action::CreateIndex { table, index, concurrently } => {
            vec![indexes::create(table, index, *concurrently)]
        }
        Action::DropIndex { table, index, concurrently, cascade } => {
            vec![indexes::drop(table, &index.name, *concurrently, *cascade)]
        }
        Action::AlterIndex { table, from, to } => indexes::alter(table, from, to),
        Action::AttachIndex { parent, child } => {
            vec![format!("ALTER INDEX {} ATTACH PARTITION {};", qname(parent), qname(child))]
        }
        Action::IndexComment { index, text } => {
            vec![comments::set("INDEX", &qname(index), text.as_deref())]
        }
        Action::AttachPartition { table, partition } => vec![format!(
            "ALTER TABLE {} ATTACH PARTITION {} {};",
            qname(&partition.parent),
            qname(table),
            partition.bound
        )],
        Action::DetachPartition { table, parent } => {
            vec![format!("ALTER TABLE {} DETACH PARTITION {};", qname(parent), qname(table))]
        }
        Action::Inherit { table, parent } => {
            vec![format!("ALTER TABLE {} INHERIT {};", qname(table), qname(parent))]
        }
        Action::NoInherit { table, parent } => {
            vec![format!("ALTER TABLE {} NO INHERIT {};", qname(table), qname(parent))]
        }
        Action::AddEnumValue { ty, label, place, .. } => vec![enums::add_value(ty, label, place)],
        Action::SetTypeAside { object, aside } => tables::set_type_aside(object, aside),
        Action::ReplaceType { from, to, columns, labels } => {
            tables::replace_type(from, to, columns, labels)
        }
        Action::SetSequenceOwner { sequence, owner } => {
            vec![sequences::set_owner(sequence, owner.as_ref())]
        }
        Action::AdvanceSequence { column, sequence } => {
            let sequence = sequence.as_ref().map(|s| &s.name);
            vec![columns::advance(&column.table, &column.column, sequence)]
        }
    }
}

/// The statements that make any object but a table.
pub(super) fn create_object(object: &Object) -> Vec<String> {
    match object {
        Object::Enum(o) => enums::create(o),
        Object::Sequence(o) => sequences::create(o),
        other => objects::create(other),
    }
}
