//! One transaction: rows table by table, then the SQL files.

use super::bulk::Source;
use super::check::{CheckedRow, shown};
use super::files::SqlScript;
use super::order::{Order, Turn};
use super::report::{Change, ChangeKind, ColumnChange, Report, SqlReport, TableReport};
use super::statements::{Batch, qname};
use super::units::Unit;
use super::{Progress, SeedError, references, sequences};
use crate::database::{DatabaseError, Session, Value};
use crate::diagnostic::{Diagnostic, Place};
use crate::model::{Dialect, Model, QName, Table};
use crate::sql::names;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

/// Binds in one statement: PostgreSQL's protocol counts them in 16 bits, SQLite stops at 32,766
/// (limits, SQLITE_MAX_VARIABLE_NUMBER).
const MAX_BINDS: usize = 30_000;
const MAX_ROWS: usize = 500;

/// Begins a unit's transaction, or its part of the one that a dry run takes back.
pub(super) fn begin(
    session: &mut dyn Session,
    order: &Order,
    nested: bool,
) -> Result<(), SeedError> {
    let (dialect, defer) = (session.dialect(), order.defer);
    let sql = match (dialect, nested) {
        (Dialect::Postgres, false) => "BEGIN",
        // Outside a transaction only: inside it this pragma does nothing.
        (Dialect::Sqlite, false) => "PRAGMA foreign_keys = ON; BEGIN IMMEDIATE",
        (_, true) => "SAVEPOINT dbkit_unit",
    };
    let deferred = match (dialect, defer) {
        (Dialect::Postgres, true) => "; SET CONSTRAINTS ALL DEFERRED",
        (Dialect::Sqlite, true) => "; PRAGMA defer_foreign_keys = ON",
        _ => "",
    };
    session
        .execute(&format!("{sql}{deferred}"))
        .map_err(SeedError::database("beginning the transaction"))
}

/// Everything that writing a unit needs.
pub(super) struct Writer<'w> {
    pub session: &'w mut dyn Session,
    pub model: &'w Model,
    pub report: &'w mut Report,
    /// Tell what happens to each row.
    pub details: bool,
    pub progress: &'w mut dyn Progress,
}

