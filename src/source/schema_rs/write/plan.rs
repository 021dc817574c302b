//! Decisions about names, made once for the whole file.

use super::super::declared::Identified;
use super::super::default_names::{self, Parts};
use super::super::identifiers::{Identifiers, separate, snake_case};
use super::super::serial;
use super::super::tenant::{self, Tenants};
use crate::dialect::{postgres, sqlite};
use crate::model::{Dialect, Model, QName, Table};
use std::collections::BTreeMap;

/// Names a `use` of Diesel's and Rust's preludes brings in, that an enum must not hide.
const PRELUDE: &[&str] = &[
    "Array",
    "AsRef",
    "Box",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Drop",
    "Eq",
    "Err",
    "From",
    "FromSql",
    "Hash",
    "Into",
    "Iterator",
    "Multirange",
    "None",
    "Nullable",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Range",
    "Record",
    "Result",
    "Self",
    "Send",
    "Sized",
    "Some",
    "SqlType",
    "String",
    "Sync",
    "ToSql",
    "Unsigned",
    "Vec",
];

/// Rust identifiers of everything, and which SQL names may be left out.
pub struct Plan<'a> {
    tables: BTreeMap<&'a QName, String>,
    columns: BTreeMap<&'a QName, Vec<String>>,
    enums: BTreeMap<&'a QName, String>,
    /// How many things in a schema have that name.
    uses: BTreeMap<(Option<&'a str>, &'a str), u32>,
    tenants: Tenants,
}

impl<'a> Plan<'a> {
    pub fn new(model: &'a Model, given: &Identified) -> Self {
        let tables = tables(model, given);
        Self {
            columns: model
                .tables
                .values()
                .map(|t| {
                    (&t.name, columns(t, tables.get(&t.name).map_or("", String::as_str), given))
                })
                .collect(),
            // A table is a module, which shares its names with types.
            enums: enums(model, tables.values().map(String::as_str), given),
            tables,
            uses: uses(model),
            tenants: tenant::exact(model),
        }
    }

    pub fn table(&self, name: &QName) -> Option<&str> {
        self.tables.get(name).map(String::as_str)
    }

    /// The identifiers of a table's columns, in its order.
    pub fn columns(&self, table: &QName) -> &[String] {
        self.columns.get(table).map_or(&[], Vec::as_slice)
    }

    /// The column of `#[tenant]`, where that says all about the table's row-level security.
    pub fn tenant(&self, table: &QName) -> Option<&str> {
        self.tenants.get(table).map(String::as_str)
    }

    pub fn enumeration(&self, name: &QName) -> Option<&str> {
        self.enums.get(name).map(String::as_str)
    }

    /// True when a reader makes up exactly that name.
    pub fn is_default(&self, table: &QName, name: &str, parts: &Parts) -> bool {
        parts.name(&table.name) == name
            && self.uses.get(&(table.schema.as_deref(), name)) == Some(&1)
    }
}

/// Tables of the default schema choose first; one of another schema whose name is taken gets its
/// schema's name in front.
fn tables<'m>(model: &'m Model, given: &Identified) -> BTreeMap<&'m QName, String> {
    let given = |name: &QName| given.tables.get(name).map(|(ident, _)| ident.clone());
    let mut out: BTreeMap<&QName, String> =
        model.tables.keys().filter_map(|name| Some((name, given(name)?))).collect();
    let mut names = Identifiers::with_taken(out.values().map(String::as_str));
    let free: Vec<&QName> = model.tables.keys().filter(|name| !out.contains_key(name)).collect();
    let default: Vec<&QName> = free.iter().copied().filter(|n| n.schema.is_none()).collect();
    let plain: Vec<&str> = default.iter().map(|n| n.name.as_str()).collect();
    out.extend(default.iter().copied().zip(names.snake(&plain)));
    for name in free.into_iter().filter(|n| n.schema.is_some()) {
        let qualified = format!("{}_{}", name.schema.as_deref().unwrap_or(""), name.name);
        let bare = snake_case(&name.name);
        let wanted = if names.is_free(&bare) { &name.name } else { &qualified };
        out.extend(names.snake(&[wanted]).into_iter().map(|ident| (name, ident)));
    }
    out
}

