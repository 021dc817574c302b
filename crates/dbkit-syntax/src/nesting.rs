//! How deep brackets nest, found before text or tokens reach a recursive parser.

use crate::ast::{ErrorPlace, SyntaxError};
use proc_macro2::{Span, TokenStream, TokenTree};

/// Deeper than any schema, shallow enough for every recursion behind it.
pub(crate) const LIMIT: usize = 128;

/// The same check for a macro, which is given tokens.
pub(crate) fn check_tokens(tokens: TokenStream) -> Result<(), SyntaxError> {
    let mut levels = vec![tokens.into_iter()];
    while let Some(level) = levels.last_mut() {
        match level.next() {
            Some(TokenTree::Group(group)) if levels.len() > LIMIT => {
                return Err(too_deep(ErrorPlace::Tokens(group.span_open())));
            }
            Some(TokenTree::Group(group)) => levels.push(group.stream().into_iter()),
            Some(_) => {}
            None => {
                levels.pop();
            }
        }
    }
    Ok(())
}

/// The error for a type whose angle brackets nest too deep.
pub(crate) fn too_deep_at(span: Span) -> SyntaxError {
    too_deep(ErrorPlace::Tokens(span))
}

/// An error at the first bracket that is too deep. Strings, characters and comments do not count,
/// nor do angle brackets, which only the parser of types can tell from comparisons.
pub(crate) fn check(text: &str) -> Result<(), SyntaxError> {
    walk(text).map(|_| ())
}

/// The place of a bracket that is never closed, or closed by one of another kind. Good enough to
/// say so in text that is known to be wrong.
pub(crate) fn unclosed(text: &str) -> Option<usize> {
    walk(text).ok().flatten()
}

/// Walks over all brackets; the place of the first that is not closed rightly, if any.
fn walk(text: &str) -> Result<Option<usize>, SyntaxError> {
    let bytes = text.as_bytes();
    let at = |i: usize| bytes.get(i).copied().unwrap_or(0);
    let mut i = 0;
    let mut open: Vec<(usize, u8)> = Vec::new();
    let mut unclosed = None;
    while i < bytes.len() {
        let step = match at(i) {
            b'/' if at(i + 1) == b'/' => {
                text.get(i..).and_then(|t| t.find('\n')).unwrap_or(usize::MAX)
            }
            b'/' if at(i + 1) == b'*' => block_comment(bytes, i)?,
            b'"' => string(bytes, i),
            // `r"…"`, `br"…"`, `cr"…"`
            b'r' if !is_word(i.checked_sub(1).map_or(0, at))
                || matches!(at(i.wrapping_sub(1)), b'b' | b'c') =>
            {
                raw_string(bytes, i)
            }
            b'\'' => character(text, i),
            b'(' | b'[' | b'{' => {
                open.push((i, at(i)));
                1
            }
            close @ (b')' | b']' | b'}') => {
                match open.pop() {
                    Some((place, opened)) if !closes(opened, close) => {
                        unclosed = unclosed.or(Some(place));
                    }
                    _ => {}
                }
                1
            }
            _ => 1,
        };
        if open.len() > LIMIT {
            return Err(too_deep(ErrorPlace::Bytes(i..i + 1)));
        }
        i = i.saturating_add(step);
    }
    Ok(unclosed.or(open.last().map(|(place, _)| *place)))
}

fn closes(opened: u8, close: u8) -> bool {
    matches!((opened, close), (b'(', b')') | (b'[', b']') | (b'{', b'}'))
}

fn too_deep(place: ErrorPlace) -> SyntaxError {
    SyntaxError {
        code: "nested-too-deep",
        message: format!("brackets nest more than {LIMIT} levels deep"),
        place,
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
                    return Err(too_deep(ErrorPlace::Bytes(i..i + 1)));
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
    use super::{LIMIT, check, check_tokens};
    use proc_macro2::TokenStream;
    use std::str::FromStr;

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
        for open in ["(", "{", "[", "/*"] {
            assert!(check(&open.repeat(5_000)).is_err(), "{open}");
        }
    }

    #[test]
    #[allow(clippy::unwrap_used)]
    fn the_limit_is_the_same_for_text_and_tokens() {
        for levels in [LIMIT, LIMIT + 1] {
            let text = "(".repeat(levels) + &")".repeat(levels);
            let tokens = TokenStream::from_str(&text).unwrap();
            assert_eq!(check(&text).is_ok(), levels == LIMIT);
            assert_eq!(check_tokens(tokens).is_ok(), levels == LIMIT);
        }
    }
}
