use super::bodies;
use super::reference::{References, has_parsed_body};
use super::{Dependency, Item, Strength};
use crate::diff::{Change, Constraint, Diff, TableChange, constraints};
use crate::model::{
    Column, ColumnRef, ColumnValue, Index, Model, Object, ObjectId, ObjectKind, QName, Table,
};
use std::collections::{BTreeSet, HashMap};

/// What must be dropped and made anew although both models have it, because something it depends
/// on cannot be changed under it.
#[derive(Default)]
pub(super) struct Recreate {
    pub objects: BTreeSet<ObjectId>,
    /// Generated columns, whose values follow from others.
    pub columns: BTreeSet<ColumnRef>,
    pub defaults: BTreeSet<ColumnRef>,
    pub constraints: BTreeSet<(QName, String)>,
    pub indexes: BTreeSet<(QName, String)>,
    /// Keys of partitions that go with their parent's index.
    pub cascaded: BTreeSet<(QName, String)>,
    /// Tables that no ALTER can bring to their new version.
    pub tables: BTreeSet<QName>,
    /// Types of columns that no ALTER can bring to their new version.
    pub types: BTreeSet<ObjectId>,
    /// Those of them, and collations, that are renamed out of the way of their successors.
    pub aside: BTreeSet<ObjectId>,
    /// The columns that go over to the successors.
    pub converted: BTreeSet<ColumnRef>,
}

/// Something that goes away or changes so that its dependents cannot stay.
enum Touch {
    Object(ObjectId),
    Column {
        column: ColumnRef,
        parts: Parts,
    },
    /// The key of a table that foreign keys point at.
    Key {
        table: QName,
        columns: Vec<String>,
    },
}

/// What cannot stay of the constraints and indexes on a column.
#[derive(Clone, Copy, PartialEq)]
enum Parts {
    None,
    /// Those with an expression. PostgreSQL keeps them when the type changes, but reads their
    /// text again with the new type and adds casts, which the way back does not take off.
    Texts,
    All,
}

/// What holds on to an item.
#[derive(Clone)]
enum Holder {
    Object(ObjectId),
    Default(ColumnRef),
    Generated(ColumnRef),
    Constraint(QName, String),
    Index(QName, String),
}

pub(super) fn find(diff: &Diff, to: &Model, before: &References<'_>) -> Recreate {
    let mut found = Recreate::default();
    let mut work = seeds(diff, to, &mut found);
    if work.is_empty() {
        return found;
    }
    let holders = holders(before);
    while let Some(touch) = work.pop() {
        match touch {
            Touch::Key { table, columns } => {
                foreign_keys(before.model, &table, &columns, &mut found);
                for child in inheriting(before.model, &table, &columns) {
                    work.push(Touch::Key { table: child, columns: columns.clone() });
                }
            }
            Touch::Object(id) => {
                for holder in holders.get(&Item::Object(id.clone())).into_iter().flatten() {
                    found.take(holder, to, true, before.model, &mut work);
                }
                if let ObjectId::Table(name) = &id
                    && found.tables.contains(name)
                {
                    for key in all_keys(before.model, name) {
                        work.push(Touch::Key { table: name.clone(), columns: key });
                    }
                }
            }
            Touch::Column { column, parts } => {
                for holder in holders.get(&Item::Column(column.clone())).into_iter().flatten() {
                    let parts = match parts {
                        Parts::None => false,
                        Parts::Texts => holder.has_text(before.model),
                        Parts::All => true,
                    };
                    found.take(holder, to, parts, before.model, &mut work);
                }
            }
        }
    }
    found
}

impl Holder {
    /// True when it is a check, or an index with an expression or a condition.
    fn has_text(&self, base: &Model) -> bool {
        let text = |index: &Index| {
            let expr =
                |e: &crate::model::IndexElement| matches!(e.key, crate::model::IndexKey::Expr(_));
            index.predicate.is_some() || index.elements.iter().any(expr)
        };
        match self {
            Self::Constraint(table, name) => base.tables.get(table).is_some_and(|table| {
                table.checks.iter().any(|c| c.name.as_ref() == Some(name))
                    || table.exclusions.iter().any(|c| c.name == *name && text(&c.index))
            }),
            Self::Index(table, name) => base
                .tables
                .get(table)
                .is_some_and(|t| t.indexes.iter().any(|i| i.name == *name && text(i))),
            _ => false,
        }
    }
}

