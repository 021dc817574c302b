//! Rows and overviews as JSON.

use super::text::hex;
use super::{Overview, Page};
use crate::database::Value;
use crate::terminal::is_harmful;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The greatest whole number that every reader of JSON keeps exact (RFC 8259, section 6).
const EXACT: i64 = (1 << 53) - 1;

/// Rows as a list of objects, one on a line. No value changes on the way: a whole number beyond
/// 2^53 − 1 and every `numeric` is a string of its digits, JSON columns are embedded as they are,
/// binary is a string of `\x` and hexadecimal digits. Of columns with the same name the later ones
/// get a number.
#[must_use]
pub fn json(page: &Page) -> String {
    let mut rows = JsonRows::list();
    let mut out = rows.part(page);
    out.push_str(rows.end());
    out
}

/// Rows as JSON, part by part.
#[derive(Clone, Debug)]
pub struct JsonRows {
    lines: bool,
    begun: bool,
}

impl JsonRows {
    /// One list of all rows.
    #[must_use]
    pub fn list() -> Self {
        Self { lines: false, begun: false }
    }

    /// An object on each line, nothing around them.
    #[must_use]
    pub fn lines() -> Self {
        Self { lines: true, begun: false }
    }

    /// The text of some more rows.
    pub fn part(&mut self, page: &Page) -> String {
        let names = unique_names(&page.columns);
        let mut out = String::new();
        for row in &page.rows {
            let row = object(&names, &page.types, row);
            if self.lines {
                let _ = writeln!(out, "{row}");
            } else {
                out.push_str(if self.begun { ",\n  " } else { "[\n  " });
                out.push_str(&row);
            }
            self.begun = true;
        }
        out
    }

    /// What ends the text.
    #[must_use]
    pub fn end(&self) -> &'static str {
        match (self.lines, self.begun) {
            (true, _) => "",
            (false, true) => "\n]\n",
            (false, false) => "[]\n",
        }
    }
}

/// One row; `types` may be shorter than the row.
pub(super) fn object(names: &[String], types: &[String], row: &[Value]) -> String {
    let cells: Vec<String> = names
        .iter()
        .zip(row)
        .enumerate()
        .map(|(at, (name, value))| {
            let ty = types.get(at).map_or("", String::as_str);
            format!("{}: {}", string(name), cell(value, ty))
        })
        .collect();
    format!("{{{}}}", cells.join(", "))
}

fn unique_names(columns: &[String]) -> Vec<String> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    columns
        .iter()
        .map(|name| {
            let times = seen.entry(name).or_insert(0);
            *times += 1;
            if *times == 1 { name.clone() } else { format!("{name}_{times}") }
        })
        .collect()
}

fn cell(value: &Value, ty: &str) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Integer(number) if (-EXACT..=EXACT).contains(number) => number.to_string(),
        Value::Integer(number) => format!("\"{number}\""),
        Value::Real(number) if number.is_finite() => number.to_string(),
        Value::Real(number) => format!("\"{number}\""),
        Value::Blob(bytes) => string(&hex(bytes)),
        Value::Text(text) => match ty {
            "json" | "jsonb" => embedded(text),
            // On SQLite the words say what is meant to be there.
            ty if says_json(ty) && is_json(text) => embedded(text),
            // `NaN` and `Infinity` are no numbers in JSON.
            "real" | "double precision" if is_number(text) => text.clone(),
            _ => string(text),
        },
    }
}

fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(f64::is_finite)
        && text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
}

fn says_json(declared: &str) -> bool {
    declared.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("json"))
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// JSON that the database has checked. Outside its strings there is nothing harmful, so an escape
/// is right wherever a character needs one.
fn embedded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            c if is_harmful(c) => escape(&mut out, c),
            c => out.push(c),
        }
    }
    out
}

pub(super) fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_harmful(c) => escape(&mut out, c),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn escape(out: &mut String, c: char) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        let _ = write!(out, "\\u{unit:04x}");
    }
}

/// The overview for programs.
#[must_use]
pub fn overview_json(overview: &Overview) -> serde_json::Value {
    let tables: Vec<serde_json::Value> = overview
        .tables
        .iter()
        .map(|table| {
            let columns: Vec<serde_json::Value> = table
                .columns
                .iter()
                .map(|column| {
                    serde_json::json!({
                        "name": column.name,
                        "type": column.ty,
                        "nullable": column.nullable,
                        "default": column.default,
                    })
                })
                .collect();
            serde_json::json!({
                "name": table.name.to_string(),
                "kind": table.kind,
                "columns": columns,
                "primary_key": table.primary_key,
                "indexes": table.indexes,
                "rows": table.rows.map(|count| count.rows),
                "rows_exact": table.rows.map(|count| count.exact),
                "bytes": table.bytes,
            })
        })
        .collect();
    serde_json::json!({ "tables": tables })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn no_value_changes() {
        let text = |value: &str| Value::Text(value.to_owned());
        let page = Page {
            columns: ["a", "a", "big", "n", "j", "f", "s"].map(str::to_owned).to_vec(),
            types: ["integer", "integer", "bigint", "numeric", "jsonb", "real", "text"]
                .map(str::to_owned)
                .to_vec(),
            rows: vec![vec![
                Value::Integer(1),
                Value::Null,
                Value::Integer(9_007_199_254_740_993),
                text("1.10"),
                text("{\"x\": 12345678901234567890}"),
                text("NaN"),
                text("\u{1b}\u{e0001}\""),
            ]],
            ..Page::default()
        };
        assert_eq!(
            json(&page),
            "[\n  {\"a\": 1, \"a_2\": null, \"big\": \"9007199254740993\", \"n\": \"1.10\", \
             \"j\": {\"x\": 12345678901234567890}, \"f\": \"NaN\", \
             \"s\": \"\\u001b\\udb40\\udc01\\\"\"}\n]\n"
        );
        let parsed: serde_json::Value = serde_json::from_str(&json(&page)).unwrap();
        assert_eq!(parsed[0]["s"], "\u{1b}\u{e0001}\"");
    }
}
