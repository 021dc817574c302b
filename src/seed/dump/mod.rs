//! Rows out: whole tables, or a piece of a database that is complete in its references, with
//! personal data made harmless on the way.

mod follow;
mod made;
mod rules;
mod verify;

pub use rules::Masks;

use super::SeedError;
use super::check::unknown_table;
use super::generate::table_named;
use super::kind::Kind;
use super::order::parents_first;
use super::read::MASKED;
use super::statements::{ident, qname};
use crate::database::{Session, Value};
use crate::diagnostic::Diagnostic;
use crate::model::{Column, Dialect, Mask, Model, QName, Table};
use follow::follow;
use made::Disguise;
use rules::columns;
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

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

/// A seed file, and what became of the columns in it that hold personal data.
#[derive(Clone, Debug)]
pub struct Dumped {
    /// JSON.
    pub text: String,
    /// By `table.column`.
    pub masked: BTreeMap<String, Mask>,
}

/// Reads rows and returns them as a seed file in JSON.
///
/// # Errors
/// Unknown tables; columns that look like personal data and have no mask; masked values that the
/// schema refuses; the database's own.
pub fn dump(session: &mut dyn Session, take: &Take, masks: &Masks) -> Result<Dumped, SeedError> {
    let model = session.introspect().map_err(SeedError::database("reading the schema"))?;
    // All tables as of one moment.
    let begin = match model.dialect {
        Dialect::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        Dialect::Sqlite => "BEGIN",
    };
    session.execute(begin).map_err(SeedError::database("beginning the transaction"))?;
    let made = collect(session, take, &model)
        .and_then(|taken| masked(session, taken, masks, &model))
        .map(|(taken, masked)| document(&taken, masked, &model));
    // Nothing was written: a failure here takes nothing away.
    let _ = session.execute("ROLLBACK");
    made
}

/// Masks the rows, and asks the database whether its checks still hold for them.
fn masked(
    session: &mut dyn Session,
    mut taken: Taken,
    masks: &Masks,
    model: &Model,
) -> Result<(Taken, BTreeMap<String, Mask>), SeedError> {
    let tables: Vec<&Table> = taken.keys().filter_map(|name| model.tables.get(name)).collect();
    let rules = rules::rules(&tables, masks, model).map_err(SeedError::Mistakes)?;
    let mut disguises: BTreeMap<usize, Disguise> = BTreeMap::new();
    let mut told = BTreeMap::new();
    for table in tables {
        let Some(rows) = taken.get_mut(&table.name) else { continue };
        let mut changed = BTreeSet::new();
        for (at, column) in columns(table).into_iter().enumerate() {
            let Some((group, mask)) = rules.of(&table.name, &column.name) else { continue };
            told.insert(format!("{}.{}", table.name, column.name), mask);
            if mask == Mask::Keep {
                continue;
            }
            changed.insert(column.name.clone());
            let disguise = disguises.entry(group).or_insert_with(|| {
                let members = rules.members.get(group).into_iter().flatten();
                let columns: Vec<(&Table, &Column)> = members
                    .filter_map(|place| {
                        let table = model.tables.get(&place.table)?;
                        Some((table, table.column(&place.column)?))
                    })
                    .collect();
                Disguise::new(mask, &masks.key, &columns, model)
            });
            for row in &mut rows.rows {
                if let Some(cell) = row.get_mut(at) {
                    *cell = disguise.mask(cell);
                }
            }
            if disguise.merged && verify::is_unique(table, &column.name) {
                return Err(wrong(format!(
                    "{}.{} is unique and has more different values than masks: use null or keep",
                    table.name, column.name
                )));
            }
        }
        verify::checks(session, table, &rows.rows, &changed, model)?;
    }
    Ok((taken, told))
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

/// The rows as JSON, with a word about what was masked.
fn document(taken: &Taken, masked: BTreeMap<String, Mask>, model: &Model) -> Dumped {
    let mut document = Map::new();
    if !masked.is_empty() {
        let words = masked.iter().map(|(name, mask)| (name.clone(), mask.word().into()));
        document.insert(MASKED.to_owned(), Json::Object(words.collect()));
    }
    for name in parents_first(taken.keys(), model) {
        let (Some(table), Some(rows)) = (model.tables.get(&name), taken.get(&name)) else {
            continue;
        };
        let columns = columns(table);
        let kinds: Vec<Kind> = columns.iter().map(|c| kind(c, table, model)).collect();
        let rows = rows.rows.iter().map(|row| {
            let cells = columns.iter().zip(&kinds).zip(row);
            let cells =
                cells.map(|((column, kind), value)| (column.name.clone(), json(value, kind)));
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
    Dumped { text: format!("{:#}\n", Json::Object(document)), masked }
}

/// SQLite keeps lists as JSON text, and says so in a check.
fn kind(column: &Column, table: &Table, model: &Model) -> Kind {
    let says = format!("json_valid({})", ident(&column.name, model.dialect));
    match Kind::of(&column.ty, model) {
        Kind::Text { .. } if table.checks.iter().any(|check| check.expr.as_str() == says) => {
            Kind::Array(Box::new(Kind::Other))
        }
        kind => kind,
    }
}

fn wrong(message: String) -> SeedError {
    SeedError::Mistakes(vec![Diagnostic::error("seed-dump", message)])
}

fn known<'m>(name: &QName, model: &'m Model) -> Result<&'m Table, SeedError> {
    let table = model.tables.get(name);
    table.ok_or_else(|| SeedError::Mistakes(vec![unknown_table(name, model)]))
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
        return Err(wrong(message));
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
        (Value::Text(text), Kind::Array(_)) => match serde_json::from_str(text) {
            Ok(Json::Array(items)) => Json::Array(items),
            _ => Json::String(text.clone()),
        },
        (Value::Text(text), Kind::Json) => {
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
