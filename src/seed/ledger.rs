//! What has been seeded: which set in which version, and which rows it wrote.

use super::SeedError;
use super::statements::ident;
use crate::database::{DatabaseError, Session, Value};
use crate::model::{Dialect, QName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const SETS: &str = "__dbkit_seeds";
const ROWS: &str = "__dbkit_seed_rows";
const MADE: &str = "__dbkit_seed_made";
const MARK: &str = "__dbkit_environment";

/// One set of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeededSet {
    pub environment: String,
    /// As `common/comments`.
    pub set: String,
    pub checksum: String,
    pub rows: u64,
    pub seeded_at: String,
    pub dbkit_version: String,
}

/// The key of a row, by column.
pub(super) type RowKey = BTreeMap<String, serde_json::Value>;

/// Made rows that follow one another, with the key of the first where keys are whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Range {
    pub first: i64,
    pub rows: u64,
}

fn statement(dialect: Dialect, parts: &[&str]) -> String {
    let mut sql = String::new();
    for (number, part) in parts.iter().enumerate() {
        if number > 0 {
            sql.push(if dialect == Dialect::Postgres { '$' } else { '?' });
            sql.push_str(&number.to_string());
        }
        sql.push_str(part);
    }
    sql
}

/// A mark counts wherever the session sees it; a ledger only in its own schema, so that the one in
/// `public` is not taken for a tenant's.
fn exists(session: &mut dyn Session, table: &str) -> Result<bool, DatabaseError> {
    let sql = match session.dialect() {
        Dialect::Postgres if table == MARK => statement(
            Dialect::Postgres,
            &["SELECT count(*) FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass(", ")"],
        ),
        Dialect::Postgres => statement(
            Dialect::Postgres,
            &[
                "SELECT count(*) FROM pg_catalog.pg_class AS c \
                 JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
                 WHERE n.nspname = pg_catalog.current_schema() AND c.relname = ",
                "",
            ],
        ),
        Dialect::Sqlite => statement(
            Dialect::Sqlite,
            &["SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ", ""],
        ),
    };
    let rows = session.query(&sql, &[Value::Text(table.to_owned())])?;
    Ok(rows.rows.first().and_then(|row| row.first()).and_then(Value::as_integer) == Some(1))
}

/// Makes the ledger's tables; inside the transaction that writes to them.
pub(super) fn create(session: &mut dyn Session) -> Result<(), SeedError> {
    let database = SeedError::database("making the ledger of seeds");
    let mut there = true;
    for table in [SETS, ROWS, MADE] {
        there &= exists(session, table).map_err(&database)?;
    }
    if there {
        return Ok(());
    }
    let big = match session.dialect() {
        Dialect::Postgres => "bigint",
        Dialect::Sqlite => "INTEGER",
    };
    session
        .execute(&format!(
            "CREATE TABLE IF NOT EXISTS {SETS} (\n    \
             environment TEXT NOT NULL,\n    \
             set_name TEXT NOT NULL,\n    \
             checksum TEXT NOT NULL,\n    \
             row_count {big} NOT NULL,\n    \
             seeded_at TIMESTAMP NOT NULL,\n    \
             dbkit_version TEXT NOT NULL,\n    \
             PRIMARY KEY (environment, set_name)\n);\n\
             CREATE TABLE IF NOT EXISTS {ROWS} (\n    \
             environment TEXT NOT NULL,\n    \
             set_name TEXT NOT NULL,\n    \
             table_schema TEXT NOT NULL,\n    \
             table_name TEXT NOT NULL,\n    \
             row_keys TEXT NOT NULL,\n    \
             PRIMARY KEY (environment, set_name, table_schema, table_name)\n);\n\
             CREATE TABLE IF NOT EXISTS {MADE} (\n    \
             environment TEXT NOT NULL,\n    \
             set_name TEXT NOT NULL,\n    \
             table_schema TEXT NOT NULL,\n    \
             table_name TEXT NOT NULL,\n    \
             ranges TEXT NOT NULL,\n    \
             PRIMARY KEY (environment, set_name, table_schema, table_name)\n)"
        ))
        .map_err(&database)
}

