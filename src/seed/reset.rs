//! Emptying what the sets cover.

use super::SeedError;
use super::order::parents_first;
use super::statements::{ident, qname};
use super::write::first_number;
use crate::database::{Session, Value};
use crate::model::{Dialect, Model, QName};
use std::collections::BTreeSet;

/// Empties the tables, children first. Rows elsewhere that refer to them are a refusal: a cascade
/// would delete what no set brings back.
pub(super) fn reset(
    session: &mut dyn Session,
    tables: &BTreeSet<&QName>,
    model: &Model,
) -> Result<(), SeedError> {
    let database = SeedError::database("emptying the tables of the sets");
    let dialect = model.dialect;
    let mut referred = false;
    for child in model.tables.values().filter(|table| !tables.contains(&table.name)) {
        for key in child.foreign_keys.iter().filter(|key| tables.contains(&key.parent)) {
            referred = true;
            let given: Vec<String> =
                key.columns.iter().map(|c| format!("{} IS NOT NULL", ident(c, dialect))).collect();
            let sql = format!(
                "SELECT count(*) FROM (SELECT 1 FROM {} WHERE {} LIMIT 1) AS q",
                qname(&child.name, dialect),
                given.join(" AND ")
            );
            if first_number(&session.query(&sql, &[]).map_err(&database)?.rows) > 0 {
                return Err(SeedError::Covered {
                    table: key.parent.to_string(),
                    child: child.name.to_string(),
                });
            }
        }
    }
    let mut ordered = parents_first(tables.iter().copied(), model);
    ordered.reverse();
    if dialect == Dialect::Postgres && !referred {
        let names: Vec<String> = ordered.iter().map(|name| qname(name, dialect)).collect();
        if names.is_empty() {
            return Ok(());
        }
        return session
            .execute(&format!("TRUNCATE {} RESTART IDENTITY", names.join(", ")))
            .map_err(&database);
    }
    let counters = dialect == Dialect::Sqlite
        && first_number(
            &session
                .query("SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_sequence'", &[])
                .map_err(&database)?
                .rows,
        ) > 0;
    if dialect == Dialect::Sqlite {
        // Tables that refer to one another in a circle have no order.
        session.execute("PRAGMA defer_foreign_keys = ON").map_err(&database)?;
    }
    for name in &ordered {
        session.execute(&format!("DELETE FROM {}", qname(name, dialect))).map_err(&database)?;
        if counters {
            let sql = "DELETE FROM sqlite_sequence WHERE name = ?1";
            session.query(sql, &[Value::Text(name.name.clone())]).map_err(&database)?;
        }
    }
    if dialect == Dialect::Sqlite {
        session.execute("PRAGMA defer_foreign_keys = OFF").map_err(&database)?;
    }
    Ok(())
}
