//! What a file or the command line asks to be made.

use super::cell::Cell;
use super::words::{self, Words};
use crate::diagnostic::{Diagnostic, Place};
use crate::model::{Model, QName};
use crate::seed::check::{known_column, unknown_table};
use crate::seed::ledger::Range;
use crate::seed::read::{Entry, Given, Node, Shape, Wanted, place};
use std::collections::BTreeMap;

/// Rows of one table to make.
#[derive(Clone, Debug)]
pub(in crate::seed) struct Request {
    pub set: String,
    pub table: QName,
    pub place: Option<Place>,
    pub amount: Amount,
    pub seed: u64,
    pub words: &'static Words,
    pub columns: BTreeMap<String, Spec>,
    /// The greatest key written by hand.
    pub after: i64,
    /// The rows that were made before.
    pub made: Vec<Range>,
    pub environment: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(in crate::seed) enum Amount {
    Rows(u64),
    Per { parent: QName, min: u64, max: u64 },
}

/// What a file says of one column.
#[derive(Clone, Debug)]
pub(in crate::seed) struct Spec {
    pub settings: Vec<Entry>,
    pub place: Place,
}

impl Spec {
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.settings.iter().find(|entry| entry.key == name).map(|entry| &entry.node)
    }
}

const SETTINGS: &[&str] = &["rows", "per", "seed", "locale", "columns"];
const COLUMN_SETTINGS: &[&str] = &[
    "value", "choice", "weights", "weighted", "range", "step", "spread", "fake", "template",
    "sequence", "json", "array", "size", "skew", "roots", "branches", "null", "locale",
];

/// Reads all requests; `--rows` and `--seed` of the command line win.
pub(in crate::seed) fn requests(
    wanted: Vec<Wanted>,
    rows: &[(String, u64)],
    seed: Option<u64>,
    environment: &str,
    model: &Model,
) -> Result<Vec<Request>, Vec<Diagnostic>> {
    let mut mistakes = Vec::new();
    let mut found: Vec<Request> = Vec::new();
    for wanted in wanted {
        let asked = rows.iter().find(|(name, _)| *name == wanted.table.to_string());
        match request(
            &wanted,
            (asked.map(|(_, rows)| *rows), seed, environment),
            model,
            &mut mistakes,
        ) {
            Some(request) if found.iter().any(|other| other.table == request.table) => {
                let message = format!("{} is generated twice", request.table);
                let found = Diagnostic::error("seed-generate", message);
                mistakes.push(found.at(wanted.place));
            }
            Some(request) => found.push(request),
            None => {}
        }
    }
    for (name, rows) in rows {
        let table = super::table_named(name);
        if found.iter().any(|request| request.table == table) {
            continue;
        }
        if !model.tables.contains_key(&table) {
            mistakes.push(unknown_table(&table, model));
            continue;
        }
        let Some(english) = words::LOCALES.first() else { continue };
        found.push(Request {
            set: format!("{environment}/--rows"),
            table,
            place: None,
            amount: Amount::Rows(*rows),
            seed: seed.unwrap_or(0),
            words: english,
            columns: BTreeMap::new(),
            after: 0,
            made: Vec::new(),
            environment: environment.to_owned(),
        });
    }
    if mistakes.is_empty() { Ok(found) } else { Err(mistakes) }
}

