//! PostgreSQL: two catalogue queries in one round trip, and one more where tables are partitioned. A whole model would take thirty times as
//! long, most of it for things that an overview does not show.

use super::{COUNT_UP_TO, ColumnInfo, Count, Counted, TableInfo, first, number};
use crate::database::{DatabaseError, ErrorKind, Session, Value};
use crate::dialect::postgres::quote;
use crate::model::QName;
use std::collections::HashMap;

/// Names are printed as seen from `public`, whatever the session's own path is.
const PATH: &str = "SELECT pg_catalog.set_config('search_path', 'public', true)";

const RELATIONS: &str = "\
    SELECT c.oid, n.nspname, c.relname, c.relkind, p.indnkeyatts, p.indkey::text, \
       (SELECT count(*) FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid), \
       CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_total_relation_size(c.oid) END, \
       CASE WHEN c.relkind IN ('r', 'm') AND c.reltuples >= 0 THEN c.reltuples::bigint END, \
       c.relkind <> 'v' AND pg_catalog.has_table_privilege(c.oid, 'SELECT') \
         AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') \
     FROM pg_catalog.pg_class c \
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
     LEFT JOIN pg_catalog.pg_index p ON p.indrelid = c.oid AND p.indisprimary \
     WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.relpersistence <> 't' AND c.oid >= 16384 \
       AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
       AND c.relname !~ '^__(dbkit|diesel_schema_migrations)' \
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 1259 AND d.objid = c.oid AND d.deptype = 'e')";

/// A partitioned table has no storage of its own: its rows are those of its leaves. Asked only where
/// there is one, because planning it takes as long as everything else.
const TREES: &str = "\
    SELECT c.oid, coalesce(sum(pg_catalog.pg_total_relation_size(l.oid)), 0)::bigint, \
       CASE WHEN min(l.reltuples) >= 0 THEN sum(l.reltuples)::bigint END \
     FROM pg_catalog.pg_class c \
     LEFT JOIN LATERAL pg_catalog.pg_partition_tree(c.oid) t ON t.isleaf \
     LEFT JOIN pg_catalog.pg_class l ON l.oid = t.relid \
     WHERE c.relkind = 'p' AND c.oid >= 16384 GROUP BY c.oid";

const COLUMNS: &str = "\
    SELECT a.attrelid, a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), NOT a.attnotnull, \
       CASE WHEN a.atthasdef AND a.attgenerated = '' THEN \
         (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid) FROM pg_catalog.pg_attrdef d \
          WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum) END \
     FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
     WHERE a.attnum > 0 AND NOT a.attisdropped AND c.oid >= 16384 AND c.relkind IN ('r', 'p', 'v', 'm') \
     ORDER BY a.attrelid, a.attnum";

/// Tables counted in one round trip: each holds locks until its end.
const COUNTED_AT_ONCE: usize = 100;

/// A table with what its number of rows can be learnt from.
struct Found {
    info: TableInfo,
    readable: bool,
    /// None before the first VACUUM or ANALYZE.
    estimate: Option<u64>,
}

pub(super) fn tables(
    session: &mut dyn Session,
    counted: Counted<'_>,
) -> Result<Vec<TableInfo>, DatabaseError> {
    let mut results = session.query_all(&[PATH, RELATIONS, COLUMNS].map(str::to_owned))?;
    let columns = results.pop().unwrap_or_default();
    let relations = results.pop().unwrap_or_default();
    let partitioned = |row: &Vec<Value>| row.get(3).and_then(Value::as_text) == Some("p");
    let trees = if relations.rows.iter().any(partitioned) {
        by_tree(session.query(TREES, &[])?.rows)
    } else {
        Trees::new()
    };
    let mut columns = by_relation(columns.rows);
    let mut all: Vec<Found> =
        relations.rows.iter().filter_map(|row| found(row, &mut columns, &trees)).collect();
    count_rows(session, &mut all, counted)?;
    Ok(all.into_iter().map(|found| found.info).collect())
}

type Columns = HashMap<i64, Vec<(i64, ColumnInfo)>>;

/// Bytes and estimated rows of partitioned tables.
type Trees = HashMap<i64, (Option<u64>, Option<u64>)>;

fn by_tree(rows: Vec<Vec<Value>>) -> Trees {
    let tree = |row: &Vec<Value>| {
        let [relation, bytes, rows] = row.as_slice() else { return None };
        Some((relation.as_integer()?, (number(bytes), number(rows))))
    };
    rows.iter().filter_map(tree).collect()
}

