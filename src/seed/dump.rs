//! Rows out: whole tables, or a piece of a database that is complete in its references, with
//! personal data made harmless on the way.

use super::SeedError;
use super::check::unknown_table;
use super::generate::{fake_like, table_named};
use super::kind::Kind;
use super::order::parents_first;
use super::statements::{ident, qname};
use crate::database::{Session, Value};
use crate::diagnostic::Diagnostic;
use crate::model::{ColumnValue, Dialect, Model, QName, Table};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// What becomes of a column's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mask {
    /// They leave as they are.
    Keep,
    Null,
    /// The same value becomes the same text.
    Hash,
    /// A made-up value of the same kind; the same value becomes the same one.
    Fake,
}

/// What to take.
#[derive(Clone, Debug)]
pub enum Take {
    /// All rows of these tables.
    Tables(Vec<String>),
    /// One row by its primary key, all rows that refer to it, and all that any of these refer to.
    Root { table: String, key: String },
}

/// Rows of a snapshot at most: a row that everything refers to takes everything with it.
const MOST: usize = 200_000;

type Taken = BTreeMap<QName, TakenRows>;

/// Rows in the order they were met, each once.
#[derive(Default)]
struct TakenRows {
    rows: Vec<Vec<Value>>,
    keys: BTreeSet<String>,
}

/// Reads rows and returns them as a seed file in JSON.
///
/// # Errors
/// Unknown tables; columns that look like personal data and have no mask; the database's own.
pub fn dump(
    session: &mut dyn Session,
    take: &Take,
    masks: &BTreeMap<String, Mask>,
) -> Result<String, SeedError> {
    let model = session.introspect().map_err(SeedError::database("reading the schema"))?;
    // All tables as of one moment.
    let begin = match model.dialect {
        Dialect::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        Dialect::Sqlite => "BEGIN",
    };
    session.execute(begin).map_err(SeedError::database("beginning the transaction"))?;
    let taken = collect(session, take, &model);
    // Nothing was written: a failure here takes nothing away.
    let _ = session.execute("ROLLBACK");
    document(&taken?, masks, &model)
}

fn collect(session: &mut dyn Session, take: &Take, model: &Model) -> Result<Taken, SeedError> {
    let mut taken = Taken::new();
    match take {
        Take::Tables(names) => {
            for name in names {
                let table = known(&table_named(name), model)?;
                let rows = select(session, table, model, "", &[])?;
                keep(&mut taken, table, rows);
            }
        }
        Take::Root { table, key } => {
            let table = known(&table_named(table), model)?;
            follow(session, table, key, model, &mut taken)?;
        }
    }
    Ok(taken)
}

/// The rows as JSON, masked.
fn document(
    taken: &Taken,
    masks: &BTreeMap<String, Mask>,
    model: &Model,
) -> Result<String, SeedError> {
    let tables: Vec<&Table> = taken.keys().filter_map(|name| model.tables.get(name)).collect();
    check_masks(&tables, masks, model)?;
    let mut document = Map::new();
    for name in parents_first(taken.keys(), model) {
        let (Some(table), Some(rows)) = (model.tables.get(&name), taken.get(&name)) else {
            continue;
        };
        let columns = columns(table);
        let rows = rows.rows.iter().map(|row| {
            let cells = columns.iter().zip(row).map(|(column, value)| {
                let kind = Kind::of(&column.ty, model);
                let mask = masks.get(&format!("{name}.{}", column.name));
                let value = masked(value, mask.copied().unwrap_or(Mask::Keep), &column.name);
                (column.name.clone(), json(&value, &kind))
            });
            Json::Object(cells.collect())
        });
        let rows = rows.collect();
        match &name.schema {
            None => {
                document.insert(name.name.clone(), rows);
            }
            Some(schema) => {
                let inner = document.entry(schema.clone()).or_insert_with(|| Map::new().into());
                if let Json::Object(inner) = inner {
                    inner.insert(name.name.clone(), rows);
                }
            }
        }
    }
    Ok(format!("{:#}\n", Json::Object(document)))
}