fn columns(table: &Table, ident: &str, given: &Identified) -> Vec<String> {
    let given = given.tables.get(&table.name).map(|(_, columns)| columns);
    let given = |name: &str| given.and_then(|columns| columns.get(name)).map(String::as_str);
    let all = || table.columns.iter().map(|column| column.name.as_str());
    // A table's module names the table itself, which a column must not hide.
    let mut names = Identifiers::with_taken(all().filter_map(given).chain([ident]));
    let wanted: Vec<&str> = all().filter(|name| given(name).is_none()).collect();
    let mut made = names.snake(&wanted).into_iter();
    all().filter_map(|name| given(name).map(str::to_owned).or_else(|| made.next())).collect()
}

fn enums<'m, 't>(
    model: &'m Model,
    tables: impl Iterator<Item = &'t str>,
    given: &'t Identified,
) -> BTreeMap<&'m QName, String> {
    let kept = model.enums.keys().filter_map(|name| Some((name, given.enums.get(name)?)));
    let mut out: BTreeMap<&QName, String> =
        kept.map(|(name, ident)| (name, ident.clone())).collect();
    let mut taken: Vec<&'t str> =
        postgres::types::diesel_names().chain(sqlite::types::diesel_names()).collect();
    taken.extend(PRELUDE);
    taken.extend(tables);
    taken.extend(given.enums.values().map(String::as_str));
    let mut names = Identifiers::with_taken(taken);
    let free: Vec<&QName> = model.enums.keys().filter(|name| !out.contains_key(name)).collect();
    let wanted: Vec<&str> = free.iter().map(|n| n.name.as_str()).collect();
    out.extend(free.into_iter().zip(names.pascal(&wanted)));
    out
}

/// True when the identifier stands for the name by itself.
pub fn says(ident: &str, name: &str) -> bool {
    separate(ident) == name
}

fn uses(model: &Model) -> BTreeMap<(Option<&str>, &str), u32> {
    let mut uses = BTreeMap::new();
    for table in model.tables.values() {
        let schema = table.name.schema.as_deref();
        let constraints = table
            .primary_key
            .iter()
            .filter_map(|k| k.name.as_deref())
            .chain(table.uniques.iter().filter_map(|u| u.name.as_deref()))
            .chain(table.foreign_keys.iter().filter_map(|k| k.name.as_deref()))
            .chain(table.checks.iter().filter_map(|c| c.name.as_deref()))
            .chain(table.exclusions.iter().map(|e| e.name.as_str()));
        let relations = table
            .indexes
            .iter()
            .map(|index| index.name.as_str())
            .chain([table.name.name.as_str()])
            .chain(
                table
                    .columns
                    .iter()
                    .filter_map(|column| serial::behind(model, table, column))
                    .map(|sequence| sequence.name.name.as_str()),
            );
        for name in constraints.chain(relations) {
            *uses.entry((schema, name)).or_insert(0) += 1;
        }
    }
    uses
}

/// The default name of each kind, where the dialect has one: SQLite leaves constraints unnamed.
pub fn omit(
    plan: &Plan<'_>,
    dialect: Dialect,
    table: &Table,
    name: Option<&str>,
    parts: &Parts,
) -> bool {
    match (dialect, name) {
        (_, None) => true,
        (Dialect::Postgres, Some(name)) => plan.is_default(&table.name, name, parts),
        (Dialect::Sqlite, Some(_)) => false,
    }
}

/// The parts of an index's default name; on both dialects an index must have a name.
pub fn index_is_default(plan: &Plan<'_>, table: &Table, index: &crate::model::Index) -> bool {
    plan.is_default(&table.name, &index.name, &default_names::index(index))
}
