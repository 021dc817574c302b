//! Which columns find a row again.

use super::check::{has, is_rowid};
use super::kind::has_own_value;
use super::read::DeclaredKey;
use crate::database::Value;
use crate::diagnostic::{Diagnostic, Place};
use crate::model::{Column, IndexKey, Model, QName, Table};
use std::collections::BTreeMap;

pub(super) type Declared = BTreeMap<QName, DeclaredKey>;

/// Keys of tables or columns that are not there.
pub(super) fn check_declared(declared: &Declared, model: &Model) -> Vec<Diagnostic> {
    let mut mistakes = Vec::new();
    for (name, key) in declared {
        let wrong = |message| Diagnostic::error("seed-key", message).at(key.place.clone());
        let Some(table) = model.tables.get(name) else {
            mistakes.push(wrong(format!("there is no table {name}")));
            continue;
        };
        for column in key.columns.iter().filter(|column| table.column(column).is_none()) {
            mistakes.push(wrong(format!("table {name} has no column {column}")));
        }
    }
    mistakes
}

/// The declared key, else the primary key, else the first unique constraint or index, whose
/// columns the row gives. `late` are columns that get their value while writing.
pub(super) fn key(
    table: &Table,
    declared: &Declared,
    values: &[(String, Value)],
    late: &dyn Fn(&str) -> bool,
) -> Option<Vec<String>> {
    let given = |column: &String| late(column) || has(values, column);
    candidates(table, declared)
        .into_iter()
        .find(|columns| !columns.is_empty() && columns.iter().all(given))
}

/// Every set of columns that finds at most one row, the likeliest first.
pub(super) fn candidates(table: &Table, declared: &Declared) -> Vec<Vec<String>> {
    let declared = declared.get(&table.name).map(|key| key.columns.clone());
    let primary = table.primary_key.iter().map(|key| key.columns.clone());
    declared.into_iter().chain(primary).chain(uniques(table)).collect()
}

/// Every unique constraint and index, neither partial nor on an expression.
pub(super) fn uniques(table: &Table) -> impl Iterator<Item = Vec<String>> + '_ {
    let constraints = table.uniques.iter().map(|unique| unique.columns.clone());
    let indexes =
        table.indexes.iter().filter(|i| i.unique && i.predicate.is_none()).filter_map(|index| {
            let columns = index.elements.iter().map(|element| match &element.key {
                IndexKey::Column(name) => Some(name.clone()),
                IndexKey::Expr(_) => None,
            });
            columns.collect::<Option<Vec<String>>>()
        });
    constraints.chain(indexes)
}

pub(super) fn no_key(table: &Table, declared: &Declared, place: Place) -> Diagnostic {
    let found = Diagnostic::error(
        "seed-no-key",
        format!("a second run could not find this row of {} again", table.name),
    )
    .at(place);
    let keys: Vec<String> =
        candidates(table, declared).iter().map(|key| format!("({})", key.join(", "))).collect();
    if keys.is_empty() {
        found.help(format!(
            "the table has neither a primary key nor a unique constraint: name the columns that \
             tell its rows apart, with [keys] and {} = [\"column\"]",
            table.name
        ))
    } else {
        found.help(format!("give the columns of one key: {}", keys.join(" or ")))
    }
}

/// NOT NULL columns without a value of their own that the row leaves out.
pub(super) fn missing<'t>(table: &'t Table, given: &dyn Fn(&str) -> bool) -> Vec<&'t str> {
    let needs = |column: &&Column| {
        !column.nullable && !has_own_value(&column.value) && !is_rowid(table, column)
    };
    let columns = table.columns.iter().filter(needs).filter(|column| !given(&column.name));
    columns.map(|column| column.name.as_str()).collect()
}
