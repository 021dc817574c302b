use super::{Checksum, Metadata, MigrationError, Replaces, SqlFile, Version};
use crate::model::Dialect;
use crate::sql::classify;
use std::path::{Path, PathBuf};

/// A migration that is part of a program; written by
/// [`embed_migrations!`](crate::embed_migrations).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmbeddedMigration {
    /// The folder's whole name.
    pub name: &'static str,
    pub up: &'static str,
    pub down: Option<&'static str>,
    /// `metadata.toml`
    pub metadata: Option<&'static str>,
}

/// One folder. Its SQL is read when it is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    pub version: Version,
    /// The folder's whole name.
    pub name: String,
    pub path: PathBuf,
    /// Whether up.sql and down.sql each run in one transaction.
    pub transactional: bool,
    /// What a squashed one stands for; empty for any other.
    pub replaces: Replaces,
    /// Its files, where they are part of the program rather than of a folder.
    pub embedded: Option<&'static EmbeddedMigration>,
}

impl Migration {
    /// # Errors
    /// See [`SqlFile::read`].
    pub fn up(&self) -> Result<SqlFile, MigrationError> {
        match self.embedded {
            Some(files) => SqlFile::of_text(&self.path.join("up.sql"), files.up),
            None => SqlFile::read(&self.path.join("up.sql")),
        }
    }

    /// The way back; `None` when there is no down.sql or nothing in it but comments.
    ///
    /// # Errors
    /// See [`SqlFile::read`].
    pub fn down(&self, dialect: Dialect) -> Result<Option<SqlFile>, MigrationError> {
        let path = self.path.join("down.sql");
        let file = match self.embedded {
            Some(files) => files.down.map(|text| SqlFile::of_text(&path, text)).transpose()?,
            None if path.exists() => Some(SqlFile::read(&path)?),
            None => None,
        };
        let Some(file) = file else { return Ok(None) };
        Ok((!classify::is_empty(&file.text, dialect)).then_some(file))
    }

    /// A metadata.toml says how it runs; dbkit always writes one.
    #[must_use]
    pub fn has_metadata(&self) -> bool {
        match self.embedded {
            Some(files) => files.metadata.is_some(),
            None => self.path.join("metadata.toml").exists(),
        }
    }

    /// # Errors
    /// See [`SqlFile::read`].
    pub fn checksum(&self) -> Result<Checksum, MigrationError> {
        Ok(Checksum::of(&self.up()?.text))
    }
}

/// The migrations of a folder, oldest first. Files in it, and folders whose names begin with a
/// dot, are not migrations (as for Diesel).
///
/// # Errors
/// The first thing that is wrong; nothing is read from the database before this passes.
pub fn read(dir: &Path) -> Result<Vec<Migration>, MigrationError> {
    if !dir.is_dir() {
        return Err(MigrationError::NoDirectory { dir: dir.to_owned() });
    }
    let failed = |source| MigrationError::Read { path: dir.to_owned(), source };
    let real = dir.canonicalize().map_err(failed)?;
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if name.starts_with('.') || !path.is_dir() {
            continue;
        }
        found.push(folder(path, name, dir, &real)?);
    }
    in_order(found)
}

/// The migrations that [`embed_migrations!`](crate::embed_migrations) has put into a program,
/// oldest first. Their paths are told as `dir/name`.
///
/// # Errors
/// As [`read`].
pub fn embedded(
    dir: &Path,
    list: &'static [EmbeddedMigration],
) -> Result<Vec<Migration>, MigrationError> {
    let mut found = Vec::new();
    for files in list {
        let path = dir.join(files.name);
        let version = version_of(files.name, &path)?;
        let metadata = files.metadata.map(|text| {
            let path = path.join("metadata.toml");
            SqlFile::of_text(&path, text).and_then(|file| Metadata::parse(&file))
        });
        let Metadata { transactional, replaces } =
            metadata.transpose()?.unwrap_or_else(Metadata::absent);
        let (name, embedded) = (files.name.to_owned(), Some(files));
        found.push(Migration { version, name, path, transactional, replaces, embedded });
    }
    in_order(found)
}

fn in_order(mut found: Vec<Migration>) -> Result<Vec<Migration>, MigrationError> {
    found.sort_by(|a: &Migration, b: &Migration| {
        a.version.cmp(&b.version).then_with(|| a.name.cmp(&b.name))
    });
    for squashed in found.iter().filter(|migration| !migration.replaces.is_empty()) {
        let left =
            found.iter().find(|m| m.path != squashed.path && squashed.replaces.covers(&m.version));
        if let Some(left) = left {
            return Err(MigrationError::Replaced {
                folder: left.path.clone(),
                by: squashed.name.clone(),
            });
        }
    }
    for pair in found.windows(2) {
        if let [first, second] = pair
            && first.version == second.version
        {
            return Err(MigrationError::SameVersion {
                version: first.version.clone(),
                first: first.path.clone(),
                second: second.path.clone(),
            });
        }
    }
    Ok(found)
}

fn folder(
    path: PathBuf,
    name: String,
    dir: &Path,
    real: &Path,
) -> Result<Migration, MigrationError> {
    let version = version_of(&name, &path)?;
    inside(&path, dir, real)?;
    let up = path.join("up.sql");
    if !up.is_file() {
        let failed = |source| MigrationError::Read { path: path.clone(), source };
        let empty = std::fs::read_dir(&path).map_err(failed)?.next().is_none();
        return Err(if empty {
            MigrationError::EmptyFolder { folder: path }
        } else {
            MigrationError::NoUp { folder: path }
        });
    }
    for file in ["up.sql", "down.sql", "metadata.toml"] {
        let file = path.join(file);
        if file.exists() {
            inside(&file, dir, real)?;
        }
    }
    let Metadata { transactional, replaces } = Metadata::read(&path.join("metadata.toml"))?;
    Ok(Migration { version, name, path, transactional, replaces, embedded: None })
}

fn version_of(name: &str, path: &Path) -> Result<Version, MigrationError> {
    let version = Version::of_folder(name);
    let named = version.as_str().chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
    if version.as_str().is_empty() || !named {
        return Err(MigrationError::BadFolderName { folder: path.to_owned() });
    }
    // `varchar(50)` in Diesel's ledger, which SQLite does not enforce; both take the same folders.
    let length = version.as_str().chars().count();
    if length > 50 {
        return Err(MigrationError::LongVersion { folder: path.to_owned(), length });
    }
    Ok(version)
}

fn inside(path: &Path, dir: &Path, real: &Path) -> Result<(), MigrationError> {
    let failed = |source| MigrationError::Read { path: path.to_owned(), source };
    if path.canonicalize().map_err(failed)?.starts_with(real) {
        return Ok(());
    }
    Err(MigrationError::OutsideLink { path: path.to_owned(), dir: dir.to_owned() })
}
