//! Which names of a text are relations and which are called: told by where they stand.

use super::lex::{Token, TokenKind, tokens};
use super::names::{string_value, value};
use crate::model::Dialect;
use std::collections::BTreeSet;

/// Strings in strings in function bodies: deeper than this nobody writes queries.
const MAX_DEPTH: usize = 4;

/// The names a text uses, by their role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// Tables and views: behind FROM, JOIN, INTO and the like, and types behind `::`.
    pub relations: BTreeSet<String>,
    /// Names in front of an opening parenthesis.
    pub calls: BTreeSet<String>,
}

/// The relations and routines that a PostgreSQL text uses. Strings are looked into where they are
/// cast to `regclass` and its kin, and all of them where the text is a routine's (`bodies`).
#[must_use]
pub fn uses(text: &str, bodies: bool, is_schema: &dyn Fn(&str) -> bool) -> Uses {
    let mut found = Uses::default();
    scan(text, 0, bodies, is_schema, &mut found);
    found
}

/// Where a reader of a query stands, in one pair of parentheses.
#[derive(Clone, Copy, Default)]
struct Place {
    /// Between FROM (or the like) and the next clause.
    relations: bool,
    /// The next name is a relation.
    expected: bool,
}

const OPENING: [&str; 8] = ["from", "join", "into", "update", "using", "on", "to", "setof"];
const CLOSING: [&str; 20] = [
    "select",
    "where",
    "group",
    "order",
    "having",
    "limit",
    "offset",
    "window",
    "values",
    "set",
    "returning",
    "union",
    "except",
    "intersect",
    "when",
    "execute",
    "do",
    "then",
    "loop",
    "return",
];
const PASSED: [&str; 4] = ["only", "lateral", "as", "distinct"];

fn scan(
    text: &str,
    depth: usize,
    bodies: bool,
    is_schema: &dyn Fn(&str) -> bool,
    found: &mut Uses,
) {
    let all: Vec<Token> =
        tokens(text, Dialect::Postgres).filter(|token| !token.is_trivia()).collect();
    let kind = |at: usize| all.get(at).map(|token: &Token| token.kind);
    let word = |at: usize| {
        let token = all.get(at).filter(|token| token.kind == TokenKind::Word);
        token.map(|token| token.text(text).to_ascii_lowercase())
    };
    // A string may be nothing but a name.
    let start = Place { relations: depth > 0, expected: depth > 0 };
    let mut outer: Vec<Place> = Vec::new();
    let mut place = start;
    for (at, token) in all.iter().enumerate() {
        match token.kind {
            TokenKind::Word | TokenKind::QuotedName => {
                let next = kind(at + 1);
                if let Some(word) = word(at) {
                    let word = word.as_str();
                    let is_name = at > 0 && kind(at - 1) == Some(TokenKind::Dot);
                    if !is_name && OPENING.contains(&word) {
                        place = Place { relations: true, expected: true };
                        continue;
                    }
                    if !is_name && CLOSING.contains(&word) {
                        place = Place::default();
                        continue;
                    }
                    if !is_name && PASSED.contains(&word) && place.expected {
                        continue;
                    }
                }
                let name = value(token.text(text), Dialect::Postgres);
                if next == Some(TokenKind::Dot) {
                    // A schema; on the left of a column stands a name that FROM has told.
                    place.expected &= is_schema(&name);
                    continue;
                }
                let cast = at > 0 && {
                    let before = all.get(at - 1).map(|token| token.text(text));
                    let qualified = before == Some(".")
                        && at > 2
                        && all.get(at - 3).is_some_and(|token| token.text(text) == "::");
                    before == Some("::") || qualified
                };
                if next == Some(TokenKind::Open) {
                    found.calls.insert(name.clone());
                }
                if place.expected || cast {
                    found.relations.insert(name);
                    place.expected = false;
                }
            }
            TokenKind::Open => {
                outer.push(place);
                place = Place { relations: place.expected, expected: place.expected };
            }
            TokenKind::Close => {
                place = outer.pop().unwrap_or_default();
                place.expected = false;
            }
            TokenKind::Comma => place.expected = place.relations,
            TokenKind::Dot => {}
            TokenKind::Semicolon => place = Place::default(),
            TokenKind::Text | TokenKind::DollarText if depth < MAX_DEPTH => {
                let cast = all.get(at + 1).is_some_and(|token| token.text(text) == "::");
                let registered = cast && word(at + 2).is_some_and(|ty| ty.starts_with("reg"));
                if registered {
                    let name = string_value(token.text(text));
                    scan(&name, depth + 1, true, is_schema, found);
                    found.calls.extend(last_name(&name));
                } else if bodies {
                    scan(&string_value(token.text(text)), depth + 1, true, is_schema, found);
                }
                place.expected = false;
            }
            _ => place.expected = false,
        }
    }
}

