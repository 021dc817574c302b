use super::reference::References;
use super::table::Planner;
use super::{Action, Dependency, HazardKind, Item, Step, Strength, Style};
use crate::diff::Constraint;
use crate::model::{
    Deferrable, ForeignKey, Index, IndexElement, IndexKey, Model, Order, QName, Table,
};

/// True when nothing but dropping and adding brings the constraint to its new version.
pub(super) fn is_rebuilt(from: &Constraint, to: &Constraint) -> bool {
    !only_inheritance(from, to) && !validates(from, to) && !only_deferral(from, to)
}

/// Equal but for comments and for whether it is a parent's copy.
fn only_inheritance(from: &Constraint, to: &Constraint) -> bool {
    plain(from) == plain(to)
}

fn plain(constraint: &Constraint) -> Constraint {
    own(&constraint.without_comments())
}

fn validates(from: &Constraint, to: &Constraint) -> bool {
    let mut copy = plain(from);
    let flag = match &mut copy {
        Constraint::ForeignKey(c) => &mut c.not_valid,
        Constraint::Check(c) => &mut c.not_valid,
        _ => return false,
    };
    let was = std::mem::replace(flag, false);
    was && copy == plain(to)
}

fn only_deferral(from: &Constraint, to: &Constraint) -> bool {
    match (plain(from), plain(to)) {
        (Constraint::ForeignKey(mut a), Constraint::ForeignKey(b)) => {
            a.deferrable = b.deferrable;
            a == b
        }
        _ => false,
    }
}

/// What a constraint refers to in its model.
/// The columns of a primary key cannot become nullable before it is dropped.
pub(super) fn no_primary_key(table: &QName) -> Item {
    Item::Mark { table: table.clone(), what: "no primary key" }
}

pub(super) fn dependencies(
    references: &References<'_>,
    table: &Table,
    constraint: &Constraint,
) -> Vec<Dependency> {
    let name = &table.name;
    let columns = |names: &[String]| -> Vec<Dependency> {
        names.iter().map(|column| must(Item::column(name, column))).collect()
    };
    match constraint {
        Constraint::PrimaryKey(key) => [columns(&key.columns), columns(&key.include)].concat(),
        Constraint::Unique(key) => [columns(&key.columns), columns(&key.include)].concat(),
        Constraint::Check(check) => references.expr(name, &check.expr),
        Constraint::Exclusion(exclusion) => references.index(name, &exclusion.index),
        Constraint::ForeignKey(key) => {
            let mut out = columns(&key.columns);
            out.push(must(Item::table(&key.parent)));
            out.extend(key.parent_columns.iter().map(|c| must(Item::column(&key.parent, c))));
            out.extend(referenced_key(references.model, key).map(must));
            // PostgreSQL keeps a copy for each partition of the parent and numbers them in order.
            for (child, parent) in partitions(references.model, &key.parent) {
                let item = Item::Parent { child: child.clone(), parent: parent.clone() };
                out.push(Dependency { item, strength: Strength::Wish });
            }
            out.extend([name, &key.parent].map(|table| must(persistence(table))));
            out
        }
    }
}

/// Becoming logged or unlogged: no logged table may reference an unlogged one, not even between
/// two statements, so foreign keys between tables that change step aside.
pub(super) fn persistence(table: &QName) -> Item {
    Item::Mark { table: table.clone(), what: "persistence" }
}

/// The constraint or unique index that a foreign key points at.
pub(super) fn referenced_key(model: &Model, key: &ForeignKey) -> Option<Item> {
    let parent = model.tables.get(&key.parent)?;
    let same = |columns: &[String]| {
        columns.len() == key.parent_columns.len()
            && columns.iter().all(|c| key.parent_columns.contains(c))
    };
    if let Some(primary) = parent.primary_key.as_ref().filter(|p| same(&p.columns)) {
        return Some(Item::constraint(&key.parent, primary.name.as_deref().unwrap_or_default()));
    }
    if let Some(unique) = parent.uniques.iter().find(|u| same(&u.columns)) {
        return Some(Item::constraint(&key.parent, unique.name.as_deref().unwrap_or_default()));
    }
    let index = parent.indexes.iter().find(|index| {
        let columns: Vec<String> = index
            .elements
            .iter()
            .filter_map(|e| match &e.key {
                IndexKey::Column(name) => Some(name.clone()),
                IndexKey::Expr(_) => None,
            })
            .collect();
        index.unique && columns.len() == index.elements.len() && same(&columns)
    })?;
    Some(Item::index(&key.parent, &index.name))
}

