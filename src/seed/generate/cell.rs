//! One value on its way to the database, without a text form as long as none is needed.

use crate::database::Value;
use std::fmt::Write;

#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::seed) enum Cell {
    #[default]
    Null,
    Bool(bool),
    Integer(i64),
    Real(f64),
    /// `digits × 10^-scale`
    Decimal {
        digits: i64,
        scale: u32,
    },
    Text(String),
    Uuid(u128),
    /// Days since 1970-01-01.
    Date(i64),
    /// Microseconds since 1970-01-01, UTC.
    Timestamp(i64),
    TimestampZoned(i64),
    /// Microseconds since midnight.
    Time(i64),
    Bytes(Vec<u8>),
    List(Vec<Cell>),
}

pub(super) const DAY: i64 = 86_400_000_000;

impl Cell {
    /// Becomes a text; keeps the memory of the text before.
    pub fn set_text(&mut self, write: impl FnOnce(&mut String)) {
        let mut text = match std::mem::take(self) {
            Self::Text(mut text) => {
                text.clear();
                text
            }
            _ => String::new(),
        };
        write(&mut text);
        *self = Self::Text(text);
    }

    /// The text form, which both databases understand; NULL has none.
    pub fn write(&self, out: &mut String) {
        // Writing to a String does not fail.
        match self {
            Self::Null => {}
            Self::Bool(value) => out.push_str(if *value { "t" } else { "f" }),
            Self::Integer(number) => {
                let _ = write!(out, "{number}");
            }
            Self::Real(number) => {
                let _ = write!(out, "{number}");
            }
            Self::Decimal { digits, scale } => decimal(*digits, *scale, out),
            Self::Text(text) => out.push_str(text),
            Self::Uuid(uuid) => {
                let mut buffer = uuid::Uuid::encode_buffer();
                out.push_str(uuid::Uuid::from_u128(*uuid).hyphenated().encode_lower(&mut buffer));
            }
            Self::Date(days) => date(*days, out),
            Self::Timestamp(micros) => {
                date(micros.div_euclid(DAY), out);
                out.push(' ');
                time(micros.rem_euclid(DAY), out);
            }
            Self::TimestampZoned(micros) => {
                Self::Timestamp(*micros).write(out);
                out.push_str("+00:00");
            }
            Self::Time(micros) => time(*micros, out),
            Self::Bytes(bytes) => {
                out.push_str("\\x");
                for byte in bytes {
                    let _ = write!(out, "{byte:02x}");
                }
            }
            Self::List(items) => {
                out.push('{');
                let mut part = String::new();
                for (number, item) in items.iter().enumerate() {
                    if number > 0 {
                        out.push(',');
                    }
                    if *item == Self::Null {
                        out.push_str("NULL");
                        continue;
                    }
                    part.clear();
                    item.write(&mut part);
                    out.push('"');
                    for c in part.chars() {
                        if c == '"' || c == '\\' {
                            out.push('\\');
                        }
                        out.push(c);
                    }
                    out.push('"');
                }
                out.push('}');
            }
        }
    }

    /// As SQLite binds it, into the memory of the value before.
    pub fn store(&self, value: &mut Value) {
        match self {
            Self::Null => *value = Value::Null,
            Self::Bool(yes) => *value = Value::Bool(*yes),
            Self::Integer(number) => *value = Value::Integer(*number),
            Self::Real(number) => *value = Value::Real(*number),
            Self::Decimal { digits, scale: 0 } => *value = Value::Integer(*digits),
            Self::Decimal { digits, scale } => {
                *value =
                    Value::Real(*digits as f64 / 10f64.powi(i32::try_from(*scale).unwrap_or(0)));
            }
            Self::Bytes(bytes) => *value = Value::Blob(bytes.clone()),
            Self::List(items) => *value = Value::Text(json(items)),
            other => {
                if !matches!(value, Value::Text(_)) {
                    *value = Value::Text(String::new());
                }
                if let Value::Text(text) = value {
                    text.clear();
                    other.write(text);
                }
            }
        }
    }

    pub fn from_value(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Integer(number) => Self::Integer(*number),
            Value::Real(number) => Self::Real(*number),
            Value::Text(text) => Self::Text(text.clone()),
            Value::Blob(bytes) => Self::Bytes(bytes.clone()),
        }
    }

    pub fn json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Integer(number) => (*number).into(),
            Self::Real(number) => (*number).into(),
            Self::Decimal { digits, scale } => {
                (*digits as f64 / 10f64.powi(i32::try_from(*scale).unwrap_or(0))).into()
            }
            Self::List(items) => items.iter().map(Self::json).collect(),
            other => {
                let mut text = String::new();
                other.write(&mut text);
                text.into()
            }
        }
    }
}

/// Lists are JSON text where the database has no type for them.
fn json(items: &[Cell]) -> String {
    serde_json::Value::Array(items.iter().map(Cell::json).collect()).to_string()
}

fn decimal(digits: i64, scale: u32, out: &mut String) {
    let power = 10u64.checked_pow(scale).unwrap_or(1);
    if digits < 0 {
        out.push('-');
    }
    let (whole, part) = (digits.unsigned_abs() / power, digits.unsigned_abs() % power);
    let _ = write!(out, "{whole}");
    if scale > 0 {
        let _ = write!(out, ".{part:0width$}", width = scale as usize);
    }
}

fn two(number: i64, out: &mut String) {
    for digit in [number / 10 % 10, number % 10] {
        out.push(char::from(b'0' + u8::try_from(digit).unwrap_or(0)));
    }
}

/// The civil calendar's date (Hinnant, "chrono-compatible low-level date algorithms").
fn date(days: i64, out: &mut String) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    if (0..=9999).contains(&year) {
        two(year / 100, out);
        two(year % 100, out);
    } else {
        let _ = write!(out, "{year}");
    }
    out.push('-');
    two(month, out);
    out.push('-');
    two(day, out);
}

fn time(micros: i64, out: &mut String) {
    let seconds = micros / 1_000_000;
    two(seconds / 3600, out);
    out.push(':');
    two(seconds / 60 % 60, out);
    out.push(':');
    two(seconds % 60, out);
    let rest = micros % 1_000_000;
    if rest > 0 {
        let _ = write!(out, ".{rest:06}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(cell: &Cell) -> String {
        let mut text = String::new();
        cell.write(&mut text);
        text
    }

    #[test]
    fn text_forms_are_those_of_the_databases() {
        assert_eq!(shown(&Cell::Date(0)), "1970-01-01");
        assert_eq!(shown(&Cell::Date(19_782)), "2024-02-29");
        assert_eq!(shown(&Cell::Timestamp(-1)), "1969-12-31 23:59:59.999999");
        assert_eq!(shown(&Cell::Decimal { digits: -5, scale: 2 }), "-0.05");
        assert_eq!(shown(&Cell::TimestampZoned(0)), "1970-01-01 00:00:00+00:00");
        let list = Cell::List(vec![Cell::Text("a\"b".to_owned()), Cell::Null]);
        assert_eq!(shown(&list), "{\"a\\\"b\",NULL}");
    }
}
