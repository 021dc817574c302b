//! Dangers that follow from a step itself, whatever made the planner take it.

use super::{Action, ColumnChange, Hazard, HazardKind, Step};
use crate::diff::{Constraint, Rename, TableChange};
use crate::model::{
    Column, ColumnValue, Composite, Domain, Model, Object, ObjectId, ObjectKind, Policy, QName,
    Table, TypeName, ViewKind,
};

/// Completes the hazards of all steps. `base` is the old model after the renames.
pub(super) fn assess(steps: &mut [Step], base: &Model, to: &Model) {
    let new_tables: std::collections::BTreeSet<QName> = steps
        .iter()
        .filter_map(|step| match &step.action {
            Action::CreateTable(table) => Some(table.name.clone()),
            _ => None,
        })
        .collect();
    let assessor = Assessor { base, to };
    for step in steps {
        let fresh = step.action.table().is_some_and(|table| new_tables.contains(table));
        if !fresh {
            assessor.step(step);
        }
        let table = step.action.table().cloned();
        for hazard in step.hazards.iter_mut().filter(|hazard| hazard.table.is_none()) {
            hazard.table.clone_from(&table);
        }
    }
}

struct Assessor<'a> {
    base: &'a Model,
    to: &'a Model,
}

impl Assessor<'_> {
    fn step(&self, step: &mut Step) {
        let mut found = Vec::new();
        match &step.action {
            Action::Rename(rename) => found.extend(renamed(rename)),
            Action::Drop(object) => self.dropped(object, &mut found),
            Action::Create(object) => {
                if let Object::Policy(policy) = &**object {
                    found.push(policy_hazard(policy, true));
                }
            }
            Action::Alter { from, to } => self.altered(from, to, &mut found),
            Action::DropTable(table) if self.to.tables.contains_key(&table.name) => {}
            Action::DropTable(table) if self.base.tables.contains_key(&table.name) => {
                found.push(Hazard::new(
                    HazardKind::BreaksClients,
                    format!("running clients that use table {} fail", table.name),
                ));
            }
            Action::AddColumn { table, column } => {
                self.column_added(table, column, &mut found);
            }
            Action::DropColumn { table, column } if !self.comes_back(table, &column.name) => {
                found.push(Hazard::new(
                    HazardKind::BreaksClients,
                    format!("running clients that use column {table}.{} fail", column.name),
                ));
            }
            Action::AlterColumn { table, column, change: ColumnChange::SetNotNull, .. } => {
                let after = self.to.tables.get(table).and_then(|t| t.column(column));
                if after.is_some_and(|c| c.value.is_none()) {
                    found.push(Hazard::new(
                        HazardKind::BreaksClients,
                        format!("running clients that write {table} without {column} fail"),
                    ));
                }
            }
            Action::AlterTable { table, change } => match &**change {
                TableChange::RowSecurity(false) => found.push(Hazard::new(
                    HazardKind::ExposesRows,
                    format!("every role that may read {table} sees all of its rows"),
                )),
                TableChange::ForceRowSecurity(false) => found.push(Hazard::new(
                    HazardKind::ExposesRows,
                    format!("the owner of {table} sees all of its rows"),
                )),
                _ => {}
            },
            Action::CreateTable(table) => self.default_partition(table, &mut found),
            Action::AttachPartition { table, partition } => {
                let parent =
                    Table { partition_of: Some(partition.clone()), ..Table::new(table.clone()) };
                self.default_partition(&parent, &mut found);
            }
            Action::AddEnumValue { ty, label, .. } if !self.columns_of(ty).is_empty() => {
                found.push(Hazard::new(
                    HazardKind::BreaksClients,
                    format!(
                        "running clients that do not know '{label}' of {ty} fail when they read it"
                    ),
                ));
            }
            Action::ReplaceType { from, to, .. } => self.replaced(from, to, &mut found),
            Action::CopyRows { to, .. } => found.push(Hazard::new(
                HazardKind::BreaksClients,
                format!(
                    "what was granted to roles on table {to} is gone: a new table takes its place"
                ),
            )),
            _ => {}
        }
        step.hazards.extend(found);
    }

    fn comes_back(&self, table: &QName, column: &str) -> bool {
        self.to.tables.get(table).is_some_and(|t| t.column(column).is_some())
    }

    /// Tables with a column of that type, and the column.
    fn columns_of(&self, ty: &QName) -> Vec<(&QName, &Column)> {
        let mut out = Vec::new();
        for table in self.base.tables.values() {
            let of_type = |c: &&Column| c.ty.name == TypeName::User(ty.clone());
            out.extend(table.columns.iter().filter(of_type).map(|c| (&table.name, c)));
        }
        out
    }

    fn dropped(&self, object: &Object, found: &mut Vec<Hazard>) {
        let id = object.id();
        let again = self.to.object(&id).is_some();
        let mut add = |kind, text: String| found.push(Hazard::new(kind, text));
        match object {
            Object::View(view) if again => {
                let words = if view.kind == ViewKind::View { "view" } else { "materialized view" };
                add(
                    HazardKind::BreaksClients,
                    format!(
                        "what was granted to roles on {words} {} is gone: it is made anew",
                        view.name
                    ),
                );
            }
            Object::View(_) | Object::Routine(_) if !again => {
                add(HazardKind::BreaksClients, format!("running clients that use {id} fail"));
            }
            Object::Routine(_) => add(
                HazardKind::BreaksClients,
                format!("what was granted to roles on {id} is gone: it is made anew"),
            ),
            Object::Extension(extension) => {
                add(
                    HazardKind::DataLoss,
                    format!(
                        "drops extension {} and what its own tables and settings hold",
                        extension.name
                    ),
                );
                add(
                    HazardKind::BreaksClients,
                    format!("running clients that use the functions of {} fail", extension.name),
                );
            }
            Object::Policy(policy) => found.push(policy_hazard(policy, false)),
            _ => {}
        }
    }

    fn altered(&self, from: &Object, to: &Object, found: &mut Vec<Hazard>) {
        match (from, to) {
            (Object::Composite(from), Object::Composite(to)) => {
                self.attributes(from, to, found);
            }
            (Object::Domain(from), Object::Domain(to)) => self.domain(from, to, found),
            (Object::Extension(from), Object::Extension(to))
                if to.version.is_some() && from.version != to.version =>
            {
                found.push(Hazard::new(
                    HazardKind::Irreversible,
                    format!("extension {} rarely has a way back to its old version", to.name),
                ));
            }
            (Object::Policy(_), Object::Policy(to)) => {
                let table = &to.id.table;
                let text = format!("policy {} lets roles see other rows of {table}", to.id.name);
                found.push(Hazard::new(HazardKind::ExposesRows, text).on(table));
            }
            _ => {}
        }
    }

    /// A composite type that columns have.
    fn attributes(&self, from: &Composite, to: &Composite, found: &mut Vec<Hazard>) {
        let used = self.columns_of(&to.name);
        let mut typed = self.base.tables.values().filter(|t| t.of_type.as_ref() == Some(&to.name));
        let typed = typed.next().map(|table| &table.name);
        let Some(table) = used.first().map(|(table, _)| *table).or(typed) else { return };
        for old in &from.attributes {
            if !to.attributes.iter().any(|new| new.name == old.name) {
                let text =
                    format!("drops attribute {} of type {} and its values", old.name, to.name);
                found.push(Hazard::new(HazardKind::DataLoss, text).on(table));
            }
        }
        if from.attributes.len() != to.attributes.len() {
            let text =
                format!("running clients that read or write {} by its attributes fail", to.name);
            found.push(Hazard::new(HazardKind::BreaksClients, text).on(table));
        }
    }

    /// New rules of a domain are tried on every row of every table that has it.
    fn domain(&self, from: &Domain, to: &Domain, found: &mut Vec<Hazard>) {
        let stricter = (to.not_null && !from.not_null)
            || to.checks.iter().any(|check| {
                !check.not_valid
                    && !from.checks.iter().any(|c| c.expr == check.expr && !c.not_valid)
            });
        if !stricter {
            return;
        }
        let mut tables: Vec<&QName> = self.columns_of(&to.name).iter().map(|(t, _)| *t).collect();
        tables.dedup();
        for table in tables {
            let fails = format!("fails where a value of {table} breaks domain {}", to.name);
            found.push(Hazard::new(HazardKind::MayFail, fails).on(table));
            let scans = format!("reads every row of {table} while writers wait");
            found.push(Hazard::new(HazardKind::TableScan, scans).on(table));
        }
    }

    fn replaced(&self, from: &Object, to: &Object, found: &mut Vec<Hazard>) {
        let id = to.id();
        if let (Object::Composite(from), Object::Composite(to)) = (from, to) {
            self.attributes(from, to, found);
        }
        let name = match &id {
            ObjectId::Domain(name) | ObjectId::Composite(name) | ObjectId::Range(name) => name,
            _ => return,
        };
        for (table, column) in self.columns_of(name) {
            let text =
                format!("fails where a value of {table}.{} does not fit the new {id}", column.name);
            found.push(Hazard::new(HazardKind::MayFail, text).on(table));
        }
    }

    fn column_added(&self, table: &QName, column: &Column, found: &mut Vec<Hazard>) {
        if !column.nullable && column.value.is_none() {
            found.push(Hazard::new(
                HazardKind::BreaksClients,
                format!("running clients that write {table} without {} fail", column.name),
            ));
        }
        // PostgreSQL checks a domain's rules by writing the table anew.
        let TypeName::User(ty) = &column.ty.name else { return };
        let strict = self.to.domains.get(ty).is_some_and(|d| d.not_null || !d.checks.is_empty());
        if strict
            && !matches!(column.value, ColumnValue::Identity(_) | ColumnValue::Generated { .. })
        {
            found.push(Hazard::new(
                HazardKind::TableRewrite,
                format!(
                    "writes {table} anew while readers and writers wait: domain {ty} has rules"
                ),
            ));
        }
    }

    /// A new partition takes rows that the default partition might have.
    fn default_partition(&self, table: &Table, found: &mut Vec<Hazard>) {
        let Some(partition) = &table.partition_of else { return };
        let default = self.base.tables.values().find(|other| {
            let of = other.partition_of.as_ref();
            of.is_some_and(|of| {
                of.parent == partition.parent
                    && of.bound.as_str().trim().eq_ignore_ascii_case("default")
            }) && self
                .to
                .tables
                .get(&other.name)
                .is_some_and(|t| t.partition_of == other.partition_of)
        });
        let Some(default) = default.filter(|default| default.name != table.name) else { return };
        let name = &default.name;
        let fails = format!("fails where a row of {name} belongs to {}", table.name);
        found.push(Hazard::new(HazardKind::MayFail, fails).on(name));
        let scans = format!("reads every row of {name} while readers and writers wait");
        found.push(Hazard::new(HazardKind::TableScan, scans).on(name));
    }
}