/// What foreign keys to a table wait for: the keys that go are gone.
pub(super) fn old_key(parent: &QName) -> Item {
    Item::Mark { table: parent.clone(), what: "old keys gone" }
}

fn must(item: Item) -> Dependency {
    Dependency { item, strength: Strength::Must }
}

fn items(table: &QName, constraint: &Constraint) -> Vec<Item> {
    let Some(name) = constraint.name() else { return Vec::new() };
    let mut items = vec![Item::constraint(table, name)];
    if let Constraint::PrimaryKey(_) = constraint {
        items.push(Item::Mark { table: table.clone(), what: "primary key" });
    }
    if constraint.has_index() {
        items.push(Item::index(table, name));
    }
    items
}

impl Planner<'_> {
    pub(super) fn add_constraint(&mut self, table: &Table, constraint: &Constraint) {
        let not_valid = match constraint {
            Constraint::ForeignKey(c) => c.not_valid,
            Constraint::Check(c) => c.not_valid,
            _ => false,
        };
        let mut step = Step::new(Action::AddConstraint {
            table: table.name.clone(),
            constraint: Box::new(constraint.clone()),
            not_valid,
        });
        step.needs = dependencies(&self.after, table, constraint);
        step.needs.push(must(Item::table(&table.name)));
        step.creates = items(&table.name, constraint);
        if let Constraint::ForeignKey(key) = constraint {
            // While a key that goes is there, PostgreSQL may take it for the one that is meant.
            step.creates.push(old_key(&key.parent));
        }
        if table.partition_by.is_some() && constraint.has_index() {
            let name = constraint.name().unwrap_or_default();
            for child in self.to.tables.values() {
                let of_this = child.partition_of.as_ref().is_some_and(|p| p.parent == table.name);
                let copies = crate::diff::constraints(child);
                let copy = copies.iter().find(|c| of_this && inherited_from(c) == Some(name));
                match copy {
                    Some(copy) if takes_own_name(&child.name, copy) => {
                        step.needs.extend(items(&child.name, copy).into_iter().map(must));
                    }
                    Some(copy) => step.creates.extend(items(&child.name, copy)),
                    None => {}
                }
            }
        }
        let used = self.base_table(&table.name).is_some();
        if used {
            self.warn_about(&mut step, table, constraint, not_valid);
        }
        // VALIDATE does not reach the copies for the partitions of the table that is pointed at.
        let to_partitions = matches!(constraint, Constraint::ForeignKey(key)
            if self.to.tables.get(&key.parent).is_some_and(in_partitions));
        let safe = used
            && self.options.style == Style::Safe
            && !not_valid
            && !to_partitions
            && !in_partitions(table);
        match constraint {
            Constraint::ForeignKey(_) | Constraint::Check(_) if safe => {
                self.add_and_validate(step, table, constraint);
            }
            Constraint::PrimaryKey(_) | Constraint::Unique(_) if safe => {
                self.add_by_index(step, table, constraint);
            }
            _ => self.steps.push(step),
        }
        self.constraint_comments(&table.name, constraint);
    }

    fn warn_about(&self, step: &mut Step, table: &Table, constraint: &Constraint, not_valid: bool) {
        if not_valid {
            return;
        }
        let name = &table.name;
        let hazard = |step: &mut Step, kind, text: String| {
            step.hazards.push(super::Hazard::new(kind, text));
        };
        match constraint {
            Constraint::PrimaryKey(_) | Constraint::Unique(_) | Constraint::Exclusion(_) => {
                hazard(
                    step,
                    HazardKind::MayFail,
                    format!("fails where rows of {name} are not unique"),
                );
                hazard(
                    step,
                    HazardKind::BlocksTraffic,
                    format!("readers and writers of {name} wait while the index is built"),
                );
            }
            Constraint::ForeignKey(key) => {
                hazard(
                    step,
                    HazardKind::MayFail,
                    format!("fails where rows of {name} have no row in {}", key.parent),
                );
                hazard(
                    step,
                    HazardKind::TableScan,
                    format!(
                        "reads every row of {name} while writers of {name} and {} wait",
                        key.parent
                    ),
                );
            }
            Constraint::Check(_) => {
                hazard(
                    step,
                    HazardKind::MayFail,
                    format!("fails where rows of {name} break the check"),
                );
                hazard(
                    step,
                    HazardKind::TableScan,
                    format!("reads every row of {name} while readers and writers wait"),
                );
            }
        }
    }

    /// The constraint holds for new rows at once; the old ones are read afterwards under a lock
    /// that lets readers and writers pass (ALTER TABLE, `VALIDATE CONSTRAINT`).
    fn add_and_validate(&mut self, mut step: Step, table: &Table, constraint: &Constraint) {
        step.hazards.clear();
        if let Action::AddConstraint { not_valid, .. } = &mut step.action {
            *not_valid = true;
        }
        self.steps.push(step);
        self.validate(table, constraint, 2);
    }

    /// A copy that is valid although the parent's check, added in this plan, is not.
    pub(super) fn validate_copy(&mut self, table: &Table, copy: &Constraint) {
        let (Constraint::Check(check), Some(partition)) = (copy, &table.partition_of) else {
            return;
        };
        let theirs = self.to.tables.get(&partition.parent).and_then(|parent| {
            parent.checks.iter().find(|c| c.name == check.name && c.not_valid && !check.not_valid)
        });
        let Some(name) = theirs.and_then(|c| c.name.clone()) else { return };
        let item = Item::constraint(&partition.parent, &name);
        self.validate(table, copy, 0);
        if let Some(step) = self.steps.last_mut() {
            step.needs.push(must(item));
        }
    }

    fn validate(&mut self, table: &Table, constraint: &Constraint, stage: u8) {
        let name = constraint.name().unwrap_or_default();
        let action =
            Action::ValidateConstraint { table: table.name.clone(), name: name.to_owned() };
        let mut step = Step::new(action).needs(Item::constraint(&table.name, name)).hazard(
            HazardKind::MayFail,
            format!("fails where rows of {} break {name}", table.name),
        );
        step.stage = stage;
        self.steps.push(step);
    }

    fn add_by_index(&mut self, mut step: Step, table: &Table, constraint: &Constraint) {
        let Some(index) = index_of(constraint) else {
            self.steps.push(step);
            return;
        };
        let item = Item::index(&table.name, &index.name);
        let mut build = Step::new(Action::CreateIndex {
            table: table.name.clone(),
            index: Box::new(index),
            concurrently: true,
        });
        build.needs.clone_from(&step.needs);
        build.creates.push(item.clone());
        build.transactional = false;
        build.stage = 1;
        build.hazards = std::mem::take(&mut step.hazards);
        build.hazards.retain(|h| h.kind == HazardKind::MayFail);
        self.steps.push(build);
        step.action = Action::AddConstraintUsingIndex {
            table: table.name.clone(),
            constraint: Box::new(constraint.clone()),
        };
        step.creates.retain(|created| *created != item);
        step.needs.push(must(item));
        step.stage = 2;
        if let Constraint::PrimaryKey(key) = constraint {
            // Where a column of it becomes NOT NULL in the gentle way, the key finds it so and does
            // not read the table under its lock; and without the key it can be undone.
            for column in &key.columns {
                if self
                    .base_table(&table.name)
                    .and_then(|t| t.column(column))
                    .is_some_and(|c| c.nullable)
                {
                    step.needs.push(must(super::column::set_not_null(&table.name, column)));
                    step.stage = 3;
                }
            }
        }
        self.steps.push(step);
    }

    pub(super) fn constraint_comments(&mut self, table: &QName, constraint: &Constraint) {
        let Some(name) = constraint.name() else { return };
        let item = Item::constraint(table, name);
        if let Some(text) = constraint.comment() {
            let action = Action::ConstraintComment {
                table: table.clone(),
                name: name.to_owned(),
                text: Some(text.to_owned()),
            };
            self.steps.push(Step::new(action).needs(item.clone()));
        }
        if let Some(text) = constraint.index_comment() {
            let action =
                Action::IndexComment { index: table.sibling(name), text: Some(text.to_owned()) };
            self.steps.push(Step::new(action).needs(item));
        }
    }

    pub(super) fn drop_constraint(&mut self, table: &Table, constraint: &Constraint) {
        let key = (table.name.clone(), constraint.name().unwrap_or_default().to_owned());
        if self.recreate.cascaded.contains(&key) && !self.unlinks_now(table) {
            return;
        }
        let mut step = Step::new(Action::DropConstraint {
            table: table.name.clone(),
            constraint: Box::new(constraint.clone()),
        });
        step.releases = dependencies(&self.before, table, constraint);
        if let Constraint::ForeignKey(key) = constraint {
            step.releases.extend(self.partitions_below(&key.parent));
        }
        if table.partition_by.is_some()
            && constraint.has_index()
            && let Some(name) = constraint.name()
        {
            for child in self.base.tables.values().filter(|child| !self.unlinks_now(child)) {
                for copy in crate::diff::constraints(child) {
                    let of_this =
                        child.partition_of.as_ref().is_some_and(|p| p.parent == table.name);
                    if of_this && inherited_from(&copy) == Some(name) {
                        step.destroys.extend(items(&child.name, &copy));
                    }
                }
            }
        }
        if constraint.is_inherited() {
            let freed = Item::Mark { table: table.name.clone(), what: "freed" };
            step.needs.push(must(freed));
        }
        step.destroys.extend(items(&table.name, constraint));
        if let Constraint::PrimaryKey(_) = constraint {
            step.creates.push(no_primary_key(&table.name));
        }
        if constraint.has_index() {
            step.destroys.push(old_key(&table.name));
        }
        self.steps.push(step);
    }

    pub(super) fn alter_constraint(
        &mut self,
        old: &Table,
        new: &Table,
        from: &Constraint,
        to: &Constraint,
    ) {
        let name = to.name().unwrap_or_default();
        let item = Item::constraint(&new.name, name);
        if is_rebuilt(from, to) {
            if !from.is_inherited() || self.unlinks_now(old) {
                self.drop_constraint(old, from);
            }
            if to.is_inherited() {
                self.validate_copy(new, to);
            } else {
                self.add_constraint(new, to);
            }
            return;
        }
        if from.has_index() && from.is_inherited() && !to.is_inherited() && !self.unlinks_now(old) {
            // It goes with the parent's constraint and comes back on its own.
            self.add_constraint(new, to);
            return;
        }
        if validates(from, to) {
            self.validate(new, to, 0);
        } else if only_deferral(from, to) && plain(from) != plain(to) {
            let action = Action::AlterConstraint {
                table: new.name.clone(),
                from: Box::new(from.clone()),
                to: Box::new(to.clone()),
            };
            if !to.is_inherited() {
                self.steps.push(Step::new(action).changes(item.clone()));
            }
        }
        if from.comment() != to.comment() {
            let action = Action::ConstraintComment {
                table: new.name.clone(),
                name: name.to_owned(),
                text: to.comment().map(str::to_owned),
            };
            self.steps.push(Step::new(action).needs(item.clone()));
        }
        if from.index_comment() != to.index_comment() {
            let action = Action::IndexComment {
                index: new.name.sibling(name),
                text: to.index_comment().map(str::to_owned),
            };
            self.steps.push(Step::new(action).needs(item));
        }
    }

    /// The partitions of a table: a foreign key that points at it points at each of them.
    pub(super) fn partitions_below(&self, parent: &QName) -> Vec<Dependency> {
        partitions(self.base, parent)
            .into_iter()
            .map(|(child, _)| must(Item::table(child)))
            .collect()
    }

    /// A unique index that becomes the constraint of the same name needs no rebuilding.
    pub(super) fn constraint_from_index(
        &mut self,
        table: &Table,
        constraint: &Constraint,
        old: &Index,
    ) -> bool {
        let fits = index_of(constraint).is_some_and(|index| {
            Index { comment: None, clustered: false, ..index }
                == Index { comment: None, clustered: false, ..old.clone() }
        });
        if !fits || in_partitions(table) {
            return false;
        }
        let name = constraint.name().unwrap_or_default();
        let mut step = Step::new(Action::AddConstraintUsingIndex {
            table: table.name.clone(),
            constraint: Box::new(constraint.clone()),
        })
        .creates(Item::constraint(&table.name, name));
        step.needs = dependencies(&self.after, table, constraint);
        self.steps.push(step);
        if old.comment.is_some() && constraint.index_comment().is_none() {
            let action = Action::IndexComment { index: table.name.sibling(name), text: None };
            self.steps.push(Step::new(action).needs(Item::constraint(&table.name, name)));
        }
        self.constraint_comments(&table.name, constraint);
        true
    }
}

