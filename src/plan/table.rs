use super::constraint::{fits_create_table, own, referenced_key, takes_own_name};
use super::recreate::Recreate;
use super::reference::References;
use super::{
    Action, ColumnChange, CopiedColumn, Dependency, HazardKind, Item, PlanOptions, Step, Strength,
};
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

    fn create_table(&mut self, mut table: Table, mut later: Vec<Constraint>) {
        let attach = self.takes_attach_route(&table);
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
                if self.dropped.contains(&key.parent) && circle {
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

    /// The table from which the rows of a partition are copied, where the table it belongs to is
    /// rebuilt: the plan drops the partition only then.
    fn rows_move_to(&self, table: &Table) -> Option<QName> {
        let parent = &table.partition_of.as_ref()?.parent;
        if self.recreate.tables.contains(parent) {
            return Some(aside(parent));
        }
        self.base.tables.get(parent).and_then(|parent| self.rows_move_to(parent))
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
        self.steps.iter().any(|step| {
            matches!(&step.action, Action::AddConstraintUsingIndex { table: t, constraint }
                if t == table && constraint.name() == Some(name))
        })
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

    /// A table that changes its nature: the old one steps aside, the new one takes the rows.
    pub(super) fn rebuild_table(&mut self, name: &QName) {
        let (base, to) = (self.base, self.to);
        let (Some(old), Some(new)) = (base.tables.get(name), to.tables.get(name)) else { return };
        let aside = aside(name);
        let kept = self.to.sequences.values().filter(|s| {
            let owned = base.sequences.get(&s.name).and_then(|b| b.owned_by.as_ref());
            owned.is_some_and(|o| o.table == *name)
        });
        let sequences: Vec<QName> = kept.map(|s| s.name.clone()).collect();
        let mut step = Step::new(Action::SetAsideTable {
            table: Box::new(old.clone()),
            aside: aside.clone(),
            sequences: sequences.clone(),
        })
        .creates(Item::table(&aside));
        for parent in old.inherits.iter().chain(old.partition_of.iter().map(|p| &p.parent)) {
            let link = Item::Parent { child: name.clone(), parent: parent.clone() };
            step.destroys.push(link);
        }
        self.end_table(&mut step, old);
        // The rest goes with the old table; it gives way where the new one waits for what changes.
        let mut rest = std::mem::take(&mut step.releases);
        rest.iter_mut().for_each(|d| d.strength = Strength::Mention);
        for key in old.foreign_keys.iter().filter(|key| key.parent != *name) {
            let constraint = Constraint::ForeignKey(key.clone());
            let released = super::constraint::dependencies(&self.before, old, &constraint);
            let own = step.destroys.clone();
            step.releases.extend(released.into_iter().filter(|d| !own.contains(&d.item)));
        }
        if let Some(partition) = &old.partition_of {
            // Its successor could not have its bound, and its rows must not be copied twice.
            let parent = partition.parent.clone();
            self.detach(old, &parent);
            step = step.needs(Item::Mark { table: name.clone(), what: "freed" });
        }
        self.steps.push(step);
        self.free_expressions(old);
        let (kept, later): (Vec<_>, Vec<_>) =
            new.foreign_keys.iter().cloned().partition(|key| key.inherited_from.is_some());
        let later: Vec<Constraint> = later.into_iter().map(Constraint::ForeignKey).collect();
        let mut made = new.clone();
        made.foreign_keys = kept;
        self.create_table(made, later);
        let common: Vec<&crate::model::Column> = new
            .columns
            .iter()
            .filter(|c| {
                old.column(&c.name).is_some() && !matches!(c.value, ColumnValue::Generated { .. })
            })
            .collect();
        let mut copied = Vec::new();
        let mut untold = Vec::new();
        for to in &common {
            let Some(from) = old.column(&to.name) else { continue };
            let converted = from.ty != to.ty || self.conversion(from, to).is_some();
            let (using, missing) =
                if converted { self.using(name, from, to) } else { (None, false) };
            if missing {
                untold.push(to.name.clone());
            }
            copied.push(CopiedColumn { name: to.name.clone(), ty: to.ty.clone(), using });
        }
        let identity = |c: &&&crate::model::Column| matches!(c.value, ColumnValue::Identity(_));
        let mut copy = Step::new(Action::CopyRows {
            from: aside.clone(),
            to: name.clone(),
            columns: copied,
            keeps_identity: common.iter().any(|c| identity(&c)),
        })
        .needs(Item::table(name))
        .needs(Item::table(&aside))
        .hazard(
            HazardKind::TableRewrite,
            format!("copies every row of {name} while readers and writers wait"),
        )
        .hazard(
            HazardKind::MayFail,
            format!("fails where a row of {name} does not fit the new table"),
        );
        for column in untold {
            copy = copy.hazard(
                HazardKind::NoConversion,
                format!(
                    "nothing converts {name}.{column} to its new type: say how, with #[using(\"…\")] on the column"
                ),
            );
        }
        let copied = Item::Mark { table: aside.clone(), what: "copied" };
        copy = copy.creates(copied.clone());
        for child in to.tables.values() {
            if child.partition_of.as_ref().is_some_and(|p| p.parent == *name) {
                copy = copy.needs(Item::Parent { child: child.name.clone(), parent: name.clone() });
            }
        }
        self.steps.push(copy);
        let mut gone = old.clone();
        gone.name = aside.clone();
        let emptied = Item::Mark { table: aside.clone(), what: "emptied" };
        let mut drop = Step::new(Action::DropTable(Box::new(gone))).needs(copied).needs(emptied);
        drop.releases = rest;
        self.steps.push(drop);
        for sequence in sequences {
            let owner = self.to.sequences.get(&sequence).and_then(|s| s.owned_by.clone());
            if let Some(owner) = owner {
                self.own_sequence(&sequence, None, Some(&owner));
            }
        }
    }
}

/// True when one of the needs is a routine that has the table's rows as argument or result.
fn takes_rows(
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

/// What a table is called that makes room for its successor.
fn aside(name: &QName) -> QName {
    name.sibling(format!("{}__dbkit_old", shortened(&name.name)))
}

impl Planner<'_> {
    /// Takes from a table that is about to be set aside the defaults and checks that use what is
    /// dropped or made anew.
    fn free_expressions(&mut self, table: &Table) {
        let name = &table.name;
        let goes = |needs: &[Dependency]| {
            needs.iter().any(|d| match &d.item {
                Item::Object(id @ ObjectId::Routine(_)) => {
                    self.to.object(id).is_none() || self.recreate.objects.contains(id)
                }
                _ => false,
            })
        };
        let mut steps = Vec::new();
        for column in &table.columns {
            let ColumnValue::Default(expr) = &column.value else { continue };
            let released = self.before.default(name, expr);
            if goes(&released) {
                let action =
                    self.alter_column_action(name, &column.name, ColumnChange::DropDefault);
                let mut step = Step::new(action).releases(Item::column(name, &column.name));
                step.releases.extend(released);
                steps.push(step);
            }
        }
        let checks = table.checks.iter().filter(|check| !check.inherited);
        let held: Vec<Constraint> = checks
            .filter(|check| goes(&self.before.expr(name, &check.expr)))
            .map(|check| Constraint::Check(check.clone()))
            .collect();
        self.steps.extend(steps);
        for check in held {
            self.drop_constraint(table, &check);
            if let Some(step) = self.steps.last_mut() {
                step.releases
                    .push(Dependency { item: Item::table(name), strength: Strength::Must });
            }
        }
    }
}

fn shortened(name: &str) -> String {
    let mut end = name.len().min(50);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.get(..end).unwrap_or(name).to_owned()
}

/// True when `from` waits, directly or not, for `to`.
fn reaches(waits: &BTreeMap<&QName, BTreeSet<&QName>>, from: &QName, to: &QName) -> bool {
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
