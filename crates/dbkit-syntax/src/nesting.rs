//! How deep brackets nest, found before the text reaches a recursive parser.

use crate::ast::{ErrorPlace, SyntaxError};

/// Deeper than any schema, shallow enough for every recursion behind it.
const LIMIT: usize = 128;

/// An error at the first bracket that is too deep. Strings, characters and comments do not count.
/// Angle brackets count only while they look like generics (`<` after a word).
pub(crate) fn check(text: &str) -> Result<(), SyntaxError> {
    let bytes = text.as_bytes();
    let at = |i: usize| bytes.get(i).copied().unwrap_or(0);
    let (mut i, mut depth, mut angles) = (0, 0_usize, 0_usize);
    while i < bytes.len() {
        let step = match at(i) {
            b'/' if at(i + 1) == b'/' => {
                text.get(i..).and_then(|t| t.find('\n')).unwrap_or(usize::MAX)
            }
            b'/' if at(i + 1) == b'*' => block_comment(bytes, i)?,
            b'"' => string(bytes, i),
            b'r' if !is_word(i.checked_sub(1).map_or(0, at)) || at(i.wrapping_sub(1)) == b'b' => {
                raw_string(bytes, i)
            }
            b'\'' => character(text, i),
            b'(' | b'[' | b'{' => {
                depth += 1;
                angles = 0;
                1
            }
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                angles = 0;
                1
            }
            b'<' if is_word(i.checked_sub(1).map_or(0, at)) => {
                angles += 1;
                1
            }
            b'>' if at(i.wrapping_sub(1)) != b'-' => {
                angles = angles.saturating_sub(1);
                1
            }
            b';' => {
                angles = 0;
                1
            }
            _ => 1,
        };
        if depth + angles > LIMIT {
            return Err(too_deep(i));
        }
        i = i.saturating_add(step);
    }
    Ok(())
}

fn too_deep(at: usize) -> SyntaxError {
    SyntaxError {
        code: "nested-too-deep",
        message: format!("brackets nest more than {LIMIT} levels deep"),
        place: ErrorPlace::Bytes(at..at + 1),
        label: Some("here".to_owned()),
        help: Some("no schema needs this; look for an unclosed bracket before it".to_owned()),
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Length of a block comment, which may hold others.
fn block_comment(bytes: &[u8], start: usize) -> Result<usize, SyntaxError> {
    let (mut i, mut depth) = (start, 0_usize);
    while i < bytes.len() {
        match bytes.get(i..i + 2) {
            Some(b"/*") => {
                depth += 1;
                if depth > LIMIT {
                    return Err(too_deep(i));
                }
                i += 2;
            }
            Some(b"*/") => {
                depth -= 1;
                i += 2;
                if depth == 0 {
                    return Ok(i - start);
                }
            }
            _ => i += 1,
        }
    }
    Ok(bytes.len() - start)
}

fn string(bytes: &[u8], start: usize) -> usize {
    let mut i = start + 1;
    while let Some(byte) = bytes.get(i) {
        match byte {
            b'\\' => i += 2,
            b'"' => return i + 1 - start,
            _ => i += 1,
        }
    }
    i - start
}

/// `r"…"` or `r#"…"#`; 1 when it is only the letter r.
fn raw_string(bytes: &[u8], start: usize) -> usize {
    let hashes = bytes.iter().skip(start + 1).take_while(|b| **b == b'#').count();
    let open = start + 1 + hashes;
    if bytes.get(open) != Some(&b'"') {
        return 1;
    }
    let mut i = open + 1;
    while i < bytes.len() {
        let closed = bytes.get(i) == Some(&b'"')
            && bytes.iter().skip(i + 1).take(hashes).filter(|b| **b == b'#').count() == hashes;
        if closed {
            return i + 1 + hashes - start;
        }
        i += 1;
    }
    bytes.len() - start
}

/// A character literal; 1 for a lifetime.
fn character(text: &str, start: usize) -> usize {
    let mut rest = text.get(start + 1..).unwrap_or("").char_indices();
    match rest.next() {
        Some((_, '\\')) => {
            let end = text.get(start + 3..).and_then(|t| t.find('\''));
            end.map_or(1, |at| at + 4)
        }
        Some((_, first)) if first != '\'' => match rest.next() {
            Some((at, '\'')) => at + 2,
            _ => 1,
        },
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn ordinary_text_is_fine() {
        assert!(
            check("fn f<'a>(x: &'a str) -> Vec<Vec<u8>> { '(' ; '\\'' ; r#\"((((\"# }").is_ok()
        );
        let strings = "\"((((\" ".repeat(400);
        assert!(check(&strings).is_ok());
        let comparisons = "a<b; ".repeat(400);
        assert!(check(&comparisons).is_ok());
    }

    #[test]
    fn deep_nesting_is_an_error() {
        for open in ["(", "{", "[", "A<", "/*"] {
            assert!(check(&open.repeat(5_000)).is_err(), "{open}");
        }
    }
}
