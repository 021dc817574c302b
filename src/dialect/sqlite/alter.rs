//! Which changes of a table ALTER TABLE can make (lang_altertable.html).

use super::steps::Step;
use super::table::is_constant;
use crate::diff::{Constraint, TableChange};
use crate::model::{Column, ColumnValue, Dialect, GeneratedKind, Table};
use crate::sql::names;

/// The steps, or why the table must be rebuilt.
///
/// `calm` says that no view or trigger names the table, that none steps aside meanwhile, and that
/// all of them find what they name: SQLite
/// refuses DROP COLUMN when afterwards any view or trigger of the database cannot be read.
pub(super) fn steps(
    old: &Table,
    new: &Table,
    changes: &[TableChange],
    calm: bool,
) -> Result<Vec<Step>, Vec<String>> {
    let mut reasons = Vec::new();
    let (mut drops, mut adds) = (Vec::new(), Vec::new());
    // What may be written behind a new column.
    let mut inline = Table::new(new.name.clone());
    for change in changes {
        match change {
            TableChange::AddConstraint(constraint) => match on_new_column(old, new, constraint) {
                true => match constraint.clone() {
                    Constraint::ForeignKey(key) => inline.foreign_keys.push(key),
                    Constraint::Check(check) => inline.checks.push(check),
                    _ => {}
                },
                false => reasons.push(format!("adds {}", describe(constraint))),
            },
            TableChange::DropConstraint(constraint) => {
                reasons.push(format!("drops {}", describe(constraint)));
            }
            TableChange::AlterConstraint { to, .. } => {
                reasons.push(format!("changes {}", describe(to)));
            }
            TableChange::AlterColumn { from, to } => reasons.push(difference(from, to)),
            TableChange::DropColumn(column) if calm => drops
                .push(Step::DropColumn { table: new.name.clone(), column: column.name.clone() }),
            TableChange::DropColumn(column) => {
                reasons.push(format!("drops column {}", column.name));
            }
            TableChange::AddColumn(column) if is_addable(new, column) => adds.push(column),
            TableChange::AddColumn(column) => reasons.push(format!("adds column {}", column.name)),
            TableChange::Strict(_) => reasons.push("changes STRICT".to_owned()),
            TableChange::WithoutRowid(_) => reasons.push("changes WITHOUT ROWID".to_owned()),
            // Indexes stand beside the table; the rest SQLite does not have.
            _ => {}
        }
    }
    if !reasons.is_empty() {
        return Err(reasons);
    }
    // The last column cannot be dropped before another one is there.
    let adds = adds.into_iter().map(|column| Step::AddColumn {
        table: Box::new(inline.clone()),
        column: Box::new(column.clone()),
    });
    Ok(adds.chain(drops).collect())
}

/// True when the constraint can be written behind a column that is new.
fn on_new_column(old: &Table, new: &Table, constraint: &Constraint) -> bool {
    let is_new = |name: &str| old.column(name).is_none();
    match constraint {
        Constraint::ForeignKey(key) => match key.columns.as_slice() {
            [column] => is_new(column),
            _ => false,
        },
        Constraint::Check(check) => check_column(new, check.expr.as_str()).is_some_and(is_new),
        _ => false,
    }
}

/// The only column a check names.
pub(super) fn check_column<'t>(table: &'t Table, expr: &str) -> Option<&'t str> {
    let mentioned = names::mentioned(expr, Dialect::Sqlite);
    let mut columns = table.columns.iter().filter(|c| mentioned.contains(&c.name.to_lowercase()));
    let only = columns.next()?;
    columns.next().is_none().then_some(&only.name)
}

fn is_addable(table: &Table, column: &Column) -> bool {
    let keys = table.primary_key.iter().map(|key| &key.columns);
    let unique = table.uniques.iter().map(|unique| &unique.columns);
    if keys.chain(unique).any(|columns| columns.contains(&column.name)) {
        return false;
    }
    let refers = table.foreign_keys.iter().any(|key| key.columns.contains(&column.name));
    match &column.value {
        ColumnValue::None => true,
        ColumnValue::Default(expr) => is_constant(expr.as_str()) && !refers,
        ColumnValue::Generated { kind, .. } => *kind == GeneratedKind::Virtual,
        ColumnValue::Identity(_) => false,
    }
}

fn describe(constraint: &Constraint) -> String {
    match constraint.name() {
        Some(name) => format!("{} {name}", constraint.words()),
        None => format!("a {}", constraint.words()),
    }
}

fn difference(from: &Column, to: &Column) -> String {
    let mut what = Vec::new();
    if from.ty != to.ty {
        what.push("type");
    }
    if from.nullable != to.nullable || from.not_null_conflict != to.not_null_conflict {
        what.push("NOT NULL");
    }
    match (&from.value, &to.value) {
        (a, b) if a == b => {}
        (ColumnValue::Generated { .. }, _) | (_, ColumnValue::Generated { .. }) => {
            what.push("generated value");
        }
        (ColumnValue::Identity(_), _) | (_, ColumnValue::Identity(_)) => what.push("AUTOINCREMENT"),
        _ => what.push("default"),
    }
    if from.collation != to.collation {
        what.push("collation");
    }
    format!("changes {} of column {}", what.join(", "), to.name)
}
