use crate::database::{Connection, DatabaseError, Session, Value};
use crate::dialect::{postgres, sqlite};
use crate::diff::Rename;
use crate::model::{Dialect, ObjectKind, QName};
use crate::plan::{RowCount, Script};
use std::collections::BTreeMap;

/// Below this size PostgreSQL counts rows in no time; above, its estimate has to do.
const COUNTED: u64 = 64 * 1024 * 1024;

/// Adds to each hazard how many rows its table has now. A table that cannot be read at once (it is
/// locked, or not allowed) has no number.
///
/// # Errors
/// The connection is lost.
pub fn count_rows(
    connection: &mut Connection,
    script: &mut Script,
    renames: &[Rename],
) -> Result<(), DatabaseError> {
    let mut known: BTreeMap<QName, Option<RowCount>> = BTreeMap::new();
    let statements = script.parts.iter_mut().flat_map(|part| &mut part.statements);
    for hazard in statements.flat_map(|statement| &mut statement.hazards) {
        let Some(table) = &hazard.table else { continue };
        if !known.contains_key(table) {
            let count = count(connection, old_name(table, renames))?;
            known.insert(table.clone(), count);
        }
        hazard.rows = known.get(table).copied().flatten();
    }
    Ok(())
}

/// What the table is called until the renames of the script have run.
fn old_name<'a>(table: &'a QName, renames: &'a [Rename]) -> &'a QName {
    let old = renames.iter().find_map(|rename| match rename {
        Rename::Object { kind: ObjectKind::Table, from, to } if to == table => Some(from),
        _ => None,
    });
    old.unwrap_or(table)
}

fn count(connection: &mut Connection, table: &QName) -> Result<Option<RowCount>, DatabaseError> {
    let number = |connection: &mut Connection, sql: &str, values: &[Value]| match connection
        .query(sql, values)
    {
        Ok(rows) => Ok(rows
            .rows
            .iter()
            .map(|row| {
                row.iter()
                    .map(|v| v.as_integer().and_then(|n| u64::try_from(n).ok()))
                    .collect::<Vec<_>>()
            })
            .next()),
        Err(error) if error.kind == crate::database::ErrorKind::Lost => Err(error),
        Err(_) => Ok(None),
    };
    if connection.dialect() == Dialect::Sqlite {
        let sql = format!("SELECT count(*) FROM {}", sqlite::quote::ident(&table.name));
        let found = number(connection, &sql, &[])?;
        let count = found.and_then(|row| row.first().copied().flatten());
        return Ok(count.map(|count| RowCount { count, exact: true }));
    }
    let name = postgres::quote::qname(table);
    // A partitioned table is as large as its partitions.
    let sql = "SELECT sum(pg_catalog.pg_relation_size(c.oid))::bigint, \
                      sum(greatest(c.reltuples, s.n_live_tup, 0))::bigint \
               FROM (SELECT relid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1)) \
                     UNION SELECT pg_catalog.to_regclass($1)) AS t \
               JOIN pg_catalog.pg_class c ON c.oid = t.relid AND c.relkind IN ('r', 'p') \
               LEFT JOIN pg_catalog.pg_stat_user_tables s ON s.relid = c.oid";
    let found = number(connection, sql, &[Value::Text(name.clone())])?;
    let found = found.unwrap_or_default();
    let [Some(size), Some(estimate)] = found.as_slice() else { return Ok(None) };
    if *size > COUNTED {
        return Ok(Some(RowCount { count: *estimate, exact: false }));
    }
    let patient = "SET lock_timeout = '1s'";
    number(connection, patient, &[])?;
    let found = number(connection, &format!("SELECT count(*) FROM {name}"), &[])?;
    number(connection, "RESET lock_timeout", &[])?;
    let count = found.and_then(|row| row.first().copied().flatten());
    Ok(Some(match count {
        Some(count) => RowCount { count, exact: true },
        None => RowCount { count: *estimate, exact: false },
    }))
}
