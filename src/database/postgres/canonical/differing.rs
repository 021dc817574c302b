//! Which texts of the wanted model are not already what the live database prints.

use crate::model::{ColumnValue, Model, ObjectId, ObjectKind, QName, Table};
use std::collections::BTreeSet;

/// A text inside a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Default(String),
    Generated(String),
    Check(String),
    Exclusion(String),
    Index(String),
    PartitionKey,
    Bound,
}

/// Everything that both models have and spell differently.
#[derive(Debug, Default)]
pub(super) struct Differing {
    pub parts: BTreeSet<(QName, Part)>,
    /// Views, routines, triggers, policies, rules, domains, statistics, collations.
    pub objects: BTreeSet<ObjectId>,
    /// Tables and views that must be copied, because something on them differs.
    pub relations: BTreeSet<QName>,
}

impl Differing {
    pub(super) fn find(wanted: &Model, live: &Model) -> Self {
        let mut found = Self::default();
        for table in wanted.tables.values() {
            if let Some(other) = live.tables.get(&table.name) {
                found.in_table(table, other);
            }
        }
        for id in wanted.object_ids().filter(|id| is_text(id.kind())) {
            if !differs(wanted, live, &id) {
                continue;
            }
            match &id {
                ObjectId::Trigger(on) | ObjectId::Policy(on) | ObjectId::Rule(on) => {
                    found.relations.insert(on.table.clone());
                }
                ObjectId::Statistics(name) => {
                    found.relations.extend(wanted.statistics.get(name).map(|s| s.table.clone()));
                }
                _ => {}
            }
            found.objects.insert(id);
        }
        found.relations.extend(found.parts.iter().map(|(table, _)| table.clone()));
        // A bound is read with the key of the parent.
        let bounds = found.parts.iter().filter(|(_, part)| *part == Part::Bound);
        let parents = bounds.filter_map(|(table, _)| {
            wanted.tables.get(table)?.partition_of.as_ref().map(|of| of.parent.clone())
        });
        let parents: Vec<QName> = parents.collect();
        found.relations.extend(parents);
        found
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.objects.is_empty()
    }

    pub(super) fn has(&self, table: &QName, part: &Part) -> bool {
        self.parts.contains(&(table.clone(), part.clone()))
    }

    fn in_table(&mut self, wanted: &Table, live: &Table) {
        let mut add = |part: Part| self.parts.insert((wanted.name.clone(), part));
        for column in &wanted.columns {
            let Some(other) = live.column(&column.name) else { continue };
            match (&column.value, &other.value) {
                (ColumnValue::Default(a), ColumnValue::Default(b)) if a != b => {
                    add(Part::Default(column.name.clone()));
                }
                (
                    ColumnValue::Generated { expr: a, .. },
                    ColumnValue::Generated { expr: b, .. },
                ) if a != b => {
                    add(Part::Generated(column.name.clone()));
                }
                _ => {}
            }
        }
        for check in &wanted.checks {
            let other = live.checks.iter().find(|other| other.name == check.name);
            if let (Some(name), Some(other)) = (&check.name, other)
                && other.expr != check.expr
            {
                add(Part::Check(name.clone()));
            }
        }
        for exclusion in &wanted.exclusions {
            let other = live.exclusions.iter().find(|other| other.name == exclusion.name);
            if other.is_some_and(|other| {
                other.index != exclusion.index || other.operators != exclusion.operators
            }) {
                add(Part::Exclusion(exclusion.name.clone()));
            }
        }
        for index in &wanted.indexes {
            let other = live.indexes.iter().find(|other| other.name == index.name);
            if other.is_some_and(|other| {
                other.elements != index.elements || other.predicate != index.predicate
            }) {
                add(Part::Index(index.name.clone()));
            }
        }
        if let (Some(a), Some(b)) = (&wanted.partition_by, &live.partition_by)
            && a != b
        {
            add(Part::PartitionKey);
        }
        if let (Some(a), Some(b)) = (&wanted.partition_of, &live.partition_of)
            && a.parent == b.parent
            && a.bound != b.bound
        {
            add(Part::Bound);
        }
    }
}

fn is_text(kind: ObjectKind) -> bool {
    matches!(
        kind,
        ObjectKind::View
            | ObjectKind::Routine
            | ObjectKind::Trigger
            | ObjectKind::Policy
            | ObjectKind::Rule
            | ObjectKind::Domain
            | ObjectKind::Statistics
            | ObjectKind::Collation
    )
}

/// True when both have the object and its text, not only its comment, differs.
fn differs(wanted: &Model, live: &Model, id: &ObjectId) -> bool {
    let pair = |a: Option<bool>| a.unwrap_or(false);
    match id {
        ObjectId::View(name) => {
            pair(wanted.views.get(name).zip(live.views.get(name)).map(|(a, b)| {
                a.query != b.query
                    || a.column_defaults != b.column_defaults
                    || a.indexes != b.indexes
                    || a.options != b.options
                    || (!a.columns.is_empty() && a.columns != b.columns)
            }))
        }
        ObjectId::Routine(key) => {
            pair(wanted.routines.get(key).zip(live.routines.get(key)).map(|(a, b)| {
                a.definition != b.definition || a.arguments != b.arguments || a.result != b.result
            }))
        }
        ObjectId::Trigger(key) => pair(
            wanted
                .triggers
                .get(key)
                .zip(live.triggers.get(key))
                .map(|(a, b)| a.definition != b.definition),
        ),
        ObjectId::Rule(key) => pair(
            wanted
                .rules
                .get(key)
                .zip(live.rules.get(key))
                .map(|(a, b)| a.definition != b.definition),
        ),
        ObjectId::Policy(key) => {
            pair(wanted.policies.get(key).zip(live.policies.get(key)).map(|(a, b)| {
                a.using != b.using || a.with_check != b.with_check || a.roles != b.roles
            }))
        }
        ObjectId::Domain(name) => {
            pair(
                wanted.domains.get(name).zip(live.domains.get(name)).map(|(a, b)| {
                    a.default != b.default || a.checks != b.checks || a.base != b.base
                }),
            )
        }
        ObjectId::Statistics(name) => pair(
            wanted
                .statistics
                .get(name)
                .zip(live.statistics.get(name))
                .map(|(a, b)| a.definition != b.definition),
        ),
        ObjectId::Collation(name) => pair(
            wanted
                .collations
                .get(name)
                .zip(live.collations.get(name))
                .map(|(a, b)| a.definition != b.definition),
        ),
        _ => false,
    }
}
