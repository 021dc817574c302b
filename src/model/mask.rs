//! What becomes of personal data that leaves a database.

use serde::Serialize;

/// What becomes of a column's values in a dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mask {
    /// They leave as they are.
    Keep,
    /// None leaves.
    Null,
    /// The same value becomes the same opaque one.
    Hash,
    /// A made-up value of the same kind; the same value becomes the same one.
    Fake,
}

impl Mask {
    /// Every mask with its word.
    pub const WORDS: [(&'static str, Self); 4] =
        [("hash", Self::Hash), ("fake", Self::Fake), ("null", Self::Null), ("keep", Self::Keep)];

    /// The mask of that word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, mask)| *mask)
    }

    /// As people write it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Hash => "hash",
            Self::Fake => "fake",
            Self::Null => "null",
            Self::Keep => "keep",
        }
    }
}