/// The name in `schema.name` or `name(arguments)`.
fn last_name(text: &str) -> Option<String> {
    let mut last = None;
    for token in tokens(text, Dialect::Postgres) {
        match token.kind {
            TokenKind::Word | TokenKind::QuotedName => {
                last = Some(value(token.text(text), Dialect::Postgres));
            }
            TokenKind::Dot => {}
            _ => break,
        }
    }
    last
}

/// An argument list (or the result `TABLE (…)`) without the names of the arguments, which say
/// nothing about what else is called so.
#[must_use]
pub fn without_argument_names(text: &str) -> String {
    let all: Vec<Token> =
        tokens(text, Dialect::Postgres).filter(|token| !token.is_trivia()).collect();
    let is_name = |at: usize| {
        all.get(at).is_some_and(|t| matches!(t.kind, TokenKind::Word | TokenKind::QuotedName))
    };
    let is_word = |at: usize, words: &[&str]| {
        all.get(at).is_some_and(|t| words.iter().any(|word| t.is_word(text, word)))
    };
    let table = is_word(0, &["table"]);
    let top = usize::from(table);
    let mut out = String::new();
    let mut depth = 0_usize;
    let mut first = !table;
    for (at, token) in all.iter().enumerate() {
        match token.kind {
            TokenKind::Open => {
                depth += 1;
                first = table && depth == top;
            }
            TokenKind::Close => depth = depth.saturating_sub(1),
            TokenKind::Comma if depth == top => first = true,
            TokenKind::Word if first && is_word(at, &["in", "out", "inout", "variadic"]) => {
                continue;
            }
            TokenKind::Word | TokenKind::QuotedName if first => {
                first = false;
                if is_name(at + 1) && !is_word(at, &["setof"]) && !is_word(at + 1, &["default"]) {
                    continue;
                }
            }
            _ => first = false,
        }
        out.push_str(token.text(text));
        out.push(' ');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relations(text: &str, bodies: bool) -> String {
        let found = uses(text, bodies, &|name| name == "app");
        found.relations.into_iter().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn relations_stand_behind_their_words() {
        let text = "SELECT a.b AS c, sum(v) + w FROM app.d a JOIN (e JOIN f ON e.x = f.y) ON true, g \
                    WHERE h IN (SELECT i FROM ONLY j) AND k.l = 'm' ORDER BY n, o";
        assert_eq!(relations(text, false), "d e f g j true");
        assert_eq!(relations("('q'::regclass, 'r', x::s, y::app.t)", false), "q regclass s t");
        assert_eq!(relations("AS 'SELECT a, b FROM c'", true), "c");
        assert_eq!(
            relations("UPDATE a SET b = 1, c = 2; INSERT INTO d (e, f) VALUES (g)", true),
            "a d"
        );
    }

    #[test]
    fn what_is_called_has_parentheses() {
        let found =
            uses("SELECT f(a), b.c, 'g'::regproc, 'app.h(int)'::regprocedure", false, &|_| true);
        let calls: Vec<_> = found.calls.iter().map(String::as_str).collect();
        assert_eq!(calls, ["f", "g", "h"]);
    }

    #[test]
    fn arguments_are_their_types() {
        assert_eq!(
            without_argument_names("a v, INOUT b app.w DEFAULT f(c, d)"),
            "v , app . w DEFAULT f ( c , d ) "
        );
        assert_eq!(
            without_argument_names("TABLE(a v, b numeric(1,2))"),
            "TABLE ( v , numeric ( 1 , 2 ) ) "
        );
        assert_eq!(without_argument_names("SETOF v"), "SETOF v ");
        assert_eq!(without_argument_names("v, \"a b\" w"), "v , w ");
    }
}
