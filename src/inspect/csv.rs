use super::Page;
use super::text::hex;
use crate::database::Value;
use crate::terminal::harmless;

/// Rows as CSV (RFC 4180, lines ended by a line feed). NULL is an empty field, an empty text is
/// `""`, as PostgreSQL's COPY writes them. On a terminal control characters are made visible;
/// elsewhere values are exact.
#[must_use]
pub fn csv(page: &Page, terminal: bool) -> String {
    let mut out = String::new();
    let names: Vec<String> = page.columns.iter().map(|name| field(name, terminal)).collect();
    out.push_str(&names.join(","));
    out.push('\n');
    out.push_str(&csv_rows(page, terminal));
    out
}

/// The rows alone, for what follows the first part.
#[must_use]
pub fn csv_rows(page: &Page, terminal: bool) -> String {
    let mut out = String::new();
    for row in &page.rows {
        let cells: Vec<String> = row.iter().map(|value| cell(value, terminal)).collect();
        out.push_str(&cells.join(","));
        out.push('\n');
    }
    out
}

fn cell(value: &Value, terminal: bool) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(value) => value.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => field(text, terminal),
        Value::Blob(bytes) => hex(bytes),
    }
}

fn field(text: &str, terminal: bool) -> String {
    let text = if terminal { harmless(text) } else { text.to_owned() };
    if text.is_empty() || text.contains(['"', ',', '\n', '\r']) || text.trim() != text {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_and_empty_differ() {
        let text = |value: &str| Value::Text(value.to_owned());
        let page = Page {
            columns: vec!["a".to_owned(), "b\"".to_owned()],
            rows: vec![vec![Value::Null, text("")], vec![text("x,\ny"), text("\u{1b}")]],
            ..Page::default()
        };
        assert_eq!(csv(&page, false), "a,\"b\"\"\"\n,\"\"\n\"x,\ny\",\u{1b}\n");
        assert_eq!(csv(&page, true), "a,\"b\"\"\"\n,\"\"\n\"x,\\ny\",\\u{1b}\n");
    }
}
