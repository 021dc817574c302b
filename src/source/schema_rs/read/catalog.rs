//! Every table, enum and custom type of all files by its Rust identifier, so that anything can
//! refer to anything.

use super::super::ast::{Arg, Attribute, Body, Items, Name, Notes, Value, ValueKind};
use super::super::identifiers::separate;
use crate::model::{DataType, Dialect, QName};
use std::collections::BTreeMap;

/// A table as others refer to it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub module: Vec<String>,
    pub name: QName,
    /// Identifier and SQL name of each column.
    pub columns: Vec<(String, String)>,
    /// SQL names of the primary key's columns.
    pub key: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Catalog {
    tables: BTreeMap<String, Vec<Entry>>,
    pub enums: BTreeMap<String, (QName, Vec<String>)>,
    pub custom: BTreeMap<String, DataType>,
}

impl Catalog {
    pub fn new<'a>(files: impl Iterator<Item = &'a Items>, dialect: Dialect) -> Self {
        let mut catalog = Self::default();
        for items in files {
            for table in &items.tables {
                let columns: Vec<(String, String)> = table
                    .columns
                    .iter()
                    .map(|c| (c.name.text.clone(), sql_name(&c.name, &c.notes)))
                    .collect();
                let sql = |ident: &str| {
                    columns.iter().find(|(i, _)| i == ident).map(|(_, name)| name.clone())
                };
                let key = match &table.key {
                    Some(key) => key.iter().filter_map(|n| sql(&n.text)).collect(),
                    None => sql("id").into_iter().collect(),
                };
                let name = qualified(&table.name, table.schema.as_ref(), &table.notes, dialect);
                let entry = Entry { module: table.module.clone(), name, columns, key };
                catalog.tables.entry(table.name.text.clone()).or_default().push(entry);
            }
            for item in &items.enums {
                let schema = schema(None, &item.notes, dialect);
                let name =
                    text_of(&item.notes, "sql_name").unwrap_or_else(|| separate(&item.name.text));
                let labels = item
                    .labels
                    .iter()
                    .map(|label| {
                        text_of(&label.notes, "sql_name")
                            .unwrap_or_else(|| separate(&label.name.text))
                    })
                    .collect();
                catalog
                    .enums
                    .entry(item.name.text.clone())
                    .or_insert((QName { schema, name }, labels));
            }
            for custom in &items.custom_types {
                let schema = custom.schema.as_deref().filter(|s| !is_default(s, dialect));
                catalog
                    .custom
                    .entry(custom.ident.clone())
                    .or_insert_with(|| custom_type(schema, &custom.name));
            }
        }
        catalog
    }

    /// The table of that identifier: one of the same module first, then the only one there is.
    pub fn table(&self, ident: &str, module: &[String]) -> Option<&Entry> {
        let all = self.tables.get(ident)?;
        all.iter().find(|entry| entry.module == module).or_else(|| all.first())
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
    let attribute = notes.attributes.iter().find(|a| a.name.text == key)?;
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
