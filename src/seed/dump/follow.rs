//! One row, what belongs to it, and what any of these refer to.

use super::{MOST, Taken, equal, keep, select, tuple, wrong};
use crate::database::{Session, Value};
use crate::model::{Model, Table};
use crate::seed::SeedError;
use std::collections::BTreeSet;

pub(super) fn follow(
    session: &mut dyn Session,
    root: &Table,
    key: &str,
    model: &Model,
    taken: &mut Taken,
) -> Result<(), SeedError> {
    let names = root.primary_key.as_ref().map(|key| key.columns.clone()).unwrap_or_default();
    let parts: Vec<&str> = if names.len() > 1 { key.split(',').collect() } else { vec![key] };
    if names.len() != parts.len() {
        return Err(wrong(format!("{} has the key ({})", root.name, names.join(", "))));
    }
    let binds: Vec<Value> = parts.iter().map(|part| Value::Text((*part).to_owned())).collect();
    let rows = select(session, root, model, &equal(&names, model.dialect), &binds)?;
    if rows.is_empty() {
        return Err(wrong(format!("no row of {} has ({}) = ({key})", root.name, names.join(", "))));
    }
    // Downwards first: what belongs to the root; then upwards from everything.
    let mut open = vec![(root, keep(taken, root, rows))];
    let mut all = Vec::new();
    while let Some((table, rows)) = open.pop() {
        for child in model.tables.values() {
            for foreign in child.foreign_keys.iter().filter(|key| key.parent == table.name) {
                for row in &rows {
                    let Some(binds) = tuple(table, row, Some(&foreign.parent_columns)) else {
                        continue;
                    };
                    let condition = equal(&foreign.columns, model.dialect);
                    let found = select(session, child, model, &condition, &binds)?;
                    let new = keep(taken, child, found);
                    if !new.is_empty() {
                        open.push((child, new));
                    }
                }
            }
        }
        all.push((table, rows));
        if taken.values().map(|taken| taken.rows.len()).sum::<usize>() > MOST {
            return Err(wrong(format!("more than {MOST} rows belong to this one")));
        }
    }
    let mut asked = BTreeSet::new();
    while let Some((table, rows)) = all.pop() {
        for foreign in &table.foreign_keys {
            let Some(parent) = model.tables.get(&foreign.parent) else { continue };
            for row in &rows {
                let Some(binds) = tuple(table, row, Some(&foreign.columns)) else { continue };
                let id =
                    (parent.name.clone(), foreign.parent_columns.clone(), format!("{binds:?}"));
                if !asked.insert(id) {
                    continue;
                }
                let condition = equal(&foreign.parent_columns, model.dialect);
                let found = select(session, parent, model, &condition, &binds)?;
                let new = keep(taken, parent, found);
                if !new.is_empty() {
                    all.push((parent, new));
                }
            }
        }
    }
    Ok(())
}
