//! Takes differences that SQLite does not see out of a wanted model: it gets the spelling of the
//! model it is compared with wherever both mean the same.
//!
//! Names are compared without regard to case (ASCII letters, as `sqlite3StrICmp`), texts as
//! [`super::normal`] says. Comments are not part of an SQLite database.

use super::normal::{same, same_expr};
use crate::model::{
    Collation, Column, ColumnValue, Expr, ForeignKey, Index, IndexElement, IndexKey, Model, QName,
    Table, Trigger, View,
};
use std::collections::BTreeMap;

/// `wanted` in the spelling of `live`.
#[must_use]
pub fn align(wanted: &Model, live: &Model) -> Model {
    let mut out = wanted.clone();
    let names: BTreeMap<String, &str> = live
        .tables
        .keys()
        .chain(live.views.keys())
        .map(|name| (name.name.to_ascii_lowercase(), name.name.as_str()))
        .collect();
    let spell = |name: &mut QName| {
        if let Some(exact) = names.get(&name.name.to_ascii_lowercase()) {
            (*exact).clone_into(&mut name.name);
        }
    };
    let mut tables = BTreeMap::new();
    for mut table in std::mem::take(&mut out.tables).into_values() {
        spell(&mut table.name);
        if let Some(old) = live.tables.get(&table.name) {
            align_table(&mut table, old);
        }
        tables.insert(table.name.clone(), table);
    }
    for mut table in tables.values().cloned().collect::<Vec<_>>() {
        for key in &mut table.foreign_keys {
            spell(&mut key.parent);
            if let Some(parent) = tables.get(&key.parent) {
                key.parent_columns.iter_mut().for_each(|name| spell_column(name, &parent.columns));
            }
        }
        if let Some(old) = live.tables.get(&table.name) {
            align_keys(&mut table.foreign_keys, &old.foreign_keys);
        }
        out.tables.insert(table.name.clone(), table);
    }
    for mut view in std::mem::take(&mut out.views).into_values() {
        spell(&mut view.name);
        if let Some(old) = live.views.get(&view.name) {
            align_view(&mut view, old);
        }
        out.views.insert(view.name.clone(), view);
    }
    for mut trigger in std::mem::take(&mut out.triggers).into_values() {
        spell(&mut trigger.id.table);
        // Triggers are named for the whole database.
        let twin = live.triggers.values().find(|old| eq(&old.id.name, &trigger.id.name));
        if let Some(old) = twin {
            align_trigger(&mut trigger, old);
        }
        out.triggers.insert(trigger.id.clone(), trigger);
    }
    out
}

fn eq(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

fn same_name(a: Option<&String>, b: Option<&String>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => eq(a, b),
        (None, None) => true,
        _ => false,
    }
}

fn spell_column(name: &mut String, columns: &[Column]) {
    if let Some(column) = columns.iter().find(|c| eq(&c.name, name)) {
        name.clone_from(&column.name);
    }
}

fn align_table(table: &mut Table, old: &Table) {
    table.comment.clone_from(&old.comment);
    for column in &mut table.columns {
        if let Some(twin) = old.columns.iter().find(|c| eq(&c.name, &column.name)) {
            align_column(column, twin);
        }
    }
    let columns = &table.columns;
    let spell = |names: &mut Vec<String>| names.iter_mut().for_each(|n| spell_column(n, columns));
    if let Some(key) = &mut table.primary_key {
        spell(&mut key.columns);
        if let Some(twin) = &old.primary_key {
            key.comment.clone_from(&twin.comment);
            key.index_comment.clone_from(&twin.index_comment);
            if same_name(key.name.as_ref(), twin.name.as_ref()) {
                key.name.clone_from(&twin.name);
            }
        }
    }
    for unique in &mut table.uniques {
        spell(&mut unique.columns);
        let twin = old.uniques.iter().find(|o| {
            same_name(o.name.as_ref(), unique.name.as_ref()) && o.columns == unique.columns
        });
        if let Some(twin) = twin {
            if unique.on_conflict == twin.on_conflict {
                unique.behind_columns = twin.behind_columns;
            }
            unique.name.clone_from(&twin.name);
            unique.comment.clone_from(&twin.comment);
            unique.index_comment.clone_from(&twin.index_comment);
            if same_elements(&unique.elements_sql, &twin.elements_sql) {
                unique.elements_sql.clone_from(&twin.elements_sql);
            }
        }
    }
    for key in &mut table.foreign_keys {
        spell(&mut key.columns);
    }
    for check in &mut table.checks {
        let twin = old.checks.iter().find(|o| {
            same_name(o.name.as_ref(), check.name.as_ref())
                && same_expr(o.expr.as_str(), check.expr.as_str())
        });
        if let Some(twin) = twin {
            check.clone_from(twin);
        }
    }
    for index in &mut table.indexes {
        for element in &mut index.elements {
            if let IndexKey::Column(name) = &mut element.key {
                spell_column(name, columns);
            }
        }
        if let Some(twin) = old.indexes.iter().find(|o| eq(&o.name, &index.name)) {
            align_index(index, twin);
        }
    }
    table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
}

