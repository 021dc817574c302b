//! Unique columns, alone and together, satisfied by construction.

use super::hash::Stream;
use super::maker::Maker;
use super::{Column, Request, Shares};
use crate::model::Table;
use crate::seed::keys;
use std::sync::Arc;

/// How the number of a value follows from the number of the row.
#[derive(Clone, Debug)]
pub(super) enum Pick {
    /// By chance.
    Any,
    /// The row's own number.
    Row,
    /// A digit of the row's place among all combinations.
    Digit { stream: Stream, total: u64, divisor: u64, size: u64 },
    /// The parent whose share the row belongs to.
    Share { starts: Arc<Vec<u64>> },
    /// As `Digit`, of the row's place within its parent's share.
    WithinShare { starts: Arc<Vec<u64>>, stream: Stream, total: u64, divisor: u64, size: u64 },
}

impl Pick {
    pub fn index(&self, row: u64) -> Option<u64> {
        match self {
            Self::Any => None,
            Self::Row => Some(row),
            Self::Digit { stream, total, divisor, size } => {
                Some(stream.shuffled(row, *total) / divisor % size)
            }
            Self::Share { starts } => Some(share(starts, row).0),
            Self::WithinShare { starts, stream, total, divisor, size } => {
                let (_, within) = share(starts, row);
                Some(stream.shuffled(within, *total) / divisor % size)
            }
        }
    }
}

/// The parent of a row, and the row's number among that parent's.
fn share(starts: &[u64], row: u64) -> (u64, u64) {
    let parent = starts.partition_point(|start| *start <= row).saturating_sub(1);
    (parent as u64, row - starts.get(parent).copied().unwrap_or(0))
}

/// A column without its way to pick.
#[derive(Debug)]
pub(super) struct Draft {
    pub name: String,
    pub maker: Maker,
    pub nulls: f64,
    /// The foreign key it belongs to.
    pub key: Option<usize>,
}

/// Columns that take their values together.
struct Component {
    columns: Vec<usize>,
    size: Option<u64>,
}

pub(super) fn assign(
    request: &Request,
    table: &Table,
    drafts: Vec<Draft>,
    rows: u64,
    shares: Option<&Shares>,
) -> Result<Vec<Column>, String> {
    let name = request.table.to_string();
    let mut columns: Vec<Column> = Vec::with_capacity(drafts.len());
    let mut groups: Vec<Option<usize>> = Vec::with_capacity(drafts.len());
    for draft in drafts {
        // The columns of one foreign key draw the same parent.
        let stream = match draft.key.and_then(|key| table.foreign_keys.get(key)) {
            Some(key) => Stream::new(request.seed, &name, &key.columns.join("\0")),
            None => Stream::new(request.seed, &name, &draft.name),
        };
        let pick = match (&draft.maker, shares) {
            (Maker::Sequence { .. } | Maker::Keys(_) | Maker::Uuid { .. }, _) => Pick::Row,
            (_, Some(shares)) if draft.key == Some(shares.key) => {
                Pick::Share { starts: Arc::clone(&shares.starts) }
            }
            _ => Pick::Any,
        };
        groups.push(draft.key);
        columns.push(Column {
            name: draft.name,
            maker: draft.maker,
            stream,
            pick,
            nulls: draft.nulls,
        });
    }
    let primary = table.primary_key.iter().map(|key| key.columns.clone());
    let mut sets: Vec<Vec<String>> = primary.chain(keys::uniques(table)).collect();
    // What is unique alone satisfies every set it belongs to.
    sets.sort_by_key(Vec::len);
    for set in sets {
        one_set(request, &set, &mut columns, &groups, rows, shares)?;
    }
    Ok(columns)
}

fn one_set(
    request: &Request,
    set: &[String],
    columns: &mut [Column],
    groups: &[Option<usize>],
    rows: u64,
    shares: Option<&Shares>,
) -> Result<(), String> {
    let shown = set.join(", ");
    let mut components: Vec<Component> = Vec::new();
    for name in set {
        let Some(index) = columns.iter().position(|column| column.name == *name) else {
            // The database fills it; what it does there is its own affair.
            return Ok(());
        };
        let column = columns.get_mut(index).ok_or("no such column")?;
        column.nulls = column.nulls.min(0.0);
        let group = groups.get(index).copied().flatten();
        let size = column.maker.cardinality();
        let same = |c: &&mut Component| {
            group.is_some() && c.columns.iter().any(|i| groups.get(*i).copied().flatten() == group)
        };
        match components.iter_mut().find(same) {
            Some(component) => component.columns.push(index),
            None => components.push(Component { columns: vec![index], size }),
        }
    }
    let pick = |component: &Component| {
        let first = component.columns.first().and_then(|index| columns.get(*index));
        first.map_or(Pick::Any, |column| column.pick.clone())
    };
    if components.iter().any(|component| matches!(pick(component), Pick::Row)) {
        return Ok(());
    }
    let alone = |c: &Component| matches!(pick(c), Pick::Digit { total, size, .. } if total == size);
    if components.iter().any(alone) {
        return Ok(());
    }
    // Those an earlier set or the parents' shares have fixed cannot be chosen again.
    let shared = components.iter().any(|c| matches!(pick(c), Pick::Share { .. }));
    let fixed = components.iter().any(|c| !matches!(pick(c), Pick::Any | Pick::Share { .. }));
    let free: Vec<&Component> =
        components.iter().filter(|c| matches!(pick(c), Pick::Any)).collect();
    if let Some(endless) = free.iter().find(|component| component.size.is_none()) {
        let indexes = endless.columns.clone();
        for index in indexes {
            if let Some(column) = columns.get_mut(index) {
                column.pick = Pick::Row;
            }
        }
        return Ok(());
    }
    let total = free.iter().fold(1u64, |all, c| all.saturating_mul(c.size.unwrap_or(u64::MAX)));
    let most = match shares {
        Some(shares) if shared => {
            let sizes = shares.starts.windows(2).map(|pair| match pair {
                [from, to] => to - from,
                _ => 0,
            });
            sizes.max().unwrap_or(0)
        }
        _ => rows,
    };
    if most > total && !fixed {
        let what = if shared { "rows for one parent" } else { "rows" };
        return Err(format!(
            "{most} {what}, but ({shown}) is unique and has only {total} different values"
        ));
    }
    if fixed {
        return Err(format!(
            "({shown}) is unique, and so is another set with some of its columns: give one of \
             them a value of its own, as {{ template = \"{{row}}\" }}"
        ));
    }
    let stream = Stream::new(request.seed, &request.table.to_string(), &set.join("\0\0"));
    let mut divisor = 1u64;
    let plan: Vec<(Vec<usize>, u64, u64)> = free
        .iter()
        .map(|component| {
            let size = component.size.unwrap_or(u64::MAX).max(1);
            let step = (component.columns.clone(), divisor, size);
            divisor = divisor.saturating_mul(size);
            step
        })
        .collect();
    for (indexes, divisor, size) in plan {
        for index in indexes {
            let Some(column) = columns.get_mut(index) else { continue };
            column.pick = match shares {
                Some(shares) if shared => Pick::WithinShare {
                    starts: Arc::clone(&shares.starts),
                    stream,
                    total,
                    divisor,
                    size,
                },
                _ => Pick::Digit { stream, total, divisor, size },
            };
        }
    }
    Ok(())
}
