//! Which sets ran, in which version.

use super::files::Sets;
use super::{SeedError, SeededSet, ledger};
use crate::database::Session;
use serde::Serialize;

/// Where a set stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SetState {
    /// It ran as it is.
    Current,
    /// Its files have changed since it ran.
    Changed,
    /// It never ran here.
    New,
    /// It ran, and its files are gone.
    Gone,
}

/// One set of an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SetStatus {
    /// As `common/comments`.
    pub set: String,
    pub state: SetState,
    /// How it ran last.
    pub last: Option<SeededSet>,
}

/// Compares the files with the ledger; writes nothing.
///
/// # Errors
/// The database's own, a file that cannot be read.
pub fn status(session: &mut dyn Session, sets: &Sets) -> Result<Vec<SetStatus>, SeedError> {
    let mut seeded = ledger::seeded(session, &sets.environment)?;
    let checksums = sets.checksums()?;
    let mut found = Vec::new();
    for set in sets.names() {
        let last = seeded.remove(&set);
        let state = match &last {
            None => SetState::New,
            Some(last) if checksums.get(&set) == Some(&last.checksum) => SetState::Current,
            Some(_) => SetState::Changed,
        };
        found.push(SetStatus { set, state, last });
    }
    let gone = |(set, last)| SetStatus { set, state: SetState::Gone, last: Some(last) };
    // What the command line asked for has no files.
    found.extend(seeded.into_iter().filter(|(set, _)| !set.ends_with("/--rows")).map(gone));
    Ok(found)
}
