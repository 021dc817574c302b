//! Every table and view with its columns, indexes, rows and size.

use crate::database::{DatabaseError, ErrorKind, Session, Value};
use crate::dialect::{postgres, sqlite};
use crate::model::{ColumnValue, Dialect, Model, QName, ViewKind};
use std::collections::BTreeMap;

/// Above this size rows are estimated, because counting reads the whole table.
const COUNT_UP_TO: u64 = 64 << 20;

/// What a database holds, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    pub dialect: Dialect,
    pub tables: Vec<TableInfo>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableInfo {
    pub name: QName,
    /// `table`, `view` or `materialized view`.
    pub kind: &'static str,
    pub columns: Vec<ColumnInfo>,
    pub primary_key: Vec<String>,
    /// With those behind keys and unique constraints.
    pub indexes: usize,
    /// `None` for a view, and where the role may not read.
    pub rows: Option<Count>,
    /// Table, indexes and out-of-line values; `None` where the database does not tell.
    pub bytes: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnInfo {
    pub name: String,
    /// As the database spells it; empty for a view's column.
    pub ty: String,
    pub nullable: bool,
    pub default: Option<String>,
}

/// A number of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub rows: u64,
    pub exact: bool,
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.exact {
            f.write_str("~")?;
        }
        write!(f, "{}", self.rows)
    }
}

/// Reads the schema, then sizes and row counts, without writing anything.
///
/// # Errors
/// The database's own.
pub fn overview(session: &mut dyn Session) -> Result<Overview, DatabaseError> {
    let model = session.introspect()?;
    let mut tables = described(&model);
    match model.dialect {
        Dialect::Postgres => postgres_sizes(session, &mut tables)?,
        Dialect::Sqlite => sqlite_sizes(session, &mut tables)?,
    }
    Ok(Overview { dialect: model.dialect, tables })
}

fn described(model: &Model) -> Vec<TableInfo> {
    let spelled = |ty| match model.dialect {
        Dialect::Postgres => postgres::types::render(ty),
        Dialect::Sqlite => sqlite::types::render(ty),
    };
    let tables = model.tables.values().map(|table| TableInfo {
        name: table.name.clone(),
        kind: "table",
        columns: table
            .columns
            .iter()
            .map(|column| ColumnInfo {
                name: column.name.clone(),
                ty: spelled(&column.ty),
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
            + table.exclusions.len()
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
        columns: view
            .columns
            .iter()
            .map(|name| ColumnInfo {
                name: name.clone(),
                ty: String::new(),
                nullable: true,
                default: None,
            })
            .collect(),
        primary_key: Vec::new(),
        indexes: view.indexes.len(),
        rows: None,
        bytes: None,
    });
    let mut all: Vec<TableInfo> = tables.chain(views).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

fn postgres_sizes(
    session: &mut dyn Session,
    tables: &mut [TableInfo],
) -> Result<(), DatabaseError> {
    // A partitioned table has no storage of its own: its rows are those of its leaves.
    let found = session.query(
        "SELECT n.nspname, c.relname, coalesce(s.bytes, 0)::bigint, s.estimate::bigint, \
                has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE') \
         FROM pg_catalog.pg_class c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         CROSS JOIN LATERAL ( \
             SELECT sum(pg_total_relation_size(p.relid)) AS bytes, \
                    CASE WHEN min(l.reltuples) < 0 THEN NULL ELSE sum(l.reltuples) END AS estimate \
             FROM (SELECT relid FROM pg_partition_tree(c.oid) WHERE isleaf \
                   UNION SELECT c.oid WHERE c.relkind <> 'p') AS p (relid) \
             JOIN pg_catalog.pg_class l ON l.oid = p.relid \
         ) AS s \
         WHERE c.relkind IN ('r', 'p', 'm')",
        &[],
    )?;
    let mut sizes = BTreeMap::new();
    for row in &found.rows {
        if let [schema, name, bytes, estimate, readable] = row.as_slice() {
            let schema = schema.as_text().filter(|schema| *schema != "public");
            let name = QName::new(schema, name.as_text().unwrap_or_default());
            sizes.insert(name, (number(bytes), number(estimate), *readable == Value::Bool(true)));
        }
    }
    for table in tables.iter_mut() {
        let Some((bytes, estimate, readable)) = sizes.get(&table.name) else { continue };
        table.bytes = *bytes;
        if !readable {
            continue;
        }
        table.rows = match estimate {
            Some(rows) if bytes.is_some_and(|bytes| bytes > COUNT_UP_TO) => {
                Some(Count { rows: *rows, exact: false })
            }
            _ => count(session, &postgres::quote::qname(&table.name))?,
        };
    }
    Ok(())
}

fn sqlite_sizes(session: &mut dyn Session, tables: &mut [TableInfo]) -> Result<(), DatabaseError> {
    let pages = session.query("PRAGMA page_count", &[])?;
    let page_size = session.query("PRAGMA page_size", &[])?;
    let file = first(&pages.rows).zip(first(&page_size.rows)).map_or(0, |(n, size)| n * size);
    let mut sizes = BTreeMap::new();
    // dbstat reads every page. It is missing from some builds of SQLite: then no size is told.
    if file <= COUNT_UP_TO {
        let sql = "SELECT s.tbl_name, sum(d.pgsize) FROM dbstat AS d \
                   JOIN sqlite_schema AS s ON s.name = d.name GROUP BY s.tbl_name";
        for row in session.query(sql, &[]).map(|found| found.rows).unwrap_or_default() {
            if let [name, bytes] = row.as_slice() {
                sizes.insert(name.as_text().unwrap_or_default().to_owned(), number(bytes));
            }
        }
    }
    for table in tables.iter_mut().filter(|table| table.kind == "table") {
        table.bytes = sizes.get(&table.name.name).copied().flatten();
        table.rows = count(session, &sqlite::quote::qname(&table.name))?;
    }
    Ok(())
}

/// `None` where the table cannot be read: a foreign server that is away, a materialized view
/// without data, a policy that fails. The rest of the overview is worth showing all the same.
fn count(session: &mut dyn Session, table: &str) -> Result<Option<Count>, DatabaseError> {
    match session.query(&format!("SELECT count(*) FROM {table}"), &[]) {
        Ok(found) => Ok(first(&found.rows).map(|rows| Count { rows, exact: true })),
        Err(error) if error.kind == ErrorKind::Lost => Err(error),
        Err(_) => Ok(None),
    }
}

fn first(rows: &[Vec<Value>]) -> Option<u64> {
    rows.first().and_then(|row| row.first()).and_then(number)
}

fn number(value: &Value) -> Option<u64> {
    value.as_integer().and_then(|number| u64::try_from(number).ok())
}
