//! `[CONSTRAINT name] CHECK (…) | UNIQUE (…) | PRIMARY KEY … | FOREIGN KEY … | EXCLUDE …`.

use super::statement::{ConstraintDef, ConstraintKind};
use crate::sql::cursor::Cursor;
use crate::sql::lex::TokenKind;

/// Reads a table's constraint; takes nothing where there is none.
pub(super) fn read(c: &mut Cursor<'_>) -> Option<ConstraintDef> {
    let (mark, start) = (c.mark(), c.position());
    let name = if c.eat("constraint") { c.name() } else { None };
    let Some(kind) = kind(c) else {
        c.rewind(mark);
        return None;
    };
    let mut not_valid = false;
    c.until(|c| {
        c.is_kind(TokenKind::Comma) || c.is_kind(TokenKind::Semicolon) || c.is_words("not valid")
    });
    if c.eat_words("not valid") {
        not_valid = true;
    }
    Some(ConstraintDef { name, span: start..c.last_end().max(start), kind, not_valid })
}

fn kind(c: &mut Cursor<'_>) -> Option<ConstraintKind> {
    if c.eat("check") {
        let inside = c.group()?;
        let mut condition = Cursor::new(c.slice(inside), c.dialect);
        while condition.is_kind(TokenKind::Open) {
            condition.bump();
        }
        let column = condition.name();
        let not_null = column.filter(|_| condition.is_words("is not null"));
        return Some(ConstraintKind::Check { not_null });
    }
    if c.eat_words("foreign key") {
        return Some(ConstraintKind::ForeignKey);
    }
    if c.eat_words("primary key") {
        return Some(ConstraintKind::PrimaryKey { using_index: c.is_words("using index") });
    }
    if c.eat("unique") {
        return Some(ConstraintKind::Unique { using_index: c.is_words("using index") });
    }
    if c.eat("exclude") {
        return Some(ConstraintKind::Exclude);
    }
    // PostgreSQL 18: ADD CONSTRAINT name NOT NULL column [NOT VALID].
    c.eat_words("not null").then_some(ConstraintKind::NotNull)
}
