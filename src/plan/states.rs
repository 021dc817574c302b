//! The models between the parts of a plan, so that each part can be undone by itself.

use super::constraint::{in_partitions, index_of};
use super::{Action, ColumnChange, EnumPlace, Step};
use crate::diff::{Constraint, Diff, renamed};
use crate::model::{Column, ColumnValue, Index, Model, ObjectId, ObjectKind, QName, Table};
use std::collections::BTreeSet;

/// The model before the first part, between any two, and after the last. `None` where a part does
/// what cannot be followed by itself: such parts are undone together with their neighbours.
///
/// A constraint is valid from the part that adds it: whether old rows were read already is nothing
/// to undo.
#[must_use]
pub fn states(parts: &[Vec<&Step>], diff: &Diff, from: &Model, to: &Model) -> Vec<Option<Model>> {
    let mut known: Vec<Option<Model>> = vec![None; parts.len() + 1];
    let mut set = |at: usize, model: Model| {
        if let Some(slot @ None) = known.get_mut(at) {
            *slot = Some(model);
        }
    };
    let mut model = from.clone();
    set(0, model.clone());
    set(parts.len(), to.clone());
    for (at, steps) in parts.iter().enumerate().take(parts.len().saturating_sub(1)) {
        match labels_added(&model, to, steps) {
            Some(next) => model = next,
            None => break,
        }
        set(at + 1, model.clone());
    }
    let mut model = to.clone();
    let emptied = emptied_columns(parts);
    for (at, steps) in parts.iter().enumerate().skip(1).rev() {
        let mut back = steps.iter().rev();
        if !back.all(|step| withdraw(&mut model, &step.action, &diff.base, &emptied)) {
            break;
        }
        set(at, model.clone());
    }
    known
}

type Place<'a> = (&'a QName, &'a str);

/// Columns that lose their default or identity on the way, whatever they get later.
fn emptied_columns<'a>(parts: &[Vec<&'a Step>]) -> BTreeSet<Place<'a>> {
    let of = |step: &&'a Step| match &step.action {
        Action::AlterColumn {
            table,
            column,
            change: ColumnChange::DropDefault | ColumnChange::DropIdentity,
            ..
        } => Some((table, column.as_str())),
        _ => None,
    };
    parts.iter().flatten().filter_map(of).collect()
}

/// The model after steps that do nothing but add labels to enums and rename these.
fn labels_added(model: &Model, to: &Model, steps: &[&Step]) -> Option<Model> {
    let mut renames = Vec::new();
    for step in steps {
        match &step.action {
            Action::Rename(rename) => renames.push(rename.clone()),
            Action::AddEnumValue { .. } => {}
            _ => return None,
        }
    }
    let mut model = renamed(model, to, &renames);
    for step in steps {
        let Action::AddEnumValue { ty, label, place, .. } = &step.action else { continue };
        let labels = &mut model.enums.get_mut(ty)?.labels;
        let at = |name: &String| labels.iter().position(|label| label == name);
        let at = match place {
            EnumPlace::End => labels.len(),
            EnumPlace::Before(name) => at(name)?,
            EnumPlace::After(name) => at(name)? + 1,
        };
        labels.insert(at, label.clone());
    }
    Some(model)
}

/// Takes what a step did out of a model again; false where the step alone does not tell. `base` is
/// what the whole plan started from.
fn withdraw(
    model: &mut Model,
    action: &Action,
    base: &Model,
    emptied: &BTreeSet<Place<'_>>,
) -> bool {
    if let Some(table) = action.table()
        && is_related(model, table)
    {
        return false;
    }
    match action {
        Action::ValidateConstraint { .. } => true,
        Action::Create(object) => {
            object.id().kind() != ObjectKind::Schema && model.remove(&object.id())
        }
        Action::Drop(object) | Action::Alter { from: object, .. } => {
            model.insert((**object).clone());
            true
        }
        Action::CreateTable(table) => model.remove(&ObjectId::Table(table.name.clone())),
        Action::AddColumn { table, column } => {
            let Some(table) = model.tables.get_mut(table) else { return false };
            table.columns.retain(|c| c.name != column.name);
            true
        }
        Action::AlterColumn { table, column, change, .. } => {
            let was = base.tables.get(table).and_then(|t| t.column(column));
            let now = model
                .tables
                .get_mut(table)
                .and_then(|t| t.columns.iter_mut().find(|c| c.name == *column));
            let gets = matches!(change, ColumnChange::SetDefault(_) | ColumnChange::AddIdentity(_));
            now.is_some_and(|now| {
                if gets && emptied.contains(&(table, column.as_str())) {
                    now.value = ColumnValue::None;
                    return true;
                }
                column_as_before(now, was, change)
            })
        }
        Action::AddConstraint { table, constraint, .. } => {
            model.tables.get_mut(table).is_some_and(|table| take(table, constraint))
        }
        Action::AddConstraintUsingIndex { table, constraint } => {
            let Some(index) = index_of(constraint) else { return false };
            let was = |t: &Table| t.indexes.iter().find(|i| i.name == index.name).cloned();
            let was = base.tables.get(table).and_then(was).unwrap_or(index);
            let Some(table) = model.tables.get_mut(table) else { return false };
            let taken = take(table, constraint);
            put_index(&mut table.indexes, was);
            taken
        }
        Action::DropConstraint { table, constraint } => {
            let Some(owner) = model.tables.get_mut(table) else { return false };
            let mut constraint = (**constraint).clone();
            // What the plan needed only on its way held for new rows.
            if let Constraint::Check(check) = &mut constraint
                && !has(base, table, &check.name)
            {
                check.not_valid = true;
            }
            put(owner, constraint);
            true
        }
        Action::CreateIndex { table, index, .. } => {
            let Some(indexes) = indexes(model, table) else { return false };
            indexes.retain(|i| i.name != index.name);
            true
        }
        Action::DropIndex { table, index, .. } => {
            let Some(indexes) = indexes(model, table) else { return false };
            put_index(indexes, (**index).clone());
            true
        }
        Action::AlterIndex { table, from, .. } => {
            let Some(indexes) = indexes(model, table) else { return false };
            indexes.retain(|i| i.name != from.name);
            put_index(indexes, (**from).clone());
            true
        }
        Action::IndexComment { index, text: Some(_) } => {
            let owners = model.tables.values_mut().filter(|t| t.name.schema == index.schema);
            let mut all = owners.flat_map(|t| &mut t.indexes);
            let found = all.find(|i| i.name == index.name);
            // One that was there may have had another comment.
            let is_new =
                base.tables.values().all(|t| t.indexes.iter().all(|i| i.name != index.name));
            found.filter(|_| is_new).map(|i| i.comment = None).is_some()
        }
        _ => false,
    }
}

