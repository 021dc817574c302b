//! Rows that are too many to be held: CSV files read piece by piece, generated rows.

use super::check::{Checked, known_column, unknown_table};
use super::generate::{self, Cell, Generator, Request};
use super::keys::{self, Declared};
use super::kind::Kind;
use super::ledger::{self, Range};
use super::read::{CsvFile, Field, Place, place};
use super::value::convert;
use super::write::Counts;
use super::{Progress, SeedError, load};
use crate::database::{Session, Value};
use crate::diagnostic::Diagnostic;
use crate::model::{Model, QName, Table};
use std::collections::BTreeMap;

/// A source of rows for one table.
#[derive(Clone, Debug)]
pub(super) struct Bulk {
    pub set: String,
    pub table: QName,
    /// The columns that find a row again.
    pub key: Vec<String>,
    pub source: Source,
}

#[derive(Clone, Debug)]
pub(super) enum Source {
    Csv(CsvFile),
    Generated(Box<Request>),
}

/// What the sources are checked against.
pub(super) struct Sources<'s> {
    pub checked: &'s Checked,
    pub declared: &'s Declared,
    pub made: &'s BTreeMap<(String, QName), Vec<Range>>,
    pub model: &'s Model,
}

/// Mistakes of one file that are told.
const ENOUGH: usize = 50;

impl Sources<'_> {
    /// Checks what can be seen without the database's rows.
    pub fn check(
        &self,
        large: Vec<CsvFile>,
        requests: Vec<Request>,
        reset: bool,
    ) -> Result<Vec<Bulk>, SeedError> {
        let mut bulk = Vec::new();
        let mut mistakes = Vec::new();
        for file in large {
            match self.csv(&file) {
                Ok(key) => bulk.push(Bulk {
                    set: file.set.clone(),
                    table: file.table.clone(),
                    key,
                    source: Source::Csv(file),
                }),
                Err(found) => mistakes.extend(found),
            }
        }
        for mut request in requests {
            let Some(table) = self.model.tables.get(&request.table) else { continue };
            let place = (request.set.clone(), request.table.clone());
            let ranges = if reset { None } else { self.made.get(&place).cloned() };
            let ranges = ranges.unwrap_or_default();
            let primary = table.primary_key.as_ref().map(|key| key.columns.clone());
            let key = primary.or_else(|| keys::uniques(table).next()).unwrap_or_default();
            if let [column] = key.as_slice() {
                let rows = self.checked.get(&request.table).into_iter().flatten();
                let mut given = Vec::new();
                for row in rows {
                    if let Some(Value::Integer(number)) = row.value(column) {
                        given.push((*number, row));
                    }
                }
                request.after = given.iter().map(|(n, _)| *n).max().unwrap_or(0).max(0);
                let made = |number: i64| {
                    let offset =
                        |range: &Range| u64::try_from(number.checked_sub(range.first)?).ok();
                    ranges.iter().any(|range| offset(range).is_some_and(|at| at < range.rows))
                };
                for (number, row) in given.iter().filter(|(number, _)| made(*number)) {
                    let message =
                        format!("{} has a generated row with {column} = {number}", request.table);
                    let found = Diagnostic::error("seed-generate", message).at(row.place.clone());
                    mistakes.push(found.help("give this row another key, or run with --reset"));
                }
            }
            request.made = ranges;
            bulk.push(Bulk {
                set: request.set.clone(),
                table: request.table.clone(),
                key,
                source: Source::Generated(Box::new(request)),
            });
        }
        if mistakes.is_empty() { Ok(bulk) } else { Err(SeedError::Mistakes(mistakes)) }
    }

    /// Reads a file once from front to back.
    fn csv(&self, file: &CsvFile) -> Result<Vec<String>, Vec<Diagnostic>> {
        let Some(table) = self.model.tables.get(&file.table) else {
            return Err(vec![unknown_table(&file.table, self.model).at(header(file, 0))]);
        };
        let mut mistakes = Vec::new();
        for (number, column) in file.columns.iter().enumerate() {
            if let Err(found) = known_column(table, column) {
                mistakes.push(found.at(header(file, number)));
            }
        }
        let given = |name: &str| file.columns.iter().any(|column| column == name);
        let missing = keys::missing(table, &given);
        if !missing.is_empty() {
            let message = format!("the rows of {} need {}", table.name, missing.join(", "));
            let found = Diagnostic::error("seed-missing", message).at(header(file, 0));
            mistakes.push(found.help("these columns are not nullable and have no default"));
        }
        let key = keys::candidates(table, self.declared)
            .into_iter()
            .find(|columns| !columns.is_empty() && columns.iter().all(|name| given(name)));
        let Some(key) = key.filter(|_| mistakes.is_empty()) else {
            if mistakes.is_empty() {
                mistakes.push(keys::no_key(table, self.declared, header(file, 0)));
            }
            return Err(mistakes);
        };
        let mut rows = CsvRows::open(file, table, self.model).map_err(|found| vec![*found])?;
        let mut cells = Vec::new();
        loop {
            match rows.next(&mut cells) {
                Ok(true) => {}
                Ok(false) => break,
                Err(found) => mistakes.push(*found),
            }
            if mistakes.len() >= ENOUGH || rows.broken {
                break;
            }
        }
        if mistakes.is_empty() { Ok(key) } else { Err(mistakes) }
    }
}

