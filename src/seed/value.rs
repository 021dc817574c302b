//! A value as written in, the value to bind out.

use super::kind::Kind;
use super::rows::Given;
use crate::database::Value;
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
        (
            Kind::Timestamp | Kind::TimestampZoned | Kind::Date | Kind::Time | Kind::Other,
            Given::Text(text),
        ) => Ok(Value::Text(text.clone())),
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
    }
}

fn holds_nul(given: &Given) -> bool {
    match given {
        Given::Text(text) => text.contains('\0'),
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
        Given::Text(text) => Json::String(text.clone()),
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
