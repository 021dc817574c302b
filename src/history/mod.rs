//! What became of migrations after they were written: edited, lost, renamed, forked, squashed.
//! Folder, ledger and database are laid side by side; nothing here runs a migration.

mod applied;
mod differences;
mod example;
mod finding;
mod live;
mod merge;
mod offline;
mod rebase;
mod squash;
mod text;

pub use applied::{applied, drift, expected, half_applied, has_run};
pub use differences::{Difference, How, differences};
pub use example::{Filled, count_rows, example_rows};
pub use finding::Finding;
pub use live::{Beside, beside};
pub use offline::{is_adopted, offline};
pub use rebase::{How as RedoHow, Rebase, RebaseError, Redo, rebase};
pub use squash::{Segment, Squash, SquashError, squash, untouched};
pub use text::difference;
