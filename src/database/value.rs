/// A bind value or a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    Real(f64),
    /// Text, or any PostgreSQL value in its text form.
    Text(String),
    Blob(Vec<u8>),
}

impl Value {
    /// The text of the cell; `None` for NULL and for a blob.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number in the cell, also where it is text.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Bool(value) => Some(i64::from(*value)),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The truth value in the cell; SQLite has integers for them.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            Self::Integer(number) => Some(*number != 0),
            _ => None,
        }
    }
}

impl Value {
    /// What it takes in memory, roughly.
    #[must_use]
    pub fn size(&self) -> usize {
        let outside = match self {
            Self::Text(text) => text.len(),
            Self::Blob(bytes) => bytes.len(),
            Self::Null | Self::Bool(_) | Self::Integer(_) | Self::Real(_) => 0,
        };
        size_of::<Self>() + outside
    }
}

/// The result of one statement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    pub columns: Vec<String>,
    /// Type names as the database says them; empty where it does not know.
    pub types: Vec<String>,
    pub rows: Vec<Vec<Value>>,
    /// Rows inserted, updated or deleted.
    pub affected: u64,
}
