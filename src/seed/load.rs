//! Many rows into one table: straight into an empty one, else by way of a temporary table and a
//! merge.

use super::aside;
use super::bulk::{Bulk, Rows, Source};
use super::feed::{Feed, Wire, wire};
use super::statements::{Batch, ROWS, ident, placeholder, qname};
use super::write::{Counts, first_number};
use super::{Progress, SeedError};
use crate::database::{DatabaseError, ErrorKind, Session, Value, interrupt};
use crate::dialect::sqlite;
use crate::model::{Dialect, Model, Table};
use std::collections::BTreeSet;

/// From this many rows on, building keys after the load is worth it.
const MANY: u64 = 20_000;
/// How often progress is told where rows go one by one.
const TELL: u64 = 4096;

pub(super) fn load(
    session: &mut dyn Session,
    table: &Table,
    model: &Model,
    columns: Vec<String>,
    bulk: &Bulk,
    (mut rows, total): (Rows<'_>, Option<u64>),
    progress: &mut dyn Progress,
) -> Result<Counts, SeedError> {
    let failed = |source| SeedError::Bulk { what: what(bulk), source };
    let name = qname(&table.name, model.dialect);
    let list: Vec<String> = columns.iter().map(|c| ident(c, model.dialect)).collect();
    let list = list.join(", ");
    let count = |session: &mut dyn Session| {
        let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {name} LIMIT 1) AS q");
        Ok::<_, SeedError>(first_number(&session.query(&sql, &[]).map_err(failed)?.rows))
    };
    let empty = count(session)? == 0;
    // Nothing finds these rows again; the ledger knows how many of them are there.
    let mut there = 0;
    if let (Rows::Generated { generator, row }, true) = (&mut rows, bulk.key.is_empty() && !empty) {
        there = generator.known.min(generator.rows);
        *row = there;
    }
    // PostgreSQL refuses COPY where policies decide about rows; INSERT obeys them.
    let guarded = is_guarded(session, &name, model.dialect).map_err(failed)?;
    if !guarded && (empty || bulk.key.is_empty()) {
        let keys = if empty && model.dialect == Dialect::Postgres && total.unwrap_or(MANY) >= MANY {
            aside::set_aside(session, &table.name)?
        } else {
            None
        };
        let inserted =
            fill(session, table, model, &columns, (&name, &list), (rows, total), progress)
                .map_err(|error| told(error, bulk))?;
        if let Some(keys) = keys {
            keys.restore(session).map_err(failed)?;
        }
        return Ok(Counts { inserted, unchanged: there, ..Counts::default() });
    }
    stage(session, table, model, &columns).map_err(failed)?;
    let staged = fill(session, table, model, &columns, (ROWS, &list), (rows, total), progress)
        .map_err(|error| told(error, bulk))?;
    let counts = if bulk.key.is_empty() {
        let sql = format!("INSERT INTO {name} ({list}) SELECT {list} FROM {ROWS}");
        let inserted = session.query(&sql, &[]).map_err(failed)?.affected;
        Ok(Counts { inserted, unchanged: there, ..Counts::default() })
    } else {
        merge(session, table, model, columns, bulk, staged)
    };
    session.execute(&format!("DROP TABLE {ROWS}")).map_err(failed)?;
    counts
}

/// True when row-level security applies to this role on that table.
fn is_guarded(
    session: &mut dyn Session,
    name: &str,
    dialect: Dialect,
) -> Result<bool, DatabaseError> {
    if dialect == Dialect::Sqlite {
        return Ok(false);
    }
    let sql = "SELECT pg_catalog.row_security_active($1::pg_catalog.regclass)";
    let found = session.query(sql, &[Value::Text(name.to_owned())])?;
    Ok(found.rows.first().and_then(|row| row.first()).and_then(Value::as_bool) == Some(true))
}

fn what(bulk: &Bulk) -> String {
    match &bulk.source {
        Source::Csv(file) => format!("{}: table {}", file.path.display(), bulk.table),
        Source::Generated(_) => format!("generated rows of {}", bulk.table),
    }
}

/// A failed load's error; that of the rows themselves comes first.
enum Failure {
    Rows(SeedError),
    Database(DatabaseError),
}

fn told(failure: Failure, bulk: &Bulk) -> SeedError {
    match failure {
        Failure::Rows(error) => error,
        Failure::Database(source) => SeedError::Bulk { what: what(bulk), source },
    }
}

