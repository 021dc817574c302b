//! Rows of one table.

use super::key::{Condition, Position, by_key, ident, qname, values_of};
use super::target::unquoted;
use super::{InspectError, TableInfo};
use crate::database::{ErrorKind, Rows, Session, Value};
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
    /// The key of the row behind which to begin; empty for the first row.
    pub after: Vec<String>,
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
    /// The key of the last row, for [`Request::after`]; empty where nothing tells it.
    pub last_key: Vec<String>,
}

impl Page {
    /// Takes the next part in.
    pub fn append(&mut self, part: Self) {
        let mut rows = std::mem::take(&mut self.rows);
        rows.extend(part.rows);
        *self = Self { rows, ..part };
    }
}

/// Rows handed over in one go when they are streamed.
const PART: usize = 1_000;

/// Reads rows in a transaction in which the database refuses to write.
///
/// # Errors
/// An unknown column with the nearest name, a condition the database does not take.
pub fn rows(
    session: &mut dyn Session,
    table: &TableInfo,
    request: &Request,
) -> Result<Page, InspectError> {
    let mut whole = Page::default();
    stream(session, table, request, &mut |part| {
        whole.append(part);
        Ok(true)
    })?;
    Ok(whole)
}

/// The same in parts, so that memory does not grow with the number of rows. `each` says whether
/// to go on; it is called at least once.
///
/// # Errors
/// Those of [`rows`], and what `each` returns.
pub fn stream(
    session: &mut dyn Session,
    table: &TableInfo,
    request: &Request,
    each: &mut dyn FnMut(Page) -> Result<bool, InspectError>,
) -> Result<(), InspectError> {
    super::begin_reading_tables(session)?;
    let done = send(session, table, request, each);
    // After an error this may fail, too, and the first one is worth telling.
    let ended = super::end_read_only(session);
    done?;
    Ok(ended?)
}

fn send(
    session: &mut dyn Session,
    table: &TableInfo,
    request: &Request,
    each: &mut dyn FnMut(Page) -> Result<bool, InspectError>,
) -> Result<(), InspectError> {
    let behind = match request.after.as_slice() {
        [] => None,
        key => Some(behind(session, table, request, key)?),
    };
    let select = select(session.dialect(), table, request, behind.as_ref())?;
    let binds = behind.map(|condition| condition.binds).unwrap_or_default();
    let mut left = usize::try_from(request.limit).unwrap_or(usize::MAX);
    let mut failed = Ok(());
    let mut last_key = Vec::new();
    let sent = session.query_in_parts(&select.sql, &binds, PART, &mut |found| {
        let (mut page, next) = page(found, &select, left);
        left = left.saturating_sub(page.rows.len());
        // The row that only tells that there are more may come in a part of its own.
        match page.rows.is_empty() {
            true => page.last_key.clone_from(&last_key),
            false => last_key.clone_from(&page.last_key),
        }
        match each(page) {
            Ok(go_on) => go_on && next,
            Err(error) => {
                failed = Err(error);
                false
            }
        }
    });
    failed?;
    sent.map_err(|error| match &request.condition {
        // Positions count from the start of a statement the user never saw.
        Some(_) if error.kind == ErrorKind::Statement => InspectError::Condition(error),
        _ => InspectError::Database(error),
    })
}

/// A part of the result without the row and the columns that are read only to know more; true when
/// there may be another part.
fn page(found: Rows, select: &Select, left: usize) -> (Page, bool) {
    let Rows { mut columns, mut types, mut rows, .. } = found;
    let more = rows.len() > left;
    rows.truncate(left);
    let key = |row: &Vec<Value>| {
        let text = |at: &usize| row.get(*at).and_then(key_text);
        select.key.iter().map(text).collect::<Option<Vec<String>>>()
    };
    let last_key = rows.last().and_then(key).unwrap_or_default();
    let shown = columns.len().saturating_sub(select.hidden);
    columns.truncate(shown);
    types.truncate(shown);
    for row in &mut rows {
        row.truncate(shown);
    }
    (Page { columns, types, rows, more, last_key }, !more)
}

/// A key's value as a person gives it again.
fn key_text(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Blob(_) => None,
        Value::Bool(value) => Some(value.to_string()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Real(number) => Some(number.to_string()),
        Value::Text(text) => Some(text.clone()),
    }
}

struct Select {
    sql: String,
    /// Where the primary key stands in the result.
    key: Vec<usize>,
    /// Columns at the end that nobody asked for.
    hidden: usize,
}

