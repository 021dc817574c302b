//! Files in, rows as they were written out.

mod csv;
mod directive;
mod json;
mod node;
mod toml;

pub(crate) use csv::Field;
#[cfg(feature = "studio")]
pub(crate) use csv::Records;
pub(super) use csv::{CsvFile, FileRecords};
pub(super) use directive::{Directive, Offset, Reference, time_offset};
pub(super) use node::{Entry, Given, Node, Shape};

pub(super) use crate::diagnostic::Place;

use super::SeedError;
use super::files::{Format, SetFile, Sets};
use crate::diagnostic::{Diagnostic, SourceFile};
use crate::model::QName;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// One row of a file.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// The folder, `common` or the environment: rows of the latter lie over those of the former.
    pub layer: String,
    /// The set, as `common/comments`.
    pub set: String,
    pub table: QName,
    /// Where the table is named.
    pub place: Place,
    pub cells: Vec<Cell>,
}

#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub column: String,
    pub column_place: Place,
    pub value: Given,
    pub place: Place,
}

/// Columns that find a row again, as a file declares them.
#[derive(Clone, Debug)]
pub(super) struct DeclaredKey {
    pub columns: Vec<String>,
    pub place: Place,
}

/// Rows to make, as a file asks for them.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub set: String,
    pub table: QName,
    pub place: Place,
    pub file: Arc<SourceFile>,
    pub settings: Vec<Entry>,
}

/// Everything the files say.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub rows: Vec<Row>,
    pub keys: BTreeMap<QName, DeclaredKey>,
    pub wanted: Vec<Wanted>,
    /// CSV files too large to be held.
    pub large: Vec<CsvFile>,
}

/// Reads all files, in their order.
pub(super) fn read(sets: &Sets) -> Result<Contents, SeedError> {
    let mut reader = Reader { contents: Contents::default(), mistakes: Vec::new() };
    for file in &sets.files {
        match file.format {
            Format::Toml => match toml::parse(&file.file) {
                Ok(entries) => reader.document(file, &entries),
                Err(mistakes) => reader.mistakes.extend(mistakes),
            },
            Format::Json => match json::parse(&file.file) {
                Ok(node) => reader.json(file, &node),
                Err(mistake) => reader.mistakes.push(*mistake),
            },
            Format::Csv => match csv::rows(file) {
                Ok(rows) => reader.contents.rows.extend(rows),
                Err(mistakes) => reader.mistakes.extend(mistakes),
            },
            Format::LargeCsv => match CsvFile::open(file) {
                Ok(found) => reader.contents.large.push(found),
                Err(mistake) => reader.mistakes.push(*mistake),
            },
            Format::Sql => {}
        }
    }
    if reader.mistakes.is_empty() {
        Ok(reader.contents)
    } else {
        Err(SeedError::Mistakes(reader.mistakes))
    }
}

/// The table a file without one of its own is for: `billing.invoices.csv`.
fn table_of(file: &SetFile) -> QName {
    let stem = file.file.path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let stem = stem.unwrap_or_default();
    match stem.split_once('.') {
        Some((schema, name)) => QName::new(Some(schema), name),
        None => QName::bare(stem),
    }
}

/// Where a dump says what it masked; no table can be called so in a seed file.
pub(super) const MASKED: &str = "@masked";

struct Reader {
    contents: Contents,
    mistakes: Vec<Diagnostic>,
}

impl Reader {
    /// `{"comments": [{…}]}`, or a list of rows of the table the file is called after.
    fn json(&mut self, file: &SetFile, node: &Node) {
        match &node.shape {
            Shape::Map(entries) => self.document(file, entries),
            Shape::List(rows) => {
                let table = table_of(file);
                for row in rows {
                    self.row_node(file, &table, row, None);
                }
            }
            Shape::Value(_) => {
                let found = Diagnostic::error("seed-not-a-row", "this is no set of rows");
                let help = "write {\"table\": [{\"column\": value}]} or a list of rows";
                self.mistakes.push(found.at(place(&file.file, node.span.clone())).help(help));
            }
        }
    }

    fn document(&mut self, file: &SetFile, entries: &[Entry]) {
        for entry in entries {
            match (entry.key.as_str(), &entry.node.shape) {
                // A table of the database called so is a list here, these are not.
                ("keys", Shape::Map(keys)) if is_keys(keys) => self.keys(file, keys, None),
                // What became of the columns, a word for people.
                (MASKED, Shape::Map(_)) => {}
                ("generate", Shape::Map(tables)) => self.wanted(file, tables, None),
                _ => self.table(file, entry, None),
            }
        }
    }

    /// `[[comments]]`, or `[[billing.invoices]]` for a table of another schema.
    fn table(&mut self, file: &SetFile, entry: &Entry, schema: Option<&str>) {
        let table = QName::new(schema, entry.key.as_str());
        let named = place(&file.file, entry.key_span.clone());
        match &entry.node.shape {
            Shape::List(rows) => {
                for row in rows {
                    self.row_node(file, &table, row, Some(&named));
                }
            }
            Shape::Map(tables) if schema.is_none() && !tables.is_empty() => {
                for inner in tables {
                    self.table(file, inner, Some(&entry.key));
                }
            }
            _ => self.not_a_row(&file.file, entry.key_span.clone(), &table),
        }
    }

