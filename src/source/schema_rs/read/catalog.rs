//! Every table, enum and custom type of all files by its Rust identifier, so that anything can
//! refer to anything.

use super::super::ast::{Arg, Attribute, Body, Enum, Items, Name, Notes, Table, Value, ValueKind};
use super::super::identifiers::separate;
use crate::diff;
use crate::model::{DataType, Dialect, QName};
use std::collections::BTreeMap;

/// The file and the Rust module something stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The file, by position.
    pub file: usize,
    /// The file's name without its ending, by which other Rust files know it.
    pub stem: String,
    pub module: Vec<String>,
}

impl Home {
    /// The module by which Rust code knows what stands here.
    fn name(&self) -> &str {
        self.module.last().unwrap_or(&self.stem)
    }
}

/// A table as others refer to it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub home: Home,
    pub name: QName,
    /// Identifier and SQL name of each column.
    pub columns: Vec<(String, String)>,
    /// SQL names of the primary key's columns.
    pub key: Vec<String>,
}

/// An enum, or a type that Rust code declares by hand.
#[derive(Clone, Debug)]
pub struct TypeEntry {
    pub home: Home,
    pub ty: DataType,
    /// The labels of an enum.
    pub labels: Option<Vec<String>>,
    /// Labels of an enum that were called otherwise, or took the rows of others.
    pub values: Vec<diff::Value>,
}

/// What an identifier stands for, seen from one place.
pub enum Found<'a, T> {
    Nothing,
    One(&'a T),
    /// Several of that name, none nearer than the others.
    Several,
}

#[derive(Clone, Debug, Default)]
pub struct Catalog {
    tables: BTreeMap<String, Vec<Entry>>,
    types: BTreeMap<String, Vec<TypeEntry>>,
}

impl Catalog {
    /// `files` are the items of each file and the file's stem.
    pub fn new<'a>(files: impl Iterator<Item = (&'a Items, String)>, dialect: Dialect) -> Self {
        let mut catalog = Self::default();
        for (file, (items, stem)) in files.enumerate() {
            let home =
                |module: &Vec<String>| Home { file, stem: stem.clone(), module: module.clone() };
            for table in &items.tables {
                let entry = table_entry(table, home(&table.module), dialect);
                catalog.tables.entry(table.name.text.clone()).or_default().push(entry);
            }
            for item in &items.enums {
                let entry = enum_entry(item, home(&item.module), dialect);
                catalog.types.entry(item.name.text.clone()).or_default().push(entry);
            }
            for custom in &items.custom_types {
                let schema = custom.schema.as_deref().filter(|s| !is_default(s, dialect));
                let ty = custom_type(schema, &custom.name);
                let entry =
                    TypeEntry { home: home(&custom.module), ty, labels: None, values: Vec::new() };
                catalog.types.entry(custom.ident.clone()).or_default().push(entry);
            }
        }
        catalog
    }

    /// The table of that identifier, as seen from `at`; `qualifier` is the part of the path before
    /// it, a Rust module or file.
    pub fn table(&self, ident: &str, qualifier: Option<&str>, at: &Home) -> Found<'_, Entry> {
        let all = self.tables.get(ident).map_or(&[][..], Vec::as_slice);
        if let Some(module) = qualifier.filter(|q| !matches!(*q, "crate" | "self" | "super"))
            && !all.iter().any(|entry| entry.home.name() == module)
        {
            return Found::Nothing;
        }
        pick(all, |e| &e.home, |a, b| a.name == b.name, qualifier, at)
    }

    /// The enum or custom type of that identifier, likewise.
    pub fn data_type(
        &self,
        ident: &str,
        qualifier: Option<&str>,
        at: &Home,
    ) -> Found<'_, TypeEntry> {
        let all = self.types.get(ident).map_or(&[][..], Vec::as_slice);
        pick(all, |e| &e.home, |a, b| a.ty == b.ty, qualifier, at)
    }

    /// A table by schema and identifier (or SQL name).
    pub fn table_in(&self, schema: &str, ident: &str, dialect: Dialect) -> Option<&Entry> {
        let wanted = (!is_default(schema, dialect)).then_some(schema);
        let of = |entry: &&Entry| entry.name.schema.as_deref() == wanted;
        self.tables
            .get(ident)
            .and_then(|all| all.iter().find(of))
            .or_else(|| self.entries().find(|entry| of(entry) && entry.name.name == ident))
    }

    pub fn named(&self, name: &QName) -> Option<&Entry> {
        self.entries().find(|entry| entry.name == *name)
    }

    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.tables.values().flatten()
    }

    pub fn idents(&self) -> impl Iterator<Item = &str> + Clone {
        self.tables.keys().map(String::as_str)
    }

    pub fn type_idents(&self) -> impl Iterator<Item = &str> {
        self.types.keys().map(String::as_str)
    }
}

