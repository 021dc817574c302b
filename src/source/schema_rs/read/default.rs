//! Defaults whose shape cannot be right: the commonest slip is a text without its own quotes.

use super::super::ast::Span;
use super::mistakes::Mistakes;
use crate::model::{DataType, Dialect, TypeName};
use crate::sql::lex::{Token, TokenKind, tokens};
use dbkit_syntax::nearest;

/// Words that are values by themselves on PostgreSQL (manual, "Boolean Type", "Current Date/Time",
/// "Session Information Functions"); any other lone word would be a column, which a default cannot
/// mention.
const VALUES: &[&str] = &[
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "false",
    "localtime",
    "localtimestamp",
    "null",
    "session_user",
    "system_user",
    "true",
    "user",
];

/// Reports a default that is one lone literal or word and cannot be a value of the type. Anything
/// longer is an expression, which only the database can judge.
pub fn check(
    expr: &str,
    span: &Span,
    ty: &DataType,
    labels: Option<&[String]>,
    dialect: Dialect,
    mistakes: &mut Mistakes,
) {
    let all: Vec<Token> = tokens(expr, dialect).filter(|token| !token.is_trivia()).collect();
    // `'x'` and `'x'::some_type`
    let (first, lone) = match all.as_slice() {
        [first] => (first, true),
        [first, cast, ..] if cast.text(expr) == "::" => (first, false),
        _ => return,
    };
    let written = first.text(expr);
    match first.kind {
        TokenKind::Text => {
            let Some(text) = plain(written) else { return };
            if let Some(labels) = labels {
                label(&text, span, labels, mistakes);
            } else if lone && dialect == Dialect::Postgres && !ty.array {
                literal(&text, span, ty, mistakes);
            }
        }
        TokenKind::Word
            if lone
                && dialect == Dialect::Postgres
                && !VALUES.contains(&written.to_ascii_lowercase().as_str()) =>
        {
            mistakes
                .add("wrong-default", span, format!("`{written}` is a name, not a value"))
                .help(format!(
                    "for the text write #[default = \"'{written}'\"], for a call {written}()"
                ));
        }
        TokenKind::Number if lone && dialect == Dialect::Postgres => {
            if let Some(example) = needs_quotes(ty) {
                mistakes
                    .add("wrong-default", span, format!("{written} is a number, the column is not"))
                    .help(format!("write {example}"));
            }
        }
        _ => {}
    }
}

/// The value of `'…'` without escapes; `None` for `E'…'` and the like.
fn plain(written: &str) -> Option<String> {
    let inner = written.strip_prefix('\'')?.strip_suffix('\'')?;
    Some(inner.replace("''", "'"))
}

fn label(text: &str, span: &Span, labels: &[String], mistakes: &mut Mistakes) {
    if labels.iter().any(|label| label == text) {
        return;
    }
    let near = nearest(text, labels.iter().map(String::as_str));
    mistakes.add("wrong-default", span, format!("the enum has no label '{text}'")).help(
        match near {
            Some(near) => format!("did you mean '{near}'?"),
            None => format!("there is: '{}'", labels.join("', '")),
        },
    );
}

/// PostgreSQL reads a lone literal as the column's type when the column is made.
fn literal(text: &str, span: &Span, ty: &DataType, mistakes: &mut Mistakes) {
    let TypeName::Builtin(name) = &ty.name else { return };
    let trimmed = text.trim();
    let (fits, help) = match name.as_str() {
        "smallint" | "integer" | "bigint" => {
            (integer(trimmed), "write a whole number: #[default = \"0\"]")
        }
        "boolean" => (boolean(trimmed), "write #[default = \"true\"] or #[default = \"false\"]"),
        "uuid" => (
            trimmed.chars().filter(char::is_ascii_hexdigit).count() == 32,
            "write #[default = \"gen_random_uuid()\"], or 32 hexadecimal digits",
        ),
        _ => return,
    };
    if !fits {
        mistakes.add("wrong-default", span, format!("'{text}' is no {name}")).help(help);
    }
}

/// Newer servers take `0x1f` and `1_000`, too.
fn integer(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit())
}

/// Any beginning of true, false, yes, no; on, of, off; 1 and 0.
fn boolean(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    !text.is_empty()
        && (["true", "false", "yes", "no"].iter().any(|word| word.starts_with(&text))
            || matches!(text.as_str(), "on" | "of" | "off" | "1" | "0"))
}

/// Types that PostgreSQL makes no number into, and how a default of theirs is written.
fn needs_quotes(ty: &DataType) -> Option<&'static str> {
    let TypeName::Builtin(name) = &ty.name else { return None };
    if ty.array {
        return Some("#[default = \"'{}'\"]");
    }
    Some(match name.as_str() {
        "boolean" => "#[default = \"true\"] or #[default = \"false\"]",
        "uuid" => "#[default = \"gen_random_uuid()\"]",
        "json" | "jsonb" => "#[default = \"'{}'\"]",
        "bytea" => "#[default = \"'\\\\x00'\"]",
        "date" => "#[default = \"'2000-01-31'\"] or #[default = \"current_date\"]",
        "timestamp without time zone" | "timestamp with time zone" => {
            "#[default = \"'2000-01-31 12:00'\"] or #[default = \"now()\"]"
        }
        _ => return None,
    })
}