/// Partitions and children share columns, constraints and indexes with others.
fn is_related(model: &Model, name: &QName) -> bool {
    model.tables.get(name).is_some_and(|table| {
        in_partitions(table)
            || !table.inherits.is_empty()
            || model.tables.values().any(|other| other.inherits.contains(name))
    })
}

fn column_as_before(now: &mut Column, was: Option<&Column>, change: &ColumnChange) -> bool {
    match (change, was) {
        (ColumnChange::SetNotNull, _) => now.nullable = true,
        (ColumnChange::DropNotNull, _) => now.nullable = false,
        (ColumnChange::Type { from, .. }, _) => {
            now.ty = from.ty.clone();
            now.collation.clone_from(&from.collation);
        }
        (ColumnChange::Comment(_), Some(was)) => now.comment.clone_from(&was.comment),
        (
            ColumnChange::SetDefault(_)
            | ColumnChange::DropDefault
            | ColumnChange::AddIdentity(_)
            | ColumnChange::AlterIdentity { .. }
            | ColumnChange::DropIdentity,
            Some(was),
        ) => now.value.clone_from(&was.value),
        _ => return false,
    }
    true
}

fn has(model: &Model, table: &QName, check: &Option<String>) -> bool {
    model.tables.get(table).is_some_and(|table| table.checks.iter().any(|c| c.name == *check))
}

/// The indexes of a table or materialized view.
fn indexes<'a>(model: &'a mut Model, name: &QName) -> Option<&'a mut Vec<Index>> {
    match model.tables.get_mut(name) {
        Some(table) => Some(&mut table.indexes),
        None => model.views.get_mut(name).map(|view| &mut view.indexes),
    }
}

fn put_index(indexes: &mut Vec<Index>, index: Index) {
    indexes.push(index);
    indexes.sort_by(|a, b| a.name.cmp(&b.name));
}

fn take(table: &mut Table, constraint: &Constraint) -> bool {
    let name = constraint.name();
    let count = crate::diff::constraints(table).len();
    match constraint {
        Constraint::PrimaryKey(_) => table.primary_key = None,
        Constraint::Unique(_) => table.uniques.retain(|c| c.name.as_deref() != name),
        Constraint::ForeignKey(_) => table.foreign_keys.retain(|c| c.name.as_deref() != name),
        Constraint::Check(_) => table.checks.retain(|c| c.name.as_deref() != name),
        Constraint::Exclusion(_) => table.exclusions.retain(|c| Some(c.name.as_str()) != name),
    }
    crate::diff::constraints(table).len() < count
}

fn put(table: &mut Table, constraint: Constraint) {
    match constraint {
        Constraint::PrimaryKey(c) => table.primary_key = Some(c),
        Constraint::Unique(c) => {
            table.uniques.push(c);
            table.uniques.sort_by(|a, b| a.name.cmp(&b.name));
        }
        Constraint::ForeignKey(c) => {
            table.foreign_keys.push(c);
            table.foreign_keys.sort_by(|a, b| a.name.cmp(&b.name));
        }
        Constraint::Check(c) => {
            table.checks.push(c);
            table.checks.sort_by(|a, b| a.name.cmp(&b.name));
        }
        Constraint::Exclusion(c) => {
            table.exclusions.push(c);
            table.exclusions.sort_by(|a, b| a.name.cmp(&b.name));
        }
    }
}
