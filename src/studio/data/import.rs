//! CSV into a table, all of it or nothing.

use super::filter;
use super::save::{list, named};
use super::schema::{ColumnInfo, Schema, Table, TableName};
use super::transaction::{begin_writing, end};
use crate::database::{Connection, DatabaseError, ErrorKind, Session, Value};
use crate::inspect::key::qname;
use crate::model::Dialect;
use crate::seed::{CsvField, CsvRecords};
use crate::studio::problem::Problem;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Import {
    pub table: TableName,
    csv: String,
    /// Instead of the first line.
    #[serde(default)]
    columns: Vec<String>,
    #[serde(default)]
    dry_run: bool,
}

/// Writes the rows in one transaction. Returns how many.
///
/// # Errors
/// A column that is not there, a value that does not fit, with its line.
pub fn import(
    connection: &mut Connection,
    schema: &Schema,
    wanted: &Import,
    tenant: Option<&str>,
) -> Result<u64, Problem> {
    let table = schema.table(&wanted.table)?;
    let dialect = schema.dialect;
    let mut records = CsvRecords::new(wanted.csv.as_bytes())
        .map_err(|error| Problem::bad_request(error.to_string()))?;
    let mut fields = Vec::new();
    let mut names = wanted.columns.clone();
    if names.is_empty() {
        read(&mut records, &mut fields)?;
        names = fields.iter().map(|field: &CsvField| field.text.clone()).collect();
    }
    let columns = columns(table, &names)?;
    begin_writing(connection, tenant)?;
    let name = qname(dialect, &table.name.qname());
    let places: Vec<String> = (1..)
        .zip(&columns)
        .map(|(at, column)| match dialect {
            Dialect::Postgres => format!("${at}"),
            Dialect::Sqlite if column.is_binary_json(dialect) => format!("jsonb(?{at})"),
            Dialect::Sqlite => format!("?{at}"),
        })
        .collect();
    let (into, places) = (list(&names, dialect), places.join(", "));
    let sql = format!("INSERT INTO {name} ({into}) VALUES ({places})");
    let mut line = 1;
    let done = connection.insert_each(&sql, &mut |row: &mut Vec<Value>| {
        let more = records.next(&mut fields).map_err(|broken| {
            DatabaseError::new(
                ErrorKind::Statement,
                format!("line {}: {}", broken.line, broken.message),
            )
        })?;
        let Some(first) = fields.first().filter(|_| more) else { return Ok(false) };
        line = first.line;
        if fields.len() != columns.len() {
            let message =
                format!("line {line}: {} fields for {} columns", fields.len(), columns.len());
            return Err(DatabaseError::new(ErrorKind::Statement, message));
        }
        row.clear();
        row.extend(fields.iter().zip(&columns).map(|(field, column)| {
            match field.text.is_empty() && !field.quoted {
                true => Value::Null,
                false => filter::typed(&field.text, column, dialect),
            }
        }));
        Ok(true)
    });
    let done = done.map_err(|error| {
        let named = named(table, &error.message).into_iter().next();
        let column = error.column.clone().or(named);
        let problem = Problem::from(error);
        let message = match problem.message.starts_with("line ") {
            true => problem.message,
            false => format!("line {line}: {}", problem.message),
        };
        Problem { message, column, ..problem }
    });
    end(connection, !wanted.dry_run, done)
}

fn columns<'t>(table: &'t Table, names: &[String]) -> Result<Vec<&'t ColumnInfo>, Problem> {
    let columns = names.iter().map(|name| table.column(name)).collect::<Result<Vec<_>, _>>()?;
    let mut seen = std::collections::BTreeSet::new();
    match names.iter().find(|name| !seen.insert(*name)) {
        Some(twice) => Err(Problem::bad_request(format!("the column {twice} is there twice"))),
        None => Ok(columns),
    }
}

fn read(records: &mut CsvRecords<&[u8]>, fields: &mut Vec<CsvField>) -> Result<(), Problem> {
    match records.next(fields) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Problem::bad_request("there is nothing in the file")),
        Err(broken) => {
            Err(Problem::bad_request(format!("line {}: {}", broken.line, broken.message)))
        }
    }
}