impl Writer<'_> {
    /// Writes a unit; its transaction is open.
    pub(super) fn unit(&mut self, unit: &Unit, order: &Order) -> Result<(), SeedError> {
        let mut second_pass = Vec::new();
        let mut made_again = Vec::new();
        let first = self.report.tables.len();
        for turn in &order.tables {
            let Some(table) = self.model.tables.get(&turn.table) else { continue };
            if let Some(rows) = unit.rows.get(&turn.table) {
                let rows = self.table(table, rows, turn)?;
                if !turn.later.is_empty() {
                    second_pass.push((turn, rows));
                }
            }
            for bulk in unit.bulk.iter().filter(|bulk| bulk.table == turn.table) {
                let started = Instant::now();
                let counts = bulk.write(self.session, table, self.model, self.progress)?;
                self.count(&bulk.set, table, counts, started);
                let is_made = matches!(bulk.source, Source::Generated(_));
                if is_made && turn.early && counts.inserted > 0 {
                    made_again.push((bulk, table));
                }
            }
        }
        // Their columns into the circle were null, because the rows they refer to were not there.
        for (bulk, table) in made_again {
            bulk.made_now(self.session)?.write(self.session, table, self.model, self.progress)?;
        }
        for (turn, rows) in &mut second_pass {
            let Some(table) = self.model.tables.get(&turn.table) else { continue };
            self.find_late(table, rows, &BTreeSet::new())?;
            for batch in batches(table, &rows.iter().collect::<Vec<_>>()) {
                if let Some(statement) = batch.update(self.model) {
                    let model = self.model;
                    run_batch(self.session, &batch, |part| part.update(model), statement)?;
                }
            }
        }
        for script in &unit.scripts {
            let done = run_script(self.session, script)?;
            self.report.scripts.push(done);
        }
        self.finish(first, &unit.scripts)
    }

    /// Writes the rows of a table, those that others of the same table wait for first. Returns the
    /// rows as they were written.
    fn table(
        &mut self,
        table: &Table,
        rows: &[CheckedRow],
        turn: &Turn,
    ) -> Result<Vec<CheckedRow>, SeedError> {
        let mut left: Vec<CheckedRow> = rows.to_vec();
        let mut written: Vec<CheckedRow> = Vec::with_capacity(left.len());
        while !left.is_empty() {
            self.find_late(table, &mut left, &turn.later)?;
            let waits = |row: &CheckedRow| row.late.iter().any(|(c, _)| !turn.later.contains(c));
            let (waiting, ready): (Vec<_>, Vec<_>) = left.into_iter().partition(waits);
            if ready.is_empty() {
                let stuck = |row: &CheckedRow| {
                    let message = format!("{} waits for a row that is written later", table.name);
                    let place = row.late.first().and_then(|(column, _)| row.places.get(column));
                    Diagnostic::error("seed-reference", message)
                        .at(place.unwrap_or(&row.place).clone())
                        .help("give the row it refers to a key in the file")
                };
                return Err(SeedError::Mistakes(waiting.iter().map(stuck).collect()));
            }
            let ordered = parents_first(table, &ready);
            for batch in batches(table, &ordered) {
                let started = Instant::now();
                let set = batch.rows.first().map_or_else(String::new, |row| row.set.clone());
                if self.details {
                    self.tell(&batch, &set)?;
                }
                let counts = write_batch(self.session, &batch, turn, self.model)?;
                let rows = batch.rows.len() as u64;
                let unchanged = rows.saturating_sub(counts.inserted + counts.updated);
                self.count(&set, table, Counts { unchanged, ..counts }, started);
            }
            written.extend(ready);
            left = waiting;
        }
        Ok(written)
    }

    /// Asks for the values that rows written before have got by now.
    fn find_late(
        &mut self,
        table: &Table,
        rows: &mut [CheckedRow],
        optional: &BTreeSet<String>,
    ) -> Result<(), SeedError> {
        let database = SeedError::database("looking for the rows that are referred to");
        for row in rows {
            let mut left = Vec::new();
            for (column, lookup) in std::mem::take(&mut row.late) {
                let found = references::find_row(self.session, &lookup, self.model);
                match found.map_err(&database)? {
                    Some(value) => row.values.push((column, value)),
                    None => left.push((column, lookup)),
                }
            }
            let place = |name: &String| table.columns.iter().position(|c| c.name == *name);
            row.values.sort_by_key(|(name, _)| place(name));
            row.late = left;
            if row.late.iter().all(|(column, _)| optional.contains(column)) {
                continue;
            }
        }
        Ok(())
    }

    fn count(&mut self, set: &str, table: &Table, counts: Counts, started: Instant) {
        let took = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let known = |t: &&mut TableReport| t.set == *set && t.table == table.name;
        match self.report.tables.iter_mut().find(known) {
            Some(found) => {
                found.inserted += counts.inserted;
                found.updated += counts.updated;
                found.unchanged += counts.unchanged;
                found.milliseconds += took;
            }
            None => self.report.tables.push(TableReport {
                set: set.to_owned(),
                table: table.name.clone(),
                inserted: counts.inserted,
                updated: counts.updated,
                unchanged: counts.unchanged,
                rows: 0,
                milliseconds: took,
            }),
        }
    }

    /// Reports the rows of a batch that are new or differ.
    fn tell(&mut self, batch: &Batch<'_>, set: &str) -> Result<(), SeedError> {
        let database = SeedError::database("comparing rows");
        let text = |value: Option<Value>| match value {
            None | Some(Value::Null) => None,
            Some(value) => Some(shown(&value)),
        };
        let key = |values: &[Option<String>]| {
            let values: Vec<&str> = values.iter().map(|v| v.as_deref().unwrap_or("null")).collect();
            format!("({}) = ({})", batch.key.join(", "), values.join(", "))
        };
        let change = |row, kind, columns| Change {
            set: set.to_owned(),
            table: batch.table.name.clone(),
            row,
            kind,
            columns,
        };
        let (sql, binds) = batch.absent(self.model);
        for row in self.session.query(&sql, &binds).map_err(&database)?.rows {
            let values: Vec<Option<String>> = row.into_iter().map(|v| text(Some(v))).collect();
            self.report.changes.push(change(key(&values), ChangeKind::Insert, Vec::new()));
        }
        let Some((sql, binds, changed)) = batch.differences(self.model) else { return Ok(()) };
        for row in self.session.query(&sql, &binds).map_err(&database)?.rows {
            let mut values = row.into_iter();
            let keys: Vec<Option<String>> = batch.key.iter().map(|_| text(values.next())).collect();
            let mut columns = Vec::new();
            for column in &changed {
                let (old, new) = (text(values.next()), text(values.next()));
                if old != new {
                    columns.push(ColumnChange { column: column.clone(), old, new });
                }
            }
            self.report.changes.push(change(key(&keys), ChangeKind::Update, columns));
        }
        Ok(())
    }

    /// Sequences and final row counts of the tables of this unit.
    fn finish(&mut self, first: usize, scripts: &[SqlScript]) -> Result<(), SeedError> {
        let written = self.report.tables.get_mut(first..).unwrap_or_default();
        let mut touched: BTreeSet<QName> = written.iter().map(|t| t.table.clone()).collect();
        for script in scripts {
            let mentioned = names::mentioned(&script.file.text, self.model.dialect);
            let tables = self.model.tables.keys();
            touched.extend(tables.filter(|t| mentioned.contains(&t.name)).cloned());
        }
        for table in &touched {
            sequences::advance(self.session, table, self.model)
                .map_err(SeedError::database("moving a sequence past the ids that were given"))?;
        }
        for table in written {
            let sql = format!("SELECT count(*) FROM {}", qname(&table.table, self.model.dialect));
            let counted = self.session.query(&sql, &[]);
            table.rows = first_number(&counted.map_err(SeedError::database("counting rows"))?.rows);
        }
        Ok(())
    }
}

