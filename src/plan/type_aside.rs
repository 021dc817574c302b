//! Types and collations that are replaced while others stand on them, or while columns change
//! between them: each is renamed, made anew, its users brought over, the old one dropped.

use super::recreate::Recreate;
use super::table::Planner;
use super::{Action, Conversion, Item, Step};
use crate::model::{
    Collation, Column, ColumnRef, ColumnValue, DataType, Model, Object, ObjectId, QName, TypeName,
};
use std::collections::BTreeSet;

/// The name of what a domain, composite or range is made of.
fn parts(model: &Model, name: &QName) -> Vec<QName> {
    let user = |ty: &DataType| match &ty.name {
        TypeName::User(name) => Some(name.clone()),
        TypeName::Builtin(_) => None,
    };
    let collation = |c: &Option<Collation>| c.as_ref().map(|c| c.0.clone());
    let mut out = Vec::new();
    if let Some(range) = model.ranges.get(name) {
        out.extend(user(&range.subtype));
        out.extend(collation(&range.collation));
    }
    if let Some(domain) = model.domains.get(name) {
        out.extend(user(&domain.base));
        out.extend(collation(&domain.collation));
    }
    if let Some(composite) = model.composites.get(name) {
        for attribute in &composite.attributes {
            out.extend(user(&attribute.ty));
            out.extend(collation(&attribute.collation));
        }
    }
    out
}

fn type_id(model: &Model, name: &QName) -> Option<ObjectId> {
    if model.domains.contains_key(name) {
        return Some(ObjectId::Domain(name.clone()));
    }
    if model.ranges.contains_key(name) {
        return Some(ObjectId::Range(name.clone()));
    }
    model.composites.contains_key(name).then(|| ObjectId::Composite(name.clone()))
}

/// The names under which columns and others use the type: a range has a multirange beside it.
pub(super) fn names(model: &Model, id: &ObjectId) -> Vec<QName> {
    let mut out: Vec<QName> = name_of(id).into_iter().cloned().collect();
    if let ObjectId::Range(name) = id {
        out.extend(model.ranges.get(name).map(crate::model::RangeType::multirange_name));
    }
    out
}

pub(super) fn name_of(id: &ObjectId) -> Option<&QName> {
    match id {
        ObjectId::Enum(name)
        | ObjectId::Domain(name)
        | ObjectId::Composite(name)
        | ObjectId::Range(name)
        | ObjectId::Collation(name) => Some(name),
        _ => None,
    }
}

/// The replaced types that cannot be replaced in one statement, and what must go along with them.
/// What is found newly joins `types`.
pub(super) fn find(
    base: &Model,
    to: &Model,
    types: &mut BTreeSet<ObjectId>,
    rebuilt: &BTreeSet<QName>,
) -> BTreeSet<ObjectId> {
    // Rows go over from a table with the old type to one with the new type.
    let copied = |names: &[QName]| {
        let tables = rebuilt.iter().filter_map(|name| base.tables.get(name));
        tables
            .flat_map(|table| &table.columns)
            .any(|c| matches!(&c.ty.name, TypeName::User(name) if names.contains(name)))
    };
    let mut aside: BTreeSet<ObjectId> = BTreeSet::new();
    let mut work: Vec<ObjectId> = types.iter().cloned().collect();
    while let Some(id) = work.pop() {
        let Some(name) = name_of(&id).cloned() else { continue };
        let apart = matches!(id, ObjectId::Collation(_) | ObjectId::Range(_))
            || refuses_to_tighten(base, to, &id)
            || copied(&names(base, &id));
        if apart || moves(base, to, &name) {
            aside.insert(id.clone());
        }
        let names = names(base, &id);
        let users = base.domains.keys().chain(base.composites.keys()).chain(base.ranges.keys());
        for user in users {
            if !parts(base, user).iter().any(|part| names.contains(part)) {
                continue;
            }
            aside.insert(id.clone());
            let Some(user) = type_id(base, user).filter(|user| to.object(user).is_some()) else {
                continue;
            };
            aside.insert(user.clone());
            if types.insert(user.clone()) {
                work.push(user);
            }
        }
    }
    aside
}

