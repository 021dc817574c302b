//! Questions about tables that several rules ask.

use crate::model::{DataType, Index, IndexKey, Table, TypeName};

/// A type of the database itself, by any of these names; not an array.
pub(super) fn is_builtin(ty: &DataType, names: &[&str]) -> bool {
    matches!(&ty.name, TypeName::Builtin(name) if !ty.array && names.contains(&name.as_str()))
}

/// The columns an index begins with, up to its first expression.
fn columns(index: &Index) -> Vec<&str> {
    let keys = index.elements.iter().map(|element| match &element.key {
        IndexKey::Column(name) => Some(name.as_str()),
        IndexKey::Expr(_) => None,
    });
    keys.map_while(|name| name).collect()
}

/// Lists of columns by which rows are found: of keys, unique constraints and whole indexes.
fn ways<'t>(table: &'t Table) -> impl Iterator<Item = Vec<&'t str>> {
    let names = |columns: &'t [String]| columns.iter().map(String::as_str).collect::<Vec<_>>();
    let key = table.primary_key.iter().map(move |key| names(&key.columns));
    let uniques = table.uniques.iter().map(move |unique| names(&unique.columns));
    let whole = table.indexes.iter().filter(|i| i.predicate.is_none() && !i.invalid);
    key.chain(uniques)
        .chain(whole.filter(|i| i.method == "btree" || i.method == "hash").map(columns))
}

/// Some index begins with these columns, in any order.
pub(super) fn leads(table: &Table, wanted: &[String]) -> bool {
    let leads = |way: Vec<&str>| {
        way.get(..wanted.len())
            .is_some_and(|first| wanted.iter().all(|name| first.contains(&name.as_str())))
    };
    ways(table).any(leads) || only_not_null(table, wanted)
}

/// A partial index that leaves out nothing but NULL serves a foreign key as well.
fn only_not_null(table: &Table, wanted: &[String]) -> bool {
    let [column] = wanted else { return false };
    table.indexes.iter().any(|index| {
        let text = index.predicate.as_ref().map(|e| e.as_str().trim_matches(['(', ')']));
        columns(index).first() == Some(&column.as_str())
            && text.is_some_and(|t| t.eq_ignore_ascii_case(&format!("{column} is not null")))
    })
}

/// Some index begins with this column.
pub(super) fn begins(table: &Table, column: &str) -> bool {
    ways(table).any(|way| way.first() == Some(&column))
}

/// What does all that an index does: the name of another index or constraint.
pub(super) fn covered(table: &Table, index: &Index) -> Option<String> {
    let plain = index.method == "btree"
        && index.elements.iter().all(|e| e.opclass.is_none() && e.collation.is_none());
    let own = columns(index);
    if !plain || own.is_empty() || own.len() != index.elements.len() {
        return None;
    }
    let other = table.indexes.iter().filter(|other| other.name != index.name).find(|other| {
        let first = other.elements.get(..index.elements.len());
        let same = other.elements == index.elements && other.include == index.include;
        other.method == index.method
            && other.predicate == index.predicate
            && first == Some(index.elements.as_slice())
            // A unique index says something about the rows; of two equal ones the later goes.
            && (!index.unique || (same && other.unique && other.name < index.name))
            && (index.unique || !same || other.unique || other.name < index.name)
            && (index.include.is_empty() || same)
    });
    if let Some(other) = other {
        return Some(format!("index {}", other.name));
    }
    if index.unique || index.predicate.is_some() || !index.include.is_empty() || !ascending(index) {
        return None;
    }
    let begins = |columns: &[String]| {
        columns
            .get(..own.len())
            .is_some_and(|first| first.iter().map(String::as_str).eq(own.iter().copied()))
    };
    if table.primary_key.as_ref().is_some_and(|key| begins(&key.columns)) {
        return Some("the primary key".to_owned());
    }
    let unique = table.uniques.iter().find(|unique| begins(&unique.columns))?;
    Some(match &unique.name {
        Some(name) => format!("constraint {name}"),
        None => format!("unique ({})", unique.columns.join(", ")),
    })
}

fn ascending(index: &Index) -> bool {
    index.elements.iter().all(|element| element.order.is_asc() && element.nulls.is_none())
}
