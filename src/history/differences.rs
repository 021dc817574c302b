use crate::dialect::{postgres, sqlite};
use crate::diff::{Change, Constraint, Diff, Rename, TableChange, diff};
use crate::model::{Column, DataType, Dialect, Model, ObjectId};
use serde::Serialize;
use serde_json::Value;

/// What differs in one object of two models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// `table users`
    pub object: String,
    pub change: How,
    /// In a table, or in an object of which both have a version: what exactly.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
}

/// How the second model differs from the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    Added,
    Removed,
    Changed,
    Renamed,
}

impl How {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Renamed => "renamed",
        }
    }
}

/// What leads from one model to another, object by object.
#[must_use]
pub fn differences(from: &Model, to: &Model, renames: &[Rename]) -> Vec<Difference> {
    let found = if to.dialect == Dialect::Sqlite {
        let wanted = sqlite::align(to, from);
        let first = diff(from, &wanted, renames);
        let wanted = sqlite::align(&wanted, &first.base);
        Diff { renames: first.renames, ..diff(&first.base, &wanted, &[]) }
    } else {
        diff(from, to, renames)
    };
    let mut all: Vec<Difference> = Vec::new();
    for rename in &found.renames {
        let (object, detail) = renamed(rename);
        all.push(Difference { object, change: How::Renamed, details: vec![detail] });
    }
    for change in &found.changes {
        match change {
            Change::Create(id) => all.push(plain(id, How::Added)),
            Change::Drop(id) => all.push(plain(id, How::Removed)),
            Change::Alter(id) => {
                let details = match (found.base.object(id), to.object(id)) {
                    (Some(old), Some(new)) => fields(&inner(&old), &inner(&new)),
                    _ => Vec::new(),
                };
                all.push(Difference { details, ..plain(id, How::Changed) });
            }
            Change::Table { table, change } => {
                let object = ObjectId::Table(table.clone()).to_string();
                let detail = told(change, to.dialect);
                match all.iter_mut().find(|d| d.object == object && d.change == How::Changed) {
                    Some(known) => known.details.push(detail),
                    None => {
                        all.push(Difference {
                            object,
                            change: How::Changed,
                            details: vec![detail],
                        });
                    }
                }
            }
        }
    }
    all
}

fn plain(id: &ObjectId, change: How) -> Difference {
    Difference { object: id.to_string(), change, details: Vec::new() }
}

fn renamed(rename: &Rename) -> (String, String) {
    match rename {
        Rename::Object { kind, from, to } => (format!("{kind} {to}"), format!("from {from}")),
        Rename::Column { table, from, to } => {
            (format!("table {table}"), format!("column {from} to {to}"))
        }
        Rename::EnumLabel { ty, from, to } => {
            (format!("enum {ty}"), format!("label '{from}' to '{to}'"))
        }
        Rename::Index { table, from, to } => {
            (format!("table {table}"), format!("index {from} to {to}"))
        }
        Rename::Constraint { table, from, to } => {
            (format!("table {table}"), format!("constraint {from} to {to}"))
        }
    }
}

