//! One transaction: rows table by table, then the SQL files.

use super::SeedError;
use super::check::{Checked, CheckedRow};
use super::files::SqlScript;
use super::order::{Order, Turn};
use super::report::{Report, SqlReport, TableReport};
use super::sequences;
use super::statements::{Batch, qname};
use crate::database::{DatabaseError, Session, Value};
use crate::diagnostic::Place;
use crate::model::{Dialect, Model, QName, Table};
use crate::sql::names;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Binds in one statement: PostgreSQL's protocol counts them in 16 bits, SQLite stops at 32,766
/// (limits, SQLITE_MAX_VARIABLE_NUMBER).
const MAX_BINDS: usize = 30_000;
const MAX_ROWS: usize = 500;

pub(super) fn begin(session: &mut dyn Session, order: &Order) -> Result<(), SeedError> {
    let sql = match session.dialect() {
        Dialect::Postgres if order.defer => "BEGIN; SET CONSTRAINTS ALL DEFERRED",
        Dialect::Postgres => "BEGIN",
        // Outside a transaction only: inside it this pragma does nothing.
        Dialect::Sqlite if order.defer => {
            "PRAGMA foreign_keys = ON; BEGIN IMMEDIATE; PRAGMA defer_foreign_keys = ON"
        }
        Dialect::Sqlite => "PRAGMA foreign_keys = ON; BEGIN IMMEDIATE",
    };
    session.execute(sql).map_err(SeedError::database("beginning the transaction"))
}

pub(super) fn write(
    session: &mut dyn Session,
    checked: &Checked,
    scripts: &[SqlScript],
    order: &Order,
    model: &Model,
) -> Result<Report, SeedError> {
    let mut report = Report::default();
    let mut second_pass = Vec::new();
    for turn in &order.tables {
        let (Some(table), Some(rows)) = (model.tables.get(&turn.table), checked.get(&turn.table))
        else {
            continue;
        };
        let rows = parents_first(table, rows);
        let batches = batches(table, &rows);
        let mut counts = Counts::default();
        for batch in &batches {
            counts.add(write_batch(session, batch, turn, model)?);
        }
        report.tables.push(TableReport {
            table: turn.table.clone(),
            inserted: counts.inserted,
            updated: counts.updated,
            unchanged: (rows.len() as u64).saturating_sub(counts.inserted + counts.updated),
            rows: 0,
        });
        if !turn.later.is_empty() {
            second_pass.push((turn, rows));
        }
    }
    for (turn, rows) in &second_pass {
        let Some(table) = model.tables.get(&turn.table) else { continue };
        for batch in batches(table, rows) {
            if let Some(statement) = batch.update(model) {
                run_batch(session, &batch, |part| part.update(model), statement)?;
            }
        }
    }
    for script in scripts {
        report.scripts.push(run_script(session, script)?);
    }
    finish(session, &mut report, scripts, model)?;
    Ok(report)
}

/// Sequences and final row counts.
fn finish(
    session: &mut dyn Session,
    report: &mut Report,
    scripts: &[SqlScript],
    model: &Model,
) -> Result<(), SeedError> {
    let mut touched: BTreeSet<QName> = report.tables.iter().map(|t| t.table.clone()).collect();
    for script in scripts {
        let mentioned = names::mentioned(&script.file.text, model.dialect);
        touched.extend(model.tables.keys().filter(|t| mentioned.contains(&t.name)).cloned());
    }
    for table in &touched {
        sequences::advance(session, table, model)
            .map_err(SeedError::database("moving a sequence past the ids that were given"))?;
    }
    for table in &mut report.tables {
        let sql = format!("SELECT count(*) FROM {}", qname(&table.table, model.dialect));
        let counted = session.query(&sql, &[]).map_err(SeedError::database("counting rows"))?;
        table.rows = first_number(&counted.rows);
    }
    Ok(())
}

#[derive(Default)]
struct Counts {
    inserted: u64,
    updated: u64,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.inserted += other.inserted;
        self.updated += other.updated;
    }
}

fn write_batch(
    session: &mut dyn Session,
    batch: &Batch<'_>,
    turn: &Turn,
    model: &Model,
) -> Result<Counts, SeedError> {
    let later: Vec<&str> = turn.later.iter().map(String::as_str).collect();
    let mut counts = Counts::default();
    if later.is_empty() {
        // Before the insert: a row that gives a unique value up makes room for a new one.
        if let Some(statement) = batch.update(model) {
            counts.updated = run_batch(session, batch, |part| part.update(model), statement)?;
        }
    } else if let Some((sql, binds)) = batch.count_different(model) {
        let counted = session.query(&sql, &binds).map_err(SeedError::database("comparing rows"))?;
        counts.updated = first_number(&counted.rows);
    }
    let insert = batch.insert(model, &later);
    counts.inserted = run_batch(session, batch, |part| Some(part.insert(model, &later)), insert)?;
    Ok(counts)
}

