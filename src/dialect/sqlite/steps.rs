//! What must be done to an SQLite database, in order, without SQL text.
//!
//! ALTER TABLE can rename, add a column and drop one (lang_altertable.html); any other change of a
//! table is made by one rebuild of it, whatever the number of changes.

use super::bodies::Bodies;
use super::{alter, normal, order, relations};
use crate::diff::{Change, Diff, Rename, TableChange};
use crate::model::{
    Column, ForeignKey, Index, Model, ObjectId, ObjectKind, OnTable, QName, Table, Trigger, View,
};
use crate::plan::Conversions;
use crate::sql::names;
use std::collections::{BTreeMap, BTreeSet};

/// One piece of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Rename(Rename),
    DropTrigger(OnTable),
    DropView(QName),
    DropIndex { index: String },
    DropTable(Box<Table>),
    CreateTable(Box<Table>),
    AddColumn { table: Box<Table>, column: Box<Column> },
    DropColumn { table: QName, column: String },
    Rebuild(Box<Rebuild>),
    CreateIndex { table: QName, index: Box<Index>, on_new: bool },
    CreateView(Box<View>),
    CreateTrigger(Box<Trigger>),
}

impl Step {
    /// The table whose rows the step is about, by its old name.
    pub(super) fn table(&self) -> Option<&QName> {
        match self {
            Self::Rename(Rename::Object { from, .. }) => Some(from),
            Self::Rename(Rename::Column { table, .. }) => Some(table),
            Self::DropTable(table) | Self::AddColumn { table, .. } => Some(&table.name),
            Self::DropColumn { table, .. } | Self::CreateIndex { table, .. } => Some(table),
            Self::Rebuild(rebuild) => Some(&rebuild.from.name),
            _ => None,
        }
    }
}

/// A table written anew: create the new one, copy, drop the old one, rename.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rebuild {
    pub from: Table,
    pub to: Table,
    /// A name no other object has.
    pub interim: String,
    /// Expressions name the table itself: the interim table must be renamed the modern way, which
    /// rewrites them.
    pub qualified: bool,
    /// What the user says about values, of this table only.
    pub conversions: Conversions,
    /// Why ALTER TABLE cannot do it.
    pub reasons: Vec<String>,
}

/// Ordered steps and how they must be run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Steps {
    pub steps: Vec<Step>,
    /// A table that has foreign keys, or that others refer to, is rebuilt or dropped: enforcement
    /// must be off, or `ON DELETE CASCADE` takes the children with it. It can only be switched
    /// outside a transaction (pragma.html, "foreign_keys").
    pub without_foreign_keys: bool,
    /// Tables whose foreign keys are to be checked at the end.
    pub check: Vec<QName>,
}