fn found(row: &[Value], columns: &mut Columns, trees: &Trees) -> Option<Found> {
    let [oid, schema, name, kind, keys, key, indexes, bytes, estimate, readable] = row else {
        return None;
    };
    let schema = schema.as_text().filter(|schema| *schema != "public");
    let oid = oid.as_integer()?;
    let (bytes, estimate) =
        trees.get(&oid).copied().unwrap_or_else(|| (number(bytes), number(estimate)));
    let columns = columns.remove(&oid).unwrap_or_default();
    let keys = number(keys).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    let numbers = key.as_text().unwrap_or_default().split(' ').take(keys);
    let column = |at: &str| columns.iter().find(|(n, _)| n.to_string() == at);
    let info = TableInfo {
        name: QName::new(schema, name.as_text()?),
        kind: match kind.as_text() {
            Some("v") => "view",
            Some("m") => "materialized view",
            _ => "table",
        },
        primary_key: numbers.filter_map(column).map(|(_, info)| info.name.clone()).collect(),
        columns: columns.into_iter().map(|(_, info)| info).collect(),
        indexes: number(indexes).and_then(|n| usize::try_from(n).ok()).unwrap_or(0),
        rows: None,
        bytes,
    };
    Some(Found { info, readable: readable.as_bool() == Some(true), estimate })
}

fn by_relation(rows: Vec<Vec<Value>>) -> Columns {
    let mut columns = Columns::new();
    for row in rows {
        let [relation, at, name, ty, nullable, default] = row.as_slice() else { continue };
        let (Some(relation), Some(at)) = (relation.as_integer(), at.as_integer()) else { continue };
        let text = |value: &Value| value.as_text().map(str::to_owned);
        let info = ColumnInfo {
            name: text(name).unwrap_or_default(),
            ty: text(ty).unwrap_or_default(),
            nullable: nullable.as_bool() == Some(true),
            default: text(default),
        };
        columns.entry(relation).or_default().push((at, info));
    }
    columns
}

/// Counts exactly what is cheap to count, and has the planner guess where nothing is known.
fn count_rows(
    session: &mut dyn Session,
    tables: &mut [Found],
    counted: Counted<'_>,
) -> Result<(), DatabaseError> {
    let mut left = COUNT_UP_TO;
    let wanted = |table: &&mut Found| table.readable && counted.wants(&table.info.name);
    let mut readable: Vec<&mut Found> = tables.iter_mut().filter(wanted).collect();
    readable.sort_by_key(|table| table.info.bytes);
    let (mut small, mut unknown) = (Vec::new(), Vec::new());
    for table in readable {
        let bytes = table.info.bytes.unwrap_or(0);
        if bytes <= left {
            left -= bytes;
            small.push(table);
        } else if let Some(rows) = table.estimate {
            table.info.rows = Some(Count { rows, exact: false });
        } else {
            unknown.push(table);
        }
    }
    for some in small.chunks_mut(COUNTED_AT_ONCE) {
        for (table, rows) in answers(session, "SELECT count(*)", some)? {
            table.info.rows = first(&rows).map(|rows| Count { rows, exact: true });
        }
    }
    for some in unknown.chunks_mut(COUNTED_AT_ONCE) {
        for (table, rows) in answers(session, "EXPLAIN SELECT", some)? {
            let plan = rows.first().and_then(|row| row.first()).and_then(Value::as_text);
            table.info.rows = plan.and_then(guess).map(|rows| Count { rows, exact: false });
        }
    }
    Ok(())
}

type Answers<'t> = Vec<(&'t mut Found, Vec<Vec<Value>>)>;

/// What each table answers to a question. One that cannot answer (it went away meanwhile, a
/// foreign server is down, a materialized view has no data, a policy fails) takes the others'
/// answers with it: then they are asked one by one.
fn answers<'t>(
    session: &mut dyn Session,
    question: &str,
    tables: &'t mut [&mut Found],
) -> Result<Answers<'t>, DatabaseError> {
    let sql: Vec<String> = tables
        .iter()
        .map(|table| {
            let QName { schema, name } = &table.info.name;
            let schema = schema.as_deref().unwrap_or("public");
            format!("{question} FROM {}.{}", quote::ident(schema), quote::ident(name))
        })
        .collect();
    let found = session.query_all(&sql).or_else(|error| match error.kind {
        ErrorKind::Lost => Err(error),
        _ => Ok(sql.iter().map(|sql| session.query(sql, &[]).unwrap_or_default()).collect()),
    })?;
    Ok(tables.iter_mut().map(|table| &mut **table).zip(found.into_iter().map(|r| r.rows)).collect())
}

/// The number in `Seq Scan on t  (cost=0.00..22.70 rows=1270 width=0)`.
fn guess(plan: &str) -> Option<u64> {
    let (_, rest) = plan.rsplit_once(" rows=")?;
    rest.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::guess;

    #[test]
    fn the_planners_guess_is_read() {
        let plan = "Seq Scan on \"a rows=b\"  (cost=0.00..22.70 rows=1270 width=0)";
        assert_eq!(guess(plan), Some(1270));
    }
}