/// The nearest of several things with one identifier: in the module named, else in the same
/// module, else in the same file, else the only one there is.
fn pick<'a, T>(
    all: &'a [T],
    home: impl Fn(&T) -> &Home,
    same: impl Fn(&T, &T) -> bool,
    qualifier: Option<&str>,
    at: &Home,
) -> Found<'a, T> {
    let named = |one: &&T| qualifier.is_some_and(|q| home(one).name() == q);
    let ways: [&dyn Fn(&&T) -> bool; 4] =
        [&named, &|one| home(one) == at, &|one| home(one).file == at.file, &|_| true];
    for way in ways {
        let mut found = all.iter().filter(way);
        if let Some(first) = found.next() {
            // Declared twice is another mistake than not knowing which is meant.
            return match found.all(|other| same(first, other)) {
                true => Found::One(first),
                false => Found::Several,
            };
        }
    }
    Found::Nothing
}

fn table_entry(table: &Table, home: Home, dialect: Dialect) -> Entry {
    let columns: Vec<(String, String)> =
        table.columns.iter().map(|c| (c.name.text.clone(), sql_name(&c.name, &c.notes))).collect();
    let sql = |ident: &str| columns.iter().find(|(i, _)| i == ident).map(|(_, name)| name.clone());
    let key = match &table.key {
        Some(key) => key.iter().filter_map(|n| sql(&n.text)).collect(),
        None => sql("id").into_iter().collect(),
    };
    let name = qualified(&table.name, table.schema.as_ref(), &table.notes, dialect);
    Entry { home, name, columns, key }
}

fn enum_entry(item: &Enum, home: Home, dialect: Dialect) -> TypeEntry {
    let schema = schema(None, &item.notes, dialect);
    let named =
        |name: &Name, notes| text_of(notes, "sql_name").unwrap_or_else(|| separate(&name.text));
    let labels = item.labels.iter().map(|label| named(&label.name, &label.notes)).collect();
    let name = QName { schema, name: named(&item.name, &item.notes) };
    let mut values = Vec::new();
    for label in &item.labels {
        for key in ["renamed_from", "replaces"] {
            values.extend(texts_of(&label.notes, key).into_iter().map(|old| diff::Value {
                old,
                new: named(&label.name, &label.notes),
                merged: key == "replaces",
            }));
        }
    }
    TypeEntry { home, ty: DataType::user(name), labels: Some(labels), values }
}

/// A type print-schema declared by its name in `pg_type`.
fn custom_type(schema: Option<&str>, name: &str) -> DataType {
    let quoted = crate::dialect::postgres::quote::qname(&QName::new(schema, name));
    crate::dialect::postgres::types::parse(&quoted)
        .unwrap_or_else(|_| DataType::user(QName::new(schema, name)))
}

/// True for the schema whose name is left out.
pub fn is_default(schema: &str, dialect: Dialect) -> bool {
    match dialect {
        Dialect::Postgres => schema == "public",
        Dialect::Sqlite => schema == "main",
    }
}

/// The SQL name of a table, with `#[sql_name]` and `#[schema]` heeded.
pub fn qualified(name: &Name, prefix: Option<&Name>, notes: &Notes, dialect: Dialect) -> QName {
    QName { schema: schema(prefix, notes, dialect), name: sql_name(name, notes) }
}

pub fn schema(prefix: Option<&Name>, notes: &Notes, dialect: Dialect) -> Option<String> {
    text_of(notes, "schema")
        .or_else(|| prefix.map(|name| name.text.clone()))
        .filter(|schema| !is_default(schema, dialect))
}

pub fn sql_name(name: &Name, notes: &Notes) -> String {
    text_of(notes, "sql_name").unwrap_or_else(|| name.text.clone())
}

/// The string of `#[key = "…"]`.
pub fn text_of(notes: &Notes, key: &str) -> Option<String> {
    texts_of(notes, key).into_iter().next()
}

/// The strings of all `#[key = "…"]`.
fn texts_of(notes: &Notes, key: &str) -> Vec<String> {
    notes.attributes.iter().filter(|a| a.name.text == key).filter_map(text).collect()
}

fn text(attribute: &Attribute) -> Option<String> {
    match attribute {
        Attribute { body: Body::Value(Value { kind: ValueKind::Text(text), .. }), .. } => {
            Some(text.clone())
        }
        Attribute { body: Body::List(args), .. } => match args.first() {
            Some(Arg::Value(Value { kind: ValueKind::Text(text), .. })) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}