/// The sets of one environment, or of all.
///
/// # Errors
/// The database's own.
pub fn seeded(
    session: &mut dyn Session,
    environment: &str,
) -> Result<BTreeMap<String, SeededSet>, SeedError> {
    let database = SeedError::database("reading the ledger of seeds");
    if !exists(session, SETS).map_err(&database)? {
        return Ok(BTreeMap::new());
    }
    let sql = statement(
        session.dialect(),
        &[
            &format!(
                "SELECT set_name, checksum, CAST(row_count AS text), CAST(seeded_at AS text), \
                 dbkit_version FROM {SETS} WHERE environment = "
            ),
            " ORDER BY set_name",
        ],
    );
    let rows = session.query(&sql, &[Value::Text(environment.to_owned())]).map_err(&database)?;
    let text =
        |row: &[Value], at: usize| row.get(at).and_then(Value::as_text).unwrap_or("").to_owned();
    let set = |row: &Vec<Value>| SeededSet {
        environment: environment.to_owned(),
        set: text(row, 0),
        checksum: text(row, 1),
        rows: text(row, 2).parse().unwrap_or(0),
        seeded_at: text(row, 3),
        dbkit_version: text(row, 4),
    };
    Ok(rows.rows.iter().map(set).map(|set| (set.set.clone(), set)).collect())
}

/// Writes that a set ran.
pub(super) fn record(session: &mut dyn Session, set: &SeededSet) -> Result<(), SeedError> {
    let dialect = session.dialect();
    let time = match dialect {
        Dialect::Postgres => "CAST($5 AS timestamp)",
        Dialect::Sqlite => "?5",
    };
    let mark = |number: usize| match dialect {
        Dialect::Postgres => format!("${number}"),
        Dialect::Sqlite => format!("?{number}"),
    };
    let sql = format!(
        "INSERT INTO {SETS} (environment, set_name, checksum, row_count, seeded_at, dbkit_version) \
         VALUES ({}, {}, {}, {}, {time}, {}) \
         ON CONFLICT (environment, set_name) DO UPDATE SET checksum = excluded.checksum, \
         row_count = excluded.row_count, seeded_at = excluded.seeded_at, \
         dbkit_version = excluded.dbkit_version",
        mark(1),
        mark(2),
        mark(3),
        mark(4),
        mark(6)
    );
    let binds = [
        Value::Text(set.environment.clone()),
        Value::Text(set.set.clone()),
        Value::Text(set.checksum.clone()),
        Value::Integer(i64::try_from(set.rows).unwrap_or(i64::MAX)),
        Value::Text(set.seeded_at.clone()),
        Value::Text(set.dbkit_version.clone()),
    ];
    session.query(&sql, &binds).map_err(SeedError::database("writing the ledger of seeds"))?;
    Ok(())
}

/// What one column of a ledger's table says, by set and table.
fn by_table(
    session: &mut dyn Session,
    environment: &str,
    (table, column): (&str, &str),
) -> Result<BTreeMap<(String, QName), String>, SeedError> {
    let database = SeedError::database("reading the ledger of seeds");
    if !exists(session, table).map_err(&database)? {
        return Ok(BTreeMap::new());
    }
    let select = format!(
        "SELECT set_name, table_schema, table_name, {column} FROM {table} WHERE environment = "
    );
    let order = " ORDER BY set_name, table_schema, table_name";
    let sql = statement(session.dialect(), &[&select, order]);
    let rows = session.query(&sql, &[Value::Text(environment.to_owned())]).map_err(&database)?;
    let mut found = BTreeMap::new();
    for row in &rows.rows {
        let text = |at: usize| row.get(at).and_then(Value::as_text).unwrap_or("");
        let schema = Some(text(1)).filter(|schema| !schema.is_empty());
        found.insert((text(0).to_owned(), QName::new(schema, text(2))), text(3).to_owned());
    }
    Ok(found)
}

/// Replaces what one column of a ledger's table says of a set and table; `None` removes the entry.
fn record_by_table(
    session: &mut dyn Session,
    environment: &str,
    (set, name): (&str, &QName),
    (table, column): (&str, &str),
    value: Option<String>,
) -> Result<(), SeedError> {
    let database = SeedError::database("writing the ledger of seeds");
    let text = |text: &str| Value::Text(text.to_owned());
    let schema = name.schema.as_deref().unwrap_or("");
    let mut binds = vec![text(environment), text(set), text(schema), text(&name.name)];
    let sql = match value {
        None => statement(
            session.dialect(),
            &[
                &format!("DELETE FROM {table} WHERE environment = "),
                " AND set_name = ",
                " AND table_schema = ",
                " AND table_name = ",
                "",
            ],
        ),
        Some(value) => {
            binds.push(Value::Text(value));
            let insert = format!(
                "INSERT INTO {table} (environment, set_name, table_schema, table_name, {column}) \
                 VALUES ("
            );
            let end = format!(
                ") ON CONFLICT (environment, set_name, table_schema, table_name) \
                 DO UPDATE SET {column} = excluded.{column}"
            );
            statement(session.dialect(), &[&insert, ", ", ", ", ", ", ", ", &end])
        }
    };
    session.query(&sql, &binds).map_err(&database)?;
    Ok(())
}

