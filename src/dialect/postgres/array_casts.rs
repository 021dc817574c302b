//! Casts of arrays that survive being read again.
//!
//! `varchar_column IN ('a', 'b')` is printed by the server as `… = ANY ((ARRAY['a'::character
//! varying, …])::text[])`. Read again, the cast is applied to each element instead of the array
//! (PostgreSQL manual, "Array Constructors"), and the object no longer equals the one it was read
//! from. A cast of the array to its own type in between changes nothing and keeps the two apart.

use crate::model::Dialect;
use crate::sql::lex::{Token, TokenKind, tokens};

/// The statement with `(ARRAY[…])::other[]` written so that the server reads what it printed.
/// Texts in strings and dollar quotes stay as they are.
#[must_use]
pub fn keep(sql: String) -> String {
    if !sql.contains("ARRAY[") {
        return sql;
    }
    let list: Vec<Token> =
        tokens(&sql, Dialect::Postgres).filter(|token| !token.is_trivia()).collect();
    let mut out = String::with_capacity(sql.len() + 32);
    let mut written = 0;
    for (at, token) in list.iter().enumerate() {
        if !token.is_word(&sql, "array") || !at.checked_sub(1).is_some_and(|b| is_open(&list, b)) {
            continue;
        }
        let Some(end) = closing(&list, at + 1) else { continue };
        let cast = list.get(end + 1).zip(list.get(end + 2));
        if !cast.is_some_and(|(c, o)| c.kind == TokenKind::Close && o.text(&sql) == "::") {
            continue;
        }
        let elements = list.get(at + 2..end).unwrap_or_default();
        if let Some(ty) = common_type(&sql, elements)
            && let Some(bracket) = list.get(end)
        {
            out.push_str(sql.get(written..bracket.span.end).unwrap_or_default());
            out.push_str(&format!("::{ty}[]"));
            written = bracket.span.end;
        }
    }
    out.push_str(sql.get(written..).unwrap_or_default());
    out
}

fn is_open(list: &[Token], at: usize) -> bool {
    list.get(at).is_some_and(|token| token.kind == TokenKind::Open)
}

/// How far one token goes into (or out of) parentheses and brackets.
fn depth(token: &Token) -> i32 {
    match token.kind {
        TokenKind::Open | TokenKind::OpenBracket => 1,
        TokenKind::Close | TokenKind::CloseBracket => -1,
        _ => 0,
    }
}

/// The bracket that closes the one at `open`.
fn closing(list: &[Token], open: usize) -> Option<usize> {
    let rest = list.get(open..)?;
    if rest.first()?.kind != TokenKind::OpenBracket {
        return None;
    }
    let mut level = 0;
    rest.iter()
        .position(|token| {
            level += depth(token);
            level == 0
        })
        .map(|at| open + at)
}

/// The type every element is cast to, when each is one cast and all are the same.
fn common_type<'s>(sql: &'s str, elements: &[Token]) -> Option<&'s str> {
    let mut level = 0;
    let mut common = None;
    for element in elements.split(|token| {
        level += depth(token);
        level == 0 && token.kind == TokenKind::Comma
    }) {
        let ty = cast_type(sql, element)?;
        if *common.get_or_insert(ty) != ty {
            return None;
        }
    }
    common
}

/// `T` of `value::T`, without a length and not itself an array.
fn cast_type<'s>(sql: &'s str, element: &[Token]) -> Option<&'s str> {
    let mut level = 0;
    let cast = element.iter().position(|token| {
        level += depth(token);
        level == 0 && token.kind == TokenKind::Operator
    })?;
    let ty = element.get(cast + 1..)?;
    let is_name = |token: &Token| {
        matches!(token.kind, TokenKind::Word | TokenKind::QuotedName | TokenKind::Dot)
    };
    if element.get(cast)?.text(sql) != "::" || !ty.iter().all(is_name) {
        return None;
    }
    sql.get(ty.first()?.span.start..ty.last()?.span.end)
}

#[cfg(test)]
mod tests {
    use super::keep;

    fn check(sql: &str, expected: &str) {
        assert_eq!(keep(sql.to_owned()), expected);
    }

    #[test]
    fn casts_the_array_to_its_own_type_first() {
        check(
            "CHECK (((s)::text = ANY ((ARRAY['a'::character varying, NULL::character varying])::text[])))",
            "CHECK (((s)::text = ANY ((ARRAY['a'::character varying, NULL::character varying]\
             ::character varying[])::text[])))",
        );
        check(
            "((ARRAY['x'::app.\"Kind\"])::text[] || (ARRAY[(1 + 2)::int, 3::int])::bigint[])",
            "((ARRAY['x'::app.\"Kind\"]::app.\"Kind\"[])::text[] \
             || (ARRAY[(1 + 2)::int, 3::int]::int[])::bigint[])",
        );
    }

    #[test]
    fn leaves_what_it_cannot_be_sure_of() {
        for sql in [
            "x = ANY (ARRAY['a'::text, 'b'::text])",
            "(ARRAY[price, 1::integer])::numeric[]",
            "(ARRAY['a'::varchar || 'b'::text])::text[]",
            "(ARRAY['a'::varchar(5)])::text[]",
            "(ARRAY['a'::varchar, 'b'::text])::text[]",
            "(ARRAY[ARRAY['a'::varchar]])::text[]",
            "SELECT $$(ARRAY['a'::varchar])::text[]$$, '(ARRAY[''a''::varchar])::text[]'",
            "(ARRAY[])::text[]",
            "(ARRAY['a'::varchar",
        ] {
            check(sql, sql);
        }
    }
}
