//! When two texts say the same.
//!
//! SQLite stores statements as they were written, so the letters' case, white space, comments,
//! quotes around names and parentheses around a whole expression make no difference.

use crate::model::Dialect;
use crate::sql::lex::{TokenKind, tokens};
use crate::sql::names;

/// The tokens that matter, in one spelling.
#[must_use]
pub fn tokens_of(sql: &str) -> Vec<String> {
    tokens(sql, Dialect::Sqlite)
        .filter(|token| !token.is_trivia())
        .map(|token| {
            let text = token.text(sql);
            match token.kind {
                TokenKind::Word | TokenKind::QuotedName => {
                    names::value(text, Dialect::Sqlite).to_lowercase()
                }
                TokenKind::Number => text.to_lowercase(),
                _ => text.to_owned(),
            }
        })
        .collect()
}

/// True when the statements or bodies differ in spelling only.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    a == b || tokens_of(a) == tokens_of(b)
}

/// True when the expressions differ in spelling or in outer parentheses only.
#[must_use]
pub fn same_expr(a: &str, b: &str) -> bool {
    a == b || bare(&tokens_of(a)) == bare(&tokens_of(b))
}

fn bare(tokens: &[String]) -> &[String] {
    let mut tokens = tokens;
    while let [first, inner @ .., last] = tokens
        && first == "("
        && last == ")"
        && closes_at_end(inner)
    {
        tokens = inner;
    }
    tokens
}

/// True when the parenthesis before `inner` is closed behind it, not within.
fn closes_at_end(inner: &[String]) -> bool {
    let mut depth = 0_i64;
    inner.iter().all(|token| {
        depth += match token.as_str() {
            "(" => 1,
            ")" => -1,
            _ => 0,
        };
        depth >= 0
    })
}

/// True when the expression qualifies a column with this table's name.
#[must_use]
pub fn qualifies(sql: &str, table: &str) -> bool {
    let found = tokens_of(sql);
    found
        .windows(2)
        .any(|pair| matches!(pair, [name, dot] if dot == "." && *name == table.to_lowercase()))
}

/// The expression with columns qualified by another table name.
#[must_use]
pub fn requalify(sql: &str, from: &str, to: &str) -> String {
    let all: Vec<_> = tokens(sql, Dialect::Sqlite).collect();
    let mut out = String::with_capacity(sql.len());
    for (at, token) in all.iter().enumerate() {
        let text = token.text(sql);
        let next = all.iter().skip(at + 1).find(|t| !t.is_trivia());
        let is_name = matches!(token.kind, TokenKind::Word | TokenKind::QuotedName);
        if is_name
            && next.is_some_and(|t| t.kind == TokenKind::Dot)
            && names::value(text, Dialect::Sqlite).eq_ignore_ascii_case(from)
        {
            out.push_str(&super::quote::ident(to));
        } else {
            out.push_str(text);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{qualifies, requalify, same, same_expr};

    #[test]
    fn spelling_is_no_difference() {
        assert!(same_expr("(a>0)", "A > 0 -- more\n"));
        assert!(same_expr("((\"a\") + [b])", "(`A`) + b"));
        assert!(!same_expr("(a) + (b)", "a) + (b"));
        assert!(!same_expr("a = 'x'", "a = 'X'"));
        assert!(!same("SELECT (1)", "SELECT 1"));
        assert!(same("select  A from \"t\"", "SELECT a FROM T"));
    }

    #[test]
    fn qualified_columns_are_found() {
        assert!(qualifies("\"Users\".age > 1", "users"));
        assert!(!qualifies("users > 1.5", "users"));
        assert_eq!(
            requalify("\"Users\".age > users . b", "users", "new t"),
            "\"new t\".age > \"new t\" . b"
        );
    }
}