const KEYS: (&str, &str) = (ROWS, "row_keys");
const RANGES: (&str, &str) = (MADE, "ranges");

/// The keys of the rows each set wrote, by set and table.
pub(super) fn keys(
    session: &mut dyn Session,
    environment: &str,
) -> Result<BTreeMap<(String, QName), Vec<RowKey>>, SeedError> {
    let found = by_table(session, environment, KEYS)?;
    // What cannot be read is forgotten: its rows are left alone.
    let read = |text: String| serde_json::from_str(&text).unwrap_or_default();
    Ok(found.into_iter().map(|(place, text)| (place, read(text))).collect())
}

/// Replaces the keys of a set and table; none removes the entry.
pub(super) fn record_keys(
    session: &mut dyn Session,
    environment: &str,
    set: &str,
    table: &QName,
    keys: &[RowKey],
) -> Result<(), SeedError> {
    let list = keys.iter().map(|key| {
        serde_json::Value::from_iter(key.iter().map(|(name, value)| (name.clone(), value.clone())))
    });
    let value = (!keys.is_empty()).then(|| serde_json::Value::from_iter(list).to_string());
    record_by_table(session, environment, (set, table), KEYS, value)
}

/// Rows that were made, by set and table.
pub(super) fn ranges(
    session: &mut dyn Session,
    environment: &str,
) -> Result<BTreeMap<(String, QName), Vec<Range>>, SeedError> {
    let found = by_table(session, environment, RANGES)?;
    let read = |text: String| serde_json::from_str(&text).unwrap_or_default();
    Ok(found.into_iter().map(|(place, text)| (place, read(text))).collect())
}

/// Replaces the ranges of a set and table; none removes the entry.
pub(super) fn record_ranges(
    session: &mut dyn Session,
    environment: &str,
    (set, table): (&str, &QName),
    ranges: &[Range],
) -> Result<(), SeedError> {
    let value = (!ranges.is_empty()).then(|| serde_json::json!(ranges).to_string());
    record_by_table(session, environment, (set, table), RANGES, value)
}

/// Forgets a set.
pub(super) fn forget(
    session: &mut dyn Session,
    environment: &str,
    set: &str,
) -> Result<(), SeedError> {
    let sql = statement(
        session.dialect(),
        &[&format!("DELETE FROM {SETS} WHERE environment = "), " AND set_name = ", ""],
    );
    let binds = [Value::Text(environment.to_owned()), Value::Text(set.to_owned())];
    session.query(&sql, &binds).map_err(SeedError::database("writing the ledger of seeds"))?;
    Ok(())
}

/// The environment this database is marked as, where it is protected.
///
/// # Errors
/// The database's own.
pub fn protected_as(session: &mut dyn Session) -> Result<Option<String>, SeedError> {
    let database = SeedError::database("reading what this database is protected as");
    if !exists(session, MARK).map_err(&database)? {
        return Ok(None);
    }
    let sql = format!("SELECT name FROM {MARK} WHERE protected = 1");
    let rows = session.query(&sql, &[]).map_err(&database)?;
    let name = rows.rows.first().and_then(|row| row.first()).and_then(Value::as_text);
    Ok(name.map(str::to_owned))
}

/// Marks this database as the protected environment of that name; `None` takes the mark away.
///
/// # Errors
/// The database's own.
pub fn protect(session: &mut dyn Session, environment: Option<&str>) -> Result<(), SeedError> {
    let database = SeedError::database("marking this database");
    if environment.is_none() && !exists(session, MARK).map_err(&database)? {
        return Ok(());
    }
    session
        .execute(&format!(
            "CREATE TABLE IF NOT EXISTS {MARK} (\n    \
             {} TEXT PRIMARY KEY NOT NULL,\n    \
             protected INTEGER NOT NULL\n);\n\
             DELETE FROM {MARK}",
            ident("name", session.dialect())
        ))
        .map_err(&database)?;
    if let Some(name) = environment {
        let sql = statement(session.dialect(), &[&format!("INSERT INTO {MARK} VALUES ("), ", 1)"]);
        session.query(&sql, &[Value::Text(name.to_owned())]).map_err(&database)?;
    }
    Ok(())
}
