//! Which of a table's columns an expression names.

use crate::model::Dialect;
use crate::sql::lex::{TokenKind, tokens};
use crate::sql::names::value;

/// Positions of the columns that the expression mentions, in table order. Words in strings and
/// names of functions do not count.
#[must_use]
pub fn columns(expr: &str, names: &[&str], dialect: Dialect) -> Vec<usize> {
    let mut found = vec![false; names.len()];
    let mut tokens = tokens(expr, dialect).filter(|token| !token.is_trivia()).peekable();
    while let Some(token) = tokens.next() {
        if !matches!(token.kind, TokenKind::Word | TokenKind::QuotedName) {
            continue;
        }
        let called = tokens.peek().is_some_and(|next| next.text(expr) == "(");
        if called && token.kind == TokenKind::Word {
            continue;
        }
        let name = value(token.text(expr), dialect);
        let same = |column: &&str| match dialect {
            Dialect::Postgres => **column == name,
            Dialect::Sqlite => column.eq_ignore_ascii_case(&name),
        };
        if let Some(slot) = names.iter().position(same).and_then(|at| found.get_mut(at)) {
            *slot = true;
        }
    }
    found.iter().enumerate().filter(|(_, yes)| **yes).map(|(at, _)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_columns_count() {
        let found = |expr| columns(expr, &["a", "b", "lower"], Dialect::Postgres);
        assert_eq!(found("((a)::text = 'b'::text)"), [0]);
        assert_eq!(found("lower(b) > 'a'"), [1]);
        assert_eq!(found("\"a\" < A"), [0]);
        assert!(found("true").is_empty());
    }
}
