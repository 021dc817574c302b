//! Values as text that cannot drive a terminal.

use crate::database::Value;
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// The text with everything a terminal might obey made visible: control characters (C0, DEL, C1),
/// marks that turn the direction of writing, and invisible ones.
#[must_use]
pub fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_harmful(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

pub(super) fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

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
    fn nothing_reaches_the_terminal() {
        assert_eq!(harmless("a\u{1b}[2Jb\n\u{9b}1m\u{202e}"), "a\\u{1b}[2Jb\\n\\u{9b}1m\\u{202e}");
        assert_eq!(harmless("Größe 🙂"), "Größe 🙂");
    }

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
