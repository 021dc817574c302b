//! Columns of `CREATE TABLE` and their constraints.

use super::table::{check, deferrable, primary_key, references, unique};
use super::{group, on_conflict};
use crate::dialect::sqlite::types;
use crate::model::{
    Collation, Column, ColumnValue, Expr, GeneratedKind, Identity, IdentityMode, Options, QName,
    SequenceOptions, Table,
};
use crate::sql::cursor::Cursor;
use crate::sql::lex::TokenKind;

/// The words that end a column's type (SQLite's grammar takes everything else into it).
const CONSTRAINT_WORDS: &[&str] = &[
    "constraint",
    "primary",
    "not",
    "null",
    "unique",
    "check",
    "default",
    "collate",
    "references",
    "generated",
    "as",
    "deferrable",
    "on",
];

/// Reads one column and what is written behind it.
pub fn column(cursor: &mut Cursor<'_>, table: &mut Table) -> Option<()> {
    let name = cursor.name()?;
    let ty = types::parse(declared_type(cursor)?);
    let mut column = Column {
        name,
        ty,
        nullable: true,
        value: ColumnValue::None,
        collation: None,
        storage: None,
        compression: None,
        statistics: None,
        options: Options::new(),
        inherited: false,
        not_null_conflict: None,
        comment: None,
    };
    while !cursor.is_kind(TokenKind::Comma) && !cursor.is_kind(TokenKind::Close) {
        constraint(cursor, table, &mut column)?;
    }
    table.columns.push(column);
    Some(())
}

fn declared_type<'t>(cursor: &mut Cursor<'t>) -> Option<&'t str> {
    let start = cursor.position();
    let mut end = start;
    loop {
        let word = cursor.peek()?.kind;
        let takes = matches!(word, TokenKind::Word | TokenKind::QuotedName | TokenKind::Text);
        if !takes || CONSTRAINT_WORDS.iter().any(|w| cursor.is_word(w)) {
            break;
        }
        cursor.bump();
        end = cursor.last_end();
    }
    if end > start && cursor.is_kind(TokenKind::Open) {
        cursor.group()?;
        end = cursor.last_end();
    }
    Some(cursor.slice(start..end))
}

fn constraint(cursor: &mut Cursor<'_>, table: &mut Table, column: &mut Column) -> Option<()> {
    let name = if cursor.eat("constraint") { Some(cursor.name()?) } else { None };
    let columns = || vec![column.name.clone()];
    if cursor.eat_words("not null") {
        column.nullable = false;
        column.not_null_conflict = on_conflict(cursor);
    } else if cursor.eat("null") {
        on_conflict(cursor);
    } else if cursor.eat_words("primary key") {
        let descending = cursor.eat("desc");
        cursor.eat("asc");
        let conflict = on_conflict(cursor);
        let descending = if descending { vec![true] } else { Vec::new() };
        table.primary_key = Some(primary_key(name, columns(), descending, conflict));
        if cursor.eat("autoincrement") {
            set_autoincrement(column);
        }
    } else if cursor.eat("unique") {
        let mut unique = unique(name, columns());
        unique.on_conflict = on_conflict(cursor);
        table.uniques.push(unique);
    } else if cursor.eat("check") {
        table.checks.push(check(name, group(cursor)?));
        on_conflict(cursor);
    } else if cursor.eat("default") {
        column.value = ColumnValue::Default(default(cursor)?);
    } else if cursor.eat("collate") {
        let collation = cursor.name()?;
        // BINARY is every column's own.
        column.collation =
            (!collation.eq_ignore_ascii_case("binary")).then(|| Collation(QName::bare(collation)));
    } else if cursor.eat("references") {
        table.foreign_keys.push(references(cursor, name, columns())?);
    } else if cursor.eat_words("generated always as") || cursor.eat("as") {
        let expr = group(cursor)?;
        let kind = if cursor.eat("stored") {
            GeneratedKind::Stored
        } else {
            cursor.eat("virtual");
            GeneratedKind::Virtual
        };
        column.value = ColumnValue::Generated { expr, kind };
    } else if cursor.is_word("deferrable") || cursor.is_words("not deferrable") {
        let when = deferrable(cursor);
        table.foreign_keys.last_mut()?.deferrable = when;
    } else {
        // A name without a constraint is accepted by SQLite.
        name?;
    }
    Some(())
}

/// A literal, a signed number, a word, or an expression in parentheses (taken off).
fn default(cursor: &mut Cursor<'_>) -> Option<Expr> {
    if cursor.is_kind(TokenKind::Open) {
        return group(cursor);
    }
    let start = cursor.position();
    let _ = cursor.eat_operator("-") || cursor.eat_operator("+");
    cursor.bump()?;
    let text = cursor.slice(start..cursor.last_end());
    Some(Expr::new(text))
}

/// `AUTOINCREMENT` of a key written behind the columns.
pub fn autoincrement(table: &mut Table, name: &str) {
    let column = table.columns.iter_mut().find(|c| c.name.eq_ignore_ascii_case(name));
    if let Some(column) = column {
        set_autoincrement(column);
    }
}

fn set_autoincrement(column: &mut Column) {
    column.value = ColumnValue::Identity(Identity {
        mode: IdentityMode::Autoincrement,
        sequence: None,
        options: SequenceOptions::default(),
    });
}

/// The type as declared.
pub fn declared(column: &Column) -> String {
    types::render(&column.ty)
}
