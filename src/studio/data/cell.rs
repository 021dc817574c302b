//! A value on its way to the page and back, exact.

use crate::database::Value;
use crate::model::Dialect;
use crate::studio::problem::Problem;
use serde::{Deserialize, Serialize};

/// PostgreSQL's values are their text; SQLite's keep their storage class, so that none changes it by
/// being edited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    Null,
    Text(String),
    Integer { int: String },
    Real { real: String },
    Blob { blob: String },
}

impl Cell {
    pub fn of(value: Value, dialect: Dialect) -> Self {
        match (value, dialect) {
            (Value::Null, _) => Self::Null,
            (Value::Text(text), _) => Self::Text(text),
            (Value::Bool(value), _) => Self::Text(value.to_string()),
            (Value::Integer(number), Dialect::Postgres) => Self::Text(number.to_string()),
            (Value::Integer(number), Dialect::Sqlite) => Self::Integer { int: number.to_string() },
            // Debug keeps `1.0` apart from `1`.
            (Value::Real(number), Dialect::Postgres) => Self::Text(format!("{number:?}")),
            (Value::Real(number), Dialect::Sqlite) => Self::Real { real: format!("{number:?}") },
            (Value::Blob(bytes), Dialect::Postgres) => Self::Text(format!("\\x{}", hex(&bytes))),
            (Value::Blob(bytes), Dialect::Sqlite) => Self::Blob { blob: hex(&bytes) },
        }
    }

    /// # Errors
    /// Digits or hexadecimal digits that are none.
    pub fn value(&self) -> Result<Value, Problem> {
        let wrong = |what: &str, text: &str| Problem::bad_request(format!("{text:?} is no {what}"));
        Ok(match self {
            Self::Null => Value::Null,
            Self::Text(text) => Value::Text(text.clone()),
            Self::Integer { int } => {
                Value::Integer(int.parse().map_err(|_| wrong("whole number of 64 bits", int))?)
            }
            Self::Real { real } => Value::Real(real.parse().map_err(|_| wrong("number", real))?),
            Self::Blob { blob } => {
                Value::Blob(bytes(blob).ok_or_else(|| wrong("list of hexadecimal digits", blob))?)
            }
        })
    }
}

/// Rows as cells.
pub fn cells(rows: Vec<Vec<Value>>, dialect: Dialect) -> Vec<Vec<Cell>> {
    let row = |row: Vec<Value>| row.into_iter().map(|value| Cell::of(value, dialect)).collect();
    rows.into_iter().map(row).collect()
}

pub fn hex(bytes: &[u8]) -> String {
    let digit = |digit: u8| char::from_digit(digit.into(), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = hex
        .chars()
        .map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()))
        .collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    pairs.remainder().is_empty().then_some(())?;
    pairs.map(|pair| Some(pair.first()? << 4 | pair.last()?)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_went() {
        for value in [
            Value::Null,
            Value::Text(String::new()),
            Value::Integer(i64::MIN),
            Value::Real(0.1),
            Value::Real(1e300),
            Value::Real(f64::INFINITY),
            Value::Real(1.0),
            Value::Blob(vec![0, 255, 16]),
        ] {
            let cell = Cell::of(value.clone(), Dialect::Sqlite);
            let json = serde_json::to_string(&cell).unwrap();
            let back: Cell = serde_json::from_str(&json).unwrap();
            assert_eq!(back.value().unwrap(), value, "{json}");
        }
        let cell = Cell::Blob { blob: "abc".to_owned() };
        assert!(cell.value().unwrap_err().message.contains("hexadecimal"));
    }
}
