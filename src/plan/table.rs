use super::constraint::{fits_create_table, own, referenced_key, takes_own_name};
use super::recreate::Recreate;
use super::reference::References;
use super::{Action, ColumnChange, Dependency, HazardKind, Item, PlanOptions, Step, Strength};
use crate::diff::{Constraint, Diff, TableChange, constraints};
use crate::model::{ColumnValue, Model, ObjectId, Options, Persistence, QName, Table};
use std::collections::{BTreeMap, BTreeSet};

/// Collects the steps of one plan.
pub(super) struct Planner<'a> {
    pub diff: &'a Diff,
    /// The old model after the renames.
    pub base: &'a Model,
    pub to: &'a Model,
    pub options: &'a PlanOptions,
    pub before: References<'a>,
    pub after: References<'a>,
    pub recreate: Recreate,
    /// Indexes of partitions whose names PostgreSQL would not choose: made by a step of their own.
    pub explicit: BTreeSet<QName>,
    pub created: BTreeSet<QName>,
    pub dropped: BTreeSet<QName>,
    pub steps: Vec<Step>,
    pub notes: Vec<String>,
}

impl Planner<'_> {
    pub(super) fn base_table(&self, name: &QName) -> Option<&Table> {
        self.base.tables.get(name)
    }

    /// Creates the new tables, foreign keys within where no circle forbids it.
    pub(super) fn create_tables(&mut self) {
        let created: Vec<&Table> =
            self.to.tables.values().filter(|t| self.created.contains(&t.name)).collect();
        let mut waits: BTreeMap<&QName, BTreeSet<&QName>> = BTreeMap::new();
        for table in &created {
            let parents = table.inherits.iter().chain(table.partition_of.iter().map(|p| &p.parent));
            waits.entry(&table.name).or_default().extend(parents);
        }
        for table in created {
            let mut inside = table.clone();
            inside.foreign_keys.clear();
            let mut later = Vec::new();
            for key in &table.foreign_keys {
                let constraint = Constraint::ForeignKey(key.clone());
                if key.inherited_from.is_some() {
                    inside.foreign_keys.push(key.clone());
                    continue;
                }
                let free = key.parent == table.name || !reaches(&waits, &key.parent, &table.name);
                if fits_create_table(&constraint) && free && self.key_is_there(key) {
                    if key.parent != table.name {
                        waits.entry(&table.name).or_default().insert(&key.parent);
                    }
                    inside.foreign_keys.push(key.clone());
                } else {
                    later.push(constraint);
                }
            }
            self.create_table(inside, later);
        }
    }

    /// True when the key that a foreign key needs exists before it or comes with its table.
    fn key_is_there(&self, key: &crate::model::ForeignKey) -> bool {
        let Some(item) = referenced_key(self.to, key) else { return false };
        if self.created.contains(&key.parent) {
            return matches!(item, Item::Constraint { .. });
        }
        self.base.tables.contains_key(&key.parent)
            && referenced_key(self.base, key) == Some(item)
            && !self.diff.changes.iter().any(|change| {
                matches!(change, crate::diff::Change::Table { table, .. } if *table == key.parent)
            })
    }

    pub(super) fn create_table(&mut self, mut table: Table, mut later: Vec<Constraint>) {
        let attach = self.takes_attach_route(&table);
        if attach {
            // ATTACH PARTITION copies the parent's foreign keys. Two tables whose partitions refer to each
            // other have no other order.
            table.foreign_keys.retain(|k| k.inherited_from.is_none() || k.inherited_from != k.name);
        }
        let whole = table.clone();
        if let Some(partition) = table.partition_of.clone().filter(|_| attach) {
            table.partition_of = None;
            self.standalone(&mut table);
            self.attach(&whole, partition);
        }
        let inherited = table.partition_of.is_some() || !table.inherits.is_empty();
        let calls = |check: &crate::model::Check| {
            let needs = self.after.expr(&table.name, &check.expr);
            takes_rows(self.to, &self.after, &table.name, &needs)
        };
        let calling: BTreeSet<Option<String>> =
            table.checks.iter().filter(|c| calls(c)).map(|c| c.name.clone()).collect();
        for constraint in constraints(&table) {
            let calls = matches!(&constraint, Constraint::Check(c) if calling.contains(&c.name));
            if (calls || !fits_create_table(&constraint)) && !constraint.is_inherited() {
                later.push(constraint);
            }
        }
        table.checks.retain(|c| c.inherited || !c.not_valid && !calling.contains(&c.name));
        let apart = self.defaults_that_call(&mut table);
        let indexes = std::mem::take(&mut table.indexes);
        let mut step = Step::new(Action::CreateTable(Box::new(table.clone())));
        step.creates = References::table_items(&table);
        for column in &table.columns {
            step.needs.extend(self.after.column(&table.name, column));
            if let ColumnValue::Identity(identity) = &column.value
                && let Some(name) =
                    super::column::identity_sequence(&table.name, &column.name, identity)
            {
                step.creates.push(Item::Object(ObjectId::Sequence(name)));
            }
        }
        for constraint in constraints(&table) {
            if let Some(name) = constraint.name() {
                step.creates.push(Item::constraint(&table.name, name));
                if constraint.has_index() {
                    step.creates.push(Item::index(&table.name, name));
                }
            }
            step.needs.extend(super::constraint::dependencies(&self.after, &table, &constraint));
        }
        for parent in table.inherits.iter().chain(table.partition_of.iter().map(|p| &p.parent)) {
            step = step.needs(Item::table(parent));
            step.creates.push(Item::Parent { child: table.name.clone(), parent: parent.clone() });
            if let Some(parent) = self.to.tables.get(parent) {
                for column in &parent.columns {
                    step = step.needs(Item::column(&parent.name, &column.name));
                }
            }
        }
        if let Some(ty) = &table.of_type {
            step = step.needs(Item::Object(ObjectId::Composite(ty.clone())));
        }
        let own: BTreeSet<Item> = step.creates.iter().cloned().collect();
        step.needs.retain(|d| !own.contains(&d.item));
        for (column, _) in &apart {
            step.creates.retain(|item| *item != Item::default(&table.name, column));
        }
        self.steps.push(step);
        for (column, expr) in apart {
            self.set_default(&table.name, &column, &expr, false);
        }
        for constraint in &later {
            self.add_constraint(&whole, constraint);
        }
        for index in &indexes {
            if !self.comes_with_parent(&whole, index) {
                self.create_index(&whole, index);
                if !attach {
                    self.attach_index(&whole, index);
                }
            } else {
                self.index_extras(&whole.name, index);
            }
        }
        self.extras(&whole, inherited);
    }

    /// Takes out the defaults that call a routine which itself mentions the table: they are set
    /// once the routine is there.
    fn defaults_that_call(&self, table: &mut Table) -> Vec<(String, crate::model::Expr)> {
        let mut apart = Vec::new();
        for column in &mut table.columns {
            let ColumnValue::Default(expr) = &column.value else { continue };
            let calls = self.after.default(&table.name, expr).into_iter().any(|d| {
                let Item::Object(ObjectId::Routine(id)) = &d.item else { return false };
                let routine = self.to.routines.get(id);
                routine.is_some_and(|r| self.after.mentions(&r.definition).has(&table.name.name))
            });
            if calls {
                apart.push((column.name.clone(), expr.clone()));
                column.value = ColumnValue::None;
            }
        }
        apart
    }

    /// Everything CREATE TABLE cannot say.
    fn extras(&mut self, table: &Table, inherited: bool) {
        let name = &table.name;
        let item = Item::table(name);
        let mut alter = |change: TableChange| {
            let action = Action::AlterTable { table: name.clone(), change: Box::new(change) };
            let mut step = Step::new(action).needs(item.clone());
            if let Action::AlterTable { change, .. } = &step.action
                && let TableChange::ReplicaIdentity(crate::model::ReplicaIdentity::Index(index)) =
                    &**change
            {
                let index = Item::index(name, index);
                step = step.needs(index);
            }
            self.steps.push(step);
        };
        if let Some(comment) = &table.comment {
            alter(TableChange::Comment(Some(comment.clone())));
        }
        if table.row_security {
            alter(TableChange::RowSecurity(true));
        }
        if table.force_row_security {
            alter(TableChange::ForceRowSecurity(true));
        }
        if !table.replica_identity.is_default() {
            alter(TableChange::ReplicaIdentity(table.replica_identity.clone()));
        }
        for column in &table.columns {
            let bare = crate::model::Column {
                comment: None,
                storage: None,
                compression: None,
                statistics: None,
                options: Options::new(),
                ..column.clone()
            };
            self.column_extras(name, &bare, column);
            if inherited && column.inherited {
                self.differs_from_parent(table, column);
            }
        }
        for constraint in constraints(table) {
            self.constraint_comments(name, &constraint);
        }
    }

    /// A partition's own default or NOT NULL.
    fn differs_from_parent(&mut self, table: &Table, column: &crate::model::Column) {
        let parents = table.inherits.iter().chain(table.partition_of.iter().map(|p| &p.parent));
        let theirs = parents
            .filter_map(|parent| self.to.tables.get(parent))
            .find_map(|parent| parent.column(&column.name));
        let Some(theirs) = theirs else { return };
        if theirs.nullable && !column.nullable {
            let action =
                self.alter_column_action(&table.name, &column.name, ColumnChange::SetNotNull);
            self.steps.push(Step::new(action).needs(Item::column(&table.name, &column.name)));
        }
        if theirs.value == column.value {
            return;
        }
        match &column.value {
            ColumnValue::Default(expr) => {
                let expr = expr.clone();
                self.set_default(&table.name, &column.name, &expr, false);
            }
            ColumnValue::None => {
                let action =
                    self.alter_column_action(&table.name, &column.name, ColumnChange::DropDefault);
                self.steps.push(Step::new(action).needs(Item::column(&table.name, &column.name)));
            }
            ColumnValue::Identity(_) | ColumnValue::Generated { .. } => {}
        }
    }

    /// One difference of a table that both models have.
    pub(super) fn alter_table(&mut self, table: &QName, change: &TableChange) {
        let (base, to) = (self.base, self.to);
        let (Some(old), Some(new)) = (base.tables.get(table), to.tables.get(table)) else {
            return;
        };
        match change {
            TableChange::AddColumn(column) => self.add_column(old, new, column),
            TableChange::DropColumn(column) => self.drop_column(old, new, column),
            TableChange::AlterColumn { from, to } => self.alter_column(old, new, from, to),
            TableChange::AddConstraint(constraint) => {
                if constraint.is_inherited() {
                    let check = matches!(constraint, Constraint::Check(_));
                    if check && self.links_now(new) && new.partition_of.is_some()
                        || check && self.joins_with(old, new, constraint)
                        || takes_own_name(&new.name, constraint)
                    {
                        self.add_constraint(new, &own(constraint));
                    } else {
                        self.validate_copy(new, constraint);
                    }
                    return;
                }
                let replaced =
                    old.indexes.iter().find(|i| Some(i.name.as_str()) == constraint.name());
                let gone = replaced.filter(|i| !new.indexes.iter().any(|n| n.name == i.name));
                if !gone.is_some_and(|index| self.constraint_from_index(new, constraint, index)) {
                    self.add_constraint(new, constraint);
                }
            }
            TableChange::DropConstraint(constraint) => {
                let detached = self.unlinks_now(old);
                if !constraint.is_inherited() || detached {
                    self.drop_constraint(old, constraint);
                }
            }
            TableChange::AlterConstraint { from, to } => self.alter_constraint(old, new, from, to),
            TableChange::AddIndex(index) => {
                if self.comes_with_parent(new, index) {
                    self.index_extras(&new.name, index);
                } else {
                    self.create_index(new, index);
                    self.attach_index(new, index);
                }
            }
            TableChange::DropIndex(index) => {
                let becomes = constraints(new).iter().any(|c| {
                    c.has_index()
                        && c.name() == Some(index.name.as_str())
                        && self.became_constraint(table, &index.name)
                });
                if !becomes && !self.drops_with_parent(old, index) {
                    self.drop_index(old, index);
                }
            }
            TableChange::AlterIndex { from, to } => self.alter_index(old, new, from, to),
            TableChange::PartitionOf { .. } => self.change_partition(old, new),
            TableChange::Inherits { .. } => self.change_parents(old, new),
            TableChange::PartitionBy { .. } => {}
            _ => self.alter_property(new, change),
        }
    }

    fn became_constraint(&self, table: &QName, name: &str) -> bool {
        let used = |step: &Step| {
            matches!(&step.action, Action::AddConstraintUsingIndex { table: t, constraint }
                if t == table && constraint.name() == Some(name))
        };
        // The safe form of a new constraint uses an index, too, but one of its own.
        let built = |step: &Step| {
            matches!(&step.action, Action::CreateIndex { table: t, index, .. }
                if t == table && index.name == name)
        };
        self.steps.iter().any(used) && !self.steps.iter().any(built)
    }

    fn alter_property(&mut self, table: &Table, change: &TableChange) {
        let name = &table.name;
        let action = Action::AlterTable { table: name.clone(), change: Box::new(change.clone()) };
        let mut step = Step::new(action).needs(Item::table(name));
        match change {
            TableChange::ReplicaIdentity(crate::model::ReplicaIdentity::Index(index)) => {
                step = step.needs(Item::index(name, index));
            }
            TableChange::ReplicaIdentity(_) => {
                // Columns of the index that was it may become nullable then.
                step.creates.push(Item::Mark { table: name.clone(), what: "replica identity" });
            }
            TableChange::Persistence(to) => {
                step = step.hazard(
                    HazardKind::TableRewrite,
                    format!("writes {name} anew while readers and writers wait"),
                );
                if *to == Persistence::Unlogged {
                    step = step.hazard(
                        HazardKind::DataLoss,
                        format!("the rows of {name} are lost when the server crashes"),
                    );
                }
                step = step.changes(super::constraint::persistence(name));
            }
            TableChange::Tablespace(_) | TableChange::AccessMethod(_) => {
                step = step.hazard(
                    HazardKind::TableRewrite,
                    format!("copies {name} while readers and writers wait"),
                );
            }
            TableChange::RowSecurity(true) => {
                step = step.hazard(
                    HazardKind::BreaksClients,
                    format!("roles that do not own {name} see only the rows its policies allow"),
                );
            }
            TableChange::OfType { to: Some(ty), .. } => {
                step = step.needs(Item::Object(ObjectId::Composite(ty.clone())));
            }
            _ => {}
        }
        self.steps.push(step);
    }
}

/// True when one of the needs is a routine that has the table's rows as argument or result.
pub(super) fn takes_rows(
    model: &Model,
    references: &References<'_>,
    table: &QName,
    needs: &[Dependency],
) -> bool {
    needs.iter().any(|need| {
        let Item::Object(id @ ObjectId::Routine(_)) = &need.item else { return false };
        need.strength > Strength::Body
            && model.object(id).is_some_and(|routine| {
                let held = references.held(&routine);
                held.iter().any(|d| d.item == Item::table(table) && d.strength > Strength::Body)
            })
    })
}

/// True when `from` waits, directly or not, for `to`.
pub(super) fn reaches(
    waits: &BTreeMap<&QName, BTreeSet<&QName>>,
    from: &QName,
    to: &QName,
) -> bool {
    let mut seen = BTreeSet::new();
    let mut work = vec![from];
    while let Some(at) = work.pop() {
        if at == to {
            return true;
        }
        if seen.insert(at) {
            work.extend(waits.get(at).into_iter().flatten());
        }
    }
    false
}
