use super::TenantError;
use crate::database::{DatabaseError, Session, Value};
use crate::dialect::{postgres, sqlite};
use crate::model::{Dialect, FkAction, Model, QName};
use crate::source::schema_rs;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The tables with a tenant column, and the column.
pub type TenantColumns = BTreeMap<QName, String>;

/// What went of one table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Erased {
    pub table: String,
    pub rows: u64,
    /// The table has no tenant column: its rows went with those that they refer to.
    pub cascaded: bool,
}

/// What a tenant has for itself, beside its rows in tables that all share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Apart {
    #[default]
    Nothing,
    /// A schema: it goes with everything in it.
    Schema(String),
    /// A database or a file that is gone already, or goes after this; with what was in it.
    Elsewhere(Vec<Erased>),
}

/// The rows of all tables of a tenant's own database.
///
/// # Errors
/// The database's own.
pub fn census(session: &mut dyn Session) -> Result<Vec<Erased>, TenantError> {
    let model = session.introspect().map_err(TenantError::database("looking at the tables"))?;
    // Rows of partitions are counted with their parent.
    let tables = model.tables.values().filter(|table| table.partition_of.is_none());
    tables
        .map(|table| {
            let (rows, table) = (count(session, &table.name)?, table.name.to_string());
            Ok(Erased { table, rows, cascaded: false })
        })
        .collect()
}

/// Deletes a tenant's rows in one transaction, children first, with what it has apart, and writes a
/// record of it. With `dry_run` all of it is done and rolled back: what it tells is what would go.
///
/// # Errors
/// The database's own, such as rows of other tables that refer to the tenant's and stay.
pub fn erase(
    session: &mut dyn Session,
    columns: &TenantColumns,
    own: Option<(&str, &str)>,
    apart: &Apart,
    tenant: &str,
    dry_run: bool,
) -> Result<Vec<Erased>, TenantError> {
    let model = session.introspect().map_err(TenantError::database("looking at the tables"))?;
    let begin = match session.dialect() {
        // What is counted before and after must not be what others did in between.
        Dialect::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ",
        Dialect::Sqlite => "BEGIN IMMEDIATE",
    };
    session.execute(begin).map_err(TenantError::database("beginning"))?;
    let outcome = gone_apart(session, apart).and_then(|mut erased| {
        erased.extend(within(session, &model, columns, own, tenant)?);
        if !dry_run {
            record(session, tenant, &erased)?;
        }
        Ok(erased)
    });
    let end = if dry_run || outcome.is_err() { "ROLLBACK" } else { "COMMIT" };
    let ended = session.execute(end).map_err(TenantError::database("ending the transaction"));
    let erased = outcome?;
    ended?;
    Ok(erased)
}

/// Drops what the tenant has apart, where it is in this database.
fn gone_apart(session: &mut dyn Session, apart: &Apart) -> Result<Vec<Erased>, TenantError> {
    let schema = match apart {
        Apart::Nothing => return Ok(Vec::new()),
        Apart::Elsewhere(erased) => return Ok(erased.clone()),
        Apart::Schema(schema) => schema,
    };
    let sql = "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
        WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1";
    let tables = session
        .query(sql, &[Value::Text(schema.clone())])
        .map_err(TenantError::database(format!("looking at the tables of {schema}")))?;
    let mut erased = Vec::new();
    for table in tables.rows.iter().filter_map(|row| row.first()?.as_text()) {
        let name = QName::new(Some(schema), table);
        let rows = count(session, &name)?;
        erased.push(Erased { table: name.to_string(), rows, cascaded: false });
    }
    session
        .execute(&format!("DROP SCHEMA IF EXISTS {} CASCADE", postgres::quote::ident(schema)))
        .map_err(TenantError::database(format!("dropping the schema {schema}")))?;
    Ok(erased)
}

fn within(
    session: &mut dyn Session,
    model: &Model,
    columns: &TenantColumns,
    own: Option<(&str, &str)>,
    tenant: &str,
) -> Result<Vec<Erased>, TenantError> {
    let id = [Value::Text(tenant.to_owned())];
    if session.dialect() == Dialect::Postgres {
        // An owner without BYPASSRLS sees the tenant's rows, too.
        session
            .query("SELECT set_config('app.tenant_id', $1, true)", &id)
            .map_err(TenantError::database("setting the tenant"))?;
    }
    let others = cascaded(model, columns, own);
    let mut before = Vec::new();
    for table in &others {
        before.push(count(session, table)?);
    }
    let mut erased = Vec::new();
    for name in order(model, columns) {
        let (Some(table), Some(column)) = (model.tables.get(name), columns.get(name)) else {
            continue;
        };
        let condition = match session.dialect() {
            Dialect::Postgres => schema_rs::condition(table, column, "$1::text"),
            Dialect::Sqlite => Some(format!("{} = ?1", sqlite::quote::ident(column))),
        };
        let Some(condition) = condition else { continue };
        let rows = delete(session, &quoted(model.dialect, name), &condition, &id)?;
        erased.push(Erased { table: name.to_string(), rows, cascaded: false });
    }
    if let Some((table, key)) = own.filter(|(table, _)| !has(model, columns, table)) {
        let condition = match session.dialect() {
            Dialect::Postgres => format!("{key}::text = $1"),
            Dialect::Sqlite => format!("{key} = ?1"),
        };
        let rows = delete(session, table, &condition, &id)?;
        erased.push(Erased { table: table.to_owned(), rows, cascaded: false });
    }
    for (table, before) in others.iter().zip(before) {
        let rows = before.saturating_sub(count(session, table)?);
        erased.push(Erased { table: table.to_string(), rows, cascaded: true });
    }
    Ok(erased)
}

