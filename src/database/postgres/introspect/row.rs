//! Cells of a catalogue query as Rust values. Queries are ours, so a cell of another type than
//! expected reads as its empty value.

use crate::database::postgres::libpq::PgResult;
use crate::model::Options;
use std::str::FromStr;

#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    result: &'a PgResult,
    row: usize,
}

pub(super) fn rows(result: &PgResult) -> impl Iterator<Item = Row<'_>> {
    (0..result.rows()).map(move |row| Row { result, row })
}

impl<'a> Row<'a> {
    pub(super) fn opt(self, column: usize) -> Option<&'a str> {
        self.result.text(self.row, column)
    }

    pub(super) fn text(self, column: usize) -> &'a str {
        self.opt(column).unwrap_or_default()
    }

    pub(super) fn owned(self, column: usize) -> String {
        self.text(column).to_owned()
    }

    pub(super) fn number<T: FromStr + Default>(self, column: usize) -> T {
        self.opt_number(column).unwrap_or_default()
    }

    pub(super) fn opt_number<T: FromStr>(self, column: usize) -> Option<T> {
        self.opt(column).and_then(|text| text.parse().ok())
    }

    /// The single byte of a `"char"` column; 0 for the empty one.
    pub(super) fn code(self, column: usize) -> u8 {
        self.text(column).bytes().next().unwrap_or(0)
    }

    pub(super) fn flag(self, column: usize) -> bool {
        self.code(column) == b't'
    }

    pub(super) fn list(self, column: usize) -> Vec<String> {
        self.opt(column).map(parse_array).unwrap_or_default()
    }

    /// A number array (`{1,2}`) or vector (`1 2`).
    pub(super) fn numbers<T: FromStr>(self, column: usize) -> Vec<T> {
        let text = self.text(column).trim_matches(|c| c == '{' || c == '}');
        text.split([',', ' ']).filter_map(|n| n.parse().ok()).collect()
    }

    /// `{fillfactor=70,autovacuum_enabled=false}`.
    pub(super) fn options(self, column: usize) -> Options {
        let pair = |option: String| match option.split_once('=') {
            Some((key, value)) => (key.to_owned(), value.to_owned()),
            None => (option, String::new()),
        };
        self.list(column).into_iter().map(pair).collect()
    }
}

/// The elements of a one-dimensional text array in PostgreSQL's output form (manual, Arrays).
fn parse_array(text: &str) -> Vec<String> {
    let inner = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(text);
    let mut elements = Vec::new();
    let mut element = String::new();
    let mut quoted = false;
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => element.extend(characters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => elements.push(std::mem::take(&mut element)),
            _ => element.push(c),
        }
    }
    if !inner.is_empty() {
        elements.push(element);
    }
    elements
}

#[cfg(test)]
mod tests {
    use super::parse_array;

    #[test]
    fn arrays_are_taken_apart() {
        assert_eq!(parse_array("{}"), Vec::<String>::new());
        assert_eq!(parse_array("{a,\"b,\\\"c\\\\\",\"\"}"), ["a", "b,\"c\\", ""]);
    }
}
