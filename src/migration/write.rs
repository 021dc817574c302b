use super::{Metadata, MigrationError, Replaces, SNAPSHOT_FILE};
use std::fs;
use std::path::{Path, PathBuf};

/// A folder to be written.
#[derive(Clone, Debug)]
pub struct NewMigration<'a> {
    /// `YYYY-MM-DD-HHMMSS`
    pub version: &'a str,
    /// As [`file_name`] made it.
    pub name: &'a str,
    pub up: &'a str,
    pub down: &'a str,
    pub transactional: bool,
    pub snapshot: &'a str,
    /// What it stands for, where it is a squashed one.
    pub replaces: Replaces,
}

/// Writes a migration's folder so that it is either wholly there or not at all. Returns its path.
///
/// # Errors
/// When the folder exists or cannot be written.
pub fn write(dir: &Path, migration: &NewMigration<'_>) -> Result<PathBuf, MigrationError> {
    let metadata =
        Metadata { transactional: migration.transactional, replaces: migration.replaces.clone() };
    place(
        dir,
        &format!("{}_{}", migration.version, migration.name),
        &[
            ("up.sql", migration.up),
            ("down.sql", migration.down),
            ("metadata.toml", &metadata.to_toml()),
            (SNAPSHOT_FILE, migration.snapshot),
        ],
    )
}

/// Makes a folder with these files, wholly or not at all. Returns its path.
///
/// # Errors
/// When the folder exists or cannot be written.
pub fn place(dir: &Path, name: &str, files: &[(&str, &str)]) -> Result<PathBuf, MigrationError> {
    let folder = dir.join(name);
    if folder.exists() {
        return Err(MigrationError::Exists { path: folder });
    }
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| MigrationError::Write { path, source }
    };
    fs::create_dir_all(dir).map_err(failed(dir))?;
    // Diesel skips names that begin with a dot.
    let draft = dir.join(format!(".{name}"));
    if draft.exists() {
        fs::remove_dir_all(&draft).map_err(failed(&draft))?;
    }
    fs::create_dir(&draft).map_err(failed(&draft))?;
    for (name, text) in files {
        let path = draft.join(name);
        fs::write(&path, text).map_err(failed(&path))?;
    }
    fs::rename(&draft, &folder).map_err(failed(&folder))?;
    Ok(folder)
}

/// A folder's name from what the user called the migration: `Add users` becomes `add_users`.
///
/// # Errors
/// A name that is empty, leads elsewhere or has nothing a file name can hold.
pub fn file_name(name: &str) -> Result<String, MigrationError> {
    let bad = |reason| MigrationError::BadName { name: name.to_owned(), reason };
    if name.contains(['/', '\\']) || name.contains("..") {
        return Err(bad("it leads to another folder"));
    }
    if name.chars().any(char::is_control) {
        return Err(bad("it contains a control character"));
    }
    let mut out = String::new();
    for c in name.trim().chars() {
        if c.is_alphanumeric() || c == '-' {
            out.extend(c.to_lowercase());
        } else if !out.ends_with('_') {
            out.push('_');
        }
    }
    let out = out.trim_matches('_').to_owned();
    if out.is_empty() {
        return Err(bad("it has no letter or digit"));
    }
    if out.len() > 150 {
        return Err(bad("it is longer than 150 bytes"));
    }
    Ok(out)
}