fn header(file: &CsvFile, column: usize) -> Place {
    place(&file.header, file.spans.get(column).cloned().unwrap_or(0..0))
}

/// The rows of a file as cells.
pub(super) struct CsvRows<'f> {
    file: &'f CsvFile,
    table: &'f Table,
    model: &'f Model,
    kinds: Vec<Option<Kind>>,
    records: super::read::FileRecords,
    fields: Vec<Field>,
    /// Nothing can be read any more.
    broken: bool,
}

impl<'f> CsvRows<'f> {
    fn open(
        file: &'f CsvFile,
        table: &'f Table,
        model: &'f Model,
    ) -> Result<Self, Box<Diagnostic>> {
        let mut records = file.records()?;
        let mut fields = Vec::new();
        records.next(&mut fields).map_err(|broken| file.mistake(&broken))?;
        let kind = |name: &String| table.column(name).map(|column| Kind::of(&column.ty, model));
        let kinds = file.columns.iter().map(kind).collect();
        Ok(Self { file, table, model, kinds, records, fields, broken: false })
    }

    fn next(&mut self, cells: &mut Vec<Cell>) -> Result<bool, Box<Diagnostic>> {
        match self.file.read(&mut self.records, &mut self.fields) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(broken) => {
                // Too few fields are this record's mistake; anything else is the rest's, too.
                self.broken = !broken.message.contains("the header has");
                return Err(self.file.mistake(&broken));
            }
        }
        cells.clear();
        for ((field, kind), name) in self.fields.iter().zip(&self.kinds).zip(&self.file.columns) {
            let Some(kind) = kind else { continue };
            let nullable = self.table.column(name).is_some_and(|column| column.nullable);
            let value = match convert(&field.given(), kind, self.model.dialect) {
                Ok(Value::Null) if !nullable => {
                    Err("null, but the column is not nullable".to_owned())
                }
                other => other,
            };
            match value {
                Ok(value) => cells.push(Cell::from_value(&value)),
                Err(message) => {
                    let message = format!("{}.{name}: {message}", self.table.name);
                    let span = field.span.clone();
                    return Err(self.file.told("seed-type", &message, span, field.line));
                }
            }
        }
        Ok(true)
    }
}

/// Rows that come one after another.
pub(super) enum Rows<'r> {
    Csv(CsvRows<'r>),
    Generated { generator: &'r Generator, row: u64 },
}

impl Rows<'_> {
    pub fn next(&mut self, cells: &mut Vec<Cell>) -> Result<bool, SeedError> {
        match self {
            Self::Csv(rows) => rows.next(cells).map_err(|found| SeedError::Mistakes(vec![*found])),
            Self::Generated { generator, row } => {
                if *row >= generator.rows {
                    return Ok(false);
                }
                generator.fill(*row, cells);
                *row += 1;
                Ok(true)
            }
        }
    }

    /// Every cell is of its column's type, and not text that only the database reads.
    pub fn typed(&self) -> bool {
        matches!(self, Self::Generated { .. })
    }
}

impl Bulk {
    /// The same after its rows were made in this transaction.
    pub fn made_now(&self, session: &mut dyn Session) -> Result<Self, SeedError> {
        let mut again = self.clone();
        if let Source::Generated(request) = &mut again.source {
            let made = ledger::ranges(session, &request.environment)?;
            let place = (self.set.clone(), self.table.clone());
            request.made = made.get(&place).cloned().unwrap_or_default();
        }
        Ok(again)
    }

    pub fn write(
        &self,
        session: &mut dyn Session,
        table: &Table,
        model: &Model,
        progress: &mut dyn Progress,
    ) -> Result<Counts, SeedError> {
        match &self.source {
            Source::Csv(file) => {
                let rows = CsvRows::open(file, table, model);
                let rows = rows.map_err(|found| SeedError::Mistakes(vec![*found]))?;
                let columns = file.columns.clone();
                load::load(session, table, model, columns, self, (Rows::Csv(rows), None), progress)
            }
            Source::Generated(request) => {
                let generator = generate::generator(session, request, model)?;
                let rows = Rows::Generated { generator: &generator, row: 0 };
                let (columns, total) = (generator.columns(), Some(generator.rows));
                let counts =
                    load::load(session, table, model, columns, self, (rows, total), progress)?;
                ledger::create(session)?;
                let place = (self.set.as_str(), &self.table);
                ledger::record_ranges(session, &request.environment, place, &generator.ranges)?;
                Ok(counts)
            }
        }
    }
}
