//! Whether a foreign key fits what it points at.

use crate::model::{DataType, Dialect, ForeignKey, IndexKey, Table, TypeName};

/// True when the key's columns can be compared with the parent's, and those are unique: what
/// PostgreSQL asks when the key is made, and SQLite only when a row is written.
#[must_use]
pub fn fits(child: &Table, key: &ForeignKey, parent: &Table, dialect: Dialect) -> bool {
    let pairs = key.columns.iter().zip(&key.parent_columns);
    key.columns.len() == key.parent_columns.len()
        && is_unique(parent, &key.parent_columns)
        && pairs.into_iter().all(|(own, other)| match (child.column(own), parent.column(other)) {
            (Some(own), Some(other)) => types_fit(&own.ty, &other.ty, dialect),
            _ => false,
        })
}

/// True when values of the two types can be equal.
#[must_use]
pub fn types_fit(a: &DataType, b: &DataType, dialect: Dialect) -> bool {
    match dialect {
        Dialect::Postgres => comparable(a, b),
        // SQLite converts; only text that should equal a number is certainly a slip.
        Dialect::Sqlite => match (affinity(a), affinity(b)) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        },
    }
}

#[derive(PartialEq)]
enum Affinity {
    Text,
    Number,
}

/// datatype3.html, "Determination Of Column Affinity"; `None` where anything may be meant.
fn affinity(ty: &DataType) -> Option<Affinity> {
    let TypeName::Builtin(name) = &ty.name else { return None };
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&["INT"]) {
        Some(Affinity::Number)
    } else if has(&["CHAR", "CLOB", "TEXT"]) {
        Some(Affinity::Text)
    } else if has(&["REAL", "FLOA", "DOUB", "NUMERIC", "DECIMAL"]) {
        Some(Affinity::Number)
    } else {
        None
    }
}

/// True when PostgreSQL has an equality operator for both types, or when one of them is the
/// user's own (a domain may stand for the other).
fn comparable(a: &DataType, b: &DataType) -> bool {
    fn family(ty: &DataType) -> Option<&str> {
        match &ty.name {
            TypeName::Builtin(name) => Some(match name.as_str() {
                "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision" => {
                    "number"
                }
                "oid" | "xid" | "regclass" | "regtype" | "regproc" => "number",
                "text" | "character varying" | "character" | "bpchar" | "name" | "\"char\"" => {
                    "text"
                }
                "date" | "timestamp without time zone" | "timestamp with time zone" => "time",
                name if name.starts_with("bit") => "bit",
                name if name.starts_with("interval") => "interval",
                name if name == "inet" || name == "cidr" => "inet",
                name => name,
            }),
            TypeName::User(_) => None,
        }
    }
    if let (TypeName::User(a), TypeName::User(b)) = (&a.name, &b.name)
        && a == b
    {
        return true;
    }
    match (family(a), family(b)) {
        (Some(left), Some(right)) => left == right && a.array == b.array,
        _ => true,
    }
}

/// Columns count in any order; a unique index without condition does as well as a constraint.
#[must_use]
pub fn is_unique(table: &Table, columns: &[String]) -> bool {
    let same =
        |list: &[String]| list.len() == columns.len() && list.iter().all(|c| columns.contains(c));
    table.primary_key.as_ref().is_some_and(|key| same(&key.columns))
        || table.uniques.iter().any(|unique| same(&unique.columns))
        || table.indexes.iter().any(|index| {
            let keys: Option<Vec<String>> = index
                .elements
                .iter()
                .map(|element| match &element.key {
                    IndexKey::Column(name) => Some(name.clone()),
                    IndexKey::Expr(_) => None,
                })
                .collect();
            index.unique && index.predicate.is_none() && keys.is_some_and(|keys| same(&keys))
        })
}
