//! Names of templates and copies, and what tells that the process behind a name is alive.

use sha2::{Digest, Sha256};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Templates: the rest is the fingerprint of what made them.
pub(super) const TEMPLATE: &str = "dbkit_template_";

/// Copies, and templates that are being made: the process, then a number.
pub(super) const COPY: &str = "dbkit_test_";

/// The number of this process, by chance: process ids repeat, and are not of one machine only.
pub(super) fn process() -> u32 {
    static PROCESS: OnceLock<u32> = OnceLock::new();
    *PROCESS.get_or_init(|| {
        let bits = uuid::Uuid::new_v4().as_u128() & 0x7fff_ffff;
        u32::try_from(bits).unwrap_or_default()
    })
}

/// The name of the next copy.
pub(super) fn next_copy() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("{COPY}{:08x}_{number}", process())
}

/// The process whose copy this is.
pub(super) fn process_of(copy: &str) -> Option<u32> {
    let (process, _) = copy.strip_prefix(COPY)?.split_once('_')?;
    u32::from_str_radix(process, 16).ok().filter(|number| *number <= 0x7fff_ffff)
}

/// A fingerprint under way. Each piece has its length in front, so that no two lists of pieces are
/// one text.
#[derive(Clone, Default)]
pub(super) struct Fingerprint(Sha256);

impl Fingerprint {
    pub(super) fn add(&mut self, piece: &[u8]) {
        self.0.update(piece.len().to_le_bytes());
        self.0.update(piece);
    }

    /// The name of the template of that fingerprint.
    pub(super) fn template(self) -> String {
        let hash = self.0.finalize();
        let hex: String = hash.iter().take(10).map(|byte| format!("{byte:02x}")).collect();
        format!("{TEMPLATE}{hex}")
    }
}

/// A number that two names hardly share, for an advisory lock.
pub(super) fn number(name: &str) -> i32 {
    let hash = Sha256::digest(name.as_bytes());
    hash.iter().take(4).fold(0_i32, |number, byte| (number << 8) | i32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::{Fingerprint, next_copy, process, process_of};

    #[test]
    fn a_copy_tells_its_process() {
        let (one, other) = (next_copy(), next_copy());
        assert_ne!(one, other);
        assert_eq!(process_of(&one), Some(process()));
        for foreign in ["dbkit_test_", "dbkit_test_x_1", "dbkit_test_ffffffff_1", "shop"] {
            assert_eq!(process_of(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn pieces_do_not_run_together() {
        let of = |pieces: &[&str]| {
            let mut fingerprint = Fingerprint::default();
            pieces.iter().for_each(|piece| fingerprint.add(piece.as_bytes()));
            fingerprint.template()
        };
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_eq!(of(&["ab", "c"]), of(&["ab", "c"]));
        assert!(of(&[]).len() < 63);
    }
}