/// True when a domain gets stricter while columns have it inside something else: an array, a
/// composite or a range. PostgreSQL looks at their values only where the domain is the column's
/// own type, and refuses otherwise (ALTER DOMAIN, notes).
pub(super) fn refuses_to_tighten(base: &Model, to: &Model, id: &ObjectId) -> bool {
    let ObjectId::Domain(name) = id else { return false };
    let (Some(old), Some(new)) = (base.domains.get(name), to.domains.get(name)) else {
        return false;
    };
    let known = |check: &crate::model::Check| {
        old.checks.iter().any(|c| c.name == check.name && c.expr == check.expr && !c.not_valid)
    };
    let stricter = new.not_null && !old.not_null
        || new.checks.iter().any(|check| !check.not_valid && !known(check));
    stricter && is_inside(base, name, &mut BTreeSet::new())
}

fn is_inside(model: &Model, name: &QName, seen: &mut BTreeSet<QName>) -> bool {
    let of = |ty: &DataType| ty.name == TypeName::User(name.clone());
    let columns = || model.tables.values().flat_map(|table| &table.columns);
    if columns().any(|column| of(&column.ty) && column.ty.array) {
        return true;
    }
    let users = model.domains.keys().chain(model.composites.keys()).chain(model.ranges.keys());
    for user in users.filter(|user| parts(model, user).contains(name)) {
        if !seen.insert(user.clone()) {
            continue;
        }
        let contained = !model.domains.contains_key(user);
        let used = || {
            let ids = type_id(model, user).map(|id| names(model, &id)).unwrap_or_default();
            columns().any(|c| matches!(&c.ty.name, TypeName::User(n) if ids.contains(n)))
        };
        if contained && used() || is_inside(model, user, seen) {
            return true;
        }
    }
    false
}

/// True when the one is made of the other, directly or not.
fn is_made_of(model: &Model, ty: &QName, part: &QName, seen: &mut BTreeSet<QName>) -> bool {
    parts(model, ty).iter().any(|inner| {
        inner == part || seen.insert(inner.clone()) && is_made_of(model, inner, part, seen)
    })
}

/// True when a column changes between the type and one that has to do with it.
fn moves(base: &Model, to: &Model, name: &QName) -> bool {
    let of = |ty: &DataType| ty.name == TypeName::User(name.clone());
    let over = |model: &Model, ty: &DataType| match &ty.name {
        TypeName::User(other) => is_made_of(model, other, name, &mut BTreeSet::new()),
        TypeName::Builtin(_) => false,
    };
    base.tables.values().any(|table| {
        let Some(after) = to.tables.get(&table.name) else { return false };
        table.columns.iter().any(|old| {
            let Some(new) = after.column(&old.name).filter(|new| new.ty != old.ty) else {
                return false;
            };
            let (a, b) = (&old.ty, &new.ty);
            (of(a) || over(base, a)) && (of(b) || over(to, b))
        })
    })
}

/// The columns that have the type or collation before and after and are not retyped by the diff.
pub(super) fn columns(base: &Model, to: &Model, id: &ObjectId) -> Vec<ColumnRef> {
    let Some(name) = name_of(id) else { return Vec::new() };
    let names = names(base, id);
    let uses = |column: &Column| match id {
        ObjectId::Collation(_) => column.collation.as_ref().is_some_and(|c| c.0 == *name),
        _ => matches!(&column.ty.name, TypeName::User(name) if names.contains(name)),
    };
    let mut out = Vec::new();
    for table in base.tables.values() {
        let Some(after) = to.tables.get(&table.name) else { continue };
        for old in table.columns.iter().filter(|c| uses(c)) {
            let same = |new: &&Column| new.ty == old.ty && new.collation == old.collation;
            if after.column(&old.name).filter(same).is_some() {
                out.push(ColumnRef { table: table.name.clone(), column: old.name.clone() });
            }
        }
    }
    out
}

fn aside_name(name: &QName) -> QName {
    name.sibling(format!("{}__dbkit_old", name.name.chars().take(30).collect::<String>()))
}

fn let_go(name: &QName) -> Item {
    Item::Mark { table: aside_name(name), what: "let go" }
}