fn known<'m>(name: &QName, model: &'m Model) -> Result<&'m Table, SeedError> {
    let table = model.tables.get(name);
    table.ok_or_else(|| SeedError::Mistakes(vec![unknown_table(name, model)]))
}

fn columns(table: &Table) -> Vec<&crate::model::Column> {
    let own = |c: &&crate::model::Column| !matches!(c.value, ColumnValue::Generated { .. });
    table.columns.iter().filter(own).collect()
}

/// Rows in the order of their key.
fn select(
    session: &mut dyn Session,
    table: &Table,
    model: &Model,
    condition: &str,
    binds: &[Value],
) -> Result<Vec<Vec<Value>>, SeedError> {
    let list: Vec<String> = columns(table)
        .iter()
        .map(|column| {
            let name = ident(&column.name, model.dialect);
            match Kind::of(&column.ty, model) {
                Kind::Array(_) => format!("to_json({name})::text"),
                _ => name,
            }
        })
        .collect();
    let order = match &table.primary_key {
        Some(key) => {
            let names: Vec<String> = key.columns.iter().map(|c| ident(c, model.dialect)).collect();
            format!(" ORDER BY {}", names.join(", "))
        }
        None => String::new(),
    };
    let sql = format!(
        "SELECT {} FROM {}{condition}{order} LIMIT {}",
        list.join(", "),
        qname(&table.name, model.dialect),
        MOST + 1
    );
    let rows = session.query(&sql, binds).map_err(SeedError::database("reading rows"))?.rows;
    if rows.len() > MOST {
        let message = format!("more than {MOST} rows of {}: take less", table.name);
        return Err(SeedError::Mistakes(vec![Diagnostic::error("seed-dump", message)]));
    }
    Ok(rows)
}

/// Adds rows that are not there yet and returns them.
fn keep(taken: &mut Taken, table: &Table, rows: Vec<Vec<Value>>) -> Vec<Vec<Value>> {
    let known = taken.entry(table.name.clone()).or_default();
    let mut new = Vec::new();
    for row in rows {
        let id = match tuple(table, &row, table.primary_key.as_ref().map(|key| &key.columns)) {
            Some(key) => key.iter().map(super::check::shown).collect::<Vec<_>>().join("\0"),
            None => known.rows.len().to_string(),
        };
        if known.keys.insert(id) {
            known.rows.push(row.clone());
            new.push(row);
        }
    }
    new
}

fn tuple(table: &Table, row: &[Value], wanted: Option<&Vec<String>>) -> Option<Vec<Value>> {
    let columns = columns(table);
    let value = |name: &String| {
        let at = columns.iter().position(|column| column.name == *name)?;
        row.get(at).filter(|value| **value != Value::Null).cloned()
    };
    wanted?.iter().map(value).collect()
}

/// ` WHERE a = $1 AND b = $2`; the parameter is text and takes the column's type.
fn equal(columns: &[String], dialect: Dialect) -> String {
    let parts: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(number, column)| match dialect {
            Dialect::Postgres => format!("{} = ${}", ident(column, dialect), number + 1),
            Dialect::Sqlite => format!("{} = ?{}", ident(column, dialect), number + 1),
        })
        .collect();
    format!(" WHERE {}", parts.join(" AND "))
}

