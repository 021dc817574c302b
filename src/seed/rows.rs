//! TOML files in, rows as they were written out.

use super::SeedError;
use super::files::Sets;
use crate::diagnostic::{Diagnostic, Place, SourceFile};
use crate::model::QName;
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One row of a file.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// `common` or the environment.
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

/// A value as the file gives it. Numbers keep their digits.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Given {
    Null,
    Text(String),
    Integer(i64),
    Float(String),
    Bool(bool),
    Time(toml::value::Datetime),
    List(Vec<Given>),
    Map(Vec<(String, Given)>),
}

/// All rows of all TOML files, in the order of the files.
pub(super) fn read(sets: &Sets) -> Result<Vec<Row>, SeedError> {
    let mut reader = Reader { rows: Vec::new(), mistakes: Vec::new() };
    for file in &sets.toml {
        reader.file(&file.set, &file.file);
    }
    if reader.mistakes.is_empty() {
        Ok(reader.rows)
    } else {
        Err(SeedError::Mistakes(reader.mistakes))
    }
}

struct Reader {
    rows: Vec<Row>,
    mistakes: Vec<Diagnostic>,
}

impl Reader {
    fn file(&mut self, set: &str, file: &Arc<SourceFile>) {
        let (table, errors) = DeTable::parse_recoverable(&file.text);
        for error in &errors {
            let span = error.span().unwrap_or(0..0);
            let found = Diagnostic::error("seed-toml", error.message());
            self.mistakes.push(found.at(place(file, span)));
        }
        if errors.is_empty() {
            self.tables(set, file, table.get_ref(), None);
        }
    }

    /// `[[comments]]`, or `[[billing.invoices]]` for a table of another schema.
    fn tables(
        &mut self,
        set: &str,
        file: &Arc<SourceFile>,
        table: &DeTable<'_>,
        schema: Option<&str>,
    ) {
        for (name, value) in table {
            let written = place(file, name.span());
            let table_name = QName::new(schema, name.get_ref().as_ref());
            match value.get_ref() {
                DeValue::Array(rows) => {
                    for row in rows.iter() {
                        match row.get_ref() {
                            // Each `[[table]]` header names its own row.
                            DeValue::Table(cells) => {
                                let at =
                                    header(file, row.span()).unwrap_or_else(|| written.clone());
                                self.row(set, file, &table_name, at, cells);
                            }
                            _ => self.not_a_row(file, row.span(), &table_name),
                        }
                    }
                }
                DeValue::Table(tables) if schema.is_none() && !tables.is_empty() => {
                    self.tables(set, file, tables, Some(name.get_ref()));
                }
                _ => self.not_a_row(file, name.span(), &table_name),
            }
        }
    }

    fn not_a_row(&mut self, file: &Arc<SourceFile>, span: Range<usize>, table: &QName) {
        let found = Diagnostic::error("seed-not-a-row", "this is not a row of a table");
        let help = format!("a row begins with [[{table}]]");
        self.mistakes.push(found.at(place(file, span)).help(help));
    }

    fn row(
        &mut self,
        set: &str,
        file: &Arc<SourceFile>,
        table: &QName,
        at: Place,
        cells: &DeTable<'_>,
    ) {
        let mut row =
            Row { set: set.to_owned(), table: table.clone(), place: at, cells: Vec::new() };
        for (column, value) in cells {
            let at = place(file, value.span());
            match given(value, true) {
                Ok(value) => row.cells.push(Cell {
                    column: column.get_ref().to_string(),
                    column_place: place(file, column.span()),
                    value,
                    place: at,
                }),
                Err((message, help)) => {
                    self.mistakes.push(Diagnostic::error("seed-value", message).at(at).help(help));
                }
            }
        }
        self.rows.push(row);
    }
}

fn place(file: &Arc<SourceFile>, span: Range<usize>) -> Place {
    Place { file: Arc::clone(file), span }
}

/// The header line of a row, when the span begins at one.
fn header(file: &Arc<SourceFile>, span: Range<usize>) -> Option<Place> {
    let rest = file.text.get(span.start..)?;
    let length = rest.lines().next()?.trim_end().len();
    (length > 0).then(|| place(file, span.start..span.start + length))
}

/// A string that begins with `@` is a directive; `@@` stands for one `@`. Inside lists and maps
/// (JSON) strings are only strings.
fn given(value: &Spanned<DeValue<'_>>, top: bool) -> Result<Given, (String, &'static str)> {
    const DIRECTIVES: &str =
        "the only directive is \"@null\"; write \"@@…\" for text with a leading @";
    Ok(match value.get_ref() {
        DeValue::String(text) if top && text.starts_with('@') => match text.strip_prefix("@@") {
            Some(rest) => Given::Text(format!("@{rest}")),
            None if text.as_ref() == "@null" => Given::Null,
            None => return Err((format!("unknown directive {text}"), DIRECTIVES)),
        },
        DeValue::String(text) => Given::Text(text.to_string()),
        DeValue::Integer(number) => {
            let parsed = i64::from_str_radix(number.as_str(), number.radix());
            Given::Integer(parsed.map_err(|_| {
                ("this number is larger than 64 bits".to_owned(), "write it as a string")
            })?)
        }
        DeValue::Float(number) => Given::Float(number.as_str().to_owned()),
        DeValue::Boolean(value) => Given::Bool(*value),
        DeValue::Datetime(time) => Given::Time(*time),
        DeValue::Array(items) => {
            Given::List(items.iter().map(|item| given(item, false)).collect::<Result<_, _>>()?)
        }
        DeValue::Table(entries) => Given::Map(
            entries
                .iter()
                .map(|(key, value)| Ok((key.get_ref().to_string(), given(value, false)?)))
                .collect::<Result<_, (String, &'static str)>>()?,
        ),
    })
}