impl Planner<'_> {
    pub(super) fn set_type_aside(&mut self, id: &ObjectId) {
        let (Some(old), Some(name)) = (self.base.object(id), name_of(id)) else { return };
        let aside = aside_name(name);
        let there = Item::Mark { table: aside.clone(), what: "aside" };
        let action = Action::SetTypeAside { object: Box::new(old.clone()), aside: aside.clone() };
        let mut step = Step::new(action).destroys(Item::Object(id.clone())).creates(there.clone());
        if let ObjectId::Range(_) = id {
            // Its constructors are found by the names of their arguments.
            step.releases = self.before.held(&old);
        }
        self.steps.push(step);
        self.create_object(id);
        let mut rest = old.clone();
        match &mut rest {
            Object::Enum(o) => o.name = aside,
            Object::Domain(o) => o.name = aside,
            Object::Composite(o) => o.name = aside,
            Object::Range(o) => o.name = aside,
            Object::Collation(o) => o.name = aside,
            _ => return,
        }
        let mut drop = Step::new(Action::Drop(Box::new(rest))).needs(there).needs(let_go(name));
        drop.releases = self.before.held(&old);
        self.steps.push(drop);
    }

    /// Columns that get a type or collation of the same name.
    pub(super) fn bring_over(&mut self) {
        let (base, to) = (self.base, self.to);
        for place in self.recreate.converted.clone() {
            let tables = (base.tables.get(&place.table), to.tables.get(&place.table));
            let (Some(old), Some(new)) = tables else { continue };
            if self.recreate.tables.contains(&place.table) {
                continue;
            }
            if let (Some(from), Some(to)) = (old.column(&place.column), new.column(&place.column))
                && from == to
            {
                self.alter_column(old, new, from, to);
            }
        }
    }

    /// True when the column's type is another one under the same name.
    pub(super) fn is_converted(&self, table: &QName, column: &str) -> bool {
        let place = ColumnRef { table: table.clone(), column: column.to_owned() };
        self.recreate.converted.contains(&place)
    }

    /// How values come over to the successor of their type.
    pub(super) fn conversion(&self, from: &Column, to: &Column) -> Option<Conversion> {
        let TypeName::User(name) = &from.ty.name else { return None };
        let is_aside = |name: &QName| {
            self.recreate.aside.iter().any(|id| {
                !matches!(id, ObjectId::Collation(_))
                    && (names(self.base, id).contains(name) || names(self.to, id).contains(name))
            })
        };
        let over = |ty: &DataType| matches!(&ty.name, TypeName::User(n) if is_aside(n));
        if !is_aside(name) && !over(&to.ty) || from.ty.array != to.ty.array {
            return None;
        }
        let composites = (self.base.composites.get(name), self.to.composites.get(name));
        if let (Some(a), Some(b)) = composites
            && from.ty == to.ty
            && !from.ty.array
        {
            return Some(Conversion::Composite(Box::new((a.clone(), b.clone()))));
        }
        Some(if from.ty.array { Conversion::ThroughTextArray } else { Conversion::ThroughText })
    }

    /// Who stands on a type that is renamed away need not leave it before that, only before the
    /// old one is dropped. What is dropped by name goes before, while the name is its own.
    pub(super) fn release_old_types(&mut self) {
        let aside = &self.recreate.aside;
        if aside.is_empty() {
            return;
        }
        for step in &mut self.steps {
            let by_name = match &step.action {
                Action::Drop(object) => {
                    !matches!(**object, Object::Domain(_) | Object::Composite(_) | Object::Range(_))
                }
                Action::SetTypeAside { .. } => true,
                _ => false,
            };
            if by_name {
                continue;
            }
            let mut marks = Vec::new();
            step.releases.retain(|dependency| {
                let Item::Object(id) = &dependency.item else { return true };
                if !aside.contains(id) {
                    return true;
                }
                marks.extend(name_of(id).map(let_go));
                false
            });
            step.creates.extend(marks);
        }
    }
}

/// Drops the default while its type changes.
pub(super) fn note_defaults(base: &Model, found: &mut Recreate) {
    for place in &found.converted {
        let column = base.tables.get(&place.table).and_then(|t| t.column(&place.column));
        if column.is_some_and(|c| matches!(c.value, ColumnValue::Default(_))) {
            found.defaults.insert(place.clone());
        }
    }
}