fn follow(
    session: &mut dyn Session,
    root: &Table,
    key: &str,
    model: &Model,
    taken: &mut Taken,
) -> Result<(), SeedError> {
    let wrong =
        |message: String| SeedError::Mistakes(vec![Diagnostic::error("seed-dump", message)]);
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

/// Parts of names that personal data has.
const PERSONAL: &[&str] = &[
    "email",
    "e_mail",
    "phone",
    "mobile",
    "first_name",
    "firstname",
    "last_name",
    "lastname",
    "full_name",
    "surname",
    "given_name",
    "birth",
    "born",
    "street",
    "address",
    "ip_addr",
    "passwd",
    "password",
    "secret",
    "token",
    "ssn",
    "iban",
    "passport",
    "card_number",
];

/// Nothing that looks like personal data leaves without a word about it.
fn check_masks(
    tables: &[&Table],
    masks: &BTreeMap<String, Mask>,
    model: &Model,
) -> Result<(), SeedError> {
    let mut mistakes = Vec::new();
    let mut known = BTreeSet::new();
    for table in tables {
        for column in columns(table) {
            let name = format!("{}.{}", table.name, column.name);
            known.insert(name.clone());
            let lower = column.name.to_lowercase();
            let wrong = |message: String| Diagnostic::error("seed-mask", message);
            match masks.get(&name) {
                None if lower == "ip" || PERSONAL.iter().any(|part| lower.contains(part)) => {
                    let help = format!("--mask {name}=hash (or fake, null), or --mask {name}=keep");
                    let message = format!("{name} looks like personal data and has no mask");
                    mistakes.push(wrong(message).help(help));
                }
                Some(Mask::Null) if !column.nullable => {
                    mistakes.push(wrong(format!("{name} is not nullable")));
                }
                Some(Mask::Hash | Mask::Fake)
                    if !matches!(Kind::of(&column.ty, model), Kind::Text { .. }) =>
                {
                    let message = format!("{name} is no text: only null and keep fit it");
                    mistakes.push(wrong(message));
                }
                _ => {}
            }
        }
    }
    for name in masks.keys().filter(|name| !known.contains(*name)) {
        let found = Diagnostic::error("seed-mask", format!("no column {name} is taken"));
        let nearest = dbkit_syntax::nearest(name, known.iter().map(String::as_str));
        mistakes.push(match nearest {
            Some(near) => found.help(format!("did you mean {near}?")),
            None => found,
        });
    }
    if mistakes.is_empty() { Ok(()) } else { Err(SeedError::Mistakes(mistakes)) }
}

fn masked(value: &Value, mask: Mask, column: &str) -> Value {
    let Value::Text(text) = value else {
        return if mask == Mask::Null { Value::Null } else { value.clone() };
    };
    let digest = Sha256::digest(text.as_bytes());
    let first = digest.first_chunk::<8>().copied().unwrap_or_default();
    let number = u64::from_le_bytes(first);
    match mask {
        Mask::Keep => value.clone(),
        Mask::Null => Value::Null,
        Mask::Hash if column.contains("mail") => Value::Text(format!("{number:016x}@example.com")),
        Mask::Hash => Value::Text(format!("{number:016x}")),
        Mask::Fake => Value::Text(fake_like(column, number)),
    }
}

/// As a seed file has it.
fn json(value: &Value, kind: &Kind) -> Json {
    match (value, kind) {
        (Value::Null, _) => Json::Null,
        (Value::Integer(number), Kind::Bool) => Json::Bool(*number != 0),
        (Value::Bool(value), _) => Json::Bool(*value),
        (Value::Integer(number), _) => Json::from(*number),
        (Value::Real(number), Kind::Numeric) => Json::String(number.to_string()),
        (Value::Real(number), _) => Json::from(*number),
        (Value::Blob(bytes), _) => {
            let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            Json::String(format!("\\x{}", hex.concat()))
        }
        (Value::Text(text), Kind::Json | Kind::Array(_)) => {
            serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.clone()))
        }
        (Value::Text(text), Kind::Float) => {
            text.parse::<f64>().ok().map_or_else(|| Json::String(text.clone()), Json::from)
        }
        (Value::Text(text), _) => match text.strip_prefix('@') {
            Some(_) => Json::String(format!("@{text}")),
            None => Json::String(text.clone()),
        },
    }
}
