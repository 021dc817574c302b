//! A value as written in, the value to bind out.

use super::kind::Kind;
use super::read::Given;
use crate::database::Value;
use crate::dialect::sqlite::jsonb;
use crate::model::Dialect;

/// The value for a column of that kind.
///
/// # Errors
/// What is wrong with it, for the person who wrote it.
pub(super) fn convert(given: &Given, kind: &Kind, dialect: Dialect) -> Result<Value, String> {
    let mismatch = || format!("{} here, but the column takes {}", describe(given), kind.wants());
    if *given == Given::Null {
        return Ok(Value::Null);
    }
    if dialect == Dialect::Postgres && holds_nul(given) {
        return Err("PostgreSQL cannot store a NUL character".to_owned());
    }
    match (kind, given) {
        (_, Given::Raw(text)) => raw(text, kind, dialect),
        (_, Given::Bytes(bytes)) => content(bytes, kind, dialect),
        (Kind::Bool, Given::Bool(value)) => Ok(Value::Bool(*value)),
        (Kind::Integer { min, max }, Given::Integer(number)) => {
            if (min..=max).contains(&number) {
                Ok(Value::Integer(*number))
            } else {
                Err(format!("{number} is out of range: the column takes {min} to {max}"))
            }
        }
        (Kind::Float, Given::Integer(number)) => float(&number.to_string(), dialect),
        (Kind::Float, Given::Float(text)) => float(text, dialect),
        (Kind::Numeric, Given::Integer(number)) => Ok(Value::Text(number.to_string())),
        (Kind::Numeric, Given::Float(text)) if is_finite(text) => Ok(Value::Text(text.clone())),
        (Kind::Numeric, Given::Text(text)) if is_decimal(text) => Ok(Value::Text(text.clone())),
        (Kind::Text { max }, Given::Text(text)) => match max {
            Some(max) if text.chars().count() > *max => {
                let length = text.chars().count();
                Err(format!("{length} characters, but the column takes at most {max}"))
            }
            _ => Ok(Value::Text(text.clone())),
        },
        // Lists and maps are JSON text where the database has no type for them.
        (Kind::Text { .. } | Kind::Other, Given::List(_) | Given::Map(_))
            if dialect == Dialect::Sqlite =>
        {
            json(given).map(|json| Value::Text(json.to_string()))
        }
        (Kind::Enum(labels), Given::Text(text)) => {
            if labels.contains(text) {
                return Ok(Value::Text(text.clone()));
            }
            let nearest = dbkit_syntax::nearest(text, labels.iter().map(String::as_str));
            let hint = nearest.map(|label| format!("; did you mean {label:?}?"));
            Err(format!("{text:?} is not {}{}", kind.wants(), hint.unwrap_or_default()))
        }
        (Kind::Json, _) => json(given).map(|json| Value::Text(json.to_string())),
        (Kind::Array(inner), Given::List(items)) => array(items, inner, dialect).map(Value::Text),
        (Kind::Timestamp | Kind::TimestampZoned | Kind::Date | Kind::Time, Given::Time(time)) => {
            let fits = match kind {
                Kind::Timestamp => {
                    time.date.is_some() && time.time.is_some() && time.offset.is_none()
                }
                Kind::TimestampZoned => {
                    time.date.is_some() && time.time.is_some() && time.offset.is_some()
                }
                Kind::Date => time.date.is_some() && time.time.is_none(),
                _ => time.date.is_none() && time.time.is_some() && time.offset.is_none(),
            };
            // A missing or ignored offset would make the value depend on the session's time zone.
            if fits { Ok(Value::Text(time_text(time))) } else { Err(mismatch()) }
        }
        (Kind::Timestamp | Kind::TimestampZoned | Kind::Date | Kind::Time, Given::Text(text)) => {
            time(text, kind, dialect)
        }
        (Kind::Uuid, Given::Text(text)) => match uuid::Uuid::try_parse(text) {
            Ok(_) => Ok(Value::Text(text.clone())),
            Err(_) => Err(format!("{text:?} is no UUID")),
        },
        (Kind::Other, Given::Text(text)) => Ok(Value::Text(text.clone())),
        // A column of bytes is where JSON is, too, when nothing says what the bytes are.
        (Kind::Bytes, Given::List(_) | Given::Map(_)) if dialect == Dialect::Sqlite => {
            json(given).map(|json| Value::Blob(jsonb::encode(&json)))
        }
        (Kind::Bytes, Given::Text(text)) if dialect == Dialect::Postgres => {
            Ok(Value::Text(text.clone()))
        }
        (Kind::Bytes, Given::Text(text)) => Ok(match text.strip_prefix("\\x").and_then(hex) {
            Some(bytes) => Value::Blob(bytes),
            None => Value::Blob(text.clone().into_bytes()),
        }),
        (Kind::Other, Given::Integer(number)) => Ok(Value::Integer(*number)),
        (Kind::Other, Given::Float(text)) => float(text, dialect),
        (Kind::Other, Given::Bool(value)) => Ok(Value::Bool(*value)),
        _ => Err(mismatch()),
    }
}

