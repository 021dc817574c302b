//! Reads the CREATE statements SQLite keeps in `sqlite_schema`.
//!
//! SQLite stores what the user wrote, normalised only in its first words (schematab.html), and
//! changes it consistently in ALTER TABLE. So the text says everything; what the pragmas tell is
//! less. Each reader returns `None` for what it does not understand: the object is then left
//! alone and reported.

mod column;
mod index;
mod table;

pub(super) use index::index;
pub(super) use table::table;

use crate::model::{Dialect, Expr, OnConflict, Options, QName, View, ViewKind};
use crate::sql::cursor::Cursor;
use crate::sql::lex::TokenKind;
use std::collections::BTreeMap;

/// Reads `CREATE VIEW`.
pub(super) fn view(name: &str, sql: &str) -> Option<View> {
    let mut cursor = Cursor::new(sql, Dialect::Sqlite);
    cursor.eat("create").then_some(())?;
    cursor.eat("view").then_some(())?;
    cursor.dotted()?;
    let columns = if cursor.is_kind(TokenKind::Open) { names(&mut cursor)? } else { Vec::new() };
    cursor.eat("as").then_some(())?;
    let query = rest(&mut cursor);
    Some(View {
        name: QName::bare(name),
        kind: ViewKind::View,
        columns,
        query: query.to_owned(),
        options: Options::new(),
        column_defaults: BTreeMap::new(),
        column_comments: BTreeMap::new(),
        indexes: Vec::new(),
        tablespace: None,
        access_method: None,
        comment: None,
    })
}

/// Everything up to the last token: a comment behind it would swallow what is written after.
fn rest<'t>(cursor: &mut Cursor<'t>) -> &'t str {
    let start = cursor.position();
    let mut end = start;
    while let Some(token) = cursor.bump() {
        if token.kind != TokenKind::Semicolon {
            end = token.span.end;
        }
    }
    cursor.slice(start..end)
}

/// `(a, b, c)`.
fn names(cursor: &mut Cursor<'_>) -> Option<Vec<String>> {
    cursor.eat_kind(TokenKind::Open).then_some(())?;
    let mut names = vec![cursor.name()?];
    while cursor.eat_kind(TokenKind::Comma) {
        names.push(cursor.name()?);
    }
    cursor.eat_kind(TokenKind::Close).then_some(names)
}

/// What stands in a group, trimmed.
fn group(cursor: &mut Cursor<'_>) -> Option<Expr> {
    let span = cursor.group()?;
    Some(Expr::new(cursor.slice(span)))
}

/// `ON CONFLICT …`; `ABORT` is what happens without it.
fn on_conflict(cursor: &mut Cursor<'_>) -> Option<OnConflict> {
    if !cursor.eat_words("on conflict") {
        return None;
    }
    let word = cursor.name()?.to_ascii_lowercase();
    match word.as_str() {
        "rollback" => Some(OnConflict::Rollback),
        "fail" => Some(OnConflict::Fail),
        "ignore" => Some(OnConflict::Ignore),
        "replace" => Some(OnConflict::Replace),
        _ => None,
    }
}
