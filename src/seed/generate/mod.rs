//! Generated rows.

mod bounds;
mod cell;
mod defaults;
mod drafts;
mod hash;
mod maker;
mod pattern;
mod request;
mod settings;
mod stand_in;
mod target;
mod unique;
mod words;

pub(super) use cell::Cell;
pub(super) use request::{Amount, Request, requests};
pub(super) use stand_in::StandIn;

use super::SeedError;
use super::check::shown;
use super::kind::Kind;
use super::ledger::Range;
use super::statements::{ident, qname};
use crate::database::Session;
use crate::diagnostic::Diagnostic;
use crate::model::{Dialect, ForeignKey, Model, QName, Table};
use hash::Stream;
use maker::{Maker, Parents};
use std::collections::BTreeMap;
use std::sync::Arc;
use unique::Pick;

/// Makes the rows of one table, each from its number alone.
#[derive(Debug)]
pub(super) struct Generator {
    pub rows: u64,
    /// How many of them were made before.
    pub known: u64,
    /// All that are made when these are.
    pub ranges: Vec<Range>,
    columns: Vec<Column>,
    /// In which order a row is filled: a time after another comes behind it.
    order: Vec<usize>,
}

#[derive(Debug)]
struct Column {
    name: String,
    maker: Maker,
    stream: Stream,
    pick: Pick,
    nulls: f64,
}

impl Generator {
    pub fn columns(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }

    /// Fills a row.
    pub fn fill(&self, row: u64, cells: &mut Vec<Cell>) {
        cells.resize(self.columns.len(), Cell::Null);
        for index in &self.order {
            let Some(slot) = cells.get_mut(*index) else { continue };
            let mut cell = std::mem::take(slot);
            self.cell(*index, row, cells, &mut cell);
            if let Some(slot) = cells.get_mut(*index) {
                *slot = cell;
            }
        }
    }

    fn cell(&self, index: usize, row: u64, cells: &[Cell], out: &mut Cell) {
        let Some(column) = self.columns.get(index) else { return };
        let mut chance = column.stream.row(row);
        if column.nulls > 0.0 && chance.share() < column.nulls {
            *out = Cell::Null;
            return;
        }
        if let Maker::Tree { roots, branches, column: key } = &column.maker {
            if row >= *roots {
                self.cell(*key, (row - roots) / branches.max(&1), &[], out);
            } else if column.nulls < 0.0 {
                // A row without a parent refers to itself where null is not allowed.
                self.cell(*key, row, &[], out);
            } else {
                *out = Cell::Null;
            }
            return;
        }
        match column.pick.index(row) {
            Some(number) => column.maker.at(number, &mut chance, out),
            None => column.maker.draw(&mut chance, row, cells, out),
        }
    }
}

/// Reads what can be referred to and prepares the makers of all columns.
pub(super) fn generator(
    session: &mut dyn Session,
    request: &Request,
    model: &Model,
) -> Result<Generator, SeedError> {
    let Some(table) = model.tables.get(&request.table) else {
        return Err(SeedError::NoTable { table: request.table.to_string(), nearest: None });
    };
    let mut parents: BTreeMap<usize, Arc<Parents>> = BTreeMap::new();
    for (number, key) in table.foreign_keys.iter().enumerate() {
        if key.parent != table.name {
            parents.insert(number, Arc::new(keys_of(session, key, model)?));
        }
    }
    let refused = |message: String| {
        let message = format!("{}: {message}", request.table);
        let found = Diagnostic::error("seed-generate", message);
        SeedError::Mistakes(vec![match &request.place {
            Some(place) => found.at(place.clone()),
            None => found,
        }])
    };
    let (rows, per) = amount(request, table, &parents).map_err(refused)?;
    let known: u64 = request.made.iter().map(|range| range.rows).sum();
    let mut ranges = request.made.clone();
    if rows > known {
        let first = next_number(session, request, table, model)?;
        let more = rows - known;
        match ranges.last_mut() {
            Some(last) if next_to(last) == Some(first) => last.rows += more,
            _ => ranges.push(Range { first, rows: more }),
        }
    }
    let keys = Arc::new(ranges.clone());
    let drafts = drafts::makers(request, table, model, (&parents, keys, rows)).map_err(refused)?;
    let columns = unique::assign(request, table, drafts, rows, per.as_ref()).map_err(refused)?;
    let mut order: Vec<usize> = (0..columns.len()).collect();
    order.sort_by_key(|index| {
        columns.get(*index).is_some_and(|c| matches!(c.maker, Maker::After { .. }))
    });
    Ok(Generator { rows, known, ranges, columns, order })
}

/// How the rows are shared out to the rows of a parent.
#[derive(Debug)]
pub(super) struct Shares {
    /// The foreign key's number.
    key: usize,
    /// Where each parent's rows begin; one more than there are parents.
    starts: Arc<Vec<u64>>,
}