/// A field of a CSV file or a variable: the column says what it means.
fn raw(text: &str, kind: &Kind, dialect: Dialect) -> Result<Value, String> {
    let wants = || format!("{text:?} here, but the column takes {}", kind.wants());
    let word = text.trim();
    let given = match kind {
        Kind::Bool => match word.to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "on" | "1" => Given::Bool(true),
            "false" | "f" | "no" | "n" | "off" | "0" => Given::Bool(false),
            _ => return Err(wants()),
        },
        Kind::Integer { .. } => Given::Integer(word.parse().map_err(|_| wants())?),
        Kind::Float if word.parse::<f64>().is_ok() => Given::Float(word.to_owned()),
        Kind::Numeric if is_finite(word) => Given::Float(word.to_owned()),
        Kind::Float | Kind::Numeric => return Err(wants()),
        Kind::Json => {
            let json: serde_json::Value =
                serde_json::from_str(text).map_err(|error| format!("this is not JSON: {error}"))?;
            return Ok(Value::Text(json.to_string()));
        }
        Kind::Array(_) if word.starts_with('{') => return Ok(Value::Text(text.to_owned())),
        Kind::Array(_) => {
            let json: serde_json::Value = serde_json::from_str(word).map_err(|_| wants())?;
            from_json(&json)
        }
        Kind::Other if dialect == Dialect::Sqlite => match word.parse() {
            Ok(number) => Given::Integer(number),
            Err(_) => Given::Text(text.to_owned()),
        },
        _ => Given::Text(text.to_owned()),
    };
    convert(&given, kind, dialect)
}

fn from_json(json: &serde_json::Value) -> Given {
    use serde_json::Value as Json;
    match json {
        Json::Null => Given::Null,
        Json::Bool(value) => Given::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Given::Integer(number),
            None => Given::Float(number.to_string()),
        },
        Json::String(text) => Given::Text(text.clone()),
        Json::Array(items) => Given::List(items.iter().map(from_json).collect()),
        Json::Object(entries) => {
            Given::Map(entries.iter().map(|(key, value)| (key.clone(), from_json(value))).collect())
        }
    }
}

/// A file's content.
fn content(bytes: &[u8], kind: &Kind, dialect: Dialect) -> Result<Value, String> {
    if *kind == Kind::Bytes {
        return Ok(Value::Blob(bytes.to_vec()));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if dialect == Dialect::Postgres && text.contains('\0') => {
            Err("PostgreSQL cannot store a NUL character".to_owned())
        }
        Ok(text) => raw(text, kind, dialect),
        Err(_) => Err("the file is not UTF-8, and the column takes text".to_owned()),
    }
}

/// A time written as text, as JSON and CSV have it; brought into the form TOML's times get.
fn time(text: &str, kind: &Kind, dialect: Dialect) -> Result<Value, String> {
    let word = text.trim();
    let special = ["infinity", "-infinity", "epoch"].contains(&word) || word.ends_with(" BC");
    let long_year = word.find('-').is_some_and(|end| end > 4);
    if dialect == Dialect::Postgres && (special || long_year) {
        return Ok(Value::Text(text.to_owned()));
    }
    let mut spelled = word.replacen(' ', "T", 1);
    // PostgreSQL prints `+00`, TOML wants `+00:00`.
    let bytes = spelled.as_bytes();
    if let Some([b'+' | b'-', a, b]) = bytes.last_chunk::<3>()
        && a.is_ascii_digit()
        && b.is_ascii_digit()
        && spelled.contains(':')
    {
        spelled.push_str(":00");
    }
    if spelled.matches(':').count() == 1 && !spelled.contains(['+', 'Z']) {
        spelled.push_str(":00");
    }
    match spelled.parse::<toml::value::Datetime>() {
        Ok(time) => convert(&Given::Time(time), kind, dialect),
        Err(_) => Err(format!("{text:?} here, but the column takes {}", kind.wants())),
    }
}

