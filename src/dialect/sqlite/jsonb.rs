//! SQLite's binary form of JSON (sqlite.org/jsonb.html), in which Diesel keeps a `Jsonb`: an element
//! is a header, kind and size, and then its text or the elements in it.

use serde_json::Value as Json;

const NULL: u8 = 0;
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const INTEGER: u8 = 3;
const HEXADECIMAL: u8 = 4;
const FLOAT: u8 = 5;
const LOOSE_FLOAT: u8 = 6;
const TEXT: u8 = 7;
const ESCAPED: u8 = 8;
const RAW: u8 = 10;
const ARRAY: u8 = 11;
const OBJECT: u8 = 12;

/// SQLite's own bound (json.c, `JSON_MAX_DEPTH`).
const DEEPEST: usize = 1000;

/// The bytes of a value.
#[must_use]
pub fn encode(json: &Json) -> Vec<u8> {
    let mut out = Vec::new();
    write(json, &mut out);
    out
}

fn write(json: &Json, out: &mut Vec<u8>) {
    match json {
        Json::Null => element(NULL, &[], out),
        Json::Bool(true) => element(TRUE, &[], out),
        Json::Bool(false) => element(FALSE, &[], out),
        Json::Number(number) => {
            let text = number.to_string();
            let whole = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
            element(if whole { INTEGER } else { FLOAT }, text.as_bytes(), out);
        }
        Json::String(text) => string(text, out),
        Json::Array(items) => {
            let mut inside = Vec::new();
            items.iter().for_each(|item| write(item, &mut inside));
            element(ARRAY, &inside, out);
        }
        Json::Object(fields) => {
            let mut inside = Vec::new();
            for (name, value) in fields {
                string(name, &mut inside);
                write(value, &mut inside);
            }
            element(OBJECT, &inside, out);
        }
    }
}

fn string(text: &str, out: &mut Vec<u8>) {
    let quoted = Json::from(text).to_string();
    let inside = quoted.trim_start_matches('"');
    let inside = inside.strip_suffix('"').unwrap_or(inside);
    if inside == text {
        element(TEXT, text.as_bytes(), out);
    } else {
        element(RAW, text.as_bytes(), out);
    }
}

