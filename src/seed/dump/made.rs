//! What stands for the values of one column, and of those that foreign keys tie to it.

use crate::database::Value;
use crate::model::{Column, DataType, Mask, Model, Table, TypeName};
use crate::seed::check::shown;
use crate::seed::generate::StandIn;
use crate::seed::kind::Kind;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Masks the values of a group of columns: the same value becomes the same one, and different ones
/// stay different as far as the type has room.
pub(super) struct Disguise {
    mask: Mask,
    key: String,
    kind: Kind,
    address: bool,
    mail: bool,
    stand_in: Option<StandIn>,
    known: BTreeMap<String, Value>,
    used: BTreeSet<String>,
    /// Two values have become the same one.
    pub merged: bool,
}

/// How often another value is tried where one is taken.
const ATTEMPTS: u32 = 2_000;

/// `inet` and its like, whose values numbers can be made into.
pub(super) fn is_address(ty: &DataType) -> bool {
    matches!(&ty.name, TypeName::Builtin(name) if name == "inet" || name == "cidr")
}

/// As [`Kind::of`], with text that does not tell upper from lower case as text.
pub(super) fn kind_of(ty: &DataType, model: &Model) -> Kind {
    match (&ty.name, Kind::of(ty, model)) {
        (TypeName::Builtin(name), Kind::Other) if name == "citext" => Kind::Text { max: None },
        (TypeName::User(name), Kind::Other) if name.name == "citext" => Kind::Text { max: None },
        (_, kind) => kind,
    }
}

impl Disguise {
    pub fn new(mask: Mask, key: &str, columns: &[(&Table, &Column)], model: &Model) -> Self {
        let first = columns.first().map(|(_, column)| *column);
        let named = |part: &str| {
            columns.iter().any(|(_, column)| column.name.to_lowercase().contains(part))
        };
        Self {
            mask,
            key: key.to_owned(),
            kind: first.map_or(Kind::Other, |column| kind_of(&column.ty, model)),
            address: first.is_some_and(|column| is_address(&column.ty)),
            mail: named("mail"),
            stand_in: StandIn::of(columns, model),
            known: BTreeMap::new(),
            used: BTreeSet::new(),
            merged: false,
        }
    }

    pub fn mask(&mut self, value: &Value) -> Value {
        match (self.mask, value) {
            (Mask::Keep, _) => return value.clone(),
            (Mask::Null, _) | (_, Value::Null) => return Value::Null,
            _ => {}
        }
        let original = shown_whole(value);
        if let Some(made) = self.known.get(&original) {
            return made.clone();
        }
        let mut made = Value::Null;
        for attempt in 0..ATTEMPTS {
            made = self.attempt(value, &original, attempt);
            // Some keys do not tell upper from lower case.
            if self.used.insert(shown_whole(&made).to_lowercase()) {
                self.known.insert(original, made.clone());
                return made;
            }
        }
        self.merged = true;
        self.known.insert(original, made.clone());
        made
    }

    fn attempt(&self, value: &Value, original: &str, attempt: u32) -> Value {
        let digest = Digits::new(&self.key, original, attempt);
        let number = digest.number();
        if self.address {
            let [a, b, c, ..] = number.to_le_bytes();
            return Value::Text(format!("10.{a}.{b}.{c}"));
        }
        match (&self.kind, &self.stand_in) {
            (Kind::Json | Kind::Array(_), _) => match serde_json::from_str::<Json>(original) {
                Ok(mut json) => {
                    self.leaves(&mut json, attempt);
                    Value::Text(json.to_string())
                }
                Err(_) => Value::Null,
            },
            // One of two says nothing when both are the same.
            (Kind::Bool, _) => Value::Bool(false),
            (Kind::Bytes, _) => {
                let length = match value {
                    Value::Blob(bytes) => bytes.len(),
                    _ => 32,
                };
                Value::Blob(Digits::new(&self.key, original, attempt).take(length).collect())
            }
            (Kind::Text { .. }, Some(made)) if made.few => made.numbered(number),
            (Kind::Text { .. }, Some(made)) if made.strict => {
                Value::Text(same_shape(original, digest))
            }
            (Kind::Text { .. }, made) => {
                let (min, max) =
                    made.as_ref().map_or((0, None), |made| (made.min_length, made.max_length));
                match (self.mask, made) {
                    (Mask::Fake, Some(made)) if attempt == 0 => made.like(number),
                    (Mask::Fake, Some(made)) => made.numbered(number),
                    _ => Value::Text(self.hashed(digest, min, max)),
                }
            }
            (_, Some(made)) => made.numbered(number),
            (_, None) => Value::Null,
        }
    }

