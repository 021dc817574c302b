//! Tables that go, and all that goes with a table.

use super::reference::References;
use super::table::{Planner, reaches, takes_rows};
use super::{Action, Dependency, HazardKind, Item, Step, Strength};
use crate::diff::{Constraint, constraints};
use crate::model::{ColumnValue, ObjectId, QName, Table};
use std::collections::{BTreeMap, BTreeSet};

impl Planner<'_> {
    /// Drops the tables that go; foreign keys among them first where they form a circle.
    pub(super) fn drop_tables(&mut self) {
        let dropped: Vec<&Table> =
            self.base.tables.values().filter(|t| self.dropped.contains(&t.name)).collect();
        let mut waits: BTreeMap<&QName, BTreeSet<&QName>> = BTreeMap::new();
        for table in &dropped {
            let parents = table.inherits.iter().chain(table.partition_of.iter().map(|p| &p.parent));
            waits.entry(&table.name).or_default().extend(parents);
        }
        for table in dropped {
            let rest = self.free_of_callers(table);
            let mut step = Step::new(Action::DropTable(Box::new(table.clone())));
            let moved = self.rows_move_to(table);
            match &moved {
                // Its rows are read through the parent that steps aside.
                Some(aside) => {
                    step = step
                        .needs(Item::Mark { table: aside.clone(), what: "copied" })
                        .creates(Item::Mark { table: aside.clone(), what: "emptied" });
                }
                None => {
                    step = step.hazard(
                        HazardKind::DataLoss,
                        format!("drops table {} and its rows", table.name),
                    );
                }
            }
            // A foreign key that points at the parent points at the partition, too.
            if let Some(partition) = &table.partition_of
                && moved.is_none()
                && !self.dropped.contains(&partition.parent)
                && self.is_referenced(&partition.parent)
            {
                let parent = partition.parent.clone();
                self.detach(table, &parent);
                step = step.needs(Item::Mark { table: table.name.clone(), what: "freed" });
            }
            let parents = table.inherits.iter().chain(table.partition_of.iter().map(|p| &p.parent));
            for parent in parents {
                if !self.recreate.tables.contains(parent) {
                    step = step.releases(Item::table(parent));
                }
                let link = Item::Parent { child: table.name.clone(), parent: parent.clone() };
                step.destroys.push(link);
            }
            for key in table.foreign_keys.iter().filter(|k| k.inherited_from.is_none()) {
                let constraint = Constraint::ForeignKey(key.clone());
                if key.parent == table.name {
                    continue;
                }
                let mut released =
                    super::constraint::dependencies(&self.before, table, &constraint);
                released.extend(self.partitions_below(&key.parent));
                let targets: Vec<&QName> = released
                    .iter()
                    .filter_map(|dependency| match &dependency.item {
                        Item::Object(ObjectId::Table(name)) => {
                            self.base.tables.get_key_value(name).map(|(name, _)| name)
                        }
                        _ => None,
                    })
                    .collect();
                let circle = targets.iter().any(|target| reaches(&waits, target, &table.name));
                // A table that steps aside for its successor takes its own foreign keys along.
                let replaced = targets.iter().any(|name| self.recreate.tables.contains(*name));
                if self.dropped.contains(&key.parent) && circle || replaced {
                    self.drop_constraint(table, &constraint);
                } else {
                    waits.entry(&table.name).or_default().extend(targets);
                    step.releases.extend(released);
                }
            }
            self.end_table(&mut step, &rest);
            self.steps.push(step);
        }
    }

    /// Drops ahead of a table what calls a routine that takes rows of the table: neither of the
    /// two could go first. Returns what is left of the table.
    fn free_of_callers(&mut self, table: &Table) -> Table {
        let name = &table.name;
        let mut rest = table.clone();
        let calls = |needs: &[Dependency]| takes_rows(self.base, &self.before, name, needs);
        let indexes: Vec<_> =
            table.indexes.iter().filter(|i| calls(&self.before.index(name, i))).cloned().collect();
        let checks: Vec<_> = table
            .checks
            .iter()
            .filter(|c| !c.inherited && calls(&self.before.expr(name, &c.expr)))
            .cloned()
            .collect();
        rest.indexes.retain(|index| !indexes.contains(index));
        rest.checks.retain(|check| !checks.contains(check));
        for index in &indexes {
            self.drop_index(table, index);
        }
        for check in checks {
            self.drop_constraint(table, &Constraint::Check(check));
        }
        rest
    }

    /// True when a foreign key that stays points at the table or at one it is a partition of.
    fn is_referenced(&self, table: &QName) -> bool {
        let kept = |t: &&Table| !self.dropped.contains(&t.name);
        let mut keys = self.base.tables.values().filter(kept).flat_map(|t| &t.foreign_keys);
        keys.any(|key| key.parent == *table)
            || self
                .base
                .tables
                .get(table)
                .and_then(|t| t.partition_of.as_ref())
                .is_some_and(|p| self.is_referenced(&p.parent))
    }

    /// What goes with a table: columns, constraints, indexes, owned sequences, triggers, policies.
    pub(super) fn end_table(&self, step: &mut Step, table: &Table) {
        step.destroys.extend(References::table_items(table));
        for column in &table.columns {
            step.releases.extend(self.before.column(&table.name, column));
        }
        if let Some(ty) = &table.of_type {
            let item = Item::Object(ObjectId::Composite(ty.clone()));
            step.releases.push(Dependency { item, strength: Strength::Must });
        }
        for constraint in constraints(table) {
            if let Some(name) = constraint.name() {
                step.destroys.push(Item::constraint(&table.name, name));
                if constraint.has_index() {
                    step.destroys.push(Item::index(&table.name, name));
                }
            }
            if !matches!(constraint, Constraint::ForeignKey(_)) {
                let d = super::constraint::dependencies(&self.before, table, &constraint);
                step.releases.extend(d);
            }
        }
        for index in &table.indexes {
            step.destroys.push(Item::index(&table.name, &index.name));
            step.releases.extend(self.before.index(&table.name, index));
        }
        for sequence in self.base.sequences.values() {
            if sequence.owned_by.as_ref().is_some_and(|o| o.table == table.name)
                && !self.to.sequences.contains_key(&sequence.name)
            {
                step.destroys.push(Item::Object(ObjectId::Sequence(sequence.name.clone())));
            }
        }
        for column in &table.columns {
            if let ColumnValue::Identity(identity) = &column.value
                && let Some(name) =
                    super::column::identity_sequence(&table.name, &column.name, identity)
            {
                step.destroys.push(Item::Object(ObjectId::Sequence(name)));
            }
        }
        for id in self.parts_of(&table.name) {
            if let Some(object) = self.base.object(&id) {
                step.releases.extend(self.before.held(&object));
                step.destroys.push(Item::Object(id));
            }
        }
        // A step does not wait for itself.
        let own: BTreeSet<Item> = step.destroys.iter().cloned().collect();
        step.releases.retain(|d| !own.contains(&d.item));
    }

    /// Triggers, policies, rules and statistics that go when their table or view goes.
    pub(super) fn parts_of(&self, relation: &QName) -> Vec<ObjectId> {
        let mut out = Vec::new();
        let on = |id: &&crate::model::OnTable| id.table == *relation;
        out.extend(self.base.triggers.keys().filter(on).cloned().map(ObjectId::Trigger));
        out.extend(self.base.policies.keys().filter(on).cloned().map(ObjectId::Policy));
        out.extend(self.base.rules.keys().filter(on).cloned().map(ObjectId::Rule));
        let statistics = self.base.statistics.values().filter(|s| s.table == *relation);
        out.extend(statistics.map(|s| ObjectId::Statistics(s.name.clone())));
        out.retain(|id| !self.base.object(id).is_some_and(|o| self.is_entangled(&o, relation)));
        out
    }
}
