use super::QName;
use serde::{Deserialize, Serialize};

/// A column, as something else points at it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ColumnRef {
    pub table: QName,
    pub column: String,
}

/// A sequence that stands on its own or is owned by a column (`serial`). Sequences behind identity
/// columns live in [`super::Identity`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    pub name: QName,
    /// `smallint`, `integer` or `bigint`.
    pub ty: String,
    #[serde(default)]
    pub options: SequenceOptions,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owned_by: Option<ColumnRef>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unlogged: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// Each `None` is PostgreSQL's default for the type and direction (CREATE SEQUENCE); readers
/// normalise an explicit default to `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequenceOptions {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub increment: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<i64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cycle: bool,
}

impl SequenceOptions {
    /// The same options with every value that is PostgreSQL's default left out. `ty` is
    /// `smallint`, `integer` or `bigint` (CREATE SEQUENCE: bounds and start follow from the type
    /// and the direction).
    #[must_use]
    pub fn normalised(mut self, ty: &str) -> Self {
        let (lowest, highest) = match ty {
            "smallint" => (i64::from(i16::MIN), i64::from(i16::MAX)),
            "integer" => (i64::from(i32::MIN), i64::from(i32::MAX)),
            _ => (i64::MIN, i64::MAX),
        };
        let ascending = self.increment.unwrap_or(1) > 0;
        let (min, max) = if ascending { (1, highest) } else { (lowest, -1) };
        let first = if ascending { self.min.unwrap_or(min) } else { self.max.unwrap_or(max) };
        self.start = self.start.filter(|start| *start != first);
        self.increment = self.increment.filter(|increment| *increment != 1);
        self.min = self.min.filter(|value| *value != min);
        self.max = self.max.filter(|value| *value != max);
        self.cache = self.cache.filter(|cache| *cache != 1);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::SequenceOptions;

    #[test]
    fn defaults_are_left_out() {
        let ascending = SequenceOptions {
            start: Some(5),
            increment: Some(1),
            min: Some(5),
            max: Some(i64::from(i32::MAX)),
            cache: Some(1),
            cycle: true,
        };
        let expected = SequenceOptions { min: Some(5), cycle: true, ..Default::default() };
        assert_eq!(ascending.normalised("integer"), expected);
        let descending = SequenceOptions {
            start: Some(-1),
            increment: Some(-2),
            min: Some(i64::MIN),
            max: Some(-1),
            ..Default::default()
        };
        let expected = SequenceOptions { increment: Some(-2), ..Default::default() };
        assert_eq!(descending.normalised("bigint"), expected);
    }
}
