use super::table::Planner;
use super::{Action, Dependency, HazardKind, Item, Step, Strength};
use crate::diff::{Change, Constraint, TableChange, constraints};
use crate::model::{Index, IndexKey, Model, PartitionOf, QName, Table};

impl Planner<'_> {
    /// Finds the partitions' indexes whose names are not the ones PostgreSQL chooses.
    pub(super) fn find_explicit(&mut self) {
        for table in self.to.tables.values().filter(|t| t.partition_of.is_some()) {
            for index in table.indexes.iter().filter(|i| i.attached_to.is_some()) {
                let own = default_index_name(&table.name, index);
                if own.as_deref() != Some(&index.name) {
                    self.explicit.insert(table.name.sibling(&index.name));
                }
            }
        }
    }

    /// A new partition whose constraints and indexes would not get their names from
    /// `PARTITION OF` is made on its own and attached.
    pub(super) fn takes_attach_route(&self, table: &Table) -> bool {
        let Some(partition) = &table.partition_of else { return false };
        let name = &table.name.name;
        let odd_constraint = constraints(table).iter().any(|constraint| {
            let wanted = match constraint {
                Constraint::PrimaryKey(c) if c.inherited_from.is_some() => {
                    fits(format!("{name}_pkey"))
                }
                Constraint::Unique(c) if c.inherited_from.is_some() => {
                    let columns: Vec<&str> =
                        c.columns.iter().chain(&c.include).map(String::as_str).collect();
                    fits(format!("{name}_{}_key", columns.join("_")))
                }
                Constraint::ForeignKey(c) => match &c.inherited_from {
                    Some(parent) => Some(parent.clone()),
                    None => return false,
                },
                _ => return false,
            };
            wanted.as_deref() != constraint.name()
        });
        // The partition's own key stands in for its copy of a parent's unique index.
        let stands_in = self.to.tables.get(&partition.parent).is_none_or(|parent| {
            parent.indexes.iter().any(|index| {
                let name = parent.name.sibling(&index.name);
                !index.only && !table.indexes.iter().any(|i| i.attached_to.as_ref() == Some(&name))
            })
        });
        odd_constraint
            || stands_in
            || table.indexes.iter().any(|index| {
                self.explicit.contains(&table.name.sibling(&index.name))
                    && index.attached_to.as_ref().is_some_and(|parent| !self.creates_index(parent))
            })
    }

    /// Makes all that a partition inherits its own, so that it can be created before it is
    /// attached.
    pub(super) fn standalone(&mut self, table: &mut Table) {
        for column in &mut table.columns {
            column.inherited = false;
        }
        if let Some(key) = &mut table.primary_key {
            key.inherited_from = None;
        }
        table.uniques.iter_mut().for_each(|c| c.inherited_from = None);
        table.foreign_keys.iter_mut().for_each(|c| c.inherited_from = None);
        table.checks.iter_mut().for_each(|c| c.inherited = false);
        for index in &table.indexes {
            self.explicit.insert(table.name.sibling(&index.name));
        }
    }

    pub(super) fn attach(&mut self, table: &Table, partition: PartitionOf) {
        let parent = partition.parent.clone();
        let mut step = Step::new(Action::AttachPartition { table: table.name.clone(), partition })
            .needs(Item::table(&table.name))
            .needs(Item::table(&parent))
            .needs(Item::Mark { table: table.name.clone(), what: "freed" })
            .creates(Item::Parent { child: table.name.clone(), parent: parent.clone() });
        for column in &table.columns {
            step = step.needs(Item::column(&table.name, &column.name));
            step = step.needs(Item::column(&parent, &column.name));
        }
        for constraint in constraints(table) {
            if let Some(name) = constraint.name() {
                step = step.needs(Item::constraint(&table.name, name));
            }
        }
        for index in &table.indexes {
            step = step.needs(Item::index(&table.name, &index.name));
            // An index that the parent already has is matched when the partition is attached.
            let parents = index.attached_to.iter().filter(|p| !self.creates_index(p));
            for parent in parents {
                step = step.needs(Item::Index(parent.clone()));
            }
        }
        if self.base_table(&table.name).is_some() {
            step = step
                .hazard(
                    HazardKind::MayFail,
                    format!("fails where a row of {} does not belong to the partition", table.name),
                )
                .hazard(
                    HazardKind::TableScan,
                    format!("reads every row of {} while readers and writers wait", table.name),
                );
        }
        self.steps.push(step);
    }

    pub(super) fn detach(&mut self, table: &Table, parent: &QName) {
        let action = Action::DetachPartition { table: table.name.clone(), parent: parent.clone() };
        // Dropped earlier, the parent's indexes and constraints would take the partition's along.
        let mut held = Vec::new();
        held.extend(table.indexes.iter().filter_map(|i| i.attached_to.clone()).map(Item::Index));
        for constraint in constraints(table) {
            if let Some(name) = super::constraint::inherited_from(&constraint) {
                held.push(Item::constraint(parent, name));
            }
        }
        let mut step = Step::new(action)
            .releases(Item::table(parent))
            .destroys(Item::Parent { child: table.name.clone(), parent: parent.clone() })
            .creates(Item::Mark { table: table.name.clone(), what: "freed" })
            .hazard(
                HazardKind::BreaksClients,
                format!("the rows of {} are no longer found in {parent}", table.name),
            );
        for item in held {
            step = step.releases(item);
        }
        self.steps.push(step);
    }

    /// Attached, detached, or moved to another bound or parent.
    pub(super) fn change_partition(&mut self, old: &Table, new: &Table) {
        if let Some(before) = &old.partition_of
            && !self.recreate.tables.contains(&before.parent)
        {
            self.detach(old, &before.parent);
        }
        if let Some(after) = new.partition_of.clone()
            && !self.recreate.tables.contains(&after.parent)
        {
            self.attach(new, after);
        }
    }

    /// Partitions of a table that steps aside for its successor.
    pub(super) fn reattach_children(&mut self, parent: &QName) {
        let (base, to) = (self.base, self.to);
        for child in base.tables.values() {
            let linked = child.partition_of.as_ref().is_some_and(|p| p.parent == *parent);
            let after = to.tables.get(&child.name);
            if linked && after.is_some() && !self.recreate.tables.contains(&child.name) {
                self.detach(child, parent);
            }
        }
        let stays = |t: &&Table| {
            base.tables.contains_key(&t.name) && !self.recreate.tables.contains(&t.name)
        };
        let stay: Vec<&Table> = to.tables.values().filter(stays).collect();
        for child in stay {
            if let Some(partition) = child.partition_of.clone().filter(|p| p.parent == *parent) {
                self.attach(child, partition);
            }
        }
    }

    /// The links of all partitions that the table will have.
    pub(super) fn links_below(&self, parent: &QName) -> Vec<Dependency> {
        let is_below = |t: &&Table| t.partition_of.as_ref().is_some_and(|p| p.parent == *parent);
        let below = self.to.tables.values().filter(is_below);
        let link = |t: &Table| Item::Parent { child: t.name.clone(), parent: parent.clone() };
        below.map(|t| Dependency { item: link(t), strength: Strength::Must }).collect()
    }

    pub(super) fn change_parents(&mut self, old: &Table, new: &Table) {
        for parent in old.inherits.iter().filter(|p| !new.inherits.contains(p)) {
            let action = Action::NoInherit { table: new.name.clone(), parent: parent.clone() };
            let step = Step::new(action)
                .releases(Item::table(parent))
                .destroys(Item::Parent { child: new.name.clone(), parent: parent.clone() })
                .creates(Item::Mark { table: new.name.clone(), what: "freed" });
            self.steps.push(step);
        }
        for parent in new.inherits.iter().filter(|p| !old.inherits.contains(p)) {
            let action = Action::Inherit { table: new.name.clone(), parent: parent.clone() };
            let mut step = Step::new(action)
                .needs(Item::table(parent))
                .creates(Item::Parent { child: new.name.clone(), parent: parent.clone() });
            // The child must have what the parent is about to drop until it is dropped.
            let narrowed = Item::Mark { table: parent.clone(), what: "narrowed" };
            step.needs.push(Dependency { item: narrowed, strength: Strength::Mention });
            for column in &new.columns {
                step = step.needs(Item::column(&new.name, &column.name));
                step = step.needs(Item::column(parent, &column.name));
            }
            for constraint in constraints(new) {
                if let Some(name) = constraint.name() {
                    step = step.needs(Item::constraint(&new.name, name));
                }
            }
            self.steps.push(step);
        }
    }

    /// True when the plan makes that index of a partitioned table.
    pub(super) fn creates_index(&self, name: &QName) -> bool {
        let owner = self.to.tables.values().find(|t| {
            t.name.schema == name.schema && t.indexes.iter().any(|i| i.name == name.name)
        });
        let Some(owner) = owner else { return false };
        if self.created.contains(&owner.name) || self.recreate.tables.contains(&owner.name) {
            return true;
        }
        self.diff.changes.iter().any(|change| {
            matches!(change, Change::Table { table, change } if *table == owner.name && match change {
                TableChange::AddIndex(index) => index.name == name.name,
                TableChange::AlterIndex { from, to } => {
                    to.name == name.name && super::index::is_rebuilt(from, to)
                }
                _ => false,
            })
        })
    }

    /// True when a partition's index needs no step because its parent's index or PARTITION OF
    /// makes it under its name.
    pub(super) fn comes_with_parent(&self, table: &Table, index: &Index) -> bool {
        let Some(parent) = &index.attached_to else { return false };
        if self.explicit.contains(&table.name.sibling(&index.name)) {
            return false;
        }
        let only = self
            .to
            .tables
            .values()
            .filter(|t| t.name.schema == parent.schema)
            .flat_map(|t| &t.indexes)
            .any(|i| i.name == parent.name && i.only);
        !only && (self.creates_index(parent) || self.links_now(table))
    }

    /// True when a partition's index goes with its parent's, or with the partition.
    pub(super) fn drops_with_parent(&self, table: &Table, index: &Index) -> bool {
        index.attached_to.is_some() && !self.unlinks_now(table)
    }

    /// True when the plan makes the table a partition.
    pub(super) fn links_now(&self, table: &Table) -> bool {
        let before = self.base_table(&table.name).and_then(|t| t.partition_of.as_ref());
        table.partition_of.is_some() && before != table.partition_of.as_ref()
    }

    /// True when a check must be the child's own before the child joins the parent it comes from.
    pub(super) fn joins_with(&self, old: &Table, new: &Table, check: &Constraint) -> bool {
        let has = |parent: &&QName| {
            let parent = self.to.tables.get(*parent);
            parent.is_some_and(|p| {
                p.checks.iter().any(|c| c.name.as_deref() == check.name() && !c.no_inherit)
            })
        };
        let (joined, kept): (Vec<&QName>, Vec<&QName>) =
            new.inherits.iter().partition(|parent| !old.inherits.contains(parent));
        joined.iter().any(has) && !kept.iter().any(has)
    }

    /// True when the plan makes the table no longer that partition, or no longer some table's child.
    pub(super) fn unlinks_now(&self, table: &Table) -> bool {
        let Some(after) = self.to.tables.get(&table.name) else {
            return table.partition_of.is_some();
        };
        table.partition_of.is_some() && after.partition_of != table.partition_of
            || table.inherits.iter().any(|parent| !after.inherits.contains(parent))
    }

    /// True when the column follows its parent's before and after, so that a change of the parent
    /// reaches it.
    pub(super) fn follows_parent(&self, table: &QName, column: &str) -> Option<QName> {
        let (old, new) = (self.base.tables.get(table)?, self.to.tables.get(table)?);
        let parents = |t: &Table| -> Vec<QName> {
            t.inherits.iter().chain(t.partition_of.iter().map(|p| &p.parent)).cloned().collect()
        };
        let before = parents(old);
        parents(new).into_iter().find(|parent| {
            before.contains(parent)
                && !self.links_now(new)
                // Its successor knows nothing of the child until the child is ready for it.
                && !self.recreate.tables.contains(parent)
                && (self.has_column(self.base, parent, column)
                    || self.has_column(self.to, parent, column))
        })
    }

    fn has_column(&self, model: &crate::model::Model, table: &QName, column: &str) -> bool {
        model.tables.get(table).is_some_and(|t| t.column(column).is_some())
    }
}

