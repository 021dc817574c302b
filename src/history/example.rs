//! Rows that are made up, to see whether a migration's way back works where there are some.

use crate::database::{Connection, Session, Value};
use crate::dialect::{postgres, sqlite};
use crate::model::{Column, ColumnValue, Dialect, Model, QName, Table, TypeName};

/// What came of making rows up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// Tables that have rows now.
    pub with: Vec<String>,
    /// Tables for which nothing was accepted: a check, a trigger, an unknown type.
    pub without: Vec<String>,
}

/// How many rows are tried for each table.
const ROWS: usize = 2;

/// Makes rows up for every table. Parents come before children because tables that are refused
/// are tried again as long as any is accepted.
pub fn example_rows(connection: &mut Connection, model: &Model) -> Filled {
    let mut open: Vec<&Table> =
        model.tables.values().filter(|t| t.partition_of.is_none()).collect();
    let mut filled = Filled::default();
    loop {
        let before = open.len();
        open.retain(|table| {
            let mut accepted = false;
            for row in 1..=ROWS {
                let sql = insert(table, model, row);
                accepted |= connection.execute(&sql).is_ok();
            }
            if accepted {
                filled.with.push(table.name.to_string());
            }
            !accepted
        });
        if open.is_empty() || open.len() == before {
            break;
        }
    }
    filled.without = open.iter().map(|table| table.name.to_string()).collect();
    filled
}

/// The number of rows of a table, where it can be counted.
pub fn count_rows(connection: &mut Connection, table: &QName) -> Option<u64> {
    let sql = format!("SELECT CAST(count(*) AS TEXT) FROM {}", quoted(table, connection.dialect()));
    let rows = connection.query(&sql, &[]).ok()?;
    match rows.rows.first()?.first()? {
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

fn quoted(name: &QName, dialect: Dialect) -> String {
    match dialect {
        Dialect::Postgres => postgres::quote::qname(name),
        Dialect::Sqlite => sqlite::quote::ident(&name.name),
    }
}

fn insert(table: &Table, model: &Model, row: usize) -> String {
    let ident = |name: &str| match model.dialect {
        Dialect::Postgres => postgres::quote::ident(name),
        Dialect::Sqlite => sqlite::quote::ident(name),
    };
    let wanted: Vec<&Column> = table.columns.iter().filter(|column| given(column, table)).collect();
    let name = quoted(&table.name, model.dialect);
    if wanted.is_empty() {
        return format!("INSERT INTO {name} DEFAULT VALUES");
    }
    let columns: Vec<String> = wanted.iter().map(|column| ident(&column.name)).collect();
    let values: Vec<String> = wanted.iter().map(|column| literal(column, model, row)).collect();
    format!("INSERT INTO {name} ({}) VALUES ({})", columns.join(", "), values.join(", "))
}

/// Columns that do not fill themselves. Those that may be null get a value, too: a way back that
/// cannot take it is what is looked for. A key that the database would make up by chance gets one,
/// too: rows of other tables refer to it.
fn given(column: &Column, table: &Table) -> bool {
    let key = table.primary_key.as_ref().is_some_and(|key| key.columns.contains(&column.name));
    column.value.is_none()
        || key
            && matches!(&column.ty.name, TypeName::Builtin(name) if name == "uuid")
            && matches!(column.value, ColumnValue::Default(_))
}

/// A value for a column: the same row number everywhere, so that foreign keys mostly meet.
fn literal(column: &Column, model: &Model, row: usize) -> String {
    let ty = &column.ty;
    if ty.array {
        return "'{}'".to_owned();
    }
    let name = match &ty.name {
        TypeName::Builtin(name) => name.to_ascii_lowercase(),
        TypeName::User(name) => {
            let label = model.enums.get(name).and_then(|found| found.labels.first());
            return label
                .map_or_else(|| "NULL".to_owned(), |l| format!("'{}'", l.replace('\'', "''")));
        }
    };
    let has = |part: &str| name.contains(part);
    let day = format!("2024-01-0{row}");
    if has("bool") {
        return if model.dialect == Dialect::Postgres { "true" } else { "1" }.to_owned();
    }
    if has("int") && !has("interval") && !has("point")
        || has("serial")
        || has("numeric")
        || has("decimal")
        || has("real")
        || has("double")
        || has("float")
        || has("oid")
    {
        return row.to_string();
    }
    if has("timestamp") || has("datetime") {
        return format!("'{day} 12:00:00'");
    }
    match name.as_str() {
        "date" => format!("'{day}'"),
        _ if name.starts_with("time") => "'12:00:00'".to_owned(),
        _ if has("interval") => format!("'{row} days'"),
        "uuid" => format!("'00000000-0000-4000-8000-00000000000{row}'"),
        "json" | "jsonb" => "'{}'".to_owned(),
        "bytea" => format!("'\\x0{row}'"),
        "blob" => format!("x'0{row}'"),
        "inet" | "cidr" => format!("'10.0.0.{row}'"),
        "money" => row.to_string(),
        "bit" | "bit varying" => "'1'".to_owned(),
        _ => format!("'{row}'"),
    }
}