    fn not_a_row(&mut self, file: &Arc<SourceFile>, span: Range<usize>, table: &QName) {
        let found = Diagnostic::error("seed-not-a-row", "this is not a row of a table");
        let help = format!("a row begins with [[{table}]]");
        self.mistakes.push(found.at(place(file, span)).help(help));
    }

    fn row_node(&mut self, file: &SetFile, table: &QName, row: &Node, named: Option<&Place>) {
        let Shape::Map(cells) = &row.shape else {
            self.not_a_row(&file.file, row.span.clone(), table);
            return;
        };
        // Each `[[table]]` header names its own row.
        let at = header(&file.file, row.span.clone()).or_else(|| named.cloned());
        let mut written = Row {
            layer: file.layer.clone(),
            set: file.set.clone(),
            table: table.clone(),
            place: at.unwrap_or_else(|| place(&file.file, row.span.clone())),
            cells: Vec::new(),
        };
        for cell in cells {
            let at = place(&file.file, cell.node.span.clone());
            match directive::top_level(cell.node.given(), &file.file.path) {
                Ok(value) => written.cells.push(Cell {
                    column: cell.key.clone(),
                    column_place: place(&file.file, cell.key_span.clone()),
                    value,
                    place: at,
                }),
                Err((message, help)) => {
                    self.mistakes.push(Diagnostic::error("seed-value", message).at(at).help(help));
                }
            }
        }
        self.contents.rows.push(written);
    }

    /// `[keys]` with `comments = ["slug"]`, or `"billing.invoices" = ["number"]`.
    fn keys(&mut self, file: &SetFile, keys: &[Entry], schema: Option<&str>) {
        for entry in keys {
            if let (Shape::Map(tables), None) = (&entry.node.shape, schema) {
                self.keys(file, tables, Some(&entry.key));
                continue;
            }
            let table = match entry.key.split_once('.') {
                Some((schema, name)) => QName::new(Some(schema), name),
                None => QName::new(schema, entry.key.as_str()),
            };
            let place = place(&file.file, entry.node.span.clone());
            let Some(columns) = texts(&entry.node) else { continue };
            match self.contents.keys.get(&table) {
                Some(other) if other.columns != columns => {
                    let message = format!("a second key of {table}");
                    let help = format!("the first one is at {}", other.place);
                    self.mistakes.push(Diagnostic::error("seed-key", message).at(place).help(help));
                }
                _ => {
                    self.contents.keys.insert(table, DeclaredKey { columns, place });
                }
            }
        }
    }

    /// `[generate.comments]`, or `[generate.billing.invoices]`.
    fn wanted(&mut self, file: &SetFile, tables: &[Entry], schema: Option<&str>) {
        for entry in tables {
            let Shape::Map(settings) = &entry.node.shape else {
                let found = Diagnostic::error("seed-generate", "this generates nothing");
                let help = format!("write [generate.{}] with rows = 1000 below it", entry.key);
                self.mistakes.push(found.at(place(&file.file, entry.key_span.clone())).help(help));
                continue;
            };
            let has = |key: &str| settings.iter().any(|setting| setting.key == key);
            let tables_of_schema = !has("rows") && !has("per") && !has("columns");
            if schema.is_none()
                && tables_of_schema
                && !settings.is_empty()
                && settings.iter().all(|s| matches!(s.node.shape, Shape::Map(_)))
            {
                self.wanted(file, settings, Some(&entry.key));
                continue;
            }
            self.contents.wanted.push(Wanted {
                set: file.set.clone(),
                table: QName::new(schema, entry.key.as_str()),
                place: place(&file.file, entry.key_span.clone()),
                file: Arc::clone(&file.file),
                settings: settings.clone(),
            });
        }
    }
}

fn is_keys(entries: &[Entry]) -> bool {
    entries.iter().all(|entry| match &entry.node.shape {
        Shape::Map(tables) => is_keys(tables),
        _ => texts(&entry.node).is_some(),
    })
}

fn texts(node: &Node) -> Option<Vec<String>> {
    let Shape::List(items) = &node.shape else { return None };
    let text = |item: &Node| match &item.shape {
        Shape::Value(Given::Text(text)) => Some(text.clone()),
        _ => None,
    };
    items.iter().map(text).collect::<Option<Vec<_>>>().filter(|texts| !texts.is_empty())
}

pub(super) fn place(file: &Arc<SourceFile>, span: Range<usize>) -> Place {
    Place { file: Arc::clone(file), span }
}

/// The header line of a row, when the span begins at one.
fn header(file: &Arc<SourceFile>, span: Range<usize>) -> Option<Place> {
    let rest = file.text.get(span.start..)?;
    let length = rest.lines().next()?.trim_end().len();
    (length > 0).then(|| place(file, span.start..span.start + length))
}