impl Recreate {
    fn take(
        &mut self,
        holder: &Holder,
        to: &Model,
        parts: bool,
        base: &Model,
        work: &mut Vec<Touch>,
    ) {
        match holder {
            Holder::Object(id) => {
                if matches!(
                    id.kind(),
                    ObjectKind::Domain | ObjectKind::Composite | ObjectKind::Range
                ) {
                    return;
                }
                if to.contains(id) && self.objects.insert(id.clone()) {
                    work.push(Touch::Object(id.clone()));
                }
            }
            Holder::Default(column) => {
                self.defaults.insert(column.clone());
            }
            Holder::Generated(column) => {
                if self.columns.insert(column.clone()) {
                    work.push(Touch::Column { column: column.clone(), parts: Parts::All });
                }
            }
            Holder::Constraint(table, name) if parts => {
                if self.constraints.insert((table.clone(), name.clone()))
                    && let Some(owner) = base.tables.get(table)
                {
                    let all = constraints(owner);
                    let key = all.iter().find(|c| c.name() == Some(name)).and_then(key_columns);
                    work.extend(key.map(|columns| Touch::Key { table: table.clone(), columns }));
                }
            }
            Holder::Index(table, name) if parts => {
                if self.indexes.insert((table.clone(), name.clone()))
                    && let Some(owner) = base.tables.get(table)
                    && let Some(index) = owner.indexes.iter().find(|i| i.name == *name && i.unique)
                {
                    let columns = index_columns(index);
                    work.push(Touch::Key { table: table.clone(), columns });
                }
            }
            Holder::Constraint(..) | Holder::Index(..) => {}
        }
    }
}

fn seeds(diff: &Diff, to: &Model, found: &mut Recreate) -> Vec<Touch> {
    let mut work = Vec::new();
    for change in &diff.changes {
        match change {
            Change::Create(_) => {}
            Change::Drop(id) => work.push(Touch::Object(id.clone())),
            Change::Alter(id) => {
                let (Some(old), Some(new)) = (diff.base.object(id), to.object(id)) else {
                    continue;
                };
                if replaces_type(&old, &new)
                    || super::type_aside::refuses_to_tighten(&diff.base, to, id)
                    || matches!(old, Object::Collation(_)) && !in_place(&old, &new)
                {
                    found.types.insert(id.clone());
                } else if !in_place(&old, &new) {
                    found.objects.insert(id.clone());
                    work.push(Touch::Object(id.clone()));
                }
            }
            Change::Table { table, change } => {
                table_seed(&diff.base, table, change, found, &mut work);
                if matches!(change, TableChange::Persistence(_)) {
                    keys_of_changing(diff, table, found);
                }
                cascades(&diff.base, to, table, change, found, &mut work);
            }
        }
    }
    for table in keyed_by_replaced_types(&diff.base, to, &found.types) {
        if found.tables.insert(table.clone()) {
            work.push(Touch::Object(ObjectId::Table(table)));
        }
    }
    found.aside = super::type_aside::find(&diff.base, to, &mut found.types, &found.tables);
    for id in &found.types {
        work.push(Touch::Object(id.clone()));
        for column in columns_of_type(&diff.base, to, id) {
            work.push(Touch::Column { column, parts: Parts::All });
        }
    }
    for id in &found.aside {
        for column in super::type_aside::columns(&diff.base, to, id) {
            if found.converted.insert(column.clone()) {
                work.push(Touch::Column { column, parts: Parts::Texts });
            }
        }
    }
    super::type_aside::note_defaults(&diff.base, found);
    work
}

/// The foreign keys of a table that becomes logged or unlogged, to others that do, too.
fn keys_of_changing(diff: &Diff, table: &QName, found: &mut Recreate) {
    let changes = |other: &QName| {
        other != table
            && diff.changes.iter().any(|change| {
                matches!(change, Change::Table { table, change: TableChange::Persistence(_) } if table == other)
            })
    };
    let keys = diff.base.tables.get(table).into_iter().flat_map(|t| &t.foreign_keys);
    for key in keys.filter(|key| changes(&key.parent)) {
        found.constraints.extend(key.name.clone().map(|name| (table.clone(), name)));
    }
}

/// Partitioned tables whose key has a type that is replaced: no ALTER changes a column of the key.
fn keyed_by_replaced_types(base: &Model, to: &Model, types: &BTreeSet<ObjectId>) -> Vec<QName> {
    let keyed = |table: &&Table| {
        to.tables.contains_key(&table.name)
            && types.iter().any(|id| {
                let names = super::type_aside::names(base, id);
                table.columns.iter().any(|column| {
                    matches!(&column.ty.name, crate::model::TypeName::User(n) if names.contains(n))
                        && is_key(table, &column.name)
                })
            })
    };
    base.tables.values().filter(keyed).map(|table| table.name.clone()).collect()
}

/// True when the table is partitioned by the column.
fn is_key(table: &Table, column: &str) -> bool {
    table.partition_by.as_ref().is_some_and(|key| {
        crate::sql::names::mentioned(key.as_str(), crate::model::Dialect::Postgres).contains(column)
    })
}