/// True when a partition's copy of a key has a name that PostgreSQL would not give it: the key is
/// made first, under its name, and the parent's takes it in.
pub(super) fn takes_own_name(table: &QName, copy: &Constraint) -> bool {
    let wanted = match copy {
        Constraint::PrimaryKey(_) => format!("{}_pkey", table.name),
        Constraint::Unique(c) => {
            let columns: Vec<&str> =
                c.columns.iter().chain(&c.include).map(String::as_str).collect();
            format!("{}_{}_key", table.name, columns.join("_"))
        }
        _ => return false,
    };
    copy.name() != Some(wanted.as_str())
}

/// The constraint as the table's own.
pub(super) fn own(constraint: &Constraint) -> Constraint {
    let mut copy = constraint.clone();
    match &mut copy {
        Constraint::PrimaryKey(c) => c.inherited_from = None,
        Constraint::Unique(c) => c.inherited_from = None,
        Constraint::ForeignKey(c) => c.inherited_from = None,
        Constraint::Check(c) => c.inherited = false,
        Constraint::Exclusion(_) => {}
    }
    copy
}

/// The partitions of a table, and theirs, each with the table it is a partition of.
fn partitions<'a>(model: &'a Model, table: &QName) -> Vec<(&'a QName, &'a QName)> {
    let mut out = Vec::new();
    let mut work: Vec<&QName> =
        model.tables.get_key_value(table).map(|(name, _)| name).into_iter().collect();
    while let Some(at) = work.pop() {
        if model.tables.get(at).is_none_or(|t| t.partition_by.is_none()) {
            continue;
        }
        for child in model.tables.values() {
            if child.partition_of.as_ref().is_some_and(|p| p.parent == *at) {
                out.push((&child.name, at));
                work.push(&child.name);
            }
        }
    }
    out
}