fn request(
    wanted: &Wanted,
    (rows, seed, environment): (Option<u64>, Option<u64>, &str),
    model: &Model,
    mistakes: &mut Vec<Diagnostic>,
) -> Option<Request> {
    let mut own = Vec::new();
    let mut wrong = |message: String, at: Place, help: &str| {
        let found = Diagnostic::error("seed-generate", message).at(at);
        own.push(if help.is_empty() { found } else { found.help(help) });
    };
    let at = |node: &Node| place(&wanted.file, node.span.clone());
    let Some(table) = model.tables.get(&wanted.table) else {
        mistakes.push(unknown_table(&wanted.table, model).at(wanted.place.clone()));
        return None;
    };
    let mut request = Request {
        set: wanted.set.clone(),
        table: wanted.table.clone(),
        place: Some(wanted.place.clone()),
        amount: Amount::Rows(0),
        seed: seed.unwrap_or(0),
        words: words::LOCALES.first()?,
        columns: BTreeMap::new(),
        after: 0,
        made: Vec::new(),
        environment: environment.to_owned(),
    };
    let mut amounts = 0;
    for entry in &wanted.settings {
        let node = &entry.node;
        match (entry.key.as_str(), &node.shape) {
            ("rows", Shape::Value(Given::Integer(count))) if *count >= 0 => {
                request.amount = Amount::Rows(count.unsigned_abs());
                amounts += 1;
            }
            ("per", Shape::Map(parents)) => match parents.as_slice() {
                [parent] => match range_of(&parent.node) {
                    Some((min, max)) => {
                        let parent = super::table_named(&parent.key);
                        request.amount = Amount::Per { parent, min, max };
                        amounts += 1;
                    }
                    None => wrong("how many?".to_owned(), at(&parent.node), PER),
                },
                _ => wrong("rows per one parent".to_owned(), at(node), PER),
            },
            ("seed", Shape::Value(Given::Integer(number))) => {
                request.seed = seed.unwrap_or(number.cast_unsigned());
            }
            ("locale", Shape::Value(Given::Text(code))) => match words::of(code) {
                Some(words) => request.words = words,
                None => {
                    let known: Vec<&str> = words::LOCALES.iter().map(|words| words.code).collect();
                    let help = format!("there are {}", known.join(", "));
                    wrong(format!("no locale {code}"), at(node), &help);
                }
            },
            ("columns", Shape::Map(columns)) => {
                for column in columns {
                    if let Err(found) = known_column(table, &column.key) {
                        mistakes.push(found.at(place(&wanted.file, column.key_span.clone())));
                        continue;
                    }
                    let spec = spec(column, at(&column.node), mistakes, wanted);
                    request.columns.insert(column.key.clone(), spec);
                }
            }
            (key, _) if SETTINGS.contains(&key) => {
                wrong(format!("{key} cannot be this"), at(node), "");
            }
            (key, _) => {
                let near = dbkit_syntax::nearest(key, SETTINGS.iter().copied());
                let help = near.map(|near| format!("did you mean {near}?")).unwrap_or_else(|| {
                    format!("settings are {}; columns stand below columns", SETTINGS.join(", "))
                });
                let at = place(&wanted.file, entry.key_span.clone());
                wrong(format!("unknown setting {key}"), at, &help);
            }
        }
    }
    match (rows, amounts) {
        (Some(rows), _) => request.amount = Amount::Rows(rows),
        (None, 1) => {}
        (None, 0) => wrong("how many rows?".to_owned(), wanted.place.clone(), "rows = 1000"),
        (None, _) => wrong("rows and per exclude one another".to_owned(), wanted.place.clone(), ""),
    }
    mistakes.extend(own);
    Some(request)
}

const PER: &str = "per = { posts = 3 }, or per = { posts = [0, 5] }";

/// A plain value is that value in every row; a table says how to make it.
fn spec(entry: &Entry, at: Place, mistakes: &mut Vec<Diagnostic>, wanted: &Wanted) -> Spec {
    let settings = match &entry.node.shape {
        Shape::Map(settings) => settings.clone(),
        _ => vec![Entry { key: "value".to_owned(), ..entry.clone() }],
    };
    for setting in &settings {
        if !COLUMN_SETTINGS.contains(&setting.key.as_str()) {
            let near = dbkit_syntax::nearest(&setting.key, COLUMN_SETTINGS.iter().copied());
            let found =
                Diagnostic::error("seed-generate", format!("unknown setting {}", setting.key))
                    .at(place(&wanted.file, setting.key_span.clone()));
            mistakes.push(match near {
                Some(near) => found.help(format!("did you mean {near}?")),
                None => found.help(format!("settings are {}", COLUMN_SETTINGS.join(", "))),
            });
        }
    }
    Spec { settings, place: at }
}

/// `3` or `[0, 5]`.
pub(super) fn range_of(node: &Node) -> Option<(u64, u64)> {
    let number = |node: &Node| match node.shape {
        Shape::Value(Given::Integer(number)) => u64::try_from(number).ok(),
        _ => None,
    };
    match &node.shape {
        Shape::List(items) => match items.as_slice() {
            [min, max] => Some((number(min)?, number(max)?)).filter(|(min, max)| min <= max),
            _ => None,
        },
        _ => number(node).map(|number| (number, number)),
    }
}

pub(super) fn number(node: &Node) -> Option<f64> {
    match &node.shape {
        Shape::Value(Given::Integer(number)) => Some(*number as f64),
        Shape::Value(Given::Float(text)) => text.parse().ok(),
        _ => None,
    }
}

pub(super) fn text(node: &Node) -> Option<&str> {
    match &node.shape {
        Shape::Value(Given::Text(text)) => Some(text),
        _ => None,
    }
}

/// A value inside JSON, whose type no column gives.
pub(super) fn free_cell(given: &Given) -> Cell {
    match given {
        Given::Text(text) | Given::Raw(text) => Cell::Text(text.clone()),
        Given::Integer(number) => Cell::Integer(*number),
        Given::Float(text) => text.parse().map_or(Cell::Null, Cell::Real),
        Given::Bool(value) => Cell::Bool(*value),
        Given::Time(time) => Cell::Text(time.to_string()),
        Given::List(items) => Cell::List(items.iter().map(free_cell).collect()),
        _ => Cell::Null,
    }
}
