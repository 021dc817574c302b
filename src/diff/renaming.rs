use super::rewrite::{Scope, replace_label, replace_name};
use super::{Rename, replace_identifiers};
use crate::model::{
    DataType, Expr, Index, IndexKey, Model, Object, ObjectId, ObjectKind, QName, ReplicaIdentity,
    Table, TypeName,
};

/// The old model with the declared renames carried out as the database would (references follow),
/// and the renames that applied, in an order in which every new name is free when it is given.
pub(super) fn apply(from: &Model, to: &Model, renames: &[Rename]) -> (Model, Vec<Rename>) {
    let mut base = from.clone();
    let mut applied = Vec::new();
    // Objects before what is in them: the others name a table by its new name.
    let mut waiting: Vec<Rename> = renames.to_vec();
    waiting.sort_by_key(|rename| !matches!(rename, Rename::Object { .. }));
    waiting.dedup();
    // A chain (a to b, b to c) needs several rounds: b must be free before a may take it.
    loop {
        let before = waiting.len();
        let mut later = Vec::new();
        for rename in waiting {
            if carry_out(&mut base, to, &rename) {
                applied.push(rename);
            } else {
                later.push(rename);
            }
        }
        waiting = later;
        if waiting.len() == before || waiting.is_empty() {
            return (base, applied);
        }
    }
}

/// False when the rename does not fit the model (yet).
fn carry_out(base: &mut Model, to: &Model, rename: &Rename) -> bool {
    match rename {
        Rename::Object { kind, from, to: new } => {
            let (Some(old_id), Some(new_id)) = (id(*kind, from), id(*kind, new)) else {
                return false;
            };
            if base.contains(&new_id) || !to.contains(&new_id) {
                return false;
            }
            let Some(object) = base.object(&old_id) else { return false };
            base.remove(&old_id);
            base.insert(with_name(object, new));
            follow_object(base, *kind, from, new);
            true
        }
        Rename::EnumLabel { ty, from, to: new } => {
            let Some(old) = base.enums.get_mut(ty) else { return false };
            if old.labels.contains(new) {
                return false;
            }
            let Some(label) = old.labels.iter_mut().find(|label| *label == from) else {
                return false;
            };
            label.clone_from(new);
            follow_label(base, from, new);
            true
        }
        Rename::Column { table, from, to: new } => {
            let Some(owner) = base.tables.get_mut(table) else { return false };
            if owner.column(new).is_some() || !rename_in_table(owner, rename) {
                return false;
            }
            follow_column(base, table, from, new);
            true
        }
        Rename::Index { table, from: _, to: new }
        | Rename::Constraint { table, from: _, to: new } => {
            let Some(owner) = base.tables.get_mut(table) else { return false };
            let taken = owner.indexes.iter().any(|index| index.name == *new)
                || super::constraints(owner).iter().any(|c| c.name() == Some(new));
            let done = !taken && rename_in_table(owner, rename);
            if done {
                follow_part(base, rename);
            }
            done
        }
    }
}

fn id(kind: ObjectKind, name: &QName) -> Option<ObjectId> {
    let name = name.clone();
    Some(match kind {
        ObjectKind::Schema => ObjectId::Schema(name.name),
        ObjectKind::Collation => ObjectId::Collation(name),
        ObjectKind::Enum => ObjectId::Enum(name),
        ObjectKind::Domain => ObjectId::Domain(name),
        ObjectKind::Composite => ObjectId::Composite(name),
        ObjectKind::Range => ObjectId::Range(name),
        ObjectKind::Sequence => ObjectId::Sequence(name),
        ObjectKind::Table => ObjectId::Table(name),
        ObjectKind::View => ObjectId::View(name),
        ObjectKind::Statistics => ObjectId::Statistics(name),
        ObjectKind::Extension
        | ObjectKind::Routine
        | ObjectKind::Trigger
        | ObjectKind::Policy
        | ObjectKind::Rule => return None,
    })
}

