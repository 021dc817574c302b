//! SQLite: columns and indexes from its own statements, sizes and rows from the tables.

use super::{COUNT_UP_TO, ColumnInfo, Count, Counted, TableInfo, first, number};
use crate::database::{DatabaseError, ErrorKind, Session, Value};
use crate::dialect::sqlite::{quote, types};
use crate::model::{ColumnValue, Model, QName, ViewKind};
use std::collections::BTreeMap;

/// Rows counted in a table of a large file before its highest rowid is taken for an estimate.
const COUNT_ROWS_UP_TO: u64 = 100_000;

pub(super) fn tables(
    session: &mut dyn Session,
    counted: Counted<'_>,
) -> Result<Vec<TableInfo>, DatabaseError> {
    let model = session.introspect()?;
    let mut tables = described(&model);
    tables.extend(model.unmodelled.iter().filter(|o| o.kind == "virtual table").map(|object| {
        TableInfo {
            name: QName::bare(&object.name),
            kind: "virtual table",
            columns: Vec::new(),
            primary_key: Vec::new(),
            indexes: 0,
            rows: None,
            bytes: None,
        }
    }));
    for table in tables.iter_mut().filter(|table| table.kind != "table") {
        table.columns = columns(session, &table.name)?;
    }
    measure(session, &mut tables, counted)?;
    Ok(tables)
}

/// What SQLite makes of a view or a virtual table; nothing where it cannot read it: a column that
/// is gone, a module that is not in this program.
fn columns(session: &mut dyn Session, name: &QName) -> Result<Vec<ColumnInfo>, DatabaseError> {
    let sql = "SELECT name, type, \"notnull\" FROM pragma_table_xinfo(?1) WHERE hidden <> 1";
    let found = match session.query(sql, &[Value::Text(name.name.clone())]) {
        Err(error) if error.kind == ErrorKind::Lost => return Err(error),
        found => found.unwrap_or_default(),
    };
    let column = |row: &Vec<Value>| match row.as_slice() {
        [name, ty, not_null] => Some(ColumnInfo {
            name: name.as_text()?.to_owned(),
            ty: ty.as_text().unwrap_or_default().to_owned(),
            nullable: not_null.as_bool() != Some(true),
            default: None,
        }),
        _ => None,
    };
    Ok(found.rows.iter().filter_map(column).collect())
}

fn described(model: &Model) -> Vec<TableInfo> {
    let tables = model.tables.values().map(|table| TableInfo {
        name: table.name.clone(),
        kind: "table",
        columns: table
            .columns
            .iter()
            .map(|column| ColumnInfo {
                name: column.name.clone(),
                ty: types::render(&column.ty),
                nullable: column.nullable,
                default: match &column.value {
                    ColumnValue::Default(expr) => Some(expr.to_string()),
                    _ => None,
                },
            })
            .collect(),
        primary_key: table.primary_key.iter().flat_map(|key| key.columns.clone()).collect(),
        indexes: table.indexes.len()
            + table.uniques.len()
            + usize::from(table.primary_key.is_some()),
        rows: None,
        bytes: None,
    });
    let views = model.views.values().map(|view| TableInfo {
        name: view.name.clone(),
        kind: match view.kind {
            ViewKind::View => "view",
            ViewKind::Materialized => "materialized view",
        },
        columns: Vec::new(),
        primary_key: Vec::new(),
        indexes: view.indexes.len(),
        rows: None,
        bytes: None,
    });
    tables.chain(views).collect()
}

