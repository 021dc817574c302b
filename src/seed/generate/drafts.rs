//! The maker of every column: as its file says, else by its foreign key, its checks, its name and
//! its type.

use super::bounds;
use super::cell::DAY;
use super::defaults::default;
use super::maker::{Maker, Parents, Spread};
use super::request::{Request, Spec, range_of, text};
use super::settings::{from_spec, number_of, says_how};
use super::target::Target;
use super::unique::Draft;
use super::words;
use crate::model::{ColumnValue, ForeignKey, Model, Table};
use crate::seed::check::is_rowid;
use crate::seed::kind::{Kind, has_own_value};
use crate::seed::ledger::Range;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) fn makers(
    request: &Request,
    table: &Table,
    model: &Model,
    (parents, keys, rows): (&BTreeMap<usize, Arc<Parents>>, Arc<Vec<Range>>, u64),
) -> Result<Vec<Draft>, String> {
    let checks = bounds::read(table, model.dialect);
    let mut drafts = Vec::new();
    let generated: Vec<_> = table
        .columns
        .iter()
        .filter(|column| !matches!(column.value, ColumnValue::Generated { .. }))
        .collect();
    for column in &generated {
        let spec = request.columns.get(&column.name);
        let alone = |set: &[String]| matches!(set, [one] if *one == column.name);
        let primary = table.primary_key.as_ref().is_some_and(|key| alone(&key.columns));
        let locale = spec.and_then(|spec| text(spec.get("locale")?));
        let words = locale.and_then(words::of).unwrap_or(request.words);
        let target = Target::of(column, table, &checks, words, model);
        let foreign = table
            .foreign_keys
            .iter()
            .enumerate()
            .find(|(_, key)| key.columns.contains(&column.name));
        let given = spec.is_some_and(says_how);
        let mut key = None;
        let maker = match (foreign, spec) {
            (_, Some(spec)) if given => {
                from_spec(spec, &target).map_err(|message| format!("{}: {message}", column.name))?
            }
            (Some((number, foreign)), _) if foreign.parent == table.name => {
                key = Some(number);
                tree(foreign, &column.name, &generated, spec)?
            }
            (Some((number, foreign)), _) => {
                key = Some(number);
                let found = parents.get(&number).cloned().unwrap_or_default();
                if found.keys.is_empty() {
                    if column.nullable {
                        Maker::Null
                    } else {
                        return Err(format!(
                            "{} refers to {}, which has no rows yet; where the two tables refer to one \
                             another, make the column nullable or write rows by hand",
                            column.name, foreign.parent
                        ));
                    }
                } else {
                    let position = foreign.columns.iter().position(|c| *c == column.name);
                    let skew = spec.and_then(|spec| number_of(spec, "skew"));
                    let spread = skew.map_or(Spread::Uniform, Spread::Zipf);
                    Maker::Parent { parents: found, column: position.unwrap_or(0), spread }
                }
            }
            (None, _) if primary && matches!(target.kind, Kind::Integer { .. }) => {
                Maker::Keys(Arc::clone(&keys))
            }
            (None, _) => match ordered_after(&checks, &column.name, &generated) {
                Some(other) => Maker::After { other, most: 30 * DAY },
                None => match default(&target) {
                    Some(maker) => maker,
                    None if has_own_value(&column.value) || is_rowid(table, column) => continue,
                    None if column.nullable => Maker::Null,
                    None => {
                        return Err(format!(
                            "{} takes {}, which nothing makes by itself: say how, with columns.{} = \
                             {{ choice = [\"…\"] }}",
                            column.name,
                            target.kind.wants(),
                            column.name
                        ));
                    }
                },
            },
        };
        if let Kind::Integer { max, .. } = target.kind {
            let behind = |first: i64, step: i64, rows: u64| {
                i128::from(first) + i128::from(step) * (i128::from(rows) - 1)
            };
            let last = match &maker {
                Maker::Sequence { start, step } => Some(behind(*start, *step, rows)),
                Maker::Keys(ranges) => ranges.last().map(|r| behind(r.first, 1, r.rows)),
                _ => None,
            };
            if last.is_some_and(|last| last > i128::from(max)) {
                return Err(format!("{rows} rows, but {} ends at {max}", column.name));
            }
        }
        let nulls = match spec.and_then(|spec| number_of(spec, "null")) {
            Some(_) if !column.nullable => {
                return Err(format!("{} is not nullable", column.name));
            }
            Some(share) => share.clamp(0.0, 1.0),
            None if !column.nullable => -1.0,
            None if key.is_some()
                || given
                || matches!(maker, Maker::Null | Maker::After { .. }) =>
            {
                0.0
            }
            None => 0.1,
        };
        drafts.push(Draft { name: column.name.clone(), maker, nulls, key });
    }
    // What stands behind another column was counted among all; some may have been left out.
    let names: Vec<String> = drafts.iter().map(|draft| draft.name.clone()).collect();
    for draft in &mut drafts {
        if let Maker::After { other, .. } | Maker::Tree { column: other, .. } = &mut draft.maker {
            let name = generated.get(*other).map(|column| &column.name);
            *other = names.iter().position(|n| Some(n) == name).unwrap_or(usize::MAX);
        }
    }
    Ok(drafts)
}

fn tree(
    foreign: &ForeignKey,
    name: &str,
    columns: &[&crate::model::Column],
    spec: Option<&Spec>,
) -> Result<Maker, String> {
    let position = foreign.columns.iter().position(|column| column == name).unwrap_or(0);
    let parent = foreign.parent_columns.get(position);
    let column = columns.iter().position(|column| Some(&column.name) == parent);
    let whole = |name: &str, otherwise: u64| {
        let found = spec.and_then(|spec| spec.get(name)).and_then(range_of);
        found.map_or(otherwise, |(number, _)| number).max(1)
    };
    Ok(Maker::Tree {
        roots: whole("roots", 10),
        branches: whole("branches", 5),
        column: column.ok_or("the key it refers to is not generated")?,
    })
}

/// The column that this one must not be before: by a check, or by the usual names.
fn ordered_after(
    checks: &bounds::Checks,
    name: &str,
    columns: &[&crate::model::Column],
) -> Option<usize> {
    let position = |wanted: &str| columns.iter().position(|column| column.name == wanted);
    if let Some((first, _)) = checks.ordered.iter().find(|(_, second)| second == name) {
        return position(first);
    }
    let first = match name {
        "updated_at" | "modified_at" | "changed_at" | "deleted_at" | "finished_at" => "created_at",
        _ => return None,
    };
    position(first).filter(|at| {
        let own = columns.iter().find(|column| column.name == name);
        columns.get(*at).zip(own).is_some_and(|(a, b)| a.ty == b.ty)
    })
}
