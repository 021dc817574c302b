//! Rows of one table.

use super::target::unquoted;
use super::{InspectError, TableInfo};
use crate::database::{ErrorKind, Session, Value};
use crate::dialect::{postgres, sqlite};
use crate::model::Dialect;

/// Which rows, and how much of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Columns in the order wanted; empty for all.
    pub columns: Vec<String>,
    /// An SQL condition, as the user wrote it.
    pub condition: Option<String>,
    /// `created_at`, `created_at:desc` or `-created_at`; empty for the primary key's order.
    pub order: Vec<String>,
    pub limit: u64,
}

/// Some rows of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    pub columns: Vec<String>,
    /// Type names as the database says them.
    pub types: Vec<String>,
    pub rows: Vec<Vec<Value>>,
    /// There are more rows than the limit let through.
    pub more: bool,
}

/// Reads rows in a transaction in which the database refuses to write.
///
/// # Errors
/// An unknown column with the nearest name, a condition the database does not take.
pub fn rows(
    session: &mut dyn Session,
    table: &TableInfo,
    request: &Request,
) -> Result<Page, InspectError> {
    let sql = select(session.dialect(), table, request)?;
    super::begin_read_only(session)?;
    let found = session.query(&sql, &[]);
    let ended = super::end_read_only(session);
    let found = found.map_err(|error| match &request.condition {
        // Positions count from the start of a statement the user never saw.
        Some(_) if error.kind == ErrorKind::Statement => InspectError::Condition(error),
        _ => InspectError::Database(error),
    })?;
    ended?;
    let mut rows = found.rows;
    let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok(Page { columns: found.columns, types: found.types, rows, more })
}

fn select(dialect: Dialect, table: &TableInfo, request: &Request) -> Result<String, InspectError> {
    let ident = |name: &str| match dialect {
        Dialect::Postgres => postgres::quote::ident(name),
        Dialect::Sqlite => sqlite::quote::ident(name),
    };
    let name = match dialect {
        Dialect::Postgres => postgres::quote::qname(&table.name),
        Dialect::Sqlite => sqlite::quote::qname(&table.name),
    };
    let mut columns = Vec::new();
    for column in &request.columns {
        columns.push(ident(&known(table, column)?));
    }
    let mut order = Vec::new();
    for item in &request.order {
        let (column, descending) = direction(item);
        let suffix = if descending { " DESC" } else { "" };
        order.push(format!("{}{suffix}", ident(&known(table, column)?)));
    }
    if order.is_empty() {
        order.extend(table.primary_key.iter().map(|column| ident(column)));
    }
    let list = if columns.is_empty() { "*".to_owned() } else { columns.join(", ") };
    let mut sql = format!("SELECT {list} FROM {name}");
    if let Some(condition) = &request.condition {
        // The line break ends a comment the condition may end with.
        sql.push_str(&format!(" WHERE ({condition}\n)"));
    }
    if !order.is_empty() {
        sql.push_str(&format!(" ORDER BY {}", order.join(", ")));
    }
    // One more than asked for tells whether there are more.
    sql.push_str(&format!(" LIMIT {}", request.limit.saturating_add(1).min(i64::MAX as u64)));
    Ok(sql)
}

/// `-a`, `a:desc`, `a desc`, `a:asc`, `a`.
fn direction(item: &str) -> (&str, bool) {
    let item = item.trim();
    if let Some(column) = item.strip_prefix('-') {
        return (column, true);
    }
    let (column, word) = item.rsplit_once([':', ' ']).unwrap_or((item, "asc"));
    match word.to_ascii_lowercase().as_str() {
        "desc" => (column.trim(), true),
        "asc" => (column.trim(), false),
        _ => (item, false),
    }
}

/// The column of that name, which may stand in quotes as in SQL.
fn known(table: &TableInfo, name: &str) -> Result<String, InspectError> {
    let name = name.trim();
    let plain = unquoted(name);
    let has = |name: &str| table.columns.iter().any(|column| column.name == name);
    if has(name) {
        return Ok(name.to_owned());
    }
    // The model does not always know a view's columns: there the database decides.
    if table.columns.is_empty() || has(&plain) {
        return Ok(plain);
    }
    let names = table.columns.iter().map(|column| column.name.as_str());
    Err(InspectError::UnknownColumn {
        table: table.name.to_string(),
        nearest: dbkit_syntax::nearest(&plain, names).map(str::to_owned),
        name: plain,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::inspect::ColumnInfo;
    use crate::model::QName;

    fn table() -> TableInfo {
        let column = |name: &str| ColumnInfo {
            name: name.to_owned(),
            ty: String::new(),
            nullable: false,
            default: None,
        };
        TableInfo {
            name: QName::new(Some("Sales"), "orders"),
            kind: "table",
            columns: vec![column("id"), column("Total"), column("a:desc")],
            primary_key: vec!["id".to_owned()],
            indexes: 1,
            rows: None,
            bytes: None,
        }
    }

    #[test]
    fn the_statement_is_one_select() {
        let request = Request {
            columns: vec!["Total".to_owned()],
            condition: Some("id > 1 -- ".to_owned()),
            order: vec!["-Total".to_owned(), "id".to_owned()],
            limit: 20,
        };
        let sql = select(Dialect::Postgres, &table(), &request).unwrap();
        assert_eq!(
            sql,
            "SELECT \"Total\" FROM \"Sales\".orders WHERE (id > 1 -- \n) \
             ORDER BY \"Total\" DESC, id LIMIT 21"
        );
    }

    #[test]
    fn an_unknown_column_suggests_one() {
        let request = Request { order: vec!["total".to_owned()], limit: 1, ..Request::default() };
        let error = select(Dialect::Sqlite, &table(), &request).unwrap_err().to_string();
        assert_eq!(error, "Sales.orders has no column total; did you mean Total?");
    }
}
