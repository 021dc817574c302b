//! Values as libpq takes and gives them, in text.

use super::libpq::PgResult;
use super::session::plain;
use crate::database::{DatabaseError, Value};
use std::ffi::CString;

/// libpq counts characters from 1; we count bytes from 0.
pub(super) fn byte_offset(sql: &str, position: usize) -> usize {
    sql.char_indices().nth(position.saturating_sub(1)).map_or(sql.len(), |(at, _)| at)
}

pub(super) fn bind_text(value: &Value) -> Result<Option<CString>, DatabaseError> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::Bool(true) => "t".to_owned(),
        Value::Bool(false) => "f".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) if number.is_infinite() && *number > 0.0 => "Infinity".to_owned(),
        Value::Real(number) if number.is_infinite() => "-Infinity".to_owned(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => {
            let mut text = String::with_capacity(2 + 2 * bytes.len());
            text.push_str("\\x");
            for byte in bytes {
                text.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
                text.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
            }
            text
        }
    };
    CString::new(text)
        .map(Some)
        .map_err(|_| plain("a value contains a NUL byte, which PostgreSQL cannot store in text"))
}

/// Booleans and integers as such; everything else in the server's own text, so that nothing of a
/// numeric or a timestamp is lost.
pub(super) fn cell(bytes: Option<&[u8]>, oid: u32) -> Value {
    let Some(bytes) = bytes else { return Value::Null };
    let text = String::from_utf8_lossy(bytes);
    match oid {
        16 => Value::Bool(text == "t"),
        20 | 21 | 23 | 26 => text.parse().map_or_else(|_| Value::Text(text.into()), Value::Integer),
        _ => Value::Text(text.into_owned()),
    }
}

/// Rows changed; a SELECT changes none, though its command tag counts rows.
pub(super) fn affected(result: &PgResult) -> u64 {
    let tag = result.command();
    let mut words = tag.split(' ');
    match words.next() {
        Some("INSERT" | "UPDATE" | "DELETE" | "MERGE" | "COPY") => {
            words.next_back().and_then(|count| count.parse().ok()).unwrap_or(0)
        }
        _ => 0,
    }
}

/// Names of common built-in types by OID, as `format_type` spells them (src/include/catalog/
/// pg_type.dat; these numbers never change).
pub(super) fn builtin_type(oid: u32) -> Option<&'static str> {
    Some(match oid {
        16 => "boolean",
        17 => "bytea",
        18 => "\"char\"",
        19 => "name",
        20 => "bigint",
        21 => "smallint",
        23 => "integer",
        25 => "text",
        26 => "oid",
        114 => "json",
        142 => "xml",
        600 => "point",
        650 => "cidr",
        700 => "real",
        701 => "double precision",
        705 => "unknown",
        790 => "money",
        829 => "macaddr",
        869 => "inet",
        1000 => "boolean[]",
        1005 => "smallint[]",
        1007 => "integer[]",
        1009 => "text[]",
        1015 => "character varying[]",
        1016 => "bigint[]",
        1042 => "character",
        1043 => "character varying",
        1082 => "date",
        1083 => "time without time zone",
        1114 => "timestamp without time zone",
        1184 => "timestamp with time zone",
        1186 => "interval",
        1266 => "time with time zone",
        1560 => "bit",
        1562 => "bit varying",
        1700 => "numeric",
        2278 => "void",
        2950 => "uuid",
        3802 => "jsonb",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_bytes_from_zero() {
        assert_eq!(byte_offset("é x", 3), 3);
        assert_eq!(byte_offset("ab", 1), 0);
        assert_eq!(byte_offset("ab", 9), 2);
    }

    #[test]
    fn blobs_travel_as_hex() {
        let text = bind_text(&Value::Blob(vec![0, 255])).ok().flatten();
        assert_eq!(text.as_deref(), Some(c"\\x00ff"));
    }
}
