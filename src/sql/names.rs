//! Names in SQL text: unquoting, folding, and what a text mentions.

use super::lex::{Token, TokenKind, tokens};
use crate::model::Dialect;
use std::collections::BTreeSet;

/// Strings in strings in function bodies: deeper than this nobody writes names.
const MAX_DEPTH: usize = 4;

/// The name an identifier token stands for. Without quotes it is folded to lower case on
/// PostgreSQL (ASCII letters only, as the server does in UTF-8); SQLite keeps the spelling.
#[must_use]
pub fn value(token: &str, dialect: Dialect) -> String {
    if let Some(rest) = token.strip_prefix("U&").or_else(|| token.strip_prefix("u&")) {
        return unicode_escapes(&inner(rest, '"'));
    }
    match token.chars().next() {
        Some(quote @ ('"' | '`')) => inner(token, quote),
        Some('[') => {
            let rest = token.get(1..).unwrap_or("");
            rest.strip_suffix(']').unwrap_or(rest).to_owned()
        }
        _ if dialect == Dialect::Postgres => token.to_ascii_lowercase(),
        _ => token.to_owned(),
    }
}

/// Between the quotes, doubled ones made single.
fn inner(quoted: &str, quote: char) -> String {
    let rest = quoted.strip_prefix(quote).unwrap_or(quoted);
    let rest = rest.strip_suffix(quote).unwrap_or(rest);
    let mut doubled = String::from(quote);
    doubled.push(quote);
    rest.replace(&doubled, quote.encode_utf8(&mut [0; 4]))
}

/// The value of a string constant, with or without prefix or dollar quotes. `B''` and `X''` give
/// their digits.
#[must_use]
pub fn string_value(token: &str) -> String {
    if token.starts_with('$') {
        let tag = token.get(1..).and_then(|r| r.find('$')).map_or(1, |at| at + 2);
        let body = token.get(tag..).unwrap_or("");
        let end = body.len().saturating_sub(tag);
        return body.get(..end).unwrap_or(body).to_owned();
    }
    let quote = token.find('\'').unwrap_or(0);
    let (prefix, body) = token.split_at(quote);
    match prefix {
        "e" | "E" => backslash_escapes(body),
        "u&" | "U&" => unicode_escapes(&inner(body, '\'')),
        _ => inner(body, '\''),
    }
}

/// `\0441` and `\+000441` of `U&` constants; `\\` is a backslash. Anything else stays.
fn unicode_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(rest.get(..at).unwrap_or(""));
        let after = rest.get(at + 1..).unwrap_or("");
        let (skip, digits) = if after.starts_with('+') { (1, 6) } else { (0, 4) };
        let code = after.get(skip..skip + digits).and_then(|d| u32::from_str_radix(d, 16).ok());
        if let Some(c) = code.and_then(char::from_u32) {
            out.push(c);
            rest = after.get(skip + digits..).unwrap_or("");
        } else {
            out.push('\\');
            rest = after.strip_prefix('\\').unwrap_or(after);
        }
    }
    out.push_str(rest);
    out
}

/// The body of `E'…'`, quotes included on entry, continuation lines joined.
fn backslash_escapes(quoted: &str) -> String {
    let mut out = String::with_capacity(quoted.len());
    let mut chars = quoted.chars().peekable();
    chars.next();
    while let Some(c) = chars.next() {
        match c {
            '\'' if chars.peek() == Some(&'\'') => {
                chars.next();
                out.push('\'');
            }
            '\'' => {
                while chars.peek().is_some_and(|c| *c != '\'') {
                    chars.next();
                }
                chars.next();
            }
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some('b') => out.push('\u{8}'),
                Some('f') => out.push('\u{c}'),
                Some(kind @ ('u' | 'U')) => {
                    let width = if kind == 'u' { 4 } else { 8 };
                    let digits: String = chars.by_ref().take(width).collect();
                    let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                    out.push(code.unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                Some(other) => out.push(other),
                None => {}
            },
            other => out.push(other),
        }
    }
    out
}

/// Every name a text mentions, keywords included: a caller looks its own names up in the set.
/// Names without quotes are folded as the dialect compares them: PostgreSQL folds those without
/// quotes, SQLite compares all names without regard to case, so there the whole set is lower case.
///
/// Strings and dollar-quoted bodies are looked into as well: `nextval('orders_id_seq')` and
/// `EXECUTE 'TRUNCATE orders'` mention what they name.
#[must_use]
pub fn mentioned(text: &str, dialect: Dialect) -> BTreeSet<String> {
    let mut set = BTreeSet::new();
    visit(text, dialect, 0, &mut |_, name| {
        set.insert(name.to_owned());
    });
    set
}

/// Names with the one they are qualified by, if any: `a.b` gives `(None, a)` and `(Some(a), b)`.
/// Folding and strings as in [`mentioned`].
#[must_use]
pub fn qualified(text: &str, dialect: Dialect) -> BTreeSet<(Option<String>, String)> {
    let mut set = BTreeSet::new();
    visit(text, dialect, 0, &mut |qualifier, name| {
        set.insert((qualifier.map(str::to_owned), name.to_owned()));
    });
    set
}

fn visit(text: &str, dialect: Dialect, depth: usize, found: &mut dyn FnMut(Option<&str>, &str)) {
    let mut previous: Option<String> = None;
    let mut qualifier: Option<String> = None;
    for token in tokens(text, dialect).filter(|t: &Token| !t.is_trivia()) {
        let written = token.text(text);
        match token.kind {
            TokenKind::Word | TokenKind::QuotedName => {
                let mut name = value(written, dialect);
                if dialect == Dialect::Sqlite {
                    name = name.to_lowercase();
                }
                found(qualifier.take().as_deref(), &name);
                previous = Some(name);
                continue;
            }
            TokenKind::Dot => {
                qualifier = previous.take();
                continue;
            }
            TokenKind::Text | TokenKind::DollarText if depth < MAX_DEPTH => {
                visit(&string_value(written), dialect, depth + 1, found);
            }
            _ => {}
        }
        previous = None;
        qualifier = None;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_fold_unless_quoted() {
        let set = mentioned(
            r#"SELECT "Weird ""x""", Users.Id FROM nextval('seq_A'), $$ body('inner') $$"#,
            Dialect::Postgres,
        );
        for name in [r#"Weird "x""#, "users", "id", "seq_a", "body", "inner"] {
            assert!(set.contains(name), "{name} in {set:?}");
        }
        assert!(!set.contains("Users"));
    }

    #[test]
    fn pairs_keep_their_qualifier() {
        let set = qualified("select app.f(a . b) from t", Dialect::Postgres);
        assert!(set.contains(&(Some("app".into()), "f".into())));
        assert!(set.contains(&(Some("a".into()), "b".into())));
        assert!(set.contains(&(None, "t".into())));
    }

    #[test]
    fn constants_have_values() {
        assert_eq!(string_value("'it''s'"), "it's");
        assert_eq!(string_value(r"E'a\n\'\u0041'"), "a\n'A");
        assert_eq!(string_value("E'a'\n 'b'"), "ab");
        assert_eq!(string_value("$x$ a $$ b $x$"), " a $$ b ");
        assert_eq!(string_value(r"U&'d\0061t\+000061\\'"), r"data\");
        assert_eq!(value(r#"U&"d\0061""#, Dialect::Postgres), "da");
        assert_eq!(value(r#""C""#, Dialect::Postgres), "C");
        assert_eq!(value("[a b]", Dialect::Sqlite), "a b");
        assert_eq!(value("`a``b`", Dialect::Sqlite), "a`b");
    }
}
