//! Names that different kinds of objects share: relations one set, types another (PostgreSQL
//! manual, "CREATE TABLE" and "CREATE TYPE", Notes); on SQLite tables, views and indexes.

use crate::model::{Dialect, Model, ObjectId, QName};

/// What else has the object's name already: `table users`.
pub fn with(model: &Model, id: &ObjectId) -> Option<String> {
    match id {
        ObjectId::View(name) => relation(model, name).or_else(|| data_type(model, name)),
        ObjectId::Composite(name) => relation(model, name).or_else(|| data_type(model, name)),
        ObjectId::Sequence(name) => relation(model, name),
        ObjectId::Enum(name) | ObjectId::Domain(name) | ObjectId::Range(name) => {
            data_type(model, name)
        }
        _ => None,
    }
}

/// The relation of that name, an index among them.
pub fn relation(model: &Model, name: &QName) -> Option<String> {
    let postgres = model.dialect == Dialect::Postgres;
    let same = |schema: &Option<String>, other: &str| match postgres {
        true => other == name.name && *schema == name.schema,
        false => other.eq_ignore_ascii_case(&name.name),
    };
    let named = |what: &str, other: &QName| {
        same(&other.schema, &other.name).then(|| format!("{what} {other}"))
    };
    let whole = (model.tables.keys().find_map(|n| named("table", n)))
        .or_else(|| model.views.keys().find_map(|n| named("view", n)))
        .or_else(|| model.sequences.keys().find_map(|n| named("sequence", n)))
        .or_else(|| model.composites.keys().find_map(|n| named("type", n)));
    whole.or_else(|| {
        model.tables.values().find_map(|table| {
            let key = table.primary_key.iter().filter_map(|key| key.name.as_deref());
            let uniques = table.uniques.iter().filter_map(|unique| unique.name.as_deref());
            let exclusions = table.exclusions.iter().map(|exclusion| exclusion.name.as_str());
            // SQLite's constraints have indexes without a name of their own.
            let behind = key.chain(uniques).chain(exclusions).filter(|_| postgres);
            let indexes = table.indexes.iter().map(|index| index.name.as_str());
            let found = behind.chain(indexes).any(|index| same(&table.name.schema, index));
            found.then(|| format!("an index of table {}", table.name))
        })
    })
}

/// The type of that name; every table and view is one.
fn data_type(model: &Model, name: &QName) -> Option<String> {
    let what = if model.enums.contains_key(name) {
        "enum"
    } else if model.domains.contains_key(name) {
        "domain"
    } else if model.ranges.contains_key(name) {
        "range type"
    } else if model.composites.contains_key(name) {
        "type"
    } else if model.tables.contains_key(name) {
        "table"
    } else if model.views.contains_key(name) {
        "view"
    } else {
        return None;
    };
    Some(format!("{what} {name}"))
}
