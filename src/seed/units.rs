//! What shares a transaction. A set is written in one of its own; sets whose rows refer to one
//! another share one.

use super::bulk::Bulk;
use super::check::{Checked, CheckedRow, shown};
use super::files::SqlScript;
use crate::database::Value;
use crate::model::{Model, QName};
use std::collections::{BTreeMap, BTreeSet};

/// Sets that are written together, and all that is in them.
#[derive(Debug, Default)]
pub(super) struct Unit {
    pub sets: Vec<String>,
    pub rows: Checked,
    pub bulk: Vec<Bulk>,
    pub scripts: Vec<SqlScript>,
}

/// Divides everything into units, those that are referred to first.
pub(super) fn units(
    names: &[String],
    mut checked: Checked,
    bulk: Vec<Bulk>,
    scripts: Vec<SqlScript>,
    model: &Model,
) -> Vec<Unit> {
    let needs = needs(&checked, &bulk, model);
    // SQL files say nothing of the tables they need: their sets come last.
    let mut names: Vec<&String> = names.iter().collect();
    names.sort_by_key(|name| scripts.iter().any(|script| script.set == **name));
    let mut units = Vec::new();
    for sets in ordered(&names, &needs) {
        let mut unit = Unit::default();
        for (table, rows) in &mut checked {
            let (mine, others): (Vec<CheckedRow>, Vec<CheckedRow>) =
                std::mem::take(rows).into_iter().partition(|row| sets.contains(&row.set));
            *rows = others;
            if !mine.is_empty() {
                unit.rows.insert(table.clone(), mine);
            }
        }
        let mine = |set: &String| sets.contains(set);
        unit.bulk = bulk.iter().filter(|bulk| mine(&bulk.set)).cloned().collect();
        unit.scripts = scripts.iter().filter(|script| mine(&script.set)).cloned().collect();
        unit.sets = sets;
        units.push(unit);
    }
    units
}

type Needs = BTreeMap<String, BTreeSet<String>>;

/// Which set needs rows of which others.
fn needs(checked: &Checked, bulk: &[Bulk], model: &Model) -> Needs {
    let mut needs = Needs::new();
    let mut need = |set: &String, other: &String| {
        if set != other {
            needs.entry(set.clone()).or_default().insert(other.clone());
        }
    };
    let bulk_of =
        |table: &QName| bulk.iter().filter(|b| b.table == *table).map(|b| &b.set).collect();
    for (name, rows) in checked {
        let Some(table) = model.tables.get(name) else { continue };
        for key in &table.foreign_keys {
            let parents = checked.get(&key.parent).map_or(&[][..], Vec::as_slice);
            let by_key: BTreeMap<String, &String> = parents
                .iter()
                .filter_map(|row| Some((text(&row.tuple(&key.parent_columns)?), &row.set)))
                .collect();
            let bulk: Vec<&String> = bulk_of(&key.parent);
            for row in rows {
                let Some(tuple) = row.tuple(&key.columns) else { continue };
                match by_key.get(&text(&tuple)) {
                    Some(set) => need(&row.set, set),
                    None => bulk.iter().for_each(|set| need(&row.set, set)),
                }
            }
        }
        for row in rows {
            for (_, lookup) in &row.late {
                let columns: Vec<String> = lookup.key.iter().map(|(c, _)| c.clone()).collect();
                let values: Vec<Value> = lookup.key.iter().map(|(_, v)| v.clone()).collect();
                let parents = checked.get(&lookup.parent).into_iter().flatten();
                for parent in parents.filter(|p| p.tuple(&columns).as_ref() == Some(&values)) {
                    need(&row.set, &parent.set);
                }
            }
        }
    }
    for one in bulk {
        let Some(table) = model.tables.get(&one.table) else { continue };
        for row in checked.get(&one.table).into_iter().flatten() {
            // Rows written by hand come first: their keys are given.
            need(&one.set, &row.set);
        }
        for key in table.foreign_keys.iter().filter(|key| key.parent != one.table) {
            for row in checked.get(&key.parent).into_iter().flatten() {
                need(&one.set, &row.set);
            }
            let others: Vec<&String> = bulk_of(&key.parent);
            others.iter().for_each(|set| need(&one.set, set));
        }
    }
    needs
}

fn text(values: &[Value]) -> String {
    values.iter().map(shown).collect::<Vec<_>>().join("\0")
}

/// The sets in an order in which each follows what it needs; those in a circle stand together.
fn ordered(names: &[&String], needs: &Needs) -> Vec<Vec<String>> {
    let reached: BTreeMap<&String, BTreeSet<&String>> =
        names.iter().map(|name| (*name, reach(name, needs))).collect();
    let reaches =
        |from: &String, to: &String| reached.get(from).is_some_and(|all| all.contains(to));
    let mut left: Vec<&String> = names.to_vec();
    let mut groups = Vec::new();
    while !left.is_empty() {
        let group = left.iter().find_map(|first| {
            let together: Vec<&String> = left
                .iter()
                .copied()
                .filter(|other| other == first || (reaches(first, other) && reaches(other, first)))
                .collect();
            let waits = left.iter().any(|other| {
                !together.contains(other) && together.iter().any(|t| reaches(t, other))
            });
            (!waits).then_some(together)
        });
        // A group that waits for nothing always exists; should it not, the order does not matter.
        let group = group.unwrap_or_else(|| left.clone());
        left.retain(|name| !group.contains(name));
        groups.push(group.into_iter().cloned().collect());
    }
    groups
}

fn reach<'n>(from: &'n String, needs: &'n Needs) -> BTreeSet<&'n String> {
    let mut found = BTreeSet::new();
    let mut open = vec![from];
    while let Some(name) = open.pop() {
        for other in needs.get(name).into_iter().flatten() {
            if found.insert(other) {
                open.push(other);
            }
        }
    }
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn circles_stand_together_and_the_rest_in_order() {
        let names: Vec<String> = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let mut needs = Needs::new();
        for (from, to) in [("a", "b"), ("b", "a"), ("a", "d")] {
            needs.entry(from.to_owned()).or_default().insert(to.to_owned());
        }
        let groups = ordered(&names.iter().collect::<Vec<_>>(), &needs);
        assert_eq!(groups, [vec!["c"], vec!["d"], vec!["a", "b"]]);
    }
}
