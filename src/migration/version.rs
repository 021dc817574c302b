use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use std::cmp::Ordering;
use std::fmt;

/// A migration's version as Diesel knows it: the folder's name up to the first `_`, without
/// dashes.
///
/// Versions compare as text, as Diesel compares them, except that short numbers (`1`, `2`, `10`,
/// and `00000000000000`, which Diesel's own set-up has) compare by value and come before dated
/// ones: nobody means `10` to run before `2`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version(String);

/// A date has at least eight digits.
const DATED: usize = 8;

impl Version {
    /// The version of a folder's name.
    #[must_use]
    pub fn of_folder(name: &str) -> Self {
        Self::new(&name.split('_').next().unwrap_or_default().replace('-', ""))
    }

    /// A version as the ledger stores it.
    #[must_use]
    pub fn new(version: &str) -> Self {
        Self(version.to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The moment of a dated version, where it is one.
    fn moment(&self) -> Option<NaiveDateTime> {
        NaiveDateTime::parse_from_str(self.0.get(..14)?, "%Y%m%d%H%M%S").ok()
    }

    fn short_number(&self) -> Option<u32> {
        let digits = self.0.trim_start_matches('0');
        match digits {
            "" if !self.0.is_empty() => Some(0),
            _ if digits.len() < DATED => digits.parse().ok(),
            _ => None,
        }
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.short_number(), other.short_number()) {
            (Some(a), Some(b)) => a.cmp(&b).then_with(|| self.0.cmp(&other.0)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => self.0.cmp(&other.0),
        }
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `YYYY-MM-DD-HHMMSS` for a new migration: now, or a second after the newest one where that is
/// later (another clock, or the same second).
#[must_use]
pub fn stamp(now: DateTime<Utc>, newest: Option<&Version>) -> String {
    let now = now.naive_utc();
    let after = newest.and_then(Version::moment).map(|moment| moment + Duration::seconds(1));
    let moment = after.map_or(now, |after| after.max(now));
    moment.format("%Y-%m-%d-%H%M%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order() {
        let sorted = [
            "00000000000000",
            "1",
            "2",
            "010",
            "10",
            "0000000000000011",
            "20240101",
            "20240101000000",
            "202401010000000000",
            "20240101000001",
            "v2",
        ];
        for pair in sorted.windows(2) {
            if let [a, b] = pair {
                assert!(Version::new(a) < Version::new(b), "{a} before {b}");
            }
        }
    }

    #[test]
    fn a_new_version_is_the_newest() {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap_or_default();
        assert_eq!(stamp(now, None), "2023-11-14-221320");
        let newest = Version::of_folder("2023-11-14-221320-0000_x");
        assert_eq!(stamp(now, Some(&newest)), "2023-11-14-221321");
    }
}
