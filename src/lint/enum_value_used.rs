//! PostgreSQL refuses a label in the transaction that added it.

use super::statement::{Kind, Statement, TypeChange};
use super::{About, Hit, Rule, STATEMENT, Script};
use crate::model::Dialect;
use crate::sql::cursor::Cursor;
use crate::sql::lex::{TokenKind, tokens};

pub(super) const RULE: Rule =
    Rule { name: "enum-value-used", about: About::Failure, statement: Some(check), ..STATEMENT };

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    let Kind::AlterType { name, change: TypeChange::AddValue { label } } = &at.kind else { return };
    let Some(number) = at.transaction else { return };
    let quoted = format!("'{}'", label.replace('\'', "''"));
    let user = script
        .after(at)
        .filter(|later| later.transaction == Some(number))
        .find(|later| uses(script.text(&later.span), &quoted));
    if let Some(user) = user {
        hits.push(Hit::new(
            &user.head,
            format!("label {quoted} of {name} cannot be used in the transaction that adds it"),
            "uses the new label",
            "add the label in a migration before this one",
        ));
    }
}

/// A label in the body of a function is not used before somebody calls it.
fn uses(sql: &str, quoted: &str) -> bool {
    tokens(sql, Dialect::Postgres)
        .any(|token| token.kind == TokenKind::Text && token.text(sql) == quoted)
        && !Cursor::new(sql, Dialect::Postgres).is_words("alter type")
}
