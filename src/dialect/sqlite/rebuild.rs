//! A table written anew, as SQLite documents it (lang_altertable.html, "Making Other Kinds Of
//! Table Schema Changes"): create, copy, drop, rename. Indexes, triggers and views follow as steps
//! of their own.

use super::normal::requalify;
use super::quote::{ident, idents, literal};
use super::steps::Rebuild;
use super::table::{self, is_autoincrement};
use super::types;
use crate::model::{Column, ColumnRef, ColumnValue, Table};
use crate::plan::{Hazard, HazardKind, Statement};

/// The statements of one rebuild.
pub(super) fn statements(rebuild: &Rebuild) -> Vec<Statement> {
    let Rebuild { from, to, interim, .. } = rebuild;
    let mut out = Vec::new();
    let mut plain = |sql: String| out.push(Statement::new(sql));
    let created = if rebuild.qualified {
        table::create(&requalified(to, interim), interim)
    } else {
        table::create(to, interim)
    };
    plain(created);
    let copied = copy(rebuild);
    let hazards = hazards(rebuild, copied.is_some());
    let (name, old, new) = (ident(&to.name.name), &from.name.name, interim.as_str());
    if let Some(sql) = copied {
        plain(sql);
        if from.columns.iter().any(is_autoincrement) && to.columns.iter().any(is_autoincrement) {
            // The highest key ever given may be higher than the highest one still there.
            plain(format!("DELETE FROM sqlite_sequence WHERE name = {};", literal(new)));
            plain(format!(
                "INSERT INTO sqlite_sequence (name, seq) SELECT {}, seq FROM sqlite_sequence WHERE name = {};",
                literal(new),
                literal(old)
            ));
        }
    }
    plain(format!("DROP TABLE {};", ident(old)));
    // The old way of renaming leaves alone what names the table elsewhere, and that is right: the
    // table it names is back under its name.
    let legacy = if rebuild.qualified { "OFF" } else { "ON" };
    plain(format!("PRAGMA legacy_alter_table = {legacy};"));
    plain(format!("ALTER TABLE {} RENAME TO {name};", ident(interim)));
    plain("PRAGMA legacy_alter_table = OFF;".to_owned());
    if let Some(statement) = out.get_mut(1) {
        statement.hazards = hazards;
    }
    out
}

/// `INSERT … SELECT` of everything both tables have; `None` when they have nothing in common.
///
/// Values are not cast: the column's affinity converts what it can without loss and leaves the
/// rest as it is (datatype3.html); a STRICT table refuses what does not fit.
fn copy(rebuild: &Rebuild) -> Option<String> {
    let Rebuild { from, to, interim, .. } = rebuild;
    let (mut targets, mut values) = (Vec::new(), Vec::new());
    if let Some(rowid) = copied_rowid(from, to) {
        targets.push(rowid.to_owned());
        values.push(rowid.to_owned());
    }
    for column in &to.columns {
        let Some(old) = from.column(&column.name) else { continue };
        if matches!(column.value, ColumnValue::Generated { .. }) {
            continue;
        }
        targets.push(ident(&column.name));
        values.push(value(rebuild, column, old));
    }
    if targets.is_empty() {
        return None;
    }
    Some(format!(
        "INSERT INTO {} ({})\nSELECT {}\nFROM {};",
        ident(interim),
        targets.join(", "),
        values.join(", "),
        ident(&from.name.name)
    ))
}

fn value(rebuild: &Rebuild, column: &Column, old: &Column) -> String {
    let Rebuild { from, to, conversions, .. } = rebuild;
    let name = ident(&column.name);
    let place = ColumnRef { table: to.name.clone(), column: column.name.clone() };
    let told = conversions.using.get(&place).and_then(|using| using.expression(old, column));
    if let Some(expr) = told.filter(|_| old.ty != column.ty) {
        return expr.to_owned();
    }
    let checked = |table: &Table, value: &str| {
        table.checks.iter().any(|check| check.expr.as_str().contains(&literal(value)))
    };
    let exchanged: String = conversions
        .values
        .get(&place)
        .into_iter()
        .flatten()
        // The attribute stays in the schema when the old value has long been given up, or has come
        // back as another.
        .filter(|value| checked(from, &value.old) && !checked(to, &value.old))
        .map(|value| format!(" WHEN {} THEN {}", literal(&value.old), literal(&value.new)))
        .collect();
    if !exchanged.is_empty() {
        return format!("CASE {name}{exchanged} ELSE {name} END");
    }
    let declared = |c: &Column| types::render(&c.ty).to_ascii_uppercase();
    // The one conversion a STRICT table will not make by itself.
    if to.strict && declared(column) == "BLOB" && declared(old) != "BLOB" {
        return format!("CAST({name} AS BLOB)");
    }
    match &column.value {
        ColumnValue::Default(expr) if old.nullable && !column.nullable => {
            format!("coalesce({name}, {})", table::default(expr.as_str()))
        }
        _ => name,
    }
}