/// A permissive policy lets roles see rows, a restrictive one hides them.
fn policy_hazard(policy: &Policy, made: bool) -> Hazard {
    let table = &policy.id.table;
    let hazard = if policy.permissive == made {
        let text = format!("roles may see more rows of {table} (policy {})", policy.id.name);
        Hazard::new(HazardKind::ExposesRows, text)
    } else {
        let text = format!("roles may see fewer rows of {table} (policy {})", policy.id.name);
        Hazard::new(HazardKind::BreaksClients, text)
    };
    hazard.on(table)
}

fn renamed(rename: &Rename) -> Option<Hazard> {
    let (what, table) = match rename {
        Rename::Object {
            kind:
                kind @ (ObjectKind::Table
                | ObjectKind::View
                | ObjectKind::Enum
                | ObjectKind::Sequence
                | ObjectKind::Domain
                | ObjectKind::Composite
                | ObjectKind::Range),
            from,
            ..
        } => (format!("{kind} {from}"), (*kind == ObjectKind::Table).then_some(from)),
        Rename::Column { table, from, .. } => (format!("column {table}.{from}"), Some(table)),
        Rename::EnumLabel { ty, from, .. } => (format!("label '{from}' of {ty}"), None),
        // Clients seldom name these.
        Rename::Object { .. } | Rename::Index { .. } | Rename::Constraint { .. } => return None,
    };
    let text = format!("running clients that use {what} by its old name fail");
    let hazard = Hazard::new(HazardKind::BreaksClients, text);
    Some(match table {
        Some(table) => hazard.on(table),
        None => hazard,
    })
}

/// True for a valid check that says nothing but that the column is not null.
pub(super) fn proves_not_null(table: &Table, column: &str) -> bool {
    let plain = |text: &str| text.replace(['(', ')', '"'], "").to_lowercase();
    let wanted = format!("{} is not null", plain(column));
    table.checks.iter().any(|check| {
        !check.not_valid
            && !check.no_inherit
            && plain(check.expr.as_str()).split_whitespace().collect::<Vec<_>>().join(" ") == wanted
    })
}

/// The tables that a foreign key or its like also locks.
pub(super) fn other_table(constraint: &Constraint) -> Option<&QName> {
    match constraint {
        Constraint::ForeignKey(key) => Some(&key.parent),
        _ => None,
    }
}