    /// Sixteen digits, or as many as the column takes.
    fn hashed(&self, mut digest: Digits, min: usize, max: Option<usize>) -> String {
        let domain = if self.mail { "@example.com" } else { "" };
        let room = max.unwrap_or(usize::MAX);
        let domain = if room < domain.len() + 8 { "" } else { domain };
        let most = room.saturating_sub(domain.len());
        let length = 16.min(most).max(min.saturating_sub(domain.len())).min(most.max(1));
        let digits: String = (0..length).map(|_| digest.hex()).collect();
        digits + domain
    }

    fn leaves(&self, json: &mut Json, attempt: u32) {
        match json {
            Json::String(text) => {
                *text = self.hashed(Digits::new(&self.key, text, attempt), 0, None);
            }
            Json::Number(number) => {
                let digest = Digits::new(&self.key, &number.to_string(), attempt);
                *number = (digest.number() % 1_000_000).into();
            }
            Json::Bool(value) => *value = false,
            Json::Array(items) => items.iter_mut().for_each(|item| self.leaves(item, attempt)),
            Json::Object(fields) => {
                fields.values_mut().for_each(|field| self.leaves(field, attempt));
            }
            Json::Null => {}
        }
    }
}

/// Unlike [`shown`], bytes are told apart.
fn shown_whole(value: &Value) -> String {
    match value {
        Value::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        other => shown(other),
    }
}

/// Letters for letters and digits for digits, for a check that nothing here understands.
fn same_shape(text: &str, mut digest: Digits) -> String {
    let mut one = |first: u8, count: u8| char::from(first + digest.byte() % count);
    text.chars()
        .map(|c| match c {
            c if c.is_uppercase() => one(b'A', 26),
            c if c.is_alphabetic() => one(b'a', 26),
            c if c.is_numeric() => one(b'0', 10),
            c => c,
        })
        .collect()
}

/// Bytes that follow from a key, a text and a number, as many as it takes.
struct Digits {
    seed: [u8; 32],
    block: [u8; 32],
    counter: u32,
    at: usize,
}

impl Digits {
    fn new(key: &str, text: &str, attempt: u32) -> Self {
        let seed: [u8; 32] = Sha256::new()
            .chain_update((key.len() as u64).to_le_bytes())
            .chain_update(key)
            .chain_update(attempt.to_le_bytes())
            .chain_update(text)
            .finalize()
            .into();
        Self { seed, block: seed, counter: 0, at: 0 }
    }

    fn number(&self) -> u64 {
        u64::from_le_bytes(self.seed.first_chunk::<8>().copied().unwrap_or_default())
    }

    fn byte(&mut self) -> u8 {
        if self.at >= self.block.len() {
            self.counter += 1;
            let digest =
                Sha256::new().chain_update(self.seed).chain_update(self.counter.to_le_bytes());
            self.block = digest.finalize().into();
            self.at = 0;
        }
        let byte = self.block.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        byte
    }

    fn hex(&mut self) -> char {
        char::from_digit(u32::from(self.byte() & 15), 16).unwrap_or('0')
    }
}

impl Iterator for Digits {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        Some(self.byte())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_stays_and_the_key_counts() {
        let shape = |key| same_shape("+49 (0)171-AbÖ_x", Digits::new(key, "x", 0));
        let made = shape("");
        assert_eq!(made.chars().count(), 16);
        assert!(made.starts_with('+') && made.contains(" (") && made.contains('-'));
        assert_ne!(made, shape("secret"));
        assert_eq!(made, shape(""));
    }

    #[test]
    fn there_are_as_many_bytes_as_it_takes() {
        let bytes: Vec<u8> = Digits::new("", "x", 0).take(100).collect();
        assert_ne!(bytes.get(..32), bytes.get(32..64));
    }
}
