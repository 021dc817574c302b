use super::Version;
use std::path::PathBuf;

/// What is wrong with a folder of migrations.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    #[error("there is no folder {}\nhelp: name it with --migration-dir, or write the first migration with `dbkit generate`", dir.display())]
    NoDirectory { dir: PathBuf },
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{} has no up.sql\nhelp: write it, or remove the folder", folder.display())]
    NoUp { folder: PathBuf },
    #[error("{} is empty\nhelp: remove it; Diesel's own tools fail on it too", folder.display())]
    EmptyFolder { folder: PathBuf },
    #[error("{} and {} have the same version {version}: Diesel would never run one of them\nhelp: give the later one a newer version by renaming its folder", first.display(), second.display())]
    SameVersion { version: Version, first: PathBuf, second: PathBuf },
    #[error("{} is not a migration: its name must be <version>_<name>, as 2024-05-31-120000_add_users\nhelp: rename it, or move it elsewhere", folder.display())]
    BadFolderName { folder: PathBuf },
    #[error("the version of {} has {length} characters, and the ledger holds 50\nhelp: shorten what stands before the first `_`", folder.display())]
    LongVersion { folder: PathBuf, length: usize },
    #[error("{} leads out of {}\nhelp: put the file itself there; dbkit follows no link out of the folder of migrations", path.display(), dir.display())]
    OutsideLink { path: PathBuf, dir: PathBuf },
    #[error("{}:{line} is not UTF-8 (byte {byte:#04x})\nhelp: save the file as UTF-8; Latin-1 and UTF-16 are not read", path.display())]
    NotUtf8 { path: PathBuf, line: usize, byte: u8 },
    #[error("{}:{line} contains a NUL character\nhelp: take it out; no database accepts one in SQL", path.display())]
    Nul { path: PathBuf, line: usize },
    #[error("{}: {reason}\nhelp: write `run_in_transaction = true` or `false`; Diesel takes an unreadable file for true", path.display())]
    Metadata { path: PathBuf, reason: String },
    #[error(
        "`{name}` cannot be a migration's name: {reason}\nhelp: use letters, digits, `_` and `-`, as add_users"
    )]
    BadName { name: String, reason: &'static str },
    #[error("{} is one of those that {by} replaces\nhelp: remove its folder; after a merge that brought it back, what it changed is in {by} already", folder.display())]
    Replaced { folder: PathBuf, by: String },
    #[error("{} exists already", path.display())]
    Exists { path: PathBuf },
}
