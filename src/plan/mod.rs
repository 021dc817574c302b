//! Changes in, ordered steps out.
//!
//! Every change becomes one or more [`Step`]s. A step says what it needs, creates, destroys and
//! releases; one topological sort orders them all. Nothing here knows how SQL is spelled.

mod assess;
mod bodies;
mod cast;
mod column;
mod constraint;
mod drop_table;
mod enum_type;
mod error;
mod graph;
mod hazard;
mod index;
mod lock;
mod object;
mod partition;
mod place;
mod rebuild;
mod recreate;
mod reference;
mod script;
mod states;
mod step;
mod table;
mod type_aside;

pub use crate::diff::Conversions;
pub use error::PlanError;
pub use hazard::{Hazard, HazardKind, RowCount};
pub use lock::{Lock, LockMode};
pub use script::{Part, Script, Statement};
pub use states::states;
pub use step::{
    Action, ColumnChange, Conversion, CopiedColumn, Dependency, EnumPlace, Item, Step, Strength,
    TypeColumn,
};

use crate::diff::{Change, Diff};
use crate::model::{ColumnRef, Model, ObjectId, QName, Table};
use std::collections::BTreeSet;

/// How a plan treats tables that are in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Plain statements, one transaction as far as the database can.
    Fast,
    /// Forms that do not block readers and writers for long, in parts of their own.
    #[default]
    Safe,
}

/// What the user chose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanOptions {
    pub style: Style,
    pub conversions: Conversions,
}

impl PlanOptions {
    /// Options without conversions.
    #[must_use]
    pub fn new(style: Style) -> Self {
        Self { style, conversions: Conversions::default() }
    }
}

/// Ordered steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub steps: Vec<Step>,
    /// What the user should know and need not answer.
    pub notes: Vec<String>,
}

/// Turns a diff into ordered steps. `from` is the model the diff started from.
///
/// # Errors
/// When the steps depend on each other in a circle (a fault of dbkit, reported with the steps).
pub fn plan(
    diff: &Diff,
    from: &Model,
    to: &Model,
    options: &PlanOptions,
) -> Result<Plan, PlanError> {
    let _ = from;
    let base = &diff.base;
    let before = reference::References::new(base);
    let recreate = recreate::find(diff, to, &before);
    let mut planner = table::Planner {
        diff,
        base,
        to,
        options,
        before,
        after: reference::References::new(to),
        recreate,
        explicit: BTreeSet::new(),
        created: BTreeSet::new(),
        dropped: BTreeSet::new(),
        steps: Vec::new(),
        notes: Vec::new(),
    };
    planner.collect();
    let table::Planner { mut steps, notes, .. } = planner;
    assess::assess(&mut steps, base, to);
    Ok(Plan { steps: graph::sort(steps)?, notes })
}

