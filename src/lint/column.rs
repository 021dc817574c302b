//! The definition of a column in CREATE TABLE and ADD COLUMN.

use super::statement::ColumnDef;
use crate::sql::cursor::Cursor;
use crate::sql::lex::TokenKind;

/// Words behind a column's type.
const BEHIND: [&str; 15] = [
    "collate",
    "constraint",
    "not",
    "null",
    "check",
    "default",
    "generated",
    "unique",
    "primary",
    "references",
    "storage",
    "compression",
    "as",
    "options",
    "on",
];

fn is_behind(c: &Cursor<'_>) -> bool {
    c.is_kind(TokenKind::Comma)
        || c.is_kind(TokenKind::Semicolon)
        || BEHIND.iter().any(|word| c.is_word(word))
}

/// Reads a column up to the comma behind it.
pub(super) fn read(c: &mut Cursor<'_>) -> Option<ColumnDef> {
    let start = c.position();
    let name = c.name()?;
    let ty_span = c.until(is_behind);
    let written = c.slice(ty_span.clone());
    let (ty, modified, array) = type_words(written, c);
    let mut column = ColumnDef {
        name,
        span: start..start,
        ty,
        modified,
        array,
        ty_span,
        not_null: false,
        default: None,
        identity: false,
        stored: false,
        primary_key: false,
        unique: false,
        references: false,
        check: false,
    };
    while !c.is_done() && !c.is_kind(TokenKind::Comma) && !c.is_kind(TokenKind::Semicolon) {
        if c.is_kind(TokenKind::Close) {
            break;
        }
        constraint(c, &mut column);
    }
    column.span = start..c.last_end().max(start);
    Some(column)
}

fn constraint(c: &mut Cursor<'_>, column: &mut ColumnDef) {
    if c.eat_words("not null") {
        column.not_null = true;
    } else if c.eat("default") {
        let begin = c.position();
        // The first word belongs to the value, whatever it is: DEFAULT NULL.
        if !c.is_kind(TokenKind::Open) {
            c.bump();
        }
        c.until(is_behind);
        column.default = Some(begin..c.last_end().max(begin));
    } else if c.eat("generated") {
        while c.is_kind(TokenKind::Word) && !c.is_word("as") {
            c.bump();
        }
        c.eat("as");
        if c.eat("identity") {
            column.identity = true;
            c.group();
        } else {
            c.group();
            column.stored = c.eat("stored");
            c.eat("virtual");
        }
    } else if c.eat_words("primary key") {
        column.primary_key = true;
    } else if c.eat("unique") {
        column.unique = true;
    } else if c.eat("references") {
        column.references = true;
    } else if c.eat("check") {
        column.check = true;
        c.group();
    } else if c.is_kind(TokenKind::Open) {
        c.group();
    } else {
        c.bump();
    }
}

/// The type's words in lower case, whether it has a modifier, whether it is an array.
fn type_words(written: &str, c: &Cursor<'_>) -> (String, bool, bool) {
    let mut cursor = Cursor::new(written, c.dialect);
    let mut words = Vec::new();
    let (mut modified, mut array) = (false, false);
    while let Some(token) = cursor.peek().cloned() {
        match token.kind {
            TokenKind::Open => {
                modified = true;
                if cursor.group().is_none() {
                    break;
                }
                continue;
            }
            TokenKind::Word if token.is_word(written, "array") => array = true,
            TokenKind::Word | TokenKind::QuotedName => {
                words.push(token.text(written).to_ascii_lowercase());
            }
            TokenKind::OpenBracket => array = true,
            TokenKind::Dot => {
                words.clear();
            }
            _ => {}
        }
        cursor.bump();
    }
    (words.join(" "), modified, array)
}

/// Functions whose value is the same for all rows of a statement.
const STEADY: [&str; 24] = [
    "now",
    "transaction_timestamp",
    "statement_timestamp",
    "current_setting",
    "current_database",
    "current_schema",
    "array",
    "row",
    "coalesce",
    "nullif",
    "greatest",
    "least",
    "cast",
    "timezone",
    "date_trunc",
    "to_char",
    "to_date",
    "make_interval",
    "jsonb_build_object",
    "jsonb_build_array",
    "json_build_object",
    "lower",
    "upper",
    "numeric",
];

/// The first function in a default that may give each row another value.
pub(super) fn unsteady(default: &str, dialect: crate::model::Dialect) -> Option<&str> {
    let tokens: Vec<_> =
        crate::sql::lex::tokens(default, dialect).filter(|token| !token.is_trivia()).collect();
    let mut cast = false;
    for pair in tokens.windows(2) {
        let [token, next] = pair else { continue };
        if token.kind == TokenKind::Operator {
            cast = token.text(default) == "::";
            continue;
        }
        let call = token.kind == TokenKind::Word && next.kind == TokenKind::Open;
        // Behind a cast stands a type: `'x'::varchar(3)`.
        if call && !cast {
            let name = token.text(default).to_ascii_lowercase();
            if !STEADY.contains(&name.as_str()) {
                return Some(token.text(default));
            }
        }
        cast = cast && token.kind == TokenKind::Word;
    }
    None
}
