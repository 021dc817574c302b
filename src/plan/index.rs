use super::constraint::in_partitions;
use super::partition::stand_ins;
use super::table::Planner;
use super::{Action, Dependency, HazardKind, Item, Step, Strength, Style};
use crate::model::{Index, Options, QName, Table};

/// True when the index must be dropped and made anew; options, tablespace, statistics, comment and
/// `CLUSTER` change in place, and attaching is its own statement.
pub(super) fn is_rebuilt(from: &Index, to: &Index) -> bool {
    if from.invalid && !to.invalid {
        return true;
    }
    let plain = |index: &Index| Index {
        options: Options::new(),
        tablespace: None,
        statistics: std::collections::BTreeMap::new(),
        comment: None,
        clustered: false,
        attached_to: None,
        only: false,
        invalid: false,
        ..index.clone()
    };
    plain(from) != plain(to) || (from.only != to.only && to.only)
}

impl Planner<'_> {
    pub(super) fn create_index(&mut self, table: &Table, index: &Index) {
        let used =
            self.base_table(&table.name).is_some() && !self.recreate.tables.contains(&table.name);
        let concurrently = used && self.options.style == Style::Safe && !in_partitions(table);
        // Left by a failed concurrent build: nothing builds such an index on purpose.
        let mut made = index.clone();
        made.invalid = false;
        let mut step = Step::new(Action::CreateIndex {
            table: table.name.clone(),
            index: Box::new(made),
            concurrently,
        })
        .needs(Item::table(&table.name))
        .creates(Item::index(&table.name, &index.name));
        step.needs.extend(self.after.index(&table.name, index));
        for child in self.own_children(table, index) {
            step.needs.push(Dependency { item: child, strength: Strength::Must });
        }
        if index.only {
            // A partition gets a copy of every index that is there when it comes.
            step.needs.extend(self.links_below(&table.name));
        }
        if concurrently {
            step.transactional = false;
            step.stage = 1;
        } else if used {
            step = step.hazard(
                HazardKind::BlocksTraffic,
                format!("writers of {} wait while index {} is built", table.name, index.name),
            );
        }
        if used && index.unique {
            step = step.hazard(
                HazardKind::MayFail,
                format!("fails where rows of {} are not unique", table.name),
            );
        }
        self.steps.push(step);
        self.index_extras(&table.name, index);
    }

    /// Indexes of partitions that the parent's index must find, because their names are not the
    /// ones PostgreSQL would give or because they belong to keys.
    fn own_children(&self, table: &Table, index: &Index) -> Vec<Item> {
        if table.partition_by.is_none() || index.only {
            return Vec::new();
        }
        let name = table.name.sibling(&index.name);
        let keys = stand_ins(self.to, table, index);
        let mut out: Vec<Item> = keys.iter().map(|(child, key)| Item::index(child, key)).collect();
        for child in self.to.tables.values() {
            for copy in child.indexes.iter().filter(|i| i.attached_to.as_ref() == Some(&name)) {
                if self.explicit.contains(&child.name.sibling(&copy.name)) {
                    out.push(Item::index(&child.name, &copy.name));
                }
            }
        }
        out
    }

    /// What CREATE INDEX cannot say.
    pub(super) fn index_extras(&mut self, table: &QName, index: &Index) {
        let item = Item::index(table, &index.name);
        if index.clustered || !index.statistics.is_empty() {
            let plain = Index {
                clustered: false,
                statistics: std::collections::BTreeMap::new(),
                ..index.clone()
            };
            let action = Action::AlterIndex {
                table: table.clone(),
                from: Box::new(plain),
                to: Box::new(index.clone()),
            };
            self.steps.push(Step::new(action).needs(item.clone()));
        }
        if let Some(text) = &index.comment {
            let action = Action::IndexComment {
                index: table.sibling(&index.name),
                text: Some(text.clone()),
            };
            self.steps.push(Step::new(action).needs(item));
        }
    }

    pub(super) fn drop_index(&mut self, table: &Table, index: &Index) {
        let mut stand_ins = stand_ins(self.base, table, index);
        stand_ins.retain(|(child, _)| {
            self.base.tables.get(child).is_some_and(|child| !self.unlinks_now(child))
        });
        let mut step = Step::new(Action::DropIndex {
            table: table.name.clone(),
            index: Box::new(index.clone()),
            concurrently: false,
            cascade: !stand_ins.is_empty(),
        })
        .destroys(Item::index(&table.name, &index.name));
        step.releases = self.before.index(&table.name, index);
        if index.unique {
            step.destroys.push(super::constraint::old_key(&table.name));
        }
        if table.partition_by.is_some() {
            let name = table.name.sibling(&index.name);
            for child in self.base.tables.values().filter(|child| !self.unlinks_now(child)) {
                let attached = |i: &&Index| i.attached_to.as_ref() == Some(&name);
                for copy in child.indexes.iter().filter(attached) {
                    step = step.destroys(Item::index(&child.name, &copy.name));
                }
            }
            for (child, key) in stand_ins {
                step = step.destroys(Item::constraint(&child, &key));
                step = step.destroys(Item::index(&child, &key));
            }
        }
        if index.attached_to.is_some() {
            step = step.needs(Item::Mark { table: table.name.clone(), what: "freed" });
        }
        self.steps.push(step);
    }

    pub(super) fn alter_index(&mut self, old: &Table, new: &Table, from: &Index, to: &Index) {
        if is_rebuilt(from, to) {
            if !self.drops_with_parent(old, from) {
                self.drop_index(old, from);
            }
            if !self.comes_with_parent(new, to) {
                self.create_index(new, to);
                self.attach_index(new, to);
            }
            return;
        }
        // It goes with the parent's index and comes back on its own.
        if from.attached_to.is_some() && to.attached_to.is_none() && !self.unlinks_now(old) {
            self.create_index(new, to);
            return;
        }
        let item = Item::index(&new.name, &to.name);
        if from.attached_to.is_none() && to.attached_to.is_some() {
            self.attach_index(new, to);
        }
        if from.options != to.options
            || from.tablespace != to.tablespace
            || from.statistics != to.statistics
            || from.clustered != to.clustered
        {
            let action = Action::AlterIndex {
                table: new.name.clone(),
                from: Box::new(from.clone()),
                to: Box::new(to.clone()),
            };
            let mut step = Step::new(action).needs(item.clone());
            if from.tablespace != to.tablespace {
                step = step.hazard(
                    HazardKind::BlocksTraffic,
                    format!("index {} is copied while readers and writers wait", to.name),
                );
            }
            self.steps.push(step);
        }
        if from.comment != to.comment {
            let action = Action::IndexComment {
                index: new.name.sibling(&to.name),
                text: to.comment.clone(),
            };
            self.steps.push(Step::new(action).needs(item));
        }
    }

    /// Attaches a partition's index where nothing else does: the parent's index covers only
    /// itself, or exists already.
    pub(super) fn attach_index(&mut self, table: &Table, index: &Index) {
        let Some(parent) = &index.attached_to else { return };
        let made_now = self.creates_index(parent);
        let only = self.index_of(parent).is_some_and(|i| i.only);
        let linked_now = self.links_now(table);
        if (made_now || linked_now) && !only {
            return;
        }
        let child = table.name.sibling(&index.name);
        let action = Action::AttachIndex { parent: parent.clone(), child: child.clone() };
        let mut step =
            Step::new(action).needs(Item::Index(parent.clone())).needs(Item::Index(child));
        if let Some(partition) = &table.partition_of {
            step = step.needs(Item::Parent {
                child: table.name.clone(),
                parent: partition.parent.clone(),
            });
        }
        self.steps.push(step);
    }

    fn index_of(&self, name: &QName) -> Option<&Index> {
        self.to
            .tables
            .values()
            .filter(|t| t.name.schema == name.schema)
            .flat_map(|t| &t.indexes)
            .find(|i| i.name == name.name)
    }
}