/// Plans the way from `diff.base` to `to`.
pub(super) fn steps(diff: &Diff, to: &Model, conversions: &Conversions) -> Steps {
    let base = &diff.base;
    let mut changes: BTreeMap<QName, Vec<TableChange>> = BTreeMap::new();
    let (mut dropped, mut created) = (BTreeSet::new(), BTreeSet::new());
    for change in &diff.changes {
        match change {
            Change::Table { table, change } => {
                changes.entry(table.clone()).or_default().push(change.clone());
            }
            Change::Drop(ObjectId::Table(name)) => {
                dropped.insert(name.clone());
            }
            Change::Create(ObjectId::Table(name)) => {
                created.insert(name.clone());
            }
            _ => {}
        }
    }
    let mut bodies = Bodies::changed(base, to);
    bodies.tables_go(base, &dropped);
    let mentioned = mentioned(base);
    let readable = relations::all_there(base);
    let mut rebuilds = BTreeMap::new();
    let mut altered = Vec::new();
    for (name, changes) in &changes {
        let (Some(old), Some(new)) = (base.tables.get(name), to.tables.get(name)) else { continue };
        let calm = readable
            && dropped.is_empty()
            && bodies.views.is_empty()
            && !mentioned.contains(&name.name.to_lowercase());
        match alter::steps(old, new, changes, calm) {
            Ok(steps) => altered.extend(steps),
            Err(reasons) => {
                let interim = interim(&name.name, base, to);
                let qualified = is_qualified(new);
                let rebuild = Rebuild {
                    from: old.clone(),
                    to: new.clone(),
                    interim,
                    qualified,
                    conversions: conversions.clone(),
                    reasons,
                };
                rebuilds.insert(name.clone(), rebuild);
            }
        }
    }
    // Dropping a table takes its triggers along; renaming the modern way fails while a view or
    // trigger names what is not there.
    for (name, rebuild) in &rebuilds {
        bodies.rebuilt(base, name, rebuild.qualified);
    }
    let mut out = Steps::default();
    out.steps.extend(diff.renames.iter().filter(|r| can_rename(r)).cloned().map(Step::Rename));
    bodies.drops(base, &dropped, &rebuilds, &mut out.steps);
    drop_indexes(base, to, &dropped, &rebuilds, &mut out.steps);
    let order = children_first(base, &dropped);
    let cycle = order.is_none();
    let order = order.unwrap_or_else(|| dropped.iter().cloned().collect());
    let tables = order.iter().filter_map(|name| base.tables.get(name));
    out.steps.extend(tables.map(|table| Step::DropTable(Box::new(table.clone()))));
    for table in parents_first(to, &created) {
        out.steps.push(Step::CreateTable(Box::new(table.clone())));
    }
    out.steps.extend(altered);
    out.steps.extend(rebuilds.values().map(|rebuild| Step::Rebuild(Box::new(rebuild.clone()))));
    create_indexes(base, to, &created, &rebuilds, &mut out.steps);
    bodies.creates(to, &mut out.steps);
    out.without_foreign_keys = cycle
        || rebuilds.values().any(|r| refers(&r.from) || refers(&r.to))
        || rebuilds.keys().any(|name| referred(base, name) || referred(to, name))
        || dropped.iter().any(|name| {
            children(base, name).any(|child| child != name && !dropped.contains(child))
        });
    if out.without_foreign_keys {
        out.check = to_check(to, &rebuilds, &dropped, base);
    }
    out
}

fn can_rename(rename: &Rename) -> bool {
    matches!(rename, Rename::Object { kind: ObjectKind::Table, .. } | Rename::Column { .. })
}

fn refers(table: &Table) -> bool {
    !table.foreign_keys.is_empty()
}

fn children<'m>(model: &'m Model, parent: &'m QName) -> impl Iterator<Item = &'m QName> {
    model
        .tables
        .values()
        .filter(|table| table.foreign_keys.iter().any(|key| key.parent == *parent))
        .map(|table| &table.name)
}

fn referred(model: &Model, name: &QName) -> bool {
    children(model, name).next().is_some()
}

/// The tables whose keys the work may have broken. A key that points at nothing, or at columns
/// that are not unique, makes `foreign_key_check` itself fail: it could not hold before either.
fn to_check(
    to: &Model,
    rebuilds: &BTreeMap<QName, Rebuild>,
    dropped: &BTreeSet<QName>,
    base: &Model,
) -> Vec<QName> {
    let touched =
        |key: &ForeignKey| rebuilds.contains_key(&key.parent) || dropped.contains(&key.parent);
    to.tables
        .values()
        .filter(|table| base.tables.contains_key(&table.name))
        .filter(|table| {
            (rebuilds.contains_key(&table.name) && refers(table))
                || table.foreign_keys.iter().any(touched)
        })
        .filter(|table| table.foreign_keys.iter().all(|key| is_possible(to, key)))
        .map(|table| table.name.clone())
        .collect()
}

fn is_possible(model: &Model, key: &ForeignKey) -> bool {
    let Some(parent) = model.tables.get(&key.parent) else { return false };
    let same = |columns: &[String]| {
        let set = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
        set(columns) == set(&key.parent_columns)
    };
    let index = |index: &Index| {
        let columns: Option<Vec<String>> = index
            .elements
            .iter()
            .map(|element| match &element.key {
                crate::model::IndexKey::Column(name) if element.collation.is_none() => {
                    Some(name.clone())
                }
                _ => None,
            })
            .collect();
        index.unique && index.predicate.is_none() && columns.is_some_and(|c| same(&c))
    };
    parent.primary_key.as_ref().is_some_and(|k| same(&k.columns))
        || parent.uniques.iter().any(|u| u.elements_sql.is_empty() && same(&u.columns))
        || parent.indexes.iter().any(index)
}