fn table_seed(
    base: &Model,
    table: &QName,
    change: &TableChange,
    found: &mut Recreate,
    work: &mut Vec<Touch>,
) {
    let column = |name: &str| ColumnRef { table: table.clone(), column: name.to_owned() };
    match change {
        TableChange::DropColumn(old) => {
            work.push(Touch::Column { column: column(&old.name), parts: Parts::All });
        }
        TableChange::AlterColumn { from, to } if is_recreated(from, to) => {
            found.columns.insert(column(&to.name));
            work.push(Touch::Column { column: column(&to.name), parts: Parts::All });
        }
        TableChange::AlterColumn { from, to }
            if retyped(from, to)
                && base.tables.get(table).is_some_and(|owner| is_key(owner, &from.name)) =>
        {
            found.tables.insert(table.clone());
            work.push(Touch::Object(ObjectId::Table(table.clone())));
        }
        TableChange::AlterColumn { from, to } if retyped(from, to) => {
            let parts = if from.ty.name == to.ty.name && from.ty.array == to.ty.array {
                Parts::None
            } else {
                Parts::Texts
            };
            work.push(Touch::Column { column: column(&to.name), parts });
        }
        TableChange::DropConstraint(old) => {
            let key = key_columns(old);
            work.extend(key.map(|columns| Touch::Key { table: table.clone(), columns }));
        }
        TableChange::AlterConstraint { from, to } if super::constraint::is_rebuilt(from, to) => {
            let key = key_columns(from);
            work.extend(key.map(|columns| Touch::Key { table: table.clone(), columns }));
        }
        TableChange::DropIndex(old) if old.unique => {
            work.push(Touch::Key { table: table.clone(), columns: index_columns(old) });
        }
        TableChange::AlterIndex { from, to }
            if from.unique && super::index::is_rebuilt(from, to) =>
        {
            work.push(Touch::Key { table: table.clone(), columns: index_columns(from) });
        }
        TableChange::PartitionBy { .. } => {
            found.tables.insert(table.clone());
            work.push(Touch::Object(ObjectId::Table(table.clone())));
        }
        _ => {}
    }
}

/// Keys that go with the parent's index they are attached to.
fn cascades(
    base: &Model,
    to: &Model,
    table: &QName,
    change: &TableChange,
    found: &mut Recreate,
    work: &mut Vec<Touch>,
) {
    let index = match change {
        TableChange::DropIndex(index) => index,
        TableChange::AlterIndex { from, to } if super::index::is_rebuilt(from, to) => from,
        _ => return,
    };
    let Some(owner) = base.tables.get(table) else { return };
    for key in super::partition::stand_ins(base, owner, index) {
        let parent = |model: &Model| Some(model.tables.get(&key.0)?.partition_of.clone());
        if to.tables.contains_key(&key.0) && parent(base) != parent(to) {
            // It is detached first.
            continue;
        }
        work.push(Touch::Key { table: key.0.clone(), columns: index_columns(index) });
        found.constraints.insert(key.clone());
        found.cascaded.insert(key);
    }
}

/// A column whose values follow from others and whose rule changes: no ALTER before PostgreSQL 17
/// does it, and nothing is lost.
pub(super) fn is_recreated(from: &Column, to: &Column) -> bool {
    match (&from.value, &to.value) {
        (ColumnValue::Generated { .. }, ColumnValue::Generated { .. }) => from.value != to.value,
        (_, ColumnValue::Generated { .. }) => true,
        _ => false,
    }
}

pub(super) fn retyped(from: &Column, to: &Column) -> bool {
    from.ty != to.ty || from.collation != to.collation
}

fn in_place(old: &Object, new: &Object) -> bool {
    matches!(old, Object::Enum(_) | Object::Sequence(_)) || bodies::in_place(old, new)
}

/// True when a type of columns must be replaced by a new type of the same name.
pub(super) fn replaces_type(old: &Object, new: &Object) -> bool {
    match (old, new) {
        (Object::Enum(a), Object::Enum(b)) => !super::enum_type::is_extension(&a.labels, &b.labels),
        (Object::Domain(_), Object::Domain(_))
        | (Object::Range(_), Object::Range(_))
        | (Object::Composite(_), Object::Composite(_)) => !bodies::in_place(old, new),
        _ => false,
    }
}