fn amount(
    request: &Request,
    table: &Table,
    parents: &BTreeMap<usize, Arc<Parents>>,
) -> Result<(u64, Option<Shares>), String> {
    let (parent, min, max) = match &request.amount {
        Amount::Rows(rows) => return Ok((*rows, None)),
        Amount::Per { parent, min, max } => (parent, *min, *max),
    };
    let key = table.foreign_keys.iter().position(|key| key.parent == *parent);
    let key = key.ok_or_else(|| format!("no foreign key refers to {parent}"))?;
    let count = parents.get(&key).map_or(0, |parents| parents.keys.len());
    let stream = Stream::new(request.seed, &request.table.to_string(), "per");
    let mut starts = Vec::with_capacity(count + 1);
    let mut total = 0u64;
    for row in 0..count as u64 {
        starts.push(total);
        total += min + stream.row(row).below(max - min + 1);
    }
    starts.push(total);
    Ok((total, Some(Shares { key, starts: Arc::new(starts) })))
}

/// Keys held at most; of more parents a part is referred to.
const MOST_PARENTS: usize = 1_000_000;

/// The keys a foreign key may take, in an order that every machine has.
fn keys_of(
    session: &mut dyn Session,
    key: &ForeignKey,
    model: &Model,
) -> Result<Parents, SeedError> {
    let dialect = model.dialect;
    let parent = model.tables.get(&key.parent);
    let text = |name: &String| {
        let kind = parent.and_then(|t| t.column(name)).map(|c| Kind::of(&c.ty, model));
        matches!(kind, Some(Kind::Text { .. }))
    };
    let names: Vec<String> = key.parent_columns.iter().map(|c| ident(c, dialect)).collect();
    let ordered: Vec<String> = key
        .parent_columns
        .iter()
        .zip(&names)
        .map(|(column, name)| match dialect {
            Dialect::Postgres if text(column) => format!("{name} COLLATE \"C\""),
            _ => name.clone(),
        })
        .collect();
    let given: Vec<String> = names.iter().map(|name| format!("{name} IS NOT NULL")).collect();
    let sql = format!(
        "SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT {MOST_PARENTS}",
        names.join(", "),
        qname(&key.parent, dialect),
        given.join(" AND "),
        ordered.join(", ")
    );
    let found =
        session.query(&sql, &[]).map_err(SeedError::database("reading keys to refer to"))?;
    let kinds: Vec<Option<Kind>> = key
        .parent_columns
        .iter()
        .map(|name| parent.and_then(|t| t.column(name)).map(|c| Kind::of(&c.ty, model)))
        .collect();
    let cells = |row: &Vec<crate::database::Value>| {
        row.iter()
            .zip(&kinds)
            .map(|(value, kind)| match (kind, value.as_text()) {
                (Some(Kind::Uuid), Some(text)) => match uuid::Uuid::try_parse(text) {
                    Ok(uuid) => Cell::Uuid(uuid.as_u128()),
                    Err(_) => Cell::from_value(value),
                },
                _ => Cell::from_value(value),
            })
            .collect()
    };
    Ok(Parents { keys: found.rows.iter().map(cells).collect() })
}

/// The number behind a range's last.
fn next_to(range: &Range) -> Option<i64> {
    range.first.checked_add(i64::try_from(range.rows).ok()?)
}

/// Where the numbers of a whole-number primary key go on: behind the rows written by hand, and
/// behind those of other programs, which must not be written over.
fn next_number(
    session: &mut dyn Session,
    request: &Request,
    table: &Table,
    model: &Model,
) -> Result<i64, SeedError> {
    let Some([column]) = table.primary_key.as_ref().map(|key| key.columns.as_slice()) else {
        return Ok(1);
    };
    let kind = table.column(column).map(|column| Kind::of(&column.ty, model));
    if !matches!(kind, Some(Kind::Integer { .. })) {
        return Ok(1);
    }
    let sql = format!(
        "SELECT max({}) FROM {}",
        ident(column, model.dialect),
        qname(&table.name, model.dialect)
    );
    let found = session.query(&sql, &[]).map_err(SeedError::database("reading the last key"))?;
    let last = found.rows.first().and_then(|row| row.first());
    let last = last.and_then(|value| shown(value).parse::<i64>().ok()).unwrap_or(0);
    let made = request.made.iter().filter_map(next_to).max().unwrap_or(1);
    Ok(last.max(request.after).saturating_add(1).max(made))
}

/// The table of a request by its name.
pub(super) fn table_named(name: &str) -> QName {
    match name.split_once('.') {
        Some((schema, name)) => QName::new(Some(schema), name),
        None => QName::bare(name),
    }
}