/// The partitions' own keys that are attached to a parent's index in place of a copy of it.
pub(super) fn stand_ins(model: &Model, table: &Table, index: &Index) -> Vec<(QName, String)> {
    let mut out = Vec::new();
    if table.partition_by.is_none() || index.only || !index.unique {
        return out;
    }
    let name = table.name.sibling(&index.name);
    let same = |key: &Index| {
        key.elements == index.elements
            && key.include == index.include
            && key.nulls_not_distinct == index.nulls_not_distinct
            && index.predicate.is_none()
    };
    for child in model.tables.values() {
        if child.partition_of.as_ref().is_none_or(|p| p.parent != table.name)
            || child.indexes.iter().any(|i| i.attached_to.as_ref() == Some(&name))
        {
            continue;
        }
        let mut keys = constraints(child).into_iter().filter(|c| !c.is_inherited());
        let key = keys.find(|c| super::constraint::index_of(c).is_some_and(|key| same(&key)));
        out.extend(key.and_then(|c| Some((child.name.clone(), c.name()?.to_owned()))));
    }
    out
}

fn fits(name: String) -> Option<String> {
    (name.len() <= 63).then_some(name)
}

/// The name PostgreSQL gives a partition's copy of an index, where that is easy to say.
fn default_index_name(table: &QName, index: &Index) -> Option<String> {
    let mut parts = vec![table.name.as_str()];
    for element in &index.elements {
        match &element.key {
            IndexKey::Column(name) => parts.push(name),
            IndexKey::Expr(_) => return None,
        }
    }
    parts.extend(index.include.iter().map(String::as_str));
    fits(format!("{}_idx", parts.join("_")))
}