/// The project's table of tenants is one of those with a tenant column.
fn has(model: &Model, columns: &TenantColumns, table: &str) -> bool {
    columns.keys().any(|name| quoted(model.dialect, name) == table)
}

/// Tables without a tenant column whose rows go with those that they refer to.
fn cascaded<'m>(
    model: &'m Model,
    columns: &TenantColumns,
    own: Option<(&str, &str)>,
) -> Vec<&'m QName> {
    let start = |name: &QName| {
        columns.contains_key(name) || own.is_some_and(|(o, _)| quoted(model.dialect, name) == o)
    };
    let mut reached: BTreeSet<&QName> = model.tables.keys().filter(|name| start(name)).collect();
    loop {
        let more: Vec<&QName> = model
            .tables
            .values()
            .filter(|table| !reached.contains(&table.name) && table.partition_of.is_none())
            .filter(|table| {
                table
                    .foreign_keys
                    .iter()
                    .any(|key| key.on_delete == FkAction::Cascade && reached.contains(&key.parent))
            })
            .map(|table| &table.name)
            .collect();
        if more.is_empty() {
            return reached.into_iter().filter(|name| !start(name)).collect();
        }
        reached.extend(more);
    }
}

/// Children before their parents; what a circle leaves follows in the order of names. Rows of
/// partitions are deleted through their parent.
fn order<'m>(model: &'m Model, columns: &TenantColumns) -> Vec<&'m QName> {
    let mut left: BTreeSet<&QName> = model
        .tables
        .values()
        .filter(|table| columns.contains_key(&table.name))
        .filter(|table| {
            table.partition_of.as_ref().is_none_or(|p| !columns.contains_key(&p.parent))
        })
        .map(|table| &table.name)
        .collect();
    let mut out = Vec::new();
    while !left.is_empty() {
        let referred: BTreeSet<&QName> = left
            .iter()
            .filter_map(|name| model.tables.get(*name))
            .flat_map(|table| {
                let keys = table.foreign_keys.iter().filter(|key| key.parent != table.name);
                keys.map(|key| &key.parent)
            })
            .collect();
        let mut next: Vec<&QName> =
            left.iter().filter(|name| !referred.contains(*name)).copied().collect();
        if next.is_empty() {
            next.extend(left.first().copied());
        }
        left.retain(|name| !next.contains(name));
        out.extend(next);
    }
    out
}

fn quoted(dialect: Dialect, name: &QName) -> String {
    match dialect {
        Dialect::Postgres => postgres::quote::qname(name),
        Dialect::Sqlite => sqlite::quote::ident(&name.name),
    }
}

fn delete(
    session: &mut dyn Session,
    table: &str,
    condition: &str,
    id: &[Value],
) -> Result<u64, TenantError> {
    let failed = TenantError::database(format!("deleting rows of {table}"));
    if session.dialect() == Dialect::Postgres {
        let sql = format!(
            "WITH gone AS (DELETE FROM {table} WHERE {condition} RETURNING 1) SELECT count(*) FROM gone"
        );
        return number(session.query(&sql, id)).map_err(failed);
    }
    session.query(&format!("DELETE FROM {table} WHERE {condition}"), id).map_err(&failed)?;
    number(session.query("SELECT changes()", &[])).map_err(failed)
}

fn count(session: &mut dyn Session, name: &QName) -> Result<u64, TenantError> {
    let table = quoted(session.dialect(), name);
    number(session.query(&format!("SELECT count(*) FROM {table}"), &[]))
        .map_err(TenantError::database(format!("counting rows of {name}")))
}

fn number(rows: Result<crate::database::Rows, DatabaseError>) -> Result<u64, DatabaseError> {
    let rows = rows?;
    let cell = rows.rows.first().and_then(|row| row.first()).and_then(Value::as_integer);
    Ok(cell.and_then(|number| u64::try_from(number).ok()).unwrap_or(0))
}

/// What went, by whom and when, for as long as the database is there.
pub(super) fn record(
    session: &mut dyn Session,
    tenant: &str,
    erased: &[Erased],
) -> Result<(), TenantError> {
    let failed = TenantError::database("writing the record of it");
    let (table, key, by, marks) = match session.dialect() {
        Dialect::Postgres => (
            "public.__dbkit_erasures",
            "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
            "session_user",
            ("$1", "$2"),
        ),
        Dialect::Sqlite => ("__dbkit_erasures", "INTEGER PRIMARY KEY", "NULL", ("?1", "?2")),
    };
    session
        .execute(&format!(
            "CREATE TABLE IF NOT EXISTS {table} (\n    \
             id {key},\n    \
             tenant TEXT NOT NULL,\n    \
             erased_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,\n    \
             erased_by TEXT,\n    \
             row_counts TEXT NOT NULL\n)"
        ))
        .map_err(&failed)?;
    let rows: serde_json::Map<String, serde_json::Value> =
        erased.iter().map(|e| (e.table.clone(), e.rows.into())).collect();
    let json = serde_json::Value::Object(rows).to_string();
    session
        .query(
            &format!(
                "INSERT INTO {table} (tenant, erased_by, row_counts) VALUES ({}, {by}, {})",
                marks.0, marks.1
            ),
            &[Value::Text(tenant.to_owned()), Value::Text(json)],
        )
        .map_err(failed)?;
    Ok(())
}