fn same_elements(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
}

fn align_column(column: &mut Column, old: &Column) {
    column.name.clone_from(&old.name);
    column.comment.clone_from(&old.comment);
    let declared = |c: &Column| {
        let text = super::types::render(&c.ty);
        text.split_whitespace().collect::<String>().to_ascii_uppercase()
    };
    if declared(column) == declared(old) {
        column.ty.clone_from(&old.ty);
    }
    align_collation(column.collation.as_mut(), old.collation.as_ref());
    match (&mut column.value, &old.value) {
        (ColumnValue::Default(new), ColumnValue::Default(old)) => align_expr(new, old),
        (ColumnValue::Generated { expr: new, .. }, ColumnValue::Generated { expr: old, .. }) => {
            align_expr(new, old);
        }
        _ => {}
    }
}

fn align_expr(new: &mut Expr, old: &Expr) {
    if same_expr(new.as_str(), old.as_str()) {
        new.clone_from(old);
    }
}

fn align_collation(new: Option<&mut Collation>, old: Option<&Collation>) {
    if let (Some(new), Some(old)) = (new, old)
        && eq(&new.0.name, &old.0.name)
    {
        new.clone_from(old);
    }
}

fn align_keys(keys: &mut [ForeignKey], old: &[ForeignKey]) {
    for key in keys {
        let twin = old
            .iter()
            .find(|o| same_name(o.name.as_ref(), key.name.as_ref()) && o.columns == key.columns);
        if let Some(twin) = twin {
            if key.deferrable == twin.deferrable {
                key.behind_columns = twin.behind_columns;
            }
            key.name.clone_from(&twin.name);
            key.comment.clone_from(&twin.comment);
        }
    }
}

fn align_index(index: &mut Index, old: &Index) {
    index.name.clone_from(&old.name);
    index.comment.clone_from(&old.comment);
    for (new, old) in index.elements.iter_mut().zip(&old.elements) {
        align_element(new, old);
    }
    if let (Some(new), Some(old)) = (&mut index.predicate, &old.predicate) {
        align_expr(new, old);
    }
}

fn align_element(new: &mut IndexElement, old: &IndexElement) {
    // Parentheses around an index expression may be there or not: they are kept as written.
    if let (IndexKey::Expr(new), IndexKey::Expr(old)) = (&mut new.key, &old.key)
        && same(new.as_str(), old.as_str())
    {
        new.clone_from(old);
    }
    align_collation(new.collation.as_mut(), old.collation.as_ref());
}

fn align_view(view: &mut View, old: &View) {
    view.comment.clone_from(&old.comment);
    view.column_comments.clone_from(&old.column_comments);
    if same(&view.query, &old.query) {
        view.query.clone_from(&old.query);
    }
    let columns = view.columns.len() == old.columns.len()
        && view.columns.iter().zip(&old.columns).all(|(a, b)| eq(a, b));
    if columns {
        view.columns.clone_from(&old.columns);
    }
}

fn align_trigger(trigger: &mut Trigger, old: &Trigger) {
    trigger.id.name.clone_from(&old.id.name);
    trigger.comment.clone_from(&old.comment);
    if same(&trigger.definition, &old.definition) {
        trigger.definition.clone_from(&old.definition);
    }
}