fn element(kind: u8, inside: &[u8], out: &mut Vec<u8>) {
    let size = inside.len();
    match (u8::try_from(size), u16::try_from(size), u32::try_from(size)) {
        (Ok(size), ..) if size <= 11 => out.push(kind | size << 4),
        (Ok(size), ..) => out.extend_from_slice(&[kind | 12 << 4, size]),
        (_, Ok(size), _) => {
            out.push(kind | 13 << 4);
            out.extend_from_slice(&size.to_be_bytes());
        }
        (_, _, Ok(size)) => {
            out.push(kind | 14 << 4);
            out.extend_from_slice(&size.to_be_bytes());
        }
        _ => {
            out.push(kind | 15 << 4);
            out.extend_from_slice(&(size as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(inside);
}

/// The JSON text of such bytes, numbers as they stand in them; `None` when they are anything else.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<String> {
    let mut out = String::new();
    read(bytes, &mut out, 0)?.is_empty().then_some(out)
}

/// Writes the first element and returns what is behind it.
fn read<'b>(bytes: &'b [u8], out: &mut String, depth: usize) -> Option<&'b [u8]> {
    let (kind, mut inside, rest) = split(bytes)?;
    if depth > DEEPEST {
        return None;
    }
    match kind {
        NULL => out.push_str("null"),
        TRUE => out.push_str("true"),
        FALSE => out.push_str("false"),
        INTEGER | FLOAT => {
            let text = std::str::from_utf8(inside).ok()?;
            let digits = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
            (digits && serde_json::from_str::<Json>(text).is_ok_and(|json| json.is_number()))
                .then(|| out.push_str(text))?;
        }
        // What SQLite makes of JSON5, which is no JSON.
        HEXADECIMAL => out.push_str(&hexadecimal(std::str::from_utf8(inside).ok()?)?.to_string()),
        LOOSE_FLOAT => {
            let number = std::str::from_utf8(inside).ok()?.parse().ok()?;
            out.push_str(&serde_json::Number::from_f64(number)?.to_string());
        }
        TEXT | ESCAPED | RAW => text(kind, inside, out)?,
        ARRAY => {
            out.push('[');
            while !inside.is_empty() {
                inside = read(inside, out, depth + 1)?;
                if !inside.is_empty() {
                    out.push(',');
                }
            }
            out.push(']');
        }
        OBJECT => {
            out.push('{');
            while !inside.is_empty() {
                let (kind, name, value) = split(inside)?;
                text(kind, name, out)?;
                out.push(':');
                inside = read(value, out, depth + 1)?;
                if !inside.is_empty() {
                    out.push(',');
                }
            }
            out.push('}');
        }
        _ => return None,
    }
    Some(rest)
}

/// Kind and content of the first element, and what is behind it.
fn split(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let digits = match first >> 4 {
        size @ 0..=11 => {
            let (inside, rest) = rest.split_at_checked(size.into())?;
            return Some((first & 15, inside, rest));
        }
        12 => 1,
        13 => 2,
        14 => 4,
        _ => 8,
    };
    let (digits, rest) = rest.split_at_checked(digits)?;
    let size = digits.iter().fold(0u64, |size, digit| size << 8 | u64::from(*digit));
    let (inside, rest) = rest.split_at_checked(usize::try_from(size).ok()?)?;
    Some((first & 15, inside, rest))
}

fn text(kind: u8, inside: &[u8], out: &mut String) -> Option<()> {
    let inside = std::str::from_utf8(inside).ok()?;
    match kind {
        RAW => out.push_str(&Json::from(inside).to_string()),
        TEXT | ESCAPED => {
            let quoted = format!("\"{inside}\"");
            // A quotation mark in it would end it.
            serde_json::from_str::<String>(&quoted).ok()?;
            out.push_str(&quoted);
        }
        _ => return None,
    }
    Some(())
}

fn hexadecimal(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.trim_start_matches('+')),
    };
    let digits = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"))?;
    Some(sign * i128::from(u64::from_str_radix(digits, 16).ok()?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    const DOCUMENTS: &[&str] = &[
        "null",
        "true",
        "false",
        "-12345678901234567890123",
        "1.50",
        "6.02e23",
        "\"\"",
        "\"a \\\"quoted\\\" word,\\n a \\u00e9 and 漢\"",
        "[]",
        "{}",
        "[1,[2,[3,{}]],\"x\"]",
        "{\"a\":1,\"a \\\"b\\\"\":{\"c\":[null,true]},\"long\":\"0123456789012345678901234567890\"}",
    ];

    #[test]
    fn sqlite_reads_what_is_written_here() {
        let sqlite = Connection::open_in_memory().unwrap();
        let long = format!("[{}0]", "\"0123456789\",".repeat(7000));
        for document in DOCUMENTS.iter().copied().chain([long.as_str()]) {
            let json: Json = serde_json::from_str(document).unwrap();
            let read: String = sqlite
                .query_row("SELECT json(?1) WHERE json_valid(?1, 8)", [encode(&json)], |row| {
                    row.get(0)
                })
                .unwrap();
            assert_eq!(serde_json::from_str::<Json>(&read).unwrap(), json);
            assert_eq!(
                serde_json::from_str::<Json>(&decode(&encode(&json)).unwrap()).unwrap(),
                json
            );
        }
    }

    #[test]
    fn what_sqlite_writes_is_read_here() {
        let sqlite = Connection::open_in_memory().unwrap();
        let loose = ["{a: 0x1F, 'b': -0x2, c: .5, d: +1}"];
        for document in DOCUMENTS.iter().chain(&loose) {
            let (bytes, text): (Vec<u8>, String) = sqlite
                .query_row("SELECT jsonb(?1), json(jsonb(?1))", [document], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .unwrap();
            let json: Json = serde_json::from_str(&text).unwrap();
            assert_eq!(serde_json::from_str::<Json>(&decode(&bytes).unwrap()).unwrap(), json);
        }
    }

    #[test]
    fn other_bytes_are_not_taken_for_json() {
        let deep = [ARRAY | 15 << 4, 0, 0, 0, 0, 0, 0, 0, 0].repeat(5000);
        for bytes in [
            &b""[..],
            b"text",
            &[0x17],
            &[0x00, 0x00],
            &[0x1b, 0xff],
            &[0x27, b'a', b'"'],
            &[0x13, b'x'],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &deep,
        ] {
            assert_eq!(decode(bytes), None, "{bytes:?}");
        }
        // Each holds the next one.
        let mut nested = Vec::new();
        for _ in 0..3000 {
            let inside = std::mem::take(&mut nested);
            element(ARRAY, &inside, &mut nested);
        }
        assert_eq!(decode(&nested), None);
    }
}
