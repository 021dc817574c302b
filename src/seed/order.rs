//! Parents before children.

use super::SeedError;
use crate::model::{Deferrable, Dialect, ForeignKey, Model, QName, Table};
use std::collections::BTreeSet;

/// In which order the tables are written.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    pub tables: Vec<Turn>,
    /// Foreign keys are checked at the end of the transaction.
    pub defer: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub table: QName,
    /// Columns of foreign keys into a circle: left null at first, filled when every row is there.
    pub later: BTreeSet<String>,
    /// It refers to tables whose turn comes later.
    pub early: bool,
}

/// Orders the tables by the foreign keys between them. A circle is opened at a foreign key that can
/// be deferred, or else at one whose columns may be null.
pub(super) fn order(tables: &BTreeSet<&QName>, model: &Model) -> Result<Order, SeedError> {
    let mut order = Order::default();
    let mut left: Vec<&Table> = tables.iter().filter_map(|name| model.tables.get(*name)).collect();
    while !left.is_empty() {
        let waiting: BTreeSet<&QName> = left.iter().map(|table| &table.name).collect();
        let turn = left
            .iter()
            .position(|table| blocking(table, &waiting).next().is_none())
            .or_else(|| left.iter().position(|table| can_open(table, &waiting, model.dialect)));
        let Some(turn) = turn else {
            return Err(SeedError::Cycle { tables: circle(&left, &waiting) });
        };
        let table = left.remove(turn);
        let mut later = BTreeSet::new();
        let early = blocking(table, &waiting).next().is_some();
        for key in blocking(table, &waiting) {
            if is_deferrable(key, model.dialect) {
                order.defer = true;
            } else {
                later.extend(key.columns.iter().cloned());
            }
        }
        order.tables.push(Turn { table: table.name.clone(), later, early });
    }
    Ok(order)
}

/// Those tables, each behind the ones it refers to as far as possible.
pub(super) fn parents_first<'t>(
    tables: impl Iterator<Item = &'t QName>,
    model: &Model,
) -> Vec<QName> {
    let tables: BTreeSet<&QName> = tables.collect();
    match order(&tables, model) {
        Ok(order) => order.tables.into_iter().map(|turn| turn.table).collect(),
        Err(_) => tables.into_iter().cloned().collect(),
    }
}

/// Foreign keys into tables that have not had their turn. A table's key to itself does not block
/// it: its rows are ordered instead.
fn blocking<'t>(
    table: &'t Table,
    waiting: &BTreeSet<&QName>,
) -> impl Iterator<Item = &'t ForeignKey> {
    let waiting = waiting.clone();
    table
        .foreign_keys
        .iter()
        .filter(move |key| key.parent != table.name && waiting.contains(&key.parent))
}

fn can_open(table: &Table, waiting: &BTreeSet<&QName>, dialect: Dialect) -> bool {
    blocking(table, waiting).all(|key| {
        is_deferrable(key, dialect)
            || key.columns.iter().all(|name| table.column(name).is_some_and(|c| c.nullable))
    })
}

/// SQLite defers every foreign key on demand (`PRAGMA defer_foreign_keys`).
fn is_deferrable(key: &ForeignKey, dialect: Dialect) -> bool {
    dialect == Dialect::Sqlite || key.deferrable != Deferrable::No
}

/// One circle among the tables that are left, for the message.
fn circle(left: &[&Table], waiting: &BTreeSet<&QName>) -> Vec<String> {
    let Some(first) = left.first() else { return Vec::new() };
    let mut path = vec![&first.name];
    let mut table = *first;
    while let Some(key) = blocking(table, waiting).next() {
        if let Some(start) = path.iter().position(|name| **name == key.parent) {
            path.push(&key.parent);
            return path.iter().skip(start).map(ToString::to_string).collect();
        }
        path.push(&key.parent);
        let Some(next) = left.iter().find(|table| table.name == key.parent) else { break };
        table = next;
    }
    path.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::{Column, DataType};

    /// `children` refer to `parent`; a name ending in `?` has a nullable column for it.
    fn model(keys: &[(&str, &str)]) -> Model {
        let mut model = Model::new(Dialect::Postgres);
        for (child, parent) in keys {
            let (child, nullable) = (child.trim_end_matches('?'), child.ends_with('?'));
            for name in [child, parent] {
                let name = QName::bare(name);
                model.tables.entry(name.clone()).or_insert_with(|| Table::new(name));
            }
            let table = model.tables.get_mut(&QName::bare(child)).unwrap();
            let column = format!("{parent}_id");
            table.columns.push(Column {
                name: column.clone(),
                ty: DataType::builtin("integer"),
                nullable,
                value: crate::model::ColumnValue::None,
                collation: None,
                storage: None,
                compression: None,
                statistics: None,
                options: Default::default(),
                inherited: false,
                not_null_conflict: None,
                comment: None,
            });
            table.foreign_keys.push(ForeignKey {
                name: None,
                columns: vec![column],
                parent: QName::bare(*parent),
                parent_columns: vec!["id".to_owned()],
                on_delete: Default::default(),
                on_delete_columns: Vec::new(),
                on_update: Default::default(),
                match_kind: Default::default(),
                deferrable: Deferrable::No,
                not_valid: false,
                behind_columns: false,
                inherited_from: None,
                comment: None,
            });
        }
        model
    }

    fn of(model: &Model) -> Result<Order, SeedError> {
        order(&model.tables.keys().collect(), model)
    }

    fn names(keys: &[(&str, &str)]) -> Vec<String> {
        let order = of(&model(keys)).unwrap();
        order.tables.iter().map(|turn| turn.table.to_string()).collect()
    }

    #[test]
    fn parents_come_first() {
        assert_eq!(names(&[("a", "b"), ("b", "c")]), ["c", "b", "a"]);
        assert_eq!(names(&[("a", "a"), ("a", "b")]), ["b", "a"]);
    }

    #[test]
    fn a_circle_opens_where_null_is_allowed() {
        let order = of(&model(&[("a", "b"), ("b?", "a")])).unwrap();
        assert_eq!(order.tables.first().unwrap().table.name, "b");
        assert!(order.tables.first().unwrap().later.contains("a_id"));
    }

    #[test]
    fn a_closed_circle_is_named() {
        let error = of(&model(&[("a", "b"), ("b", "a"), ("c", "a")])).unwrap_err().to_string();
        assert!(error.contains("a → b → a"), "{error}");
    }
}