/// Runs a statement for a batch. When it fails, its rows are tried one by one to name the one that
/// cannot be written.
fn run_batch<'r>(
    session: &mut dyn Session,
    batch: &Batch<'r>,
    statement: impl Fn(&Batch<'r>) -> Option<(String, Vec<Value>)>,
    (sql, binds): (String, Vec<Value>),
) -> Result<u64, SeedError> {
    let database = SeedError::database("writing rows");
    session.execute("SAVEPOINT dbkit_seed").map_err(&database)?;
    let error = match session.query(&sql, &binds) {
        Ok(done) => {
            session.execute("RELEASE SAVEPOINT dbkit_seed").map_err(&database)?;
            return Ok(done.affected);
        }
        Err(error) => error,
    };
    session.execute("ROLLBACK TO SAVEPOINT dbkit_seed").map_err(&database)?;
    for row in &batch.rows {
        let alone = Batch {
            table: batch.table,
            key: batch.key.clone(),
            columns: batch.columns.clone(),
            rows: vec![row],
        };
        let Some((sql, binds)) = statement(&alone) else { continue };
        if let Err(error) = session.query(&sql, &binds) {
            return Err(row_error(batch.table, row, error));
        }
    }
    match batch.rows.first() {
        Some(row) => Err(row_error(batch.table, row, error)),
        None => Err(database(error)),
    }
}

fn row_error(table: &Table, row: &CheckedRow, source: DatabaseError) -> SeedError {
    SeedError::Row {
        place: row.place.clone(),
        table: table.name.to_string(),
        row: row.key_text(),
        source,
    }
}

/// Rows with the same columns and key, in statements of a size the databases take.
fn batches<'r>(table: &'r Table, rows: &[&'r CheckedRow]) -> Vec<Batch<'r>> {
    let mut batches: Vec<Batch<'r>> = Vec::new();
    for row in rows {
        let columns: Vec<String> = row.values.iter().map(|(name, _)| name.clone()).collect();
        let room = (MAX_BINDS / columns.len().max(1)).clamp(1, MAX_ROWS);
        match batches.last_mut() {
            Some(last)
                if last.columns == columns && last.key == row.key && last.rows.len() < room =>
            {
                last.rows.push(row);
            }
            _ => batches.push(Batch { table, key: row.key.clone(), columns, rows: vec![row] }),
        }
    }
    batches
}

/// Rows of a table that refers to itself, each behind the row it refers to. Rows in a circle keep
/// their order at the end; within one statement the databases allow it.
fn parents_first<'r>(table: &Table, rows: &'r [CheckedRow]) -> Vec<&'r CheckedRow> {
    let own: Vec<_> = table.foreign_keys.iter().filter(|key| key.parent == table.name).collect();
    if own.is_empty() {
        return rows.iter().collect();
    }
    let tuple = |row: &CheckedRow, columns: &[String]| -> Option<String> {
        let value = |column: &String| {
            row.value(column).filter(|v| **v != Value::Null).map(super::check::shown)
        };
        Some(columns.iter().map(value).collect::<Option<Vec<_>>>()?.join(", "))
    };
    let mut left: Vec<&CheckedRow> = rows.iter().collect();
    let mut ordered = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let missing: Vec<BTreeSet<String>> = own
            .iter()
            .map(|key| left.iter().filter_map(|row| tuple(row, &key.parent_columns)).collect())
            .collect();
        let waits = |row: &&CheckedRow| {
            own.iter().zip(&missing).any(|(key, missing)| {
                let wanted = tuple(row, &key.columns);
                // A row may refer to itself.
                let itself = wanted == tuple(row, &key.parent_columns);
                !itself && wanted.is_some_and(|wanted| missing.contains(&wanted))
            })
        };
        let (waiting, ready): (Vec<_>, Vec<_>) = left.into_iter().partition(waits);
        if ready.is_empty() {
            ordered.extend(waiting);
            break;
        }
        ordered.extend(ready);
        left = waiting;
    }
    ordered
}

fn run_script(session: &mut dyn Session, script: &SqlScript) -> Result<SqlReport, SeedError> {
    let mut rows = 0;
    for range in &script.statements {
        let sql = script.file.text.get(range.clone()).unwrap_or("");
        match session.query(sql, &[]) {
            Ok(done) => rows += done.affected,
            Err(source) => {
                let at = range.start + source.position.unwrap_or(0).min(range.len());
                let rest = script.file.text.get(at..range.end).unwrap_or("");
                let word =
                    rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                let place = Place { file: Arc::clone(&script.file), span: at..at + word.max(1) };
                return Err(SeedError::Script { place, source });
            }
        }
    }
    Ok(SqlReport { file: script.file.path.clone(), statements: script.statements.len(), rows })
}

fn first_number(rows: &[Vec<Value>]) -> u64 {
    let cell = rows.first().and_then(|row| row.first());
    match cell {
        Some(Value::Integer(number)) => u64::try_from(*number).unwrap_or(0),
        Some(Value::Text(text)) => text.parse().unwrap_or(0),
        _ => 0,
    }
}
