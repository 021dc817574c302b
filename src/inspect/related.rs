//! One row in detail: its values, the rows it refers to, how many refer to it.

use super::key::{Condition, by_key, ident, qname};
use super::{Count, InspectError, Page, TableInfo};
use crate::database::{DatabaseError, Session, Value};
use crate::model::{Dialect, QName};
use std::collections::BTreeMap;

/// Rows of a child table that are counted at most: without an index on the foreign key every row of
/// the table is read.
pub(crate) const COUNT_UP_TO: u64 = 10_000;

/// A row with what it belongs to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Detail {
    /// One row.
    pub row: Page,
    pub parents: Vec<Parent>,
    pub children: Vec<Children>,
}

/// What a foreign key of the row refers to.
#[derive(Clone, Debug, PartialEq)]
pub struct Parent {
    pub columns: Vec<String>,
    pub table: QName,
    pub parent_columns: Vec<String>,
    /// The row's values in `columns`.
    pub key: Vec<Value>,
    /// One row, or none where there is none (or it may not be read).
    pub row: Page,
}

/// Rows of another table that refer to the row.
#[derive(Clone, Debug, PartialEq)]
pub struct Children {
    pub table: QName,
    pub columns: Vec<String>,
    /// The row's values that those columns hold.
    pub key: Vec<Value>,
    /// `None` where the role may not read them.
    pub rows: Option<Count>,
}

/// A foreign key: columns of `child` hold those of `parent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub child: QName,
    pub columns: Vec<String>,
    pub parent: QName,
    pub parent_columns: Vec<String>,
}

/// The row with that key, given as one text for each column of it.
///
/// # Errors
/// No key, no such row, the database's own.
pub fn detail(
    session: &mut dyn Session,
    table: &TableInfo,
    key: &[String],
) -> Result<Detail, InspectError> {
    let condition = by_key(session.dialect(), table, key)?;
    let found = detail_where(session, table, &condition)?;
    found.ok_or_else(|| InspectError::UnknownRow {
        table: table.name.to_string(),
        columns: table.primary_key.join(", "),
        key: key.join(", "),
    })
}

/// The same of the first row that meets a condition; `None` where none does.
pub(super) fn detail_where(
    session: &mut dyn Session,
    table: &TableInfo,
    condition: &Condition,
) -> Result<Option<Detail>, InspectError> {
    let links = links(session, &table.name)?;
    super::begin_reading_tables(session)?;
    let found = read(session, table, condition, &links);
    let ended = super::end_read_only(session);
    let found = found?;
    ended?;
    Ok(found)
}

fn read(
    session: &mut dyn Session,
    table: &TableInfo,
    condition: &Condition,
    links: &[Link],
) -> Result<Option<Detail>, InspectError> {
    let row = select(session, &table.name, condition)?;
    let Some(values) = row.rows.first().cloned() else { return Ok(None) };
    let held: BTreeMap<&str, &Value> =
        row.columns.iter().map(String::as_str).zip(&values).collect();
    let values = |columns: &[String]| -> Option<Vec<Value>> {
        columns.iter().map(|name| held.get(name.as_str()).map(|v| (*v).clone())).collect()
    };
    let mut detail = Detail::default();
    for link in links.iter().filter(|link| link.child == table.name) {
        let Some(key) = values(&link.columns) else { continue };
        let empty = key.contains(&Value::Null);
        let found = match empty {
            true => Page::default(),
            false => {
                let condition = equal(session.dialect(), &link.parent_columns, &key);
                tried(session, |session| select(session, &link.parent, &condition))?
                    .unwrap_or_default()
            }
        };
        detail.parents.push(Parent {
            columns: link.columns.clone(),
            table: link.parent.clone(),
            parent_columns: link.parent_columns.clone(),
            key,
            row: found,
        });
    }
    for link in links.iter().filter(|link| link.parent == table.name) {
        let Some(key) = values(&link.parent_columns) else { continue };
        let condition = equal(session.dialect(), &link.columns, &key);
        let rows = tried(session, |session| count(session, &link.child, &condition))?;
        let (table, columns) = (link.child.clone(), link.columns.clone());
        detail.children.push(Children { table, columns, key, rows });
    }
    detail.row = row;
    Ok(Some(detail))
}

fn equal(dialect: Dialect, columns: &[String], values: &[Value]) -> Condition {
    let mut builder = Condition::build(dialect);
    let parts: Vec<String> = columns
        .iter()
        .zip(values)
        .map(|(column, value)| builder.equal(&ident(dialect, column), value))
        .collect();
    builder.finish(parts.join(" AND "))
}

fn select(
    session: &mut dyn Session,
    table: &QName,
    condition: &Condition,
) -> Result<Page, DatabaseError> {
    let name = qname(session.dialect(), table);
    let sql = format!("SELECT * FROM {name} WHERE {} LIMIT 1", condition.sql);
    let found = session.query(&sql, &condition.binds)?;
    Ok(Page { columns: found.columns, types: found.types, rows: found.rows, ..Page::default() })
}

