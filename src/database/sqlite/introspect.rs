//! What an SQLite database looks like, in two queries whatever its size.

use super::{SqliteSession, ddl};
use crate::database::{DatabaseError, Session, Value};
use crate::model::{Dialect, Enabled, Model, OnTable, QName, Trigger, Unmodelled};
use std::collections::{BTreeMap, BTreeSet};

/// Tables of SQLite itself (fileformat2.html, "Internal Schema Objects"), of Diesel, of dbkit and of
/// other tools for migrations.
fn is_bookkeeping(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("sqlite_")
        || name.starts_with("__dbkit")
        || matches!(
            name.as_str(),
            "__diesel_schema_migrations"
                | "__drizzle_migrations"
                | "_sqlx_migrations"
                | "_prisma_migrations"
                | "refinery_schema_history"
        )
}

/// A row of `sqlite_schema`.
struct Entry {
    kind: String,
    name: String,
    table: String,
    sql: String,
}

/// Reads the whole schema.
pub(super) fn model(session: &mut SqliteSession) -> Result<Model, DatabaseError> {
    let (entries, kinds) = read(session)?;
    let mut model = Model::new(Dialect::Sqlite);
    // As written in other objects' statements, in lower case, to the exact name.
    let mut exact = BTreeMap::new();
    let mut ignored = BTreeSet::new();
    for entry in entries.iter().filter(|e| matches!(e.kind.as_str(), "table" | "view")) {
        let kind = kinds.get(&entry.name).map_or("", String::as_str);
        let bookkeeping = is_bookkeeping(&entry.name);
        let modelled = !bookkeeping
            && match entry.kind.as_str() {
                "table" if matches!(kind, "virtual" | "shadow") => false,
                "table" => add(ddl::table(&entry.name, &entry.sql), |table| {
                    model.tables.insert(table.name.clone(), table);
                }),
                _ => add(ddl::view(&entry.name, &entry.sql), |view| {
                    model.views.insert(view.name.clone(), view);
                }),
            };
        if modelled {
            exact.insert(entry.name.to_ascii_lowercase(), entry.name.clone());
            continue;
        }
        ignored.insert(entry.name.to_ascii_lowercase());
        if !bookkeeping {
            let kind = match kind {
                "virtual" | "shadow" => format!("{kind} table"),
                _ => entry.kind.clone(),
            };
            model.unmodelled.push(Unmodelled { kind, name: entry.name.clone() });
        }
    }
    for entry in &entries {
        let owner = entry.table.to_ascii_lowercase();
        // What belongs to an ignored table belongs to whoever keeps that table.
        if ignored.contains(&owner) || entry.sql.is_empty() {
            continue;
        }
        let Some(owner) = exact.get(&owner) else { continue };
        let modelled = match entry.kind.as_str() {
            "index" => index(&mut model, owner, entry),
            "trigger" => {
                trigger(&mut model, owner, entry);
                true
            }
            _ => true,
        };
        if !modelled {
            let kind = entry.kind.clone();
            model.unmodelled.push(Unmodelled { kind, name: entry.name.clone() });
        }
    }
    resolve(&mut model, &exact);
    model.unmodelled.sort();
    Ok(model)
}

fn add<T>(object: Option<T>, insert: impl FnOnce(T)) -> bool {
    let found = object.is_some();
    if let Some(object) = object {
        insert(object);
    }
    found
}

/// The entries in order of creation, and what kind of table each table is.
fn read(
    session: &mut SqliteSession,
) -> Result<(Vec<Entry>, BTreeMap<String, String>), DatabaseError> {
    let rows = session.query(
        "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema ORDER BY rowid",
        &[],
    )?;
    let text = |row: &[Value], at: usize| {
        row.get(at).and_then(Value::as_text).unwrap_or_default().to_owned()
    };
    let entries: Vec<Entry> = rows
        .rows
        .iter()
        .map(|row| Entry {
            kind: text(row, 0),
            name: text(row, 1),
            table: text(row, 2),
            sql: text(row, 3),
        })
        .collect();
    // Which tables are another module's storage only SQLite knows. It loads every table for the
    // answer, which a schema without virtual tables can spare.
    let mut kinds = BTreeMap::new();
    let is_virtual = |sql: &str| {
        let mut cursor = crate::sql::cursor::Cursor::new(sql, Dialect::Sqlite);
        cursor.eat_words("create virtual")
    };
    if entries.iter().any(|e| e.kind == "table" && is_virtual(&e.sql)) {
        let list = session.query(
            "SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND type IN ('virtual', 'shadow')",
            &[],
        )?;
        kinds = list.rows.iter().map(|row| (text(row, 0), text(row, 1))).collect();
    }
    Ok((entries, kinds))
}

fn index(model: &mut Model, owner: &str, entry: &Entry) -> bool {
    let Some(table) = model.tables.get_mut(&QName::bare(owner)) else { return true };
    let Some(index) = ddl::index(&entry.name, &entry.sql, table) else { return false };
    table.indexes.push(index);
    table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
    true
}

fn trigger(model: &mut Model, owner: &str, entry: &Entry) {
    let id = OnTable { table: QName::bare(owner), name: entry.name.clone() };
    let definition = entry.sql.trim().trim_end_matches(';').trim_end().to_owned();
    let trigger = Trigger { id: id.clone(), definition, enabled: Enabled::Origin, comment: None };
    model.triggers.insert(id, trigger);
}

/// Gives foreign keys the exact names of their parents and, where they only name the table, the
/// columns of its primary key. A parent that is not there stays as written.
fn resolve(model: &mut Model, exact: &BTreeMap<String, String>) {
    let parents: BTreeMap<QName, (Vec<String>, Vec<String>)> = model
        .tables
        .iter()
        .map(|(name, table)| {
            let key = table.primary_key.as_ref().map(|k| k.columns.clone()).unwrap_or_default();
            let columns = table.columns.iter().map(|c| c.name.clone()).collect();
            (name.clone(), (key, columns))
        })
        .collect();
    for key in model.tables.values_mut().flat_map(|table| &mut table.foreign_keys) {
        if let Some(name) = exact.get(&key.parent.name.to_ascii_lowercase()) {
            key.parent.name.clone_from(name);
        }
        let Some((primary, columns)) = parents.get(&key.parent) else { continue };
        if key.parent_columns.is_empty() {
            key.parent_columns.clone_from(primary);
        }
        for name in &mut key.parent_columns {
            if let Some(exact) = columns.iter().find(|c| c.eq_ignore_ascii_case(name)) {
                name.clone_from(exact);
            }
        }
    }
}
