//! Values as text that cannot drive a terminal.

use crate::database::Value;
use crate::terminal::harmless;
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// A cell as a table shows it. NULL stands without quotes; text that could be taken for it, or
/// whose ends cannot be seen, stands in quotes.
#[must_use]
pub fn cell_text(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Blob(bytes) => hex(bytes),
        Value::Text(text) => {
            let unclear = text.is_empty()
                || text.trim() != text
                || text.eq_ignore_ascii_case("null")
                || text.starts_with('\'');
            let shown = harmless(text);
            if unclear { format!("'{shown}'") } else { shown }
        }
    }
}

/// A value as a literal of SQL has it between its quotes.
#[must_use]
pub fn plain_text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        other => cell_text(other),
    }
}

/// `\x` and two digits for each byte, as PostgreSQL writes `bytea`.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(2 + 2 * bytes.len());
    out.push_str("\\x");
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// Columns the text takes on a terminal.
#[must_use]
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// The text cut to that many columns, with `…` where something is missing.
#[must_use]
pub fn fit(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut end = 0;
    for (at, c) in text.char_indices() {
        let next = at + c.len_utf8();
        if width(text.get(..next).unwrap_or("")) + 1 > columns {
            break;
        }
        end = next;
    }
    let kept = text.get(..end).unwrap_or("");
    if columns == 0 { String::new() } else { format!("{kept}…") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_and_empty_differ() {
        let text = |value: &str| cell_text(&Value::Text(value.to_owned()));
        assert_eq!(cell_text(&Value::Null), "NULL");
        assert_eq!(text(""), "''");
        assert_eq!(text("NULL"), "'NULL'");
        assert_eq!(text(" a"), "' a'");
        assert_eq!(text("a"), "a");
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(width("漢字"), 4);
        assert_eq!(fit("漢字漢字", 5), "漢字…");
        assert_eq!(fit("abc", 3), "abc");
        assert_eq!(fit("abcd", 3), "ab…");
    }
}
