//! The database's own word on masked rows, before they leave.

use super::rules::columns;
use super::wrong;
use crate::database::{Session, Value};
use crate::model::{Dialect, Model, Table};
use crate::seed::SeedError;
use crate::seed::keys;
use crate::seed::kind::Kind;
use crate::seed::statements::{ROWS, with_rows};
use crate::seed::write::first_number;
use crate::sql::names;
use std::collections::BTreeSet;

const BATCH: usize = 200;

/// True when the column takes part in a unique set.
pub(super) fn is_unique(table: &Table, column: &str) -> bool {
    let primary = table.primary_key.iter().map(|key| key.columns.clone());
    primary.chain(keys::uniques(table)).any(|set| set.iter().any(|name| name == column))
}

/// Asks for each check that is about a masked column whether it holds for the rows.
pub(super) fn checks(
    session: &mut dyn Session,
    table: &Table,
    rows: &[Vec<Value>],
    masked: &BTreeSet<String>,
    model: &Model,
) -> Result<(), SeedError> {
    let about: Vec<_> = table
        .checks
        .iter()
        .filter(|check| !check.not_valid)
        .map(|check| (check, names::mentioned(check.expr.as_str(), model.dialect)))
        .filter(|(_, names)| masked.iter().any(|column| names.contains(column)))
        .collect();
    if about.is_empty() {
        return Ok(());
    }
    let columns = columns(table);
    let list: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let arrays: Vec<bool> =
        columns.iter().map(|c| matches!(Kind::of(&c.ty, model), Kind::Array(_))).collect();
    for batch in rows.chunks(BATCH) {
        let rows: Vec<Vec<Value>> = batch
            .iter()
            .map(|row| {
                // Lists travel as JSON, which is no array to the database.
                let cells = row.iter().zip(&arrays);
                cells.map(|(v, array)| if *array { Value::Null } else { v.clone() }).collect()
            })
            .collect();
        let (with, binds) = with_rows(table, &list, rows, model);
        for (check, mentioned) in &about {
            let expr = check.expr.as_str();
            let sql = format!("{with} SELECT count(*) FROM {ROWS} WHERE NOT ({expr})");
            let refused = match (session.query(&sql, &binds), model.dialect) {
                (Ok(found), _) => first_number(&found.rows) > 0,
                // SQLite cannot say it of rows outside the table where a type decides.
                (Err(_), Dialect::Sqlite) => false,
                (Err(error), Dialect::Postgres) => {
                    return Err(SeedError::database("checking masked rows")(error));
                }
            };
            if refused {
                let names: Vec<String> = masked
                    .iter()
                    .filter(|column| mentioned.contains(*column))
                    .map(|column| format!("{}.{column}", table.name))
                    .collect();
                let check = check.name.as_deref().unwrap_or(expr);
                return Err(wrong(format!(
                    "{} would not pass the check {check} when masked: choose another mask",
                    names.join(", ")
                )));
            }
        }
    }
    Ok(())
}
