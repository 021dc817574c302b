//! Made rows that nothing asks for any more: fewer are wanted now, or none.

use super::SeedError;
use super::bulk::{Bulk, Source};
use super::generate::Amount;
use super::ledger::{self, Range};
use super::order::parents_first;
use super::report::{RemovedReport, Report};
use super::statements::{ident, qname};
use super::write::first_number;
use crate::database::Session;
use crate::model::{Model, QName};
use std::collections::{BTreeMap, BTreeSet};

pub(super) type Made = BTreeMap<(String, QName), Vec<Range>>;

/// The rows of one set and table that are too many.
pub(super) struct Surplus {
    set: String,
    table: QName,
    /// The key that tells them.
    column: String,
    gone: Vec<Range>,
    left: Vec<Range>,
}

/// What was made and is not wanted. `known` are the sets this run looked at; `None`: all.
pub(super) fn find(
    made: &Made,
    bulk: &[Bulk],
    known: Option<&BTreeSet<String>>,
    model: &Model,
) -> Vec<Surplus> {
    let mut found = Vec::new();
    for ((set, table), ranges) in made {
        // What the command line asked for stands in no file.
        if set.ends_with("/--rows") || known.is_some_and(|known| !known.contains(set)) {
            continue;
        }
        let key = model.tables.get(table).and_then(|table| table.primary_key.as_ref());
        let Some([column]) = key.map(|key| key.columns.as_slice()) else { continue };
        let asked = bulk.iter().find(|bulk| bulk.set == *set && bulk.table == *table);
        let wanted = match asked.map(|bulk| &bulk.source) {
            None => 0,
            Some(Source::Generated(request)) => match request.amount {
                Amount::Rows(rows) => rows,
                Amount::Per { .. } => continue,
            },
            Some(Source::Csv(_)) => continue,
        };
        let (mut left, mut gone, mut room) = (Vec::new(), Vec::new(), wanted);
        for range in ranges {
            let kept = range.rows.min(room);
            room -= kept;
            if kept > 0 {
                left.push(Range { first: range.first, rows: kept });
            }
            if range.rows > kept {
                let first = range.first.saturating_add(i64::try_from(kept).unwrap_or(i64::MAX));
                gone.push(Range { first, rows: range.rows - kept });
            }
        }
        if !gone.is_empty() {
            let (set, table, column) = (set.clone(), table.clone(), column.clone());
            found.push(Surplus { set, table, column, gone, left });
        }
    }
    let tables = parents_first(found.iter().map(|surplus| &surplus.table), model);
    found.sort_by_key(|surplus| {
        std::cmp::Reverse(tables.iter().position(|name| *name == surplus.table))
    });
    found
}

/// What is pruned counts as never made.
pub(super) fn forget(found: &[Surplus], bulk: &mut [Bulk]) {
    for bulk in bulk {
        let mine = |surplus: &&Surplus| surplus.set == bulk.set && surplus.table == bulk.table;
        if let (Source::Generated(request), Some(surplus)) =
            (&mut bulk.source, found.iter().find(mine))
        {
            request.made.clone_from(&surplus.left);
        }
    }
}

impl Surplus {
    /// Counts the rows that are still there, and deletes them when asked to.
    pub fn handle(
        &self,
        session: &mut dyn Session,
        environment: &str,
        model: &Model,
        delete: bool,
        report: &mut Report,
    ) -> Result<(), SeedError> {
        let dialect = model.dialect;
        let whole = model.tables.get(&self.table).and_then(|table| table.column(&self.column));
        let whole = whole.map(|column| super::kind::Kind::of(&column.ty, model));
        if !matches!(whole, Some(super::kind::Kind::Integer { .. })) {
            return Ok(());
        }
        let mut rows = 0;
        for range in &self.gone {
            let last = i64::try_from(range.rows - 1).unwrap_or(i64::MAX);
            let last = range.first.saturating_add(last);
            let what = if delete { "DELETE" } else { "SELECT count(*)" };
            let sql = format!(
                "{what} FROM {} WHERE {} BETWEEN {} AND {last}",
                qname(&self.table, dialect),
                ident(&self.column, dialect),
                range.first
            );
            let done = session.query(&sql, &[]).map_err(|source| SeedError::Prune {
                table: self.table.to_string(),
                row: format!("({}) = ({} to {last})", self.column, range.first),
                source,
            })?;
            rows += if delete { done.affected } else { first_number(&done.rows) };
        }
        if rows > 0 {
            report.removed.push(RemovedReport {
                set: self.set.clone(),
                table: self.table.clone(),
                rows,
                deleted: delete,
            });
        }
        if delete {
            ledger::record_ranges(session, environment, (&self.set, &self.table), &self.left)?;
        }
        Ok(())
    }
}
