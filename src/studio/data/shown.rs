//! A statement as a person reads it: its values in their places.

use super::cell::hex;
use crate::database::Value;
use crate::dialect::{postgres, sqlite};
use crate::model::Dialect;
use crate::sql::lex::{TokenKind, tokens};

/// A value as SQL spells it.
pub fn literal(value: &Value, dialect: Dialect) -> String {
    match (value, dialect) {
        (Value::Null, _) => "NULL".to_owned(),
        (Value::Bool(true), Dialect::Postgres) => "TRUE".to_owned(),
        (Value::Bool(false), Dialect::Postgres) => "FALSE".to_owned(),
        (Value::Bool(value), Dialect::Sqlite) => i64::from(*value).to_string(),
        (Value::Integer(number), _) => number.to_string(),
        (Value::Real(number), Dialect::Sqlite) if number.is_infinite() => {
            if *number > 0.0 { "9e999" } else { "-9e999" }.to_owned()
        }
        (Value::Real(number), _) if number.is_finite() => format!("{number:?}"),
        (Value::Real(number), _) => format!("'{number}'"),
        (Value::Text(text), Dialect::Postgres) => postgres::quote::literal(text),
        // SQLite reads a statement up to its first NUL character.
        (Value::Text(text), Dialect::Sqlite) if text.contains('\0') => {
            format!("CAST(X'{}' AS TEXT)", hex(text.as_bytes()))
        }
        (Value::Text(text), Dialect::Sqlite) => sqlite::quote::literal(text),
        (Value::Blob(bytes), Dialect::Postgres) => format!("'\\x{}'", hex(bytes)),
        (Value::Blob(bytes), Dialect::Sqlite) => format!("X'{}'", hex(bytes)),
    }
}

/// The statement with literals for its placeholders.
pub fn inline(sql: &str, binds: &[Value], dialect: Dialect) -> String {
    let mut out = String::with_capacity(sql.len());
    for token in tokens(sql, dialect) {
        let text = token.text(sql);
        let number = text.get(1..).and_then(|number| number.parse::<usize>().ok());
        let bind = number.and_then(|number| binds.get(number.checked_sub(1)?));
        match bind.filter(|_| token.kind == TokenKind::Parameter) {
            Some(value) => out.push_str(&literal(value, dialect)),
            None => out.push_str(text),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_where_they_go() {
        let binds = [Value::Text("it's $2".to_owned()), Value::Integer(7)];
        let sql = "SELECT '$1' FROM t WHERE a = $1 AND b = $2 AND c = $1";
        assert_eq!(
            inline(sql, &binds, Dialect::Postgres),
            "SELECT '$1' FROM t WHERE a = 'it''s $2' AND b = 7 AND c = 'it''s $2'"
        );
        assert_eq!(inline("a = ?2", &binds, Dialect::Sqlite), "a = 7");
    }
}