/// True when a check or generated column names its own table.
fn is_qualified(table: &Table) -> bool {
    let generated = table.columns.iter().filter_map(|column| match &column.value {
        crate::model::ColumnValue::Generated { expr, .. } => Some(expr),
        _ => None,
    });
    let checks = table.checks.iter().map(|check| &check.expr);
    generated.chain(checks).any(|expr| normal::qualifies(expr.as_str(), &table.name.name))
}

fn interim(name: &str, base: &Model, to: &Model) -> String {
    let taken = |candidate: &str| {
        let candidate = QName::bare(candidate);
        [base, to]
            .iter()
            .any(|m| m.tables.contains_key(&candidate) || m.views.contains_key(&candidate))
    };
    let mut interim = format!("__dbkit_new_{name}");
    while taken(&interim) {
        interim.push('_');
    }
    interim
}

/// What views and triggers name, in lower case.
fn mentioned(model: &Model) -> BTreeSet<String> {
    let queries = model.views.values().map(|view| &view.query);
    let definitions = model.triggers.values().map(|trigger| &trigger.definition);
    queries.chain(definitions).flat_map(|sql| names::mentioned(sql, model.dialect)).collect()
}

fn drop_indexes(
    base: &Model,
    to: &Model,
    dropped: &BTreeSet<QName>,
    rebuilds: &BTreeMap<QName, Rebuild>,
    out: &mut Vec<Step>,
) {
    // Index names are unique in a database.
    let owners: BTreeMap<&str, &QName> = to
        .tables
        .values()
        .flat_map(|table| table.indexes.iter().map(|i| (i.name.as_str(), &table.name)))
        .collect();
    for table in base.tables.values().filter(|table| !dropped.contains(&table.name)) {
        let new = to.tables.get(&table.name);
        for index in &table.indexes {
            let kept = new.is_some_and(|new| new.indexes.contains(index));
            // A rebuild drops the indexes with the old table, but a name must be free when another
            // table's index takes it.
            let moved = owners.get(index.name.as_str()).is_some_and(|owner| **owner != table.name);
            if !kept && (moved || !rebuilds.contains_key(&table.name)) {
                out.push(Step::DropIndex { index: index.name.clone() });
            }
        }
    }
}

fn create_indexes(
    base: &Model,
    to: &Model,
    created: &BTreeSet<QName>,
    rebuilds: &BTreeMap<QName, Rebuild>,
    out: &mut Vec<Step>,
) {
    for table in to.tables.values() {
        let on_new = created.contains(&table.name);
        let fresh = on_new || rebuilds.contains_key(&table.name);
        let old = base.tables.get(&table.name).filter(|_| !fresh);
        for index in &table.indexes {
            if !old.is_some_and(|old| old.indexes.contains(index)) {
                let (table, index) = (table.name.clone(), Box::new(index.clone()));
                out.push(Step::CreateIndex { table, index, on_new });
            }
        }
    }
}

/// Children before parents; `None` when they refer to each other in a circle.
fn children_first(base: &Model, dropped: &BTreeSet<QName>) -> Option<Vec<QName>> {
    let tables: Vec<&Table> = dropped.iter().filter_map(|name| base.tables.get(name)).collect();
    let (mut order, circle) = sorted(&tables);
    order.reverse();
    (!circle).then(|| order.into_iter().map(|table| table.name.clone()).collect())
}

/// New tables in reading order: parents before children where there is no circle.
fn parents_first<'m>(to: &'m Model, created: &BTreeSet<QName>) -> Vec<&'m Table> {
    let tables: Vec<&Table> = created.iter().filter_map(|name| to.tables.get(name)).collect();
    sorted(&tables).0
}

/// Parents before children, else by name; true when a circle was cut open.
fn sorted<'m>(tables: &[&'m Table]) -> (Vec<&'m Table>, bool) {
    let at: BTreeMap<&QName, usize> =
        tables.iter().enumerate().map(|(n, t)| (&t.name, n)).collect();
    let parents = |table: &&Table| {
        let parents = table.foreign_keys.iter().filter(|key| key.parent != table.name);
        parents.filter_map(|key| at.get(&key.parent).copied()).collect()
    };
    let (order, circle) = order::order(&tables.iter().map(parents).collect::<Vec<_>>());
    (order.into_iter().filter_map(|n| tables.get(n).copied()).collect(), circle)
}