fn describe(given: &Given) -> &'static str {
    match given {
        Given::Null => "null",
        Given::Text(_) => "text",
        Given::Integer(_) => "a whole number",
        Given::Float(_) => "a number",
        Given::Bool(_) => "true or false",
        Given::Time(time) => match (time.date, time.time, time.offset) {
            (Some(_), Some(_), Some(_)) => "a date and time with offset",
            (Some(_), Some(_), None) => "a date and time without offset",
            (Some(_), None, _) => "a date",
            _ => "a time",
        },
        Given::List(_) => "a list",
        Given::Map(_) => "an inline table",
        Given::Raw(_) => "text",
        Given::Bytes(_) => "a file",
        Given::Directive(_) => "a directive",
    }
}

fn holds_nul(given: &Given) -> bool {
    match given {
        Given::Text(text) | Given::Raw(text) => text.contains('\0'),
        Given::List(items) => items.iter().any(holds_nul),
        Given::Map(entries) => entries.iter().any(|(k, v)| k.contains('\0') || holds_nul(v)),
        _ => false,
    }
}

fn is_finite(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(f64::is_finite)
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || c == '.') && is_finite(text)
}

fn float(text: &str, dialect: Dialect) -> Result<Value, String> {
    match dialect {
        Dialect::Postgres => Ok(Value::Text(text.to_owned())),
        Dialect::Sqlite => match text.parse::<f64>() {
            Ok(number) if !number.is_nan() => Ok(Value::Real(number)),
            _ => Err("SQLite cannot store this number".to_owned()),
        },
    }
}

fn hex(digits: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = digits.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    });
    pairs.collect()
}

/// As both databases print it: a space between date and time.
fn time_text(time: &toml::value::Datetime) -> String {
    time.to_string().replacen('T', " ", 1).replacen('Z', "+00:00", 1)
}

fn json(given: &Given) -> Result<serde_json::Value, String> {
    use serde_json::Value as Json;
    Ok(match given {
        Given::Null => Json::Null,
        Given::Text(text) | Given::Raw(text) => Json::String(text.clone()),
        Given::Bytes(_) | Given::Directive(_) => return Err("JSON has no such value".to_owned()),
        Given::Integer(number) => Json::from(*number),
        Given::Float(text) => {
            let number = text.parse().ok().and_then(serde_json::Number::from_f64);
            Json::Number(number.ok_or("JSON has no such number")?)
        }
        Given::Bool(value) => Json::Bool(*value),
        Given::Time(time) => Json::String(time.to_string()),
        Given::List(items) => Json::Array(items.iter().map(json).collect::<Result<_, _>>()?),
        Given::Map(entries) => Json::Object(
            entries
                .iter()
                .map(|(key, value)| Ok((key.clone(), json(value)?)))
                .collect::<Result<_, String>>()?,
        ),
    })
}

/// PostgreSQL's text form of an array (manual, "Array Input and Output Syntax"): every item in
/// quotes, so that none can be taken for NULL or a delimiter.
fn array(items: &[Given], inner: &Kind, dialect: Dialect) -> Result<String, String> {
    let mut parts = Vec::with_capacity(items.len());
    for item in items {
        if let Given::List(nested) = item {
            parts.push(array(nested, inner, dialect)?);
            continue;
        }
        parts.push(match convert(item, inner, dialect)? {
            Value::Null => "NULL".to_owned(),
            Value::Text(text) => quoted(&text),
            Value::Bool(value) => value.to_string(),
            Value::Integer(number) => number.to_string(),
            Value::Real(number) => number.to_string(),
            Value::Blob(_) => return Err("lists of bytes are written as text".to_owned()),
        });
    }
    Ok(format!("{{{}}}", parts.join(",")))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn text(value: &str) -> Given {
        Given::Text(value.to_owned())
    }

    #[test]
    fn items_of_arrays_cannot_break_out() {
        let kind = Kind::Array(Box::new(Kind::Text { max: None }));
        let list = Given::List(vec![text("a\"b\\,{"), text("NULL"), text("")]);
        let value = convert(&list, &kind, Dialect::Postgres).unwrap();
        assert_eq!(value, Value::Text(r#"{"a\"b\\,{","NULL",""}"#.to_owned()));
    }

    #[test]
    fn lists_are_json_on_sqlite() {
        let value =
            convert(&Given::List(vec![text("a")]), &Kind::Text { max: None }, Dialect::Sqlite);
        assert_eq!(value.unwrap(), Value::Text("[\"a\"]".to_owned()));
    }

    #[test]
    fn a_wrong_type_says_what_is_wanted() {
        let kind = Kind::Integer { min: 0, max: 9 };
        let error = convert(&text("7"), &kind, Dialect::Postgres).unwrap_err();
        assert_eq!(error, "text here, but the column takes a whole number");
        let error = convert(&Given::Integer(10), &kind, Dialect::Postgres).unwrap_err();
        assert_eq!(error, "10 is out of range: the column takes 0 to 9");
    }
}