/// Columns that have the type before and after.
pub(super) fn columns_of_type(base: &Model, to: &Model, id: &ObjectId) -> Vec<ColumnRef> {
    let name = match id {
        ObjectId::Enum(name)
        | ObjectId::Domain(name)
        | ObjectId::Range(name)
        | ObjectId::Composite(name) => name,
        _ => return Vec::new(),
    };
    let is = |column: &Column| column.ty.name == crate::model::TypeName::User(name.clone());
    let mut out = Vec::new();
    for table in base.tables.values() {
        for column in table.columns.iter().filter(|c| is(c)) {
            let after = to.tables.get(&table.name).and_then(|t| t.column(&column.name));
            if after.is_some_and(is) {
                out.push(ColumnRef { table: table.name.clone(), column: column.name.clone() });
            }
        }
    }
    out
}

fn key_columns(constraint: &Constraint) -> Option<Vec<String>> {
    match constraint {
        Constraint::PrimaryKey(key) => Some(key.columns.clone()),
        Constraint::Unique(key) => Some(key.columns.clone()),
        _ => None,
    }
}

fn index_columns(index: &Index) -> Vec<String> {
    let columns = index.elements.iter().filter_map(|element| match &element.key {
        crate::model::IndexKey::Column(name) => Some(name.clone()),
        crate::model::IndexKey::Expr(_) => None,
    });
    columns.collect()
}

fn all_keys(base: &Model, table: &QName) -> Vec<Vec<String>> {
    let Some(table) = base.tables.get(table) else { return Vec::new() };
    let mut keys: Vec<_> = constraints(table).iter().filter_map(key_columns).collect();
    keys.extend(table.indexes.iter().filter(|i| i.unique).map(index_columns));
    keys
}

/// Partitions that have the key from this table.
fn inheriting(base: &Model, parent: &QName, columns: &[String]) -> Vec<QName> {
    let has = |child: &&Table| {
        child.partition_of.as_ref().is_some_and(|p| p.parent == *parent)
            && (constraints(child)
                .iter()
                .any(|c| c.is_inherited() && key_columns(c).as_deref() == Some(columns))
                || child
                    .indexes
                    .iter()
                    .any(|i| i.unique && i.attached_to.is_some() && index_columns(i) == columns))
    };
    base.tables.values().filter(has).map(|child| child.name.clone()).collect()
}

/// Foreign keys that point at exactly these columns.
fn foreign_keys(base: &Model, parent: &QName, columns: &[String], found: &mut Recreate) {
    let wanted: BTreeSet<&String> = columns.iter().collect();
    for table in base.tables.values() {
        for key in table.foreign_keys.iter().filter(|key| key.parent == *parent) {
            if key.parent_columns.iter().collect::<BTreeSet<_>>() == wanted
                && let Some(name) = &key.name
            {
                found.constraints.insert((table.name.clone(), name.clone()));
            }
        }
    }
}

fn holders(before: &References<'_>) -> HashMap<Item, Vec<Holder>> {
    let mut out: HashMap<Item, Vec<Holder>> = HashMap::new();
    let mut add = |dependencies: Vec<Dependency>, holder: Holder| {
        for dependency in dependencies {
            if dependency.strength > Strength::Wish {
                out.entry(dependency.item).or_default().push(holder.clone());
            }
        }
    };
    let model = before.model;
    for id in model.object_ids() {
        match &id {
            ObjectId::Table(name) => {
                if let Some(table) = model.tables.get(name) {
                    table_holders(before, table, &mut add);
                }
            }
            ObjectId::Routine(name) => {
                if let Some(routine) = model.routines.get(name) {
                    let mut signature = routine.clone();
                    if !has_parsed_body(routine) {
                        signature.definition = String::new();
                    }
                    let object = Object::Routine(Box::new(signature));
                    add(before.held(&object), Holder::Object(id));
                }
            }
            _ => {
                if let Some(object) = model.object(&id) {
                    add(before.held(&object), Holder::Object(id));
                }
            }
        }
    }
    out
}

fn table_holders(
    before: &References<'_>,
    table: &Table,
    add: &mut dyn FnMut(Vec<Dependency>, Holder),
) {
    let name = &table.name;
    for column in &table.columns {
        let place = ColumnRef { table: name.clone(), column: column.name.clone() };
        match &column.value {
            ColumnValue::Default(expr) => add(before.default(name, expr), Holder::Default(place)),
            ColumnValue::Generated { expr, .. } => {
                let mut needs = before.expr(name, expr);
                needs.retain(|d| d.item != Item::Column(place.clone()));
                add(needs, Holder::Generated(place));
            }
            _ => {}
        }
    }
    for constraint in constraints(table) {
        let Some(label) = constraint.name() else { continue };
        let holder = Holder::Constraint(name.clone(), label.to_owned());
        add(super::constraint::dependencies(before, table, &constraint), holder);
    }
    for index in &table.indexes {
        add(before.index(name, index), Holder::Index(name.clone(), index.name.clone()));
    }
}
