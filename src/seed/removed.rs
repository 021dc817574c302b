//! Rows that an earlier run wrote and no file has any more.

use super::SeedError;
use super::check::{Checked, CheckedRow};
use super::ledger::{self, RowKey};
use super::report::{Change, ChangeKind, RemovedReport, Report};
use super::statements::{ident, qname};
use crate::database::{Session, Value};
use crate::model::{Dialect, Model, QName};
use std::collections::{BTreeMap, BTreeSet};

/// The key of a row as the ledger keeps it.
pub(super) fn row_key(row: &CheckedRow) -> RowKey {
    let json = |value: &Value| match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Integer(number) => (*number).into(),
        Value::Real(number) => (*number).into(),
        Value::Text(text) => text.clone().into(),
        Value::Blob(_) => serde_json::Value::Null,
    };
    row.key.iter().filter_map(|c| Some((c.clone(), json(row.value(c)?)))).collect()
}

/// Tells keys apart.
fn id(key: &RowKey) -> String {
    let parts: Vec<String> =
        key.iter().map(|(column, value)| format!("{column}={value}")).collect();
    parts.join("\0")
}

/// The keys of all rows, by set and table.
pub(super) fn current(checked: &Checked) -> BTreeMap<(String, QName), Vec<RowKey>> {
    let mut keys: BTreeMap<(String, QName), Vec<RowKey>> = BTreeMap::new();
    for (table, rows) in checked {
        for row in rows {
            // A key that the database completes cannot be told again.
            if row.key.iter().all(|column| row.value(column).is_some()) {
                keys.entry((row.set.clone(), table.clone())).or_default().push(row_key(row));
            }
        }
    }
    keys
}

/// What the ledger knows and no set has any more. `known` are the sets this run looked at; `None`:
/// all of the environment.
pub(super) fn find(
    before: &BTreeMap<(String, QName), Vec<RowKey>>,
    now: &BTreeMap<(String, QName), Vec<RowKey>>,
    known: Option<&BTreeSet<String>>,
    model: &Model,
) -> BTreeMap<(String, QName), Vec<RowKey>> {
    // A row may have moved from one set to another.
    let mut present: BTreeMap<&QName, BTreeSet<String>> = BTreeMap::new();
    for ((_, table), keys) in now {
        present.entry(table).or_default().extend(keys.iter().map(id));
    }
    let mut removed = BTreeMap::new();
    for ((set, table), keys) in before {
        if known.is_some_and(|known| !known.contains(set)) || !model.tables.contains_key(table) {
            continue;
        }
        let gone = |key: &&RowKey| !present.get(table).is_some_and(|keys| keys.contains(&id(key)));
        let gone: Vec<RowKey> = keys.iter().filter(gone).cloned().collect();
        if !gone.is_empty() {
            removed.insert((set.clone(), table.clone()), gone);
        }
    }
    removed
}

/// Counts those that are still there, and deletes them when asked to. Children go first.
pub(super) fn handle(
    session: &mut dyn Session,
    removed: &BTreeMap<(String, QName), Vec<RowKey>>,
    model: &Model,
    (delete, details): (bool, bool),
    report: &mut Report,
) -> Result<BTreeMap<(String, QName), Vec<RowKey>>, SeedError> {
    let mut left = BTreeMap::new();
    let mut entries: Vec<_> = removed.iter().collect();
    let tables = super::order::parents_first(removed.keys().map(|(_, table)| table), model);
    entries.sort_by_key(|((_, table), _)| {
        std::cmp::Reverse(tables.iter().position(|name| name == table))
    });
    for ((set, table), keys) in entries {
        let mut rows = 0;
        for key in keys {
            let (condition, binds) = same(key, model.dialect);
            let name = qname(table, model.dialect);
            let sql = if delete {
                format!("DELETE FROM {name} WHERE {condition}")
            } else {
                format!("SELECT count(*) FROM {name} WHERE {condition}")
            };
            let shown: Vec<String> = key.values().map(plain).collect();
            let columns: Vec<&str> = key.keys().map(String::as_str).collect();
            let row = format!("({}) = ({})", columns.join(", "), shown.join(", "));
            let done = session.query(&sql, &binds).map_err(|source| SeedError::Prune {
                table: table.to_string(),
                row: row.clone(),
                source,
            })?;
            let found = if delete { done.affected } else { super::write::first_number(&done.rows) };
            if found > 0 {
                rows += found;
                if details {
                    report.changes.push(Change {
                        set: set.clone(),
                        table: table.clone(),
                        row,
                        kind: ChangeKind::Remove,
                        columns: Vec::new(),
                    });
                }
                if !delete {
                    left.entry((set.clone(), table.clone()))
                        .or_insert_with(Vec::new)
                        .push(key.clone());
                }
            }
        }
        if rows > 0 {
            report.removed.push(RemovedReport {
                set: set.clone(),
                table: table.clone(),
                rows,
                deleted: delete,
            });
        }
    }
    Ok(left)
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Compared as text on PostgreSQL, whose types the ledger does not keep; the value is cast by what
/// it is compared with.
fn same(key: &RowKey, dialect: Dialect) -> (String, Vec<Value>) {
    let mut binds = Vec::new();
    let mut parts = Vec::new();
    for (column, value) in key {
        let name = ident(column, dialect);
        let value = match value {
            serde_json::Value::Bool(value) => Value::Bool(*value),
            serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(number), _) => Value::Integer(number),
                (None, Some(number)) => Value::Real(number),
                _ => Value::Null,
            },
            serde_json::Value::String(text) => Value::Text(text.clone()),
            _ => Value::Null,
        };
        binds.push(value);
        parts.push(match dialect {
            // The parameter takes the column's type.
            Dialect::Postgres => format!("{name} = ${}", binds.len()),
            Dialect::Sqlite => format!("{name} = ?{}", binds.len()),
        });
    }
    (parts.join(" AND "), binds)
}

/// Writes the keys of this run to the ledger; what is left of the removed rows stays known.
pub(super) fn record(
    session: &mut dyn Session,
    environment: &str,
    sets: &[String],
    before: &BTreeMap<(String, QName), Vec<RowKey>>,
    now: &BTreeMap<(String, QName), Vec<RowKey>>,
) -> Result<(), SeedError> {
    let empty = Vec::new();
    let mut ids: BTreeSet<&(String, QName)> = before.keys().chain(now.keys()).collect();
    ids.retain(|(set, _)| sets.contains(set));
    for entry in ids {
        let mut keys = now.get(entry).unwrap_or(&empty).clone();
        let old = before.get(entry).unwrap_or(&empty);
        let known: BTreeSet<String> = keys.iter().map(id).collect();
        // Until they are pruned, removed rows are reported again.
        keys.extend(old.iter().filter(|key| !known.contains(&id(key))).cloned());
        if keys != *old {
            ledger::record_keys(session, environment, &entry.0, &entry.1, &keys)?;
        }
    }
    Ok(())
}
