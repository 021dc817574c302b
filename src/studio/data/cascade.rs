//! What goes with the rows that are deleted.

use super::change::Change;
use super::row::by_key;
use super::save::list;
use super::schema::{Schema, Table, TableName};
use super::shown::inline;
use crate::database::{Session, Value};
use crate::inspect::key::qname;
use crate::inspect::related::COUNT_UP_TO;
use crate::studio::problem::Problem;
use serde::Serialize;

/// Rows of rows of rows: what is deeper is not counted.
const DEEPEST: usize = 6;

#[derive(Debug, PartialEq, Serialize)]
pub struct Deleted {
    table: TableName,
    rows: u64,
    /// What the foreign key does with them.
    action: &'static str,
    exact: bool,
}

/// Counts, for each table, the rows that deletions reach by foreign keys.
///
/// # Errors
/// The database's own.
pub fn cascades(
    session: &mut dyn Session,
    schema: &Schema,
    changes: &[Change],
) -> Result<Vec<Deleted>, Problem> {
    let mut by_table: Vec<(&Table, Vec<String>)> = Vec::new();
    for change in changes {
        let Change::Delete { table, key, .. } = change else { continue };
        let table = schema.table(table)?;
        let condition = by_key(schema, table, key)?;
        let condition = inline(&condition.sql, &condition.binds, schema.dialect);
        match by_table.iter_mut().find(|(known, _)| known.name == table.name) {
            Some((_, conditions)) => conditions.push(condition),
            None => by_table.push((table, vec![condition])),
        }
    }
    let mut found = Vec::new();
    for (table, conditions) in by_table {
        let condition = conditions.join(" OR ");
        follow(session, schema, table, &condition, 0, &mut found)?;
    }
    Ok(found)
}

fn follow(
    session: &mut dyn Session,
    schema: &Schema,
    table: &Table,
    condition: &str,
    depth: usize,
    found: &mut Vec<Deleted>,
) -> Result<(), Problem> {
    for reference in &table.referenced_by {
        let Ok(child) = schema.table(&reference.from) else { continue };
        let key = &reference.key;
        let condition = format!(
            "({}) IN (SELECT {} FROM {} WHERE {condition})",
            list(&key.columns, schema.dialect),
            list(&key.parent_columns, schema.dialect),
            qname(schema.dialect, &table.name.qname()),
        );
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM {} WHERE {condition} LIMIT {}) AS counted",
            qname(schema.dialect, &child.name.qname()),
            COUNT_UP_TO + 1
        );
        let counted = session.query(&sql, &[])?;
        let rows = counted.rows.first().and_then(|row| row.first()).and_then(Value::as_integer);
        let rows = rows.and_then(|rows| u64::try_from(rows).ok()).unwrap_or(0);
        if rows == 0 {
            continue;
        }
        let action = match key.on_delete {
            "no action" => "restrict",
            action => action,
        };
        let deeper = action == "cascade" && depth >= DEEPEST;
        note(found, child, rows, action, !deeper);
        if action == "cascade" && !deeper {
            follow(session, schema, child, &condition, depth + 1, found)?;
        }
    }
    Ok(())
}

fn note(found: &mut Vec<Deleted>, table: &Table, rows: u64, action: &'static str, all: bool) {
    let exact = all && rows <= COUNT_UP_TO;
    let rows = rows.min(COUNT_UP_TO);
    match found.iter_mut().find(|known| known.table == table.name && known.action == action) {
        // By two ways the same rows may be reached.
        Some(known) => {
            known.rows += rows;
            known.exact = false;
        }
        None => found.push(Deleted { table: table.name.clone(), rows, action, exact }),
    }
}