pub(super) fn inherited_from(constraint: &Constraint) -> Option<&str> {
    match constraint {
        Constraint::PrimaryKey(c) => c.inherited_from.as_deref(),
        Constraint::Unique(c) => c.inherited_from.as_deref(),
        Constraint::ForeignKey(c) => c.inherited_from.as_deref(),
        _ => None,
    }
}

/// Partitioned tables and their partitions take neither concurrent builds nor `NOT VALID` keys.
pub(super) fn in_partitions(table: &Table) -> bool {
    table.partition_by.is_some() || table.partition_of.is_some()
}

/// The unique index that `ADD CONSTRAINT … USING INDEX` turns into the constraint.
pub(super) fn index_of(constraint: &Constraint) -> Option<Index> {
    let (name, columns, include, options, tablespace, nnd) = match constraint {
        Constraint::PrimaryKey(c) => {
            (c.name.as_ref()?, &c.columns, &c.include, &c.options, &c.tablespace, false)
        }
        Constraint::Unique(c) => (
            c.name.as_ref()?,
            &c.columns,
            &c.include,
            &c.options,
            &c.tablespace,
            c.nulls_not_distinct,
        ),
        _ => return None,
    };
    let element = |column: &String| IndexElement {
        key: IndexKey::Column(column.clone()),
        collation: None,
        opclass: None,
        order: Order::Asc,
        nulls: None,
    };
    Some(Index {
        name: name.clone(),
        unique: true,
        method: "btree".to_owned(),
        elements: columns.iter().map(element).collect(),
        include: include.clone(),
        nulls_not_distinct: nnd,
        predicate: None,
        options: options.clone(),
        tablespace: tablespace.clone(),
        only: false,
        attached_to: None,
        invalid: false,
        clustered: false,
        statistics: std::collections::BTreeMap::new(),
        comment: None,
    })
}

/// A constraint that can stand in CREATE TABLE: `NOT VALID` cannot.
pub(super) fn fits_create_table(constraint: &Constraint) -> bool {
    match constraint {
        Constraint::ForeignKey(c) => !c.not_valid,
        Constraint::Check(c) => !c.not_valid,
        Constraint::PrimaryKey(c) => c.deferrable == Deferrable::No || c.name.is_some(),
        _ => true,
    }
}
