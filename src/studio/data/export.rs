//! Rows as a file, piece by piece.

use super::rows::{Asked, export_statement};
use super::schema::{Schema, TableName};
use super::shown::literal;
use crate::database::{Connection, Rows, Session, Value};
use crate::inspect::key::{ident, qname};
use crate::inspect::{JsonRows, Page, csv, csv_rows};
use crate::model::{Dialect, QName};
use crate::studio::console;
use crate::studio::problem::Problem;
use serde::Deserialize;

/// Rows read in one go.
const PART: usize = 1_000;

/// A whole table, what a filter leaves of it, or a query's result.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    pub format: Format,
    #[serde(default)]
    sql: Option<String>,
    #[serde(default)]
    table: Option<TableName>,
    #[serde(flatten)]
    rest: serde_json::Map<String, serde_json::Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Csv,
    Json,
    Ndjson,
    Sql,
}

impl Format {
    pub fn mime(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
            Self::Sql => "application/sql",
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Sql => "sql",
        }
    }
}

/// A statement whose rows are written out.
pub struct Export {
    sql: String,
    binds: Vec<Value>,
    format: Format,
    /// What INSERTs name.
    into: QName,
}

impl Export {
    /// `viewed` tells that the database is seen as a tenant.
    ///
    /// # Errors
    /// Neither a table nor one query.
    pub fn new(wanted: Wanted, schema: &Schema, viewed: bool) -> Result<Self, Problem> {
        let Wanted { format, sql, table, mut rest } = wanted;
        let dialect = schema.dialect;
        match (sql, table) {
            (Some(text), None) => {
                let singles = console::singles(&text, dialect)?;
                let [one] = singles.as_slice() else {
                    return Err(Problem::bad_request("one query at a time can be exported"));
                };
                console::check(one.sql, dialect, false)?;
                console::check_reading(one.sql, dialect)?;
                if viewed {
                    console::check_view(one.sql)?;
                }
                if !console::is_query(one.sql, dialect) {
                    return Err(Problem::bad_request("only the rows of a query can be exported"));
                }
                let into = QName::bare("query");
                Ok(Self { sql: one.sql.to_owned(), binds: Vec::new(), format, into })
            }
            (None, Some(table)) => {
                let name = serde_json::to_value(&table);
                rest.insert("table".to_owned(), name.unwrap_or_default());
                let asked: Asked = serde_json::from_value(rest.into())
                    .map_err(|error| Problem::bad_request(error.to_string()))?;
                let found = schema.table(&table)?;
                // A generated column takes no value.
                let writable = format == Format::Sql;
                let (sql, binds) = export_statement(dialect, found, &asked, writable)?;
                Ok(Self { sql, binds, format, into: table.qname() })
            }
            _ => Err(Problem::bad_request("either `table` or `sql` says what to export")),
        }
    }

    /// What a browser calls the file.
    pub fn file_name(&self) -> String {
        let plain: String = self
            .into
            .name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect();
        format!("{plain}.{}", self.format.ending())
    }

    pub fn format(&self) -> Format {
        self.format
    }

    /// Writes the rows; `send` says whether anybody still takes them. The connection must be in a
    /// transaction.
    ///
    /// # Errors
    /// The database's own.
    pub fn write(
        &self,
        connection: &mut Connection,
        send: &mut dyn FnMut(String) -> bool,
    ) -> Result<(), Problem> {
        let dialect = connection.dialect();
        let mut json = match self.format {
            Format::Ndjson => JsonRows::lines(),
            _ => JsonRows::list(),
        };
        let mut first = true;
        let mut taken = true;
        connection.query_in_parts(&self.sql, &self.binds, PART, &mut |part: Rows| {
            let Rows { columns, types, rows, .. } = part;
            let page = Page { columns, types, rows, ..Page::default() };
            let text = match self.format {
                Format::Csv if std::mem::take(&mut first) => csv(&page, false),
                Format::Csv => csv_rows(&page, false),
                Format::Json | Format::Ndjson => json.part(&page),
                Format::Sql => self.inserts(&page, dialect),
            };
            taken = text.is_empty() || send(text);
            taken
        })?;
        if taken && matches!(self.format, Format::Json) {
            send(json.end().to_owned());
        }
        Ok(())
    }

    fn inserts(&self, page: &Page, dialect: Dialect) -> String {
        let columns: Vec<String> = page.columns.iter().map(|name| ident(dialect, name)).collect();
        let head =
            format!("INSERT INTO {} ({}) VALUES", qname(dialect, &self.into), columns.join(", "));
        let mut out = String::new();
        for row in &page.rows {
            let values: Vec<String> = row.iter().map(|value| literal(value, dialect)).collect();
            out.push_str(&format!("{head} ({});\n", values.join(", ")));
        }
        out
    }
}