/// Rows that meet a condition, up to a limit.
pub(crate) fn count(
    session: &mut dyn Session,
    table: &QName,
    condition: &Condition,
) -> Result<Count, DatabaseError> {
    let name = qname(session.dialect(), table);
    let sql = format!(
        "SELECT count(*) FROM (SELECT 1 FROM {name} WHERE {} LIMIT {}) AS counted",
        condition.sql,
        COUNT_UP_TO + 1
    );
    let found = session.query(&sql, &condition.binds)?;
    let number = found.rows.first().and_then(|row| row.first()).and_then(Value::as_integer);
    let rows = number.and_then(|number| u64::try_from(number).ok()).unwrap_or(0);
    Ok(Count { rows: rows.min(COUNT_UP_TO), exact: rows <= COUNT_UP_TO })
}

/// `None` where another table cannot be read: the row itself is worth showing all the same.
pub(crate) fn tried<T>(
    session: &mut dyn Session,
    work: impl FnOnce(&mut dyn Session) -> Result<T, DatabaseError>,
) -> Result<Option<T>, DatabaseError> {
    session.execute("SAVEPOINT dbkit_other")?;
    let found = work(session);
    if found.is_err() {
        session.execute("ROLLBACK TO SAVEPOINT dbkit_other")?;
    }
    session.execute("RELEASE SAVEPOINT dbkit_other")?;
    Ok(found.ok())
}

/// The foreign keys of a table and those that refer to it.
///
/// # Errors
/// The database's own.
pub fn links(session: &mut dyn Session, table: &QName) -> Result<Vec<Link>, DatabaseError> {
    let mut links = match session.dialect() {
        Dialect::Postgres => postgres_links(session, table)?,
        Dialect::Sqlite => {
            let model = session.introspect()?;
            let keys = model.tables.values().flat_map(|child| {
                child.foreign_keys.iter().map(|key| Link {
                    child: child.name.clone(),
                    columns: key.columns.clone(),
                    parent: key.parent.clone(),
                    parent_columns: key.parent_columns.clone(),
                })
            });
            keys.filter(|link| link.child == *table || link.parent == *table).collect()
        }
    };
    links.sort_by(|a, b| (&a.child, &a.columns, &a.parent).cmp(&(&b.child, &b.columns, &b.parent)));
    Ok(links)
}

/// Names of both tables and, in pairs, of both ends' columns. A partition's key is its root's.
const LINKS: &str = "\
    SELECT c.oid, cn.nspname, cc.relname, pn.nspname, pc.relname, ca.attname, pa.attname \
    FROM pg_catalog.pg_constraint c \
    JOIN pg_catalog.pg_class cc ON cc.oid = c.conrelid \
    JOIN pg_catalog.pg_namespace cn ON cn.oid = cc.relnamespace \
    JOIN pg_catalog.pg_class pc ON pc.oid = c.confrelid \
    JOIN pg_catalog.pg_namespace pn ON pn.oid = pc.relnamespace \
    CROSS JOIN LATERAL ROWS FROM (unnest(c.conkey), unnest(c.confkey)) WITH ORDINALITY AS k (child, parent, at) \
    JOIN pg_catalog.pg_attribute ca ON ca.attrelid = c.conrelid AND ca.attnum = k.child \
    JOIN pg_catalog.pg_attribute pa ON pa.attrelid = c.confrelid AND pa.attnum = k.parent \
    WHERE c.contype = 'f' AND c.conparentid = 0 \
      AND (c.conrelid = pg_catalog.to_regclass($1) OR c.confrelid = pg_catalog.to_regclass($1)) \
    ORDER BY c.oid, k.at";

fn postgres_links(session: &mut dyn Session, table: &QName) -> Result<Vec<Link>, DatabaseError> {
    let schema = table.schema.as_deref().unwrap_or("public");
    let name =
        format!("{}.{}", ident(Dialect::Postgres, schema), ident(Dialect::Postgres, &table.name));
    let found = session.query(LINKS, &[Value::Text(name)])?;
    let mut links: BTreeMap<i64, Link> = BTreeMap::new();
    for row in &found.rows {
        let [oid, child_schema, child, parent_schema, parent, column, parent_column] =
            row.as_slice()
        else {
            continue;
        };
        let Some(oid) = oid.as_integer() else { continue };
        let text = |value: &Value| value.as_text().unwrap_or_default().to_owned();
        let name = |schema: &Value, name: &Value| {
            QName::new(schema.as_text().filter(|schema| *schema != "public"), text(name))
        };
        let link = links.entry(oid).or_insert_with(|| Link {
            child: name(child_schema, child),
            columns: Vec::new(),
            parent: name(parent_schema, parent),
            parent_columns: Vec::new(),
        });
        link.columns.push(text(column));
        link.parent_columns.push(text(parent_column));
    }
    Ok(links.into_values().collect())
}
