//! SQLite keeps the text of its statements; what is in them is in the model.

use super::{ColumnDetail, Part, PartKind, Structure};
use crate::database::{DatabaseError, Session, Value};
use crate::dialect::sqlite::quote::{ident, qname};
use crate::dialect::sqlite::{create_index, references, types};
use crate::inspect::TableInfo;
use crate::inspect::overview::tells_sizes;
use crate::model::{Column, ColumnValue, ForeignKey, GeneratedKind, Index, IndexKey, Model, Table};
use std::collections::BTreeMap;

pub(super) fn structure(
    session: &mut dyn Session,
    table: TableInfo,
) -> Result<Structure, DatabaseError> {
    let model = session.introspect()?;
    let sizes = sizes(session, &table.name.name)?;
    let known = model.tables.get(&table.name);
    let columns = match known {
        Some(known) => known.columns.iter().map(column).collect(),
        None => table.columns.iter().map(of_view).collect(),
    };
    let mut parts = known.map(|known| of_table(known, &sizes)).unwrap_or_default();
    parts.extend(referring(&model, &table));
    let triggers = model.triggers.iter().filter(|(id, _)| id.table == table.name);
    parts.extend(triggers.map(|(id, trigger)| {
        part(PartKind::Trigger, Some(&id.name), &[], trigger.definition.clone())
    }));
    Ok(Structure { table, comment: None, columns, parts })
}

/// Bytes of each index; nothing where this SQLite does not tell.
fn sizes(session: &mut dyn Session, table: &str) -> Result<BTreeMap<String, u64>, DatabaseError> {
    if !tells_sizes(session)? {
        return Ok(BTreeMap::new());
    }
    let sql = "SELECT s.name, sum(d.pgsize) FROM sqlite_schema AS s JOIN dbstat AS d ON d.name = s.name \
               WHERE s.type = 'index' AND s.tbl_name = ?1 GROUP BY s.name";
    let found = session.query(sql, &[Value::Text(table.to_owned())])?;
    let size = |row: &Vec<Value>| match row.as_slice() {
        [name, bytes] => {
            Some((name.as_text()?.to_owned(), u64::try_from(bytes.as_integer()?).ok()?))
        }
        _ => None,
    };
    Ok(found.rows.iter().filter_map(size).collect())
}

fn column(column: &Column) -> ColumnDetail {
    let (default, generated) = match &column.value {
        ColumnValue::Default(expr) => (Some(expr.to_string()), false),
        ColumnValue::Generated { expr, kind } => {
            let virtual_ = if *kind == GeneratedKind::Virtual { " VIRTUAL" } else { "" };
            (Some(format!("({expr}){virtual_}")), true)
        }
        ColumnValue::None | ColumnValue::Identity(_) => (None, false),
    };
    ColumnDetail {
        name: column.name.clone(),
        ty: types::render(&column.ty),
        nullable: column.nullable,
        default,
        generated,
        ..ColumnDetail::default()
    }
}

fn of_view(column: &crate::inspect::ColumnInfo) -> ColumnDetail {
    ColumnDetail {
        name: column.name.clone(),
        ty: column.ty.clone(),
        nullable: column.nullable,
        default: column.default.clone(),
        ..ColumnDetail::default()
    }
}

fn part(kind: PartKind, name: Option<&str>, columns: &[String], definition: String) -> Part {
    Part {
        kind,
        name: name.map(str::to_owned),
        columns: columns.to_vec(),
        definition,
        other: None,
        bytes: None,
        comment: None,
    }
}

fn list(columns: &[String]) -> String {
    columns.iter().map(|name| ident(name)).collect::<Vec<_>>().join(", ")
}

fn of_table(table: &Table, sizes: &BTreeMap<String, u64>) -> Vec<Part> {
    let mut parts = Vec::new();
    if let Some(key) = &table.primary_key {
        let sql = format!("PRIMARY KEY ({})", list(&key.columns));
        parts.push(part(PartKind::PrimaryKey, key.name.as_deref(), &key.columns, sql));
    }
    for unique in &table.uniques {
        let sql = format!("UNIQUE ({})", list(&unique.columns));
        parts.push(part(PartKind::Unique, unique.name.as_deref(), &unique.columns, sql));
    }
    for key in &table.foreign_keys {
        let found = part(PartKind::ForeignKey, key.name.as_deref(), &key.columns, foreign(key));
        parts.push(Part { other: Some((key.parent.clone(), key.parent_columns.clone())), ..found });
    }
    for check in &table.checks {
        let sql = format!("CHECK ({})", check.expr);
        parts.push(part(PartKind::Check, check.name.as_deref(), &[], sql));
    }
    for index in &table.indexes {
        let bytes = sizes.get(&index.name).copied();
        parts.push(Part { bytes, ..of_index(table, index) });
    }
    parts
}

fn foreign(key: &ForeignKey) -> String {
    format!("FOREIGN KEY ({}) {}", list(&key.columns), references(key))
}

fn of_index(table: &Table, index: &Index) -> Part {
    let column = |key: &IndexKey| match key {
        IndexKey::Column(name) => Some(name.clone()),
        IndexKey::Expr(_) => None,
    };
    let columns: Vec<String> = index.elements.iter().filter_map(|e| column(&e.key)).collect();
    let whole = create_index(&table.name.name, index);
    let start = format!("INDEX {} ON {} ", ident(&index.name), qname(&table.name));
    let rest = whole.split_once(&start).map_or(&*whole, |(_, rest)| rest);
    let unique = if index.unique { "UNIQUE " } else { "" };
    let definition = format!("{unique}{}", rest.trim_end_matches(';'));
    part(PartKind::Index, Some(&index.name), &columns, definition)
}

fn referring(model: &Model, table: &TableInfo) -> Vec<Part> {
    let keys = model.tables.values().flat_map(|child| {
        let keys = child.foreign_keys.iter().filter(|key| key.parent == table.name);
        keys.map(|key| Part {
            other: Some((child.name.clone(), key.parent_columns.clone())),
            ..part(PartKind::ReferencedBy, key.name.as_deref(), &key.columns, foreign(key))
        })
    });
    keys.collect()
}
