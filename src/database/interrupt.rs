//! Ctrl-C: a wish to stop that every wait of this stage hears.
//!
//! Whoever installs the signal handler calls [`request`]; the statement that is running is then
//! cancelled, as if it had failed, so that its transaction is rolled back and locks are given
//! back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Asks what is running to stop. True when it had been asked before.
pub fn request() -> bool {
    REQUESTED.swap(true, Ordering::SeqCst)
}

/// Somebody wants an end.
#[must_use]
pub fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}

/// Sleeps; true when it was cut short because somebody wants an end.
#[must_use]
pub fn pause(length: Duration) -> bool {
    let end = Instant::now() + length;
    loop {
        if requested() {
            return true;
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        std::thread::sleep(left.min(Duration::from_millis(50)));
    }
}