fn told(change: &TableChange, dialect: Dialect) -> String {
    match change {
        TableChange::AddColumn(column) => {
            format!("column {} {} added", column.name, ty(&column.ty, dialect))
        }
        TableChange::DropColumn(column) => {
            format!("column {} {} removed", column.name, ty(&column.ty, dialect))
        }
        TableChange::AlterColumn { from, to } => altered(from, to, dialect),
        TableChange::AddConstraint(one) => format!("{} added", constraint(one)),
        TableChange::DropConstraint(one) => format!("{} removed", constraint(one)),
        TableChange::AlterConstraint { to, .. } => format!("{} changed", constraint(to)),
        TableChange::AddIndex(index) => format!("index {} added", index.name),
        TableChange::DropIndex(index) => format!("index {} removed", index.name),
        TableChange::AlterIndex { from, to } => {
            let details = fields(&value(from), &value(to)).join(", ");
            format!("index {} changed: {details}", to.name)
        }
        TableChange::Comment(Some(text)) => format!("comment is now {text:?}"),
        TableChange::Comment(None) => "comment removed".to_owned(),
        TableChange::RowSecurity(on) => format!("row security {}", switched(*on)),
        TableChange::ForceRowSecurity(on) => format!("forced row security {}", switched(*on)),
        TableChange::Strict(on) => format!("STRICT {}", switched(*on)),
        TableChange::WithoutRowid(on) => format!("WITHOUT ROWID {}", switched(*on)),
        TableChange::Persistence(_) => "logged or unlogged".to_owned(),
        TableChange::Options { .. } => "storage parameters changed".to_owned(),
        TableChange::Tablespace(_) => "tablespace changed".to_owned(),
        TableChange::AccessMethod(_) => "access method changed".to_owned(),
        TableChange::PartitionBy { .. } => "partitioning changed".to_owned(),
        TableChange::PartitionOf { .. } => "its place as a partition changed".to_owned(),
        TableChange::Inherits { .. } => "inheritance changed".to_owned(),
        TableChange::OfType { .. } => "the type it is of changed".to_owned(),
        TableChange::ReplicaIdentity(_) => "replica identity changed".to_owned(),
    }
}

fn switched(on: bool) -> &'static str {
    if on { "switched on" } else { "switched off" }
}

fn altered(from: &Column, to: &Column, dialect: Dialect) -> String {
    let mut parts = Vec::new();
    if from.ty != to.ty {
        parts.push(format!("type {} -> {}", ty(&from.ty, dialect), ty(&to.ty, dialect)));
    }
    if from.nullable != to.nullable {
        parts.push(if to.nullable { "NOT NULL removed" } else { "NOT NULL added" }.to_owned());
    }
    let same = Column { ty: to.ty.clone(), nullable: to.nullable, ..from.clone() };
    parts.extend(fields(&value(&same), &value(to)));
    format!("column {} changed: {}", to.name, parts.join(", "))
}

fn constraint(one: &Constraint) -> String {
    match one.name() {
        Some(name) => format!("{} {name}", one.words()),
        None => one.words().to_owned(),
    }
}

fn ty(ty: &DataType, dialect: Dialect) -> String {
    match dialect {
        Dialect::Postgres => postgres::types::render(ty),
        Dialect::Sqlite => sqlite::types::render(ty),
    }
}

fn value(of: &impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

/// An object's own fields, without the kind around them.
fn inner(of: &impl Serialize) -> Value {
    match value(of) {
        Value::Object(map) if map.len() == 1 => map.into_iter().next().map(|(_, v)| v),
        other => Some(other),
    }
    .unwrap_or_default()
}

/// The fields that differ, with both values.
fn fields(old: &Value, new: &Value) -> Vec<String> {
    let (Value::Object(a), Value::Object(b)) = (old, new) else { return Vec::new() };
    let mut names: Vec<&String> =
        a.keys().chain(b.keys().filter(|k| !a.contains_key(*k))).collect();
    names.sort();
    let differ = names.into_iter().filter(|name| a.get(*name) != b.get(*name));
    differ
        .map(|name| {
            let words = name.replace('_', " ");
            match (a.get(name), b.get(name)) {
                (Some(old), Some(new)) => format!("{words} {} -> {}", short(old), short(new)),
                (None, Some(new)) => format!("{words} is now {}", short(new)),
                (Some(old), None) => format!("{words} was {}", short(old)),
                (None, None) => words,
            }
        })
        .collect()
}

/// A value in a few words; long ones (bodies) are cut.
fn short(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Object(map) if map.len() == 1 => {
            let (name, inner) = map.iter().next().unzip();
            let inner = inner.map(short).unwrap_or_default();
            format!("{} {inner}", name.map_or("", String::as_str))
        }
        other => other.to_string(),
    };
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match one_line.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", one_line.get(..end).unwrap_or_default()),
        None => one_line,
    }
}
