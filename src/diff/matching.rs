use super::renaming::{follow_part, rename_in_table};
use super::{Constraint, Rename, constraints};
use crate::model::{Index, Model, QName, Table};

/// Finds constraints and indexes that differ in nothing but the name, renames them in `base` and
/// writes the renames down. It is always safe: the content is the same.
///
/// Copies that a partition has of its parent's indexes are left out: PostgreSQL names them.
pub(super) fn constraints_and_indexes(base: &mut Model, to: &Model, renames: &mut Vec<Rename>) {
    if base.dialect == crate::model::Dialect::Sqlite {
        // SQLite cannot rename either.
        return;
    }
    // Parents first: what partitions have from them follows.
    let mut names: Vec<QName> = base.tables.keys().cloned().collect();
    names.sort_by_key(|name| depth(base, name));
    for name in names {
        let (Some(old), Some(new)) = (base.tables.get(&name), to.tables.get(&name)) else {
            continue;
        };
        if old == new {
            continue;
        }
        let found = in_table(old, new);
        if let Some(table) = base.tables.get_mut(&name) {
            for rename in &found {
                rename_in_table(table, rename);
            }
        }
        found.iter().for_each(|rename| follow_part(base, rename));
        renames.extend(found);
    }
}

/// How many tables stand above this one.
fn depth(model: &Model, name: &QName) -> usize {
    let parents = |name: &QName| {
        let table = model.tables.get(name)?;
        table.partition_of.as_ref().map(|p| &p.parent).or(table.inherits.first())
    };
    std::iter::successors(parents(name), |parent| parents(parent)).take(model.tables.len()).count()
}

fn in_table(old: &Table, new: &Table) -> Vec<Rename> {
    let mut found = Vec::new();
    let (before, mut after) = (constraints(old), constraints(new));
    after.retain(|c| !before.iter().any(|b| b.name() == c.name()));
    let new_names: Vec<_> = constraints(new).iter().map(|c| c.name().map(str::to_owned)).collect();
    for constraint in &before {
        let name = constraint.name();
        let inherited = matches!(constraint, Constraint::Check(check) if check.inherited);
        if inherited || name.is_none() || new_names.iter().any(|n| n.as_deref() == name) {
            continue;
        }
        let same = after.iter().position(|c| same_content(constraint, c));
        let Some(other) = same.map(|at| after.remove(at)) else { continue };
        if let (Some(from), Some(to)) = (name, other.name()) {
            found.push(Rename::Constraint {
                table: new.name.clone(),
                from: from.to_owned(),
                to: to.to_owned(),
            });
        }
    }
    let mut free: Vec<&Index> =
        new.indexes.iter().filter(|i| !old.indexes.iter().any(|o| o.name == i.name)).collect();
    for index in &old.indexes {
        if new.indexes.iter().any(|n| n.name == index.name) {
            continue;
        }
        let same = free.iter().position(|c| same_index(index, c));
        let Some(other) = same.map(|at| free.remove(at)) else { continue };
        found.push(Rename::Index {
            table: new.name.clone(),
            from: index.name.clone(),
            to: other.name.clone(),
        });
    }
    found
}

fn same_content(a: &Constraint, b: &Constraint) -> bool {
    a.without_comments().renamed(None) == b.without_comments().renamed(None)
}

fn same_index(a: &Index, b: &Index) -> bool {
    let plain = |index: &Index| Index { name: String::new(), comment: None, ..index.clone() };
    plain(a) == plain(b)
}