/// Sizes and row counts; exact ones where the file is small.
fn measure(
    session: &mut dyn Session,
    tables: &mut [TableInfo],
    counted: Counted<'_>,
) -> Result<(), DatabaseError> {
    let wanted = |t: &&mut TableInfo| t.kind == "table" && counted.wants(&t.name);
    let mut wanted = tables.iter_mut().filter(wanted).peekable();
    if wanted.peek().is_none() {
        return Ok(());
    }
    let pages = session.query("PRAGMA page_count", &[])?;
    let page_size = session.query("PRAGMA page_size", &[])?;
    let file = first(&pages.rows).zip(first(&page_size.rows)).map_or(0, |(n, size)| n * size);
    let small = file <= COUNT_UP_TO;
    let mut sizes = BTreeMap::new();
    // dbstat reads every page.
    if small && tells_sizes(session)? {
        let sql = "SELECT s.tbl_name, sum(d.pgsize) FROM dbstat AS d \
                   JOIN sqlite_schema AS s ON s.name = d.name GROUP BY s.tbl_name";
        for row in session.query(sql, &[])?.rows {
            if let [name, bytes] = row.as_slice() {
                sizes.insert(name.as_text().unwrap_or_default().to_owned(), number(bytes));
            }
        }
    }
    for table in wanted {
        table.bytes = sizes.get(&table.name.name).copied().flatten();
        let name = quote::qname(&table.name);
        table.rows = if small { count(session, &name)? } else { estimate(session, &name)? };
    }
    Ok(())
}

/// Whether this SQLite has the module that tells sizes (sqlite.org/dbstat.html); some builds leave it out.
pub(in crate::inspect) fn tells_sizes(session: &mut dyn Session) -> Result<bool, DatabaseError> {
    let sql = "SELECT 1 FROM pragma_module_list WHERE name = 'dbstat'";
    Ok(!session.query(sql, &[])?.rows.is_empty())
}

/// `None` where the table cannot be read: the rest of the overview is worth showing all the same.
fn count(session: &mut dyn Session, table: &str) -> Result<Option<Count>, DatabaseError> {
    match session.query(&format!("SELECT count(*) FROM {table}"), &[]) {
        Ok(found) => Ok(first(&found.rows).map(|rows| Count { rows, exact: true })),
        Err(error) if error.kind == ErrorKind::Lost => Err(error),
        Err(_) => Ok(None),
    }
}

/// Exact up to a limit. Above it the span of rowids: right unless many rows were deleted. A table
/// without rowids is counted whole.
fn estimate(session: &mut dyn Session, table: &str) -> Result<Option<Count>, DatabaseError> {
    let limit = COUNT_ROWS_UP_TO;
    let some = format!("SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT {limit})");
    let counted = session.query(&some, &[]).unwrap_or_default();
    if first(&counted.rows).is_none_or(|rows| rows < limit) {
        return count(session, table);
    }
    // Each end of the span is found by itself; both in one query would read the whole table.
    let end = |which: &str| format!("(SELECT {which}(rowid) FROM {table})");
    let span = format!("SELECT {} - {} + 1", end("max"), end("min"));
    match session.query(&span, &[]) {
        Ok(found) => Ok(first(&found.rows).map(|rows| Count { rows, exact: false })),
        Err(_) => count(session, table),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::sqlite::{OpenMode, SqliteSession};

    #[test]
    fn a_large_table_is_estimated_by_its_rowids() -> Result<(), DatabaseError> {
        let mut session = SqliteSession::open(":memory:", OpenMode::Create)?;
        session.execute(
            "CREATE TABLE large (n); CREATE TABLE small (n); CREATE TABLE keyed (n PRIMARY KEY) WITHOUT ROWID;
             WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 120000)
             INSERT INTO large SELECT n FROM c;
             INSERT INTO keyed SELECT n FROM large;
             INSERT INTO small VALUES (1), (2); DELETE FROM small WHERE n = 1;",
        )?;
        let rows = |rows, exact| Some(Count { rows, exact });
        assert_eq!(estimate(&mut session, "large")?, rows(120_000, false));
        assert_eq!(estimate(&mut session, "keyed")?, rows(120_000, true));
        assert_eq!(estimate(&mut session, "small")?, rows(1, true));
        Ok(())
    }
}