/// Writes the rows to the table of that name.
fn fill(
    session: &mut dyn Session,
    table: &Table,
    model: &Model,
    columns: &[String],
    (name, list): (&str, &str),
    (mut rows, total): (Rows<'_>, Option<u64>),
    progress: &mut dyn Progress,
) -> Result<u64, Failure> {
    let shown = table.name.to_string();
    if model.dialect == Dialect::Postgres {
        let of = |name: &String| table.column(name).and_then(|column| wire(&column.ty, model));
        let wires: Option<Vec<Wire>> = columns.iter().map(of).collect();
        let wires = wires.filter(|_| rows.typed());
        let format = if wires.is_some() { " WITH (FORMAT binary)" } else { "" };
        let sql = format!("COPY {name} ({list}) FROM STDIN{format}");
        let mut feed = Feed::new((rows, total), wires, shown, progress);
        let copied = session.copy_in(&sql, &mut feed);
        return match feed.error.take() {
            Some(error) => Err(Failure::Rows(error)),
            None => copied.map_err(Failure::Database),
        };
    }
    let marks: Vec<String> =
        (1..).zip(columns).map(|(number, column)| placeholder(table, column, number)).collect();
    let sql = format!("INSERT INTO {name} ({list}) VALUES ({})", marks.join(", "));
    let mut cells = Vec::new();
    let mut stopped = None;
    let mut done = 0u64;
    let outcome = session.insert_each(&sql, &mut |values: &mut Vec<Value>| {
        let stop = |message: &str| DatabaseError::new(ErrorKind::Cancelled, message);
        match rows.next(&mut cells) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(error) => {
                stopped = Some(error);
                return Err(stop("the rows end here"));
            }
        }
        if done.is_multiple_of(TELL) {
            progress.rows(&shown, done, total);
            if interrupt::requested() {
                return Err(stop("interrupted"));
            }
        }
        done += 1;
        values.resize(cells.len(), Value::Null);
        cells.iter().zip(values.iter_mut()).for_each(|(cell, value)| cell.store(value));
        Ok(true)
    });
    match stopped {
        Some(error) => Err(Failure::Rows(error)),
        None => outcome.map_err(Failure::Database),
    }
}

/// A temporary table with the columns of the target.
fn stage(
    session: &mut dyn Session,
    table: &Table,
    model: &Model,
    columns: &[String],
) -> Result<(), DatabaseError> {
    let names: Vec<String> = columns.iter().map(|c| ident(c, model.dialect)).collect();
    let sql = match model.dialect {
        Dialect::Postgres => format!(
            "CREATE TEMPORARY TABLE {ROWS} AS SELECT {} FROM {} WITH NO DATA",
            names.join(", "),
            qname(&table.name, model.dialect)
        ),
        Dialect::Sqlite => {
            let typed = columns.iter().zip(&names).map(|(column, name)| {
                let ty = table.column(column).map(|c| sqlite::types::render(&c.ty));
                format!("{name} {}", ty.unwrap_or_default())
            });
            format!("CREATE TEMP TABLE {ROWS} ({})", typed.collect::<Vec<_>>().join(", "))
        }
    };
    session.execute(&sql)
}

/// Updates what differs, inserts what is missing.
fn merge(
    session: &mut dyn Session,
    table: &Table,
    model: &Model,
    columns: Vec<String>,
    bulk: &Bulk,
    staged: u64,
) -> Result<Counts, SeedError> {
    let failed = |source| SeedError::Bulk { what: what(bulk), source };
    let key: Vec<String> = bulk.key.iter().map(|c| ident(c, model.dialect)).collect();
    let key = key.join(", ");
    let sql =
        format!("SELECT {key}, count(*) FROM {ROWS} GROUP BY {key} HAVING count(*) > 1 LIMIT 1");
    if let Some(row) = session.query(&sql, &[]).map_err(failed)?.rows.first() {
        let shown: Vec<String> = row.iter().map(super::check::shown).collect();
        let (times, values) =
            shown.split_last().map_or((String::new(), &[][..]), |(t, v)| (t.clone(), v));
        let message = format!("({key}) = ({}) stands there {times} times", values.join(", "));
        return Err(failed(DatabaseError::new(ErrorKind::Statement, message)));
    }
    if model.dialect == Dialect::Postgres {
        session.execute(&format!("ANALYZE {ROWS}")).map_err(failed)?;
    }
    let batch = Batch {
        table,
        key: bulk.key.clone(),
        columns,
        once: BTreeSet::new(),
        rows: Vec::new(),
        staged: true,
    };
    let updated = match batch.update(model) {
        Some((sql, binds)) => session.query(&sql, &binds).map_err(failed)?.affected,
        None => 0,
    };
    let (sql, binds) = batch.insert(model, &[]);
    let inserted = session.query(&sql, &binds).map_err(failed)?.affected;
    Ok(Counts { inserted, updated, unchanged: staged.saturating_sub(inserted + updated) })
}