fn with_name(mut object: Object, name: &QName) -> Object {
    match &mut object {
        Object::Schema(o) => o.name.clone_from(&name.name),
        Object::Collation(o) => o.name.clone_from(name),
        Object::Enum(o) => o.name.clone_from(name),
        Object::Domain(o) => o.name.clone_from(name),
        Object::Composite(o) => o.name.clone_from(name),
        Object::Range(o) => o.name.clone_from(name),
        Object::Sequence(o) => o.name.clone_from(name),
        Object::Table(o) => o.name.clone_from(name),
        Object::View(o) => o.name.clone_from(name),
        Object::Statistics(o) => o.name.clone_from(name),
        Object::Extension(_)
        | Object::Routine(_)
        | Object::Trigger(_)
        | Object::Policy(_)
        | Object::Rule(_) => {}
    }
    object
}

fn swap(name: &mut QName, from: &QName, to: &QName) {
    if name == from {
        name.clone_from(to);
    }
}

fn rewrite(expr: &mut Expr, from: &str, to: &str) {
    *expr = Expr(replace_identifiers(&expr.0, from, to));
}

/// Structure and text that name a renamed object. Bodies of routines are strings to the database:
/// they keep the old name, and are altered by the diff where the wanted text differs.
fn follow_object(base: &mut Model, kind: ObjectKind, from: &QName, to: &QName) {
    let any = |sql: &mut String| *sql = replace_name(sql, from, to, Scope::Any);
    let ty = |sql: &mut String| *sql = replace_name(sql, from, to, Scope::Type);
    let swap_type = |data: &mut DataType| {
        if let TypeName::User(name) = &mut data.name {
            swap(name, from, to);
        }
    };
    let sqlite = base.dialect == crate::model::Dialect::Sqlite;
    for table in base.tables.values_mut() {
        for column in &mut table.columns {
            swap_type(&mut column.ty);
        }
        for_each_expr(table, &mut |expr| match kind {
            ObjectKind::Sequence => {
                expr.0 = replace_identifiers(&expr.0, &from.name, &to.name);
            }
            // SQLite lets a check name its own table.
            _ if sqlite => any(&mut expr.0),
            _ => ty(&mut expr.0),
        });
        if let Some(of) = &mut table.of_type {
            swap(of, from, to);
        }
        if kind != ObjectKind::Table {
            continue;
        }
        for key in &mut table.foreign_keys {
            swap(&mut key.parent, from, to);
        }
        if let Some(partition) = &mut table.partition_of {
            swap(&mut partition.parent, from, to);
        }
        for parent in &mut table.inherits {
            swap(parent, from, to);
        }
    }
    for sequence in base.sequences.values_mut() {
        if let Some(owner) = &mut sequence.owned_by
            && kind == ObjectKind::Table
        {
            swap(&mut owner.table, from, to);
        }
    }
    for view in base.views.values_mut() {
        match kind {
            ObjectKind::Table | ObjectKind::View => any(&mut view.query),
            _ => ty(&mut view.query),
        }
    }
    for domain in base.domains.values_mut() {
        swap_type(&mut domain.base);
    }
    for composite in base.composites.values_mut() {
        composite.attributes.iter_mut().for_each(|attribute| swap_type(&mut attribute.ty));
    }
    for statistics in base.statistics.values_mut() {
        swap(&mut statistics.table, from, to);
        any(&mut statistics.definition);
    }
    if kind != ObjectKind::Sequence {
        for mut routine in std::mem::take(&mut base.routines).into_values() {
            routine.id.arguments.iter_mut().for_each(any);
            for text in [&mut routine.arguments, &mut routine.result, &mut routine.definition] {
                any(text);
            }
            base.routines.insert(routine.id.clone(), routine);
        }
    }
    if matches!(kind, ObjectKind::Table | ObjectKind::View) {
        for mut trigger in std::mem::take(&mut base.triggers).into_values() {
            swap(&mut trigger.id.table, from, to);
            any(&mut trigger.definition);
            base.triggers.insert(trigger.id.clone(), trigger);
        }
        for mut rule in std::mem::take(&mut base.rules).into_values() {
            swap(&mut rule.id.table, from, to);
            any(&mut rule.definition);
            base.rules.insert(rule.id.clone(), rule);
        }
    }
    for mut policy in std::mem::take(&mut base.policies).into_values() {
        swap(&mut policy.id.table, from, to);
        for expr in policy.using.iter_mut().chain(&mut policy.with_check) {
            match kind {
                ObjectKind::Table | ObjectKind::View => any(&mut expr.0),
                _ => ty(&mut expr.0),
            }
        }
        base.policies.insert(policy.id.clone(), policy);
    }
}

