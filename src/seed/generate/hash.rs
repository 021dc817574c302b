//! Chance that is the same on every machine: a value depends on the seed, the generator's version,
//! the table, the column and the row, and on nothing else.

use sha2::{Digest, Sha256};

/// Changed whenever the same settings would make other rows.
pub(in crate::seed) const GENERATOR_VERSION: u32 = 1;

/// The chance of one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stream(u64);

impl Stream {
    pub fn new(seed: u64, table: &str, column: &str) -> Self {
        let digest = Sha256::new()
            .chain_update(seed.to_le_bytes())
            .chain_update(GENERATOR_VERSION.to_le_bytes())
            .chain_update(table)
            .chain_update([0])
            .chain_update(column)
            .finalize();
        let first = digest.first_chunk::<8>().copied().unwrap_or_default();
        Self(u64::from_le_bytes(first))
    }

    pub fn row(self, row: u64) -> Chance {
        Chance(mix(self.0 ^ mix(row.wrapping_mul(STEP).wrapping_add(STEP))))
    }

    /// A place of its own for each of `0..size`, in an order that looks like chance: a Feistel
    /// network over the next power of four, walked until it is inside.
    pub fn shuffled(self, index: u64, size: u64) -> u64 {
        if size < 2 {
            return 0;
        }
        let bits = (64 - (size - 1).leading_zeros()).max(2);
        let half = bits.div_ceil(2);
        let mask = (1u64 << half) - 1;
        let mut value = index;
        loop {
            let (mut left, mut right) = (value >> half, value & mask);
            for round in 0..4u64 {
                let mixed = mix(self.0 ^ right ^ (round << 56)) & mask;
                (left, right) = (right, left ^ mixed);
            }
            value = left << half | right;
            if value < size {
                return value;
            }
        }
    }
}

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The finaliser of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
/// generators").
fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// The chance of one value: as many draws as it takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// From `0..size`; 0 for an empty range.
    pub fn below(&mut self, size: u64) -> u64 {
        let wide = u128::from(self.next()) * u128::from(size);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// From 0 to 1, 1 excluded.
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn pick<'w>(&mut self, words: &'w [&'w str]) -> &'w str {
        let index = usize::try_from(self.below(words.len() as u64)).unwrap_or(0);
        words.get(index).copied().unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shuffling_loses_nothing() {
        let stream = Stream::new(42, "t", "c");
        for size in [1, 2, 3, 7, 64, 1000] {
            let mut seen: Vec<u64> = (0..size).map(|index| stream.shuffled(index, size)).collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..size).collect::<Vec<_>>());
        }
    }

    #[test]
    fn values_never_change() {
        let mut chance = Stream::new(42, "t", "c").row(7);
        let drawn = [chance.below(1000), chance.below(1000), chance.below(1000)];
        let mut again = Stream::new(42, "t", "c").row(7);
        assert_eq!(drawn, [again.below(1000), again.below(1000), again.below(1000)]);
        assert_ne!(Stream::new(42, "t", "c"), Stream::new(42, "t", "d"));
        assert_ne!(Stream::new(42, "t", "c"), Stream::new(43, "t", "c"));
    }
}