impl table::Planner<'_> {
    fn collect(&mut self) {
        let diff = self.diff;
        for rename in &diff.renames {
            self.steps.push(Step::new(Action::Rename(rename.clone())));
        }
        for change in &diff.changes {
            match change {
                Change::Create(ObjectId::Table(name)) => {
                    self.created.insert(name.clone());
                }
                Change::Drop(ObjectId::Table(name)) => {
                    self.dropped.insert(name.clone());
                }
                _ => {}
            }
        }
        self.find_explicit();
        self.create_tables();
        self.drop_tables();
        for name in self.recreate.tables.clone() {
            self.rebuild_table(&name);
            self.reattach_children(&name);
        }
        for change in &diff.changes {
            match change {
                Change::Create(ObjectId::Table(_)) | Change::Drop(ObjectId::Table(_)) => {}
                Change::Create(id) => self.create_object(id),
                Change::Drop(id) => self.drop_object(id, false),
                Change::Alter(id) if self.recreate.objects.contains(id) => {}
                Change::Alter(id) if self.recreate.aside.contains(id) => {}
                Change::Alter(id) => self.alter_object(id),
                Change::Table { table, .. } if self.recreate.tables.contains(table) => {}
                Change::Table { table, change } => self.alter_table(table, change),
            }
        }
        for id in self.recreate.aside.clone() {
            self.set_type_aside(&id);
        }
        self.bring_over();
        self.recreate_parts();
        for id in self.recreate.objects.clone() {
            self.drop_object(&id, true);
            self.create_object(&id);
        }
        self.children_after_parents();
        self.release_old_types();
        self.schemas_and_extensions();
        self.names_that_change_kind();
        self.changes_of_one_column();
        self.partitions_that_leave();
    }

    /// A column's changes come in the order of their ranks, and before a new table inherits it.
    fn changes_of_one_column(&mut self) {
        let change = |step: &Step| match &step.action {
            Action::AlterColumn { table, column, change, .. } if step.stage == 0 => {
                let column = ColumnRef { table: table.clone(), column: column.clone() };
                Some((column, change.rank()))
            }
            _ => None,
        };
        let made: BTreeSet<(ColumnRef, char)> = self.steps.iter().filter_map(change).collect();
        let wait = |(column, rank): &(ColumnRef, char)| Dependency {
            item: Item::Change(column.clone(), *rank),
            strength: Strength::Mention,
        };
        for step in &mut self.steps {
            if let Some((column, rank)) = change(step) {
                let earlier = made.range((column.clone(), '\0')..(column.clone(), rank));
                step.needs.extend(earlier.map(wait));
                step.creates.push(Item::Change(column, rank));
                continue;
            }
            let owners: Vec<QName> = match &step.action {
                Action::CreateTable(table) => parents(table).cloned().collect(),
                Action::AttachPartition { table, partition } => {
                    vec![table.clone(), partition.parent.clone()]
                }
                _ => continue,
            };
            let theirs = made.iter().filter(|(column, _)| owners.contains(&column.table));
            step.needs.extend(theirs.map(wait));
        }
    }

    /// A partition that leaves makes room for another, and may be altered once it has left.
    fn partitions_that_leave(&mut self) {
        let room = |parent: &QName| Item::Mark { table: parent.clone(), what: "room" };
        let leaves: BTreeSet<QName> = self
            .steps
            .iter()
            .filter_map(|step| match &step.action {
                Action::DetachPartition { table, .. } => Some(table.clone()),
                _ => None,
            })
            .collect();
        for step in &mut self.steps {
            let mention = |item| Dependency { item, strength: Strength::Mention };
            match &step.action {
                Action::DetachPartition { parent, .. } => step.creates.push(room(parent)),
                Action::DropTable(table) => {
                    step.creates.extend(table.partition_of.iter().map(|p| room(&p.parent)));
                }
                Action::CreateTable(table) => {
                    let rooms = table.partition_of.iter().map(|p| mention(room(&p.parent)));
                    step.needs.extend(rooms);
                }
                Action::AttachPartition { partition, .. } => {
                    step.needs.push(mention(room(&partition.parent)));
                }
                Action::CreateIndex { table, .. } | Action::AddConstraint { table, .. } => {
                    step.needs.push(mention(room(table)));
                }
                Action::AddColumn { table, .. }
                | Action::DropColumn { table, .. }
                | Action::AlterColumn { table, .. } => {
                    step.needs.push(mention(room(table)));
                    if leaves.contains(table) {
                        let freed = Item::Mark { table: table.clone(), what: "freed" };
                        step.needs.push(mention(freed));
                    }
                }
                _ => {}
            }
        }
    }

    /// A new child or partition takes over what its parent's columns are when it is made, so that
    /// the parent's columns are brought up to date before.
    fn children_after_parents(&mut self) {
        let mark = |table: &QName| Item::Mark { table: table.clone(), what: "columns" };
        let mut parents = BTreeSet::new();
        for step in &mut self.steps {
            if let Action::CreateTable(table) = &step.action {
                let above =
                    table.inherits.iter().chain(table.partition_of.iter().map(|p| &p.parent));
                for parent in above {
                    parents.insert(parent.clone());
                    step.needs.push(Dependency { item: mark(parent), strength: Strength::Wish });
                }
            }
        }
        for step in &mut self.steps {
            if let Action::AlterColumn { table, .. } = &step.action
                && parents.contains(table)
            {
                step.creates.push(mark(table));
            }
        }
    }

    /// Relations and types share their names: what is dropped makes room for another kind of the
    /// same name (PostgreSQL manual, "Schemas").
    fn names_that_change_kind(&mut self) {
        let name = |id: &ObjectId| match id {
            ObjectId::Table(name)
            | ObjectId::View(name)
            | ObjectId::Sequence(name)
            | ObjectId::Composite(name)
            | ObjectId::Enum(name)
            | ObjectId::Domain(name)
            | ObjectId::Range(name) => Some(name.clone()),
            _ => None,
        };
        let mut made: std::collections::BTreeMap<QName, Vec<ObjectId>> = Default::default();
        for change in &self.diff.changes {
            if let Change::Create(id) = change
                && let Some(name) = name(id)
            {
                made.entry(name).or_default().push(id.clone());
            }
        }
        for step in &mut self.steps {
            let gone = step.destroys.iter().filter(|item| !step.creates.contains(item));
            let taken: Vec<Item> = gone
                .filter_map(|item| match item {
                    Item::Object(id) => made.get(&name(id)?),
                    _ => None,
                })
                .flatten()
                .map(|id| Item::Object(id.clone()))
                .filter(|item| !step.destroys.contains(item))
                .collect();
            step.destroys.extend(taken);
        }
    }

    /// Parts of tables that the diff leaves alone and that must step aside.
    fn recreate_parts(&mut self) {
        let (base, to) = (self.base, self.to);
        let both = |name: &QName| Some((base.tables.get(name)?, to.tables.get(name)?));
        for place in self.recreate.columns.clone() {
            let Some((old, new)) = both(&place.table) else { continue };
            if self.recreate.tables.contains(&place.table) {
                continue;
            }
            if let (Some(from), Some(to)) = (old.column(&place.column), new.column(&place.column))
                && !recreate::is_recreated(from, to)
                && matches!(to.value, crate::model::ColumnValue::Generated { .. })
            {
                self.recreate_column(old, new, from, to);
            }
        }
        for place in self.recreate.defaults.clone() {
            let Some((old, new)) = both(&place.table) else { continue };
            if let (Some(from), Some(to)) = (old.column(&place.column), new.column(&place.column))
                && from == to
                && !self.recreate.converted.contains(&place)
                && !self.recreate.tables.contains(&place.table)
            {
                self.alter_column(old, new, from, to);
            }
        }
        for (table, name) in self.recreate.constraints.clone() {
            let Some((old, new)) = both(&table) else { continue };
            if self.recreate.tables.contains(&table) {
                continue;
            }
            let named = |t: &crate::model::Table| {
                crate::diff::constraints(t).into_iter().find(|c| c.name() == Some(&name))
            };
            if let (Some(from), Some(to)) = (named(old), named(new))
                && !from.is_inherited()
                && (from == to || !constraint::is_rebuilt(&from, &to))
            {
                self.drop_constraint(old, &from);
                if !to.is_inherited() {
                    self.add_constraint(new, &to);
                }
            }
        }
        for (table, name) in self.recreate.indexes.clone() {
            let Some((old, new)) = both(&table) else { continue };
            if self.recreate.tables.contains(&table) {
                continue;
            }
            let named =
                |t: &crate::model::Table| t.indexes.iter().find(|i| i.name == name).cloned();
            if let (Some(from), Some(to)) = (named(old), named(new))
                && (from == to || !index::is_rebuilt(&from, &to))
                && from.attached_to.is_none()
            {
                self.drop_index(old, &from);
                self.create_index(new, &to);
            }
        }
    }

    /// Everything is in a schema, and anything may use an extension.
    fn schemas_and_extensions(&mut self) {
        let new_schemas: BTreeSet<&String> =
            self.to.schemas.keys().filter(|s| !self.base.schemas.contains_key(*s)).collect();
        let old_schemas: BTreeSet<&String> =
            self.base.schemas.keys().filter(|s| !self.to.schemas.contains_key(*s)).collect();
        let extensions = |a: &Model, b: &Model| -> Vec<Dependency> {
            let missing = a.extensions.keys().filter(|name| !b.extensions.contains_key(*name));
            let ids = missing.map(|name| Item::Object(ObjectId::Extension(name.clone())));
            ids.map(|item| Dependency { item, strength: Strength::Mention }).collect()
        };
        let made = extensions(self.to, self.base);
        let gone = extensions(self.base, self.to);
        for step in &mut self.steps {
            let schemas = |items: &[Item]| -> BTreeSet<String> {
                items.iter().filter_map(step::schema_of).collect()
            };
            for schema in schemas(&step.creates) {
                if new_schemas.contains(&schema) {
                    let item = Item::Object(ObjectId::Schema(schema));
                    step.needs.push(Dependency { item, strength: Strength::Must });
                }
            }
            for schema in schemas(&step.destroys) {
                if old_schemas.contains(&schema) {
                    let item = Item::Object(ObjectId::Schema(schema));
                    step.releases.push(Dependency { item, strength: Strength::Must });
                }
            }
            let plain = |items: &[Item]| {
                !items.is_empty()
                    && !items.iter().any(|item| {
                        matches!(item, Item::Object(ObjectId::Schema(_) | ObjectId::Extension(_)))
                    })
            };
            if plain(&step.creates) {
                step.needs.extend(made.iter().cloned());
            }
            if plain(&step.destroys) {
                step.releases.extend(gone.iter().cloned());
            }
        }
        let placed = |model: &Model, in_any: &BTreeSet<&String>| -> Vec<(Item, Dependency)> {
            let places = model.extensions.values().filter_map(|extension| {
                let schema = extension.schema.clone().filter(|s| in_any.contains(s))?;
                let item = Item::Object(ObjectId::Schema(schema));
                let id = Item::Object(ObjectId::Extension(extension.name.clone()));
                Some((id, Dependency { item, strength: Strength::Must }))
            });
            places.collect()
        };
        let (comes, goes) = (placed(self.to, &new_schemas), placed(self.base, &old_schemas));
        for step in &mut self.steps {
            let needs = comes.iter().filter(|(id, _)| step.creates.contains(id));
            step.needs.extend(needs.map(|(_, schema)| schema.clone()));
            // One that moves elsewhere lets go of its schema, too.
            let releases = goes.iter().filter(|(id, _)| step.destroys.contains(id));
            step.releases.extend(releases.map(|(_, schema)| schema.clone()));
        }
    }
}

/// The tables a table inherits from.
fn parents(table: &Table) -> impl Iterator<Item = &QName> {
    table.inherits.iter().chain(table.partition_of.iter().map(|p| &p.parent))
}

/// A column's name inside an expression that dbkit itself writes.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