/// Literals of a renamed label, in what the database keeps as trees.
fn follow_label(base: &mut Model, from: &str, to: &str) {
    let change = |text: &mut String| *text = replace_label(text, from, to);
    for table in base.tables.values_mut() {
        for_each_expr(table, &mut |expr| change(&mut expr.0));
    }
    base.views.values_mut().for_each(|view| change(&mut view.query));
    for policy in base.policies.values_mut() {
        let exprs = policy.using.iter_mut().chain(&mut policy.with_check);
        exprs.for_each(|expr| change(&mut expr.0));
    }
    base.triggers.values_mut().for_each(|trigger| change(&mut trigger.definition));
    base.rules.values_mut().for_each(|rule| change(&mut rule.definition));
}

fn follow_column(base: &mut Model, table: &QName, from: &str, to: &str) {
    let children: Vec<QName> = base
        .tables
        .values()
        .filter(|child| {
            child.inherits.contains(table)
                || child.partition_of.as_ref().is_some_and(|p| p.parent == *table)
        })
        .map(|child| child.name.clone())
        .collect();
    for child in children {
        let rename = Rename::Column { table: child.clone(), from: from.into(), to: to.into() };
        if let Some(owner) = base.tables.get_mut(&child) {
            rename_in_table(owner, &rename);
        }
        follow_column(base, &child, from, to);
    }
    for other in base.tables.values_mut() {
        for key in &mut other.foreign_keys {
            if key.parent == *table {
                rename_all(&mut key.parent_columns, from, to);
            }
        }
    }
    for sequence in base.sequences.values_mut() {
        if let Some(owner) = &mut sequence.owned_by
            && owner.table == *table
            && owner.column == from
        {
            to.clone_into(&mut owner.column);
        }
    }
    for trigger in base.triggers.values_mut().filter(|trigger| trigger.id.table == *table) {
        trigger.definition = replace_identifiers(&trigger.definition, from, to);
    }
    for policy in base.policies.values_mut().filter(|policy| policy.id.table == *table) {
        for expr in policy.using.iter_mut().chain(&mut policy.with_check) {
            rewrite(expr, from, to);
        }
    }
    for statistics in base.statistics.values_mut().filter(|s| s.table == *table) {
        statistics.definition = replace_identifiers(&statistics.definition, from, to);
    }
}

fn rename_all(names: &mut [String], from: &str, to: &str) {
    for name in names.iter_mut().filter(|name| *name == from) {
        to.clone_into(name);
    }
}

/// Renames a column, index or constraint within one table. False when it is not there.
pub(super) fn rename_in_table(table: &mut Table, rename: &Rename) -> bool {
    match rename {
        Rename::Column { from, to, .. } => rename_column(table, from, to),
        Rename::Index { from, to, .. } => {
            let Some(index) = table.indexes.iter_mut().find(|index| index.name == *from) else {
                return false;
            };
            index.name.clone_from(to);
            table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
            replica(table, from, to);
            true
        }
        Rename::Constraint { from, to, .. } => {
            let found = rename_constraint(table, from, to);
            if found {
                replica(table, from, to);
            }
            found
        }
        Rename::Object { .. } | Rename::EnumLabel { .. } => false,
    }
}

/// What partitions and children have from a renamed index or constraint.
pub(super) fn follow_part(base: &mut Model, rename: &Rename) {
    let (Rename::Index { table, from, to } | Rename::Constraint { table, from, to }) = rename
    else {
        return;
    };
    let mut below = Vec::new();
    for child in base.tables.values_mut() {
        if !child.inherits.contains(table)
            && child.partition_of.as_ref().is_none_or(|p| p.parent != *table)
        {
            continue;
        }
        if let Rename::Index { .. } = rename {
            for index in &mut child.indexes {
                if let Some(parent) = &mut index.attached_to {
                    swap(parent, &table.sibling(from), &table.sibling(to));
                }
            }
            continue;
        }
        let keys = child.primary_key.iter_mut().map(|c| &mut c.inherited_from);
        let keys = keys.chain(child.uniques.iter_mut().map(|c| &mut c.inherited_from));
        let keys = keys.chain(child.foreign_keys.iter_mut().map(|c| &mut c.inherited_from));
        for parent in keys.filter(|parent| parent.as_ref() == Some(from)) {
            *parent = Some(to.clone());
        }
        // A check is one for the whole family and has one name.
        for check in child.checks.iter_mut().filter(|c| c.inherited) {
            if check.name.as_ref() == Some(from) {
                check.name = Some(to.clone());
                below.push(child.name.clone());
            }
        }
        child.checks.sort_by(|a, b| a.name.cmp(&b.name));
    }
    for table in below {
        follow_part(base, &Rename::Constraint { table, from: from.clone(), to: to.clone() });
    }
}