/// The name of the rowid to copy where it is no column: full-text tables refer to rows by it.
fn copied_rowid(from: &Table, to: &Table) -> Option<&'static str> {
    if from.without_rowid || to.without_rowid {
        return None;
    }
    if let Some(alias) = rowid_alias(to)
        && from.column(&alias.name).is_some()
    {
        return None;
    }
    let is_column = |name: &str| {
        from.columns.iter().chain(&to.columns).any(|c| c.name.eq_ignore_ascii_case(name))
    };
    ["rowid", "_rowid_", "oid"].into_iter().find(|name| !is_column(name))
}

/// The `INTEGER PRIMARY KEY` (lang_createtable.html, "ROWIDs and the INTEGER PRIMARY KEY").
pub(super) fn rowid_alias(table: &Table) -> Option<&Column> {
    let key = table.primary_key.as_ref().filter(|_| !table.without_rowid)?;
    match key.columns.as_slice() {
        [name] if key.descending.is_empty() => {
            table.column(name).filter(|c| types::render(&c.ty).eq_ignore_ascii_case("integer"))
        }
        _ => None,
    }
}

/// The table with its own name in expressions exchanged.
fn requalified(table: &Table, name: &str) -> Table {
    let mut out = table.clone();
    let change = |expr: &mut crate::model::Expr| {
        expr.0 = requalify(expr.as_str(), &table.name.name, name);
    };
    for column in &mut out.columns {
        if let ColumnValue::Generated { expr, .. } = &mut column.value {
            change(expr);
        }
    }
    for check in &mut out.checks {
        change(&mut check.expr);
    }
    out
}

fn hazards(rebuild: &Rebuild, copies: bool) -> Vec<Hazard> {
    let Rebuild { from, to, .. } = rebuild;
    let mut out = Vec::new();
    let mut add = |kind, consequence: String| out.push(Hazard::new(kind, consequence));
    let name = &to.name.name;
    add(
        HazardKind::TableRewrite,
        format!(
            "writes table {name} anew, nobody else can write meanwhile: it {}",
            rebuild.reasons.join(", ")
        ),
    );
    if !copies {
        add(HazardKind::DataLoss, format!("loses the rows of table {name}: no column stays"));
    }
    for column in from.columns.iter().filter(|c| to.column(&c.name).is_none()) {
        if !matches!(column.value, ColumnValue::Generated { .. }) {
            add(
                HazardKind::DataLoss,
                format!("drops column {name}.{} and its values", column.name),
            );
        }
    }
    for column in &to.columns {
        match from.column(&column.name) {
            None if !column.nullable
                && column.value.is_none()
                && rowid_alias(to) != Some(column) =>
            {
                add(
                    HazardKind::MayFail,
                    format!(
                        "fails if table {name} has rows: column {} is NOT NULL without a default",
                        column.name
                    ),
                );
            }
            Some(old) if old.nullable && !column.nullable && column.value.is_none() => add(
                HazardKind::MayFail,
                format!("fails if a row of {name} has NULL in column {}", column.name),
            ),
            _ => {}
        }
    }
    for (place, values) in &rebuild.conversions.values {
        let goes = |value: &str| {
            let has = |table: &Table| {
                table.checks.iter().any(|check| check.expr.as_str().contains(&literal(value)))
            };
            has(from) && !has(to)
        };
        let merged = values.iter().filter(|value| value.merged && goes(&value.old));
        for value in merged.filter(|_| place.table == to.name) {
            add(
                HazardKind::Irreversible,
                format!(
                    "rows of {name} with '{}' get '{}': nothing tells later which they were",
                    value.old, value.new
                ),
            );
        }
    }
    if to.strict && !from.strict {
        add(HazardKind::MayFail, format!("fails if a value of {name} is not of its column's type"));
    }
    let key = |t: &Table| t.primary_key.as_ref().map(|k| k.columns.clone());
    let unique = |t: &Table| {
        let mut all: Vec<Vec<String>> = t.uniques.iter().map(|u| u.columns.clone()).collect();
        all.extend(key(t));
        all
    };
    let had = unique(from);
    for columns in unique(to).iter().filter(|columns| !had.contains(columns)) {
        add(
            HazardKind::MayFail,
            format!("fails if two rows of {name} have the same {}", idents(columns)),
        );
    }
    for check in to.checks.iter().filter(|check| !from.checks.contains(check)) {
        add(HazardKind::MayFail, format!("fails if a row of {name} breaks CHECK ({})", check.expr));
    }
    for key in to.foreign_keys.iter().filter(|key| !from.foreign_keys.contains(key)) {
        add(
            HazardKind::MayFail,
            format!(
                "fails if a row of {name} has no row in {} for ({})",
                key.parent,
                idents(&key.columns)
            ),
        );
    }
    out
}
