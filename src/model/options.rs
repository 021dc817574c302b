use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Storage parameters and the like, in the order they were written. PostgreSQL keeps and prints
/// that order, and it means nothing: two lists with the same pairs are equal.
#[derive(Clone, Debug, Default)]
pub struct Options(Vec<(String, String)>);

impl Options {
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[must_use]
    pub fn get(&self, key: &str) -> Option<&String> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The last value of a name counts, in the place of the first.
    pub fn insert(&mut self, key: String, value: String) {
        match self.0.iter_mut().find(|(name, _)| *name == key) {
            Some(pair) => pair.1 = value,
            None => self.0.push((key, value)),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&String, &String)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.0.iter().map(|(key, _)| key)
    }
}

impl PartialEq for Options {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && self.iter().all(|(key, value)| other.get(key) == Some(value))
    }
}

impl Eq for Options {}

impl Extend<(String, String)> for Options {
    fn extend<I: IntoIterator<Item = (String, String)>>(&mut self, pairs: I) {
        pairs.into_iter().for_each(|(key, value)| self.insert(key, value));
    }
}

impl FromIterator<(String, String)> for Options {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        let mut options = Self::new();
        options.extend(pairs);
        options
    }
}

impl Serialize for Options {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Options {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Options;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("names with their values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Options, A::Error> {
                let mut options = Options::new();
                while let Some((key, value)) = map.next_entry()? {
                    options.insert(key, value);
                }
                Ok(options)
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Options;

    #[test]
    fn the_order_is_kept_and_does_not_count() {
        let pair = |key: &str| (key.to_owned(), "1".to_owned());
        let options = Options::from_iter([pair("fillfactor"), pair("deduplicate_items")]);
        let json = serde_json::to_string(&options).unwrap();
        assert_eq!(json, r#"{"fillfactor":"1","deduplicate_items":"1"}"#);
        let back: Options = serde_json::from_str(&json).unwrap();
        assert_eq!(back.keys().collect::<Vec<_>>(), ["fillfactor", "deduplicate_items"]);
        assert_eq!(back, Options::from_iter([pair("deduplicate_items"), pair("fillfactor")]));
        assert_ne!(back, Options::from_iter([pair("fillfactor")]));
    }
}