fn replica(table: &mut Table, from: &str, to: &str) {
    if let ReplicaIdentity::Index(name) = &mut table.replica_identity
        && name == from
    {
        to.clone_into(name);
    }
}

fn rename_constraint(table: &mut Table, from: &str, to: &str) -> bool {
    let mut found = false;
    let mut set = |name: &mut Option<String>| {
        if name.as_deref() == Some(from) {
            *name = Some(to.to_owned());
            found = true;
        }
    };
    if let Some(key) = &mut table.primary_key {
        set(&mut key.name);
    }
    table.uniques.iter_mut().for_each(|c| set(&mut c.name));
    table.foreign_keys.iter_mut().for_each(|c| set(&mut c.name));
    table.checks.iter_mut().for_each(|c| set(&mut c.name));
    for exclusion in table.exclusions.iter_mut().filter(|c| c.name == from) {
        to.clone_into(&mut exclusion.name);
        to.clone_into(&mut exclusion.index.name);
        found = true;
    }
    table.uniques.sort_by(|a, b| a.name.cmp(&b.name));
    table.foreign_keys.sort_by(|a, b| a.name.cmp(&b.name));
    table.checks.sort_by(|a, b| a.name.cmp(&b.name));
    table.exclusions.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn rename_column(table: &mut Table, from: &str, to: &str) -> bool {
    let Some(column) = table.columns.iter_mut().find(|column| column.name == from) else {
        return false;
    };
    to.clone_into(&mut column.name);
    if let Some(key) = &mut table.primary_key {
        rename_all(&mut key.columns, from, to);
        rename_all(&mut key.include, from, to);
    }
    for unique in &mut table.uniques {
        rename_all(&mut unique.columns, from, to);
        rename_all(&mut unique.include, from, to);
    }
    for key in &mut table.foreign_keys {
        rename_all(&mut key.columns, from, to);
        rename_all(&mut key.on_delete_columns, from, to);
        if key.parent == table.name {
            rename_all(&mut key.parent_columns, from, to);
        }
    }
    let exclusions = table.exclusions.iter_mut().map(|exclusion| &mut exclusion.index);
    for index in table.indexes.iter_mut().chain(exclusions) {
        rename_index_columns(index, from, to);
    }
    for_each_expr(table, &mut |expr| rewrite(expr, from, to));
    true
}

fn rename_index_columns(index: &mut Index, from: &str, to: &str) {
    rename_all(&mut index.include, from, to);
    for element in &mut index.elements {
        if let IndexKey::Column(name) = &mut element.key
            && name == from
        {
            to.clone_into(name);
        }
    }
}

/// Every expression that is part of a table.
fn for_each_expr(table: &mut Table, change: &mut dyn FnMut(&mut Expr)) {
    for column in &mut table.columns {
        match &mut column.value {
            crate::model::ColumnValue::Default(expr)
            | crate::model::ColumnValue::Generated { expr, .. } => change(expr),
            _ => {}
        }
    }
    for check in &mut table.checks {
        change(&mut check.expr);
    }
    let exclusions = table.exclusions.iter_mut().map(|exclusion| &mut exclusion.index);
    for index in table.indexes.iter_mut().chain(exclusions) {
        for element in &mut index.elements {
            if let IndexKey::Expr(expr) = &mut element.key {
                change(expr);
            }
        }
        if let Some(predicate) = &mut index.predicate {
            change(predicate);
        }
    }
    if let Some(key) = &mut table.partition_by {
        change(key);
    }
}