/// What happened to rows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub inserted: u64,
    pub updated: u64,
    pub unchanged: u64,
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
            once: batch.once.clone(),
            rows: vec![row],
            staged: false,
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
    let column = blamed(table, &source).into_iter().find(|column| row.places.contains_key(column));
    let place = column.as_ref().and_then(|column| row.places.get(column));
    SeedError::Row {
        place: place.unwrap_or(&row.place).clone(),
        column,
        table: table.name.to_string(),
        row: row.key_text(),
        source,
    }
}

/// The columns of the constraint an error names.
fn blamed(table: &Table, error: &DatabaseError) -> Vec<String> {
    let text = &error.message;
    let quoted = |name: &Option<String>| {
        name.as_ref().is_some_and(|n| {
            text.contains(&format!("\"{n}\"")) || text.ends_with(&format!("failed: {n}"))
        })
    };
    let keys = table.primary_key.iter().map(|key| (&key.name, &key.columns));
    let uniques = table.uniques.iter().map(|unique| (&unique.name, &unique.columns));
    let foreign = table.foreign_keys.iter().map(|key| (&key.name, &key.columns));
    let named = keys.chain(uniques).chain(foreign).find(|(name, _)| quoted(name));
    if let Some((_, columns)) = named {
        return columns.clone();
    }
    let mentioned = |words: &dyn Fn(&str) -> bool| {
        let columns = table.columns.iter().map(|column| column.name.clone());
        columns.filter(|name| words(name)).collect::<Vec<_>>()
    };
    if let Some(check) = table.checks.iter().find(|check| quoted(&check.name)) {
        let dialect = crate::model::Dialect::Postgres;
        let names = names::mentioned(check.expr.as_str(), dialect);
        return mentioned(&|name| names.contains(name));
    }
    // `NOT NULL constraint failed: t.a`, `null value in column "a"`.
    let name = &table.name.name;
    mentioned(&|column| {
        text.contains(&format!("column \"{column}\""))
            || text.split([' ', ',']).any(|word| word == format!("{name}.{column}"))
    })
}

/// Rows with the same columns and key, in statements of a size the databases take.
fn batches<'r>(table: &'r Table, rows: &[&'r CheckedRow]) -> Vec<Batch<'r>> {
    let mut batches: Vec<Batch<'r>> = Vec::new();
    for row in rows {
        let columns: Vec<String> = row.values.iter().map(|(name, _)| name.clone()).collect();
        let room = (MAX_BINDS / columns.len().max(1)).clamp(1, MAX_ROWS);
        match batches.last_mut() {
            Some(last)
                if last.columns == columns
                    && last.key == row.key
                    && last.once == row.once
                    && last.rows.last().is_some_and(|other| other.set == row.set)
                    && last.rows.len() < room =>
            {
                last.rows.push(row);
            }
            _ => batches.push(Batch {
                table,
                key: row.key.clone(),
                columns,
                once: row.once.clone(),
                rows: vec![row],
                staged: false,
            }),
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
        Some(row.tuple(columns)?.iter().map(shown).collect::<Vec<_>>().join(", "))
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
    Ok(SqlReport {
        set: script.set.clone(),
        file: script.file.path.clone(),
        statements: script.statements.len(),
        rows,
    })
}

pub(super) fn first_number(rows: &[Vec<Value>]) -> u64 {
    let cell = rows.first().and_then(|row| row.first());
    match cell {
        Some(Value::Integer(number)) => u64::try_from(*number).unwrap_or(0),
        Some(Value::Text(text)) => text.parse().unwrap_or(0),
        _ => 0,
    }
}