fn select(
    dialect: Dialect,
    table: &TableInfo,
    request: &Request,
    behind: Option<&Condition>,
) -> Result<Select, InspectError> {
    let mut columns = Vec::new();
    for name in &request.columns {
        columns.push(column(table, name)?);
    }
    let asked = match columns.is_empty() {
        true => table.columns.iter().map(|column| column.name.clone()).collect(),
        false => columns.clone(),
    };
    let place = |name: &String| asked.iter().position(|column| column == name);
    let mut hidden = Vec::new();
    let key = table.primary_key.iter().map(|name| {
        place(name).unwrap_or_else(|| {
            hidden.push(name.clone());
            asked.len() + hidden.len() - 1
        })
    });
    let key = key.collect();
    let list: Vec<String> =
        columns.iter().chain(&hidden).map(|name| ident(dialect, name)).collect();
    let list = if list.is_empty() { "*".to_owned() } else { list.join(", ") };
    let mut sql = format!("SELECT {list} FROM {}", qname(dialect, &table.name));
    let mut conditions = Vec::new();
    if let Some(condition) = &request.condition {
        // The line break ends a comment the condition may end with.
        conditions.push(format!("({condition}\n)"));
    }
    conditions.extend(behind.map(|condition| condition.sql.clone()));
    if !conditions.is_empty() {
        sql.push_str(&format!(" WHERE {}", conditions.join(" AND ")));
    }
    let order: Vec<String> = order(table, request)?
        .iter()
        .map(|(column, descending)| {
            format!("{}{}", ident(dialect, column), if *descending { " DESC" } else { "" })
        })
        .collect();
    if !order.is_empty() {
        sql.push_str(&format!(" ORDER BY {}", order.join(", ")));
    }
    // One more than asked for tells whether there are more.
    if let Some(limit) = request.limit.checked_add(1).filter(|limit| i64::try_from(*limit).is_ok())
    {
        sql.push_str(&format!(" LIMIT {limit}"));
    }
    Ok(Select { sql, key, hidden: hidden.len() })
}

/// The columns rows are ordered by: those asked for, then the primary key, so that every page
/// begins where the last one ended.
fn order(table: &TableInfo, request: &Request) -> Result<Vec<(String, bool)>, InspectError> {
    let mut order: Vec<(String, bool)> = Vec::new();
    for item in &request.order {
        let (name, descending) = direction(item);
        order.push((column(table, name)?, descending));
    }
    for column in &table.primary_key {
        if !order.iter().any(|(name, _)| name == column) {
            order.push((column.clone(), false));
        }
    }
    Ok(order)
}

/// The condition for what comes behind the row with that key.
fn behind(
    session: &mut dyn Session,
    table: &TableInfo,
    request: &Request,
    key: &[String],
) -> Result<Condition, InspectError> {
    let dialect = session.dialect();
    let condition = by_key(dialect, table, key)?;
    let order = order(table, request)?;
    let columns: Vec<String> = order.iter().map(|(name, _)| name.clone()).collect();
    let Some(values) = values_of(session, &table.name, &columns, &condition)? else {
        return Err(InspectError::UnknownRow {
            table: table.name.to_string(),
            columns: table.primary_key.join(", "),
            key: key.join(", "),
        });
    };
    let nullable = |name: &str| table.columns.iter().any(|c| c.name == name && c.nullable);
    let positions: Vec<Position> = order
        .into_iter()
        .zip(values)
        .map(|((name, descending), value)| Position {
            column: ident(dialect, &name),
            nullable: nullable(&name),
            descending,
            value,
        })
        .collect();
    Ok(Condition::build(dialect).after(&positions))
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
///
/// # Errors
/// [`InspectError::UnknownColumn`], with the nearest name.
pub fn column(table: &TableInfo, name: &str) -> Result<String, InspectError> {
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
            ..Request::default()
        };
        let found = select(Dialect::Postgres, &table(), &request, None).unwrap();
        assert_eq!((found.key, found.hidden), (vec![1], 1));
        assert_eq!(
            found.sql,
            "SELECT \"Total\", id FROM \"Sales\".orders WHERE (id > 1 -- \n) \
             ORDER BY \"Total\" DESC, id LIMIT 21"
        );
    }

    #[test]
    fn an_unknown_column_suggests_one() {
        let request = Request { order: vec!["total".to_owned()], limit: 1, ..Request::default() };
        let error = select(Dialect::Sqlite, &table(), &request, None).err().unwrap().to_string();
        assert_eq!(error, "Sales.orders has no column total; did you mean Total?");
    }
}
