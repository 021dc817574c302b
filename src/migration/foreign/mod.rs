//! The folders of other tools, read as migrations of Diesel's form.

mod drizzle;
mod error;
mod prisma;
mod refinery;
mod sqlx;
mod text;

pub use error::ForeignError;

use super::{Checksum, Metadata, MigrationError, Replaces, SqlFile, Version, place};
use crate::model::Dialect;
use std::fmt;
use std::path::{Path, PathBuf};

/// A tool whose history can be taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    Drizzle,
    Sqlx,
    Refinery,
    Prisma,
}

impl Tool {
    pub const ALL: [Self; 4] = [Self::Drizzle, Self::Prisma, Self::Refinery, Self::Sqlx];

    /// The word for it on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Drizzle => "drizzle",
            Self::Sqlx => "sqlx",
            Self::Refinery => "refinery",
            Self::Prisma => "prisma",
        }
    }

    /// Where its folder usually is.
    fn places(self) -> &'static [&'static str] {
        match self {
            Self::Drizzle => {
                &["drizzle", "migrations", "src/drizzle", "src/db/migrations", "db/migrations"]
            }
            Self::Sqlx => &["migrations"],
            Self::Refinery => &["migrations", "src/migrations", "db/migrations"],
            Self::Prisma => &["prisma/migrations", "prisma/schema/migrations"],
        }
    }

    fn recognises(self, dir: &Path) -> bool {
        match self {
            Self::Drizzle => drizzle::recognises(dir),
            Self::Sqlx => sqlx::recognises(dir),
            Self::Refinery => refinery::recognises(dir),
            Self::Prisma => prisma::recognises(dir),
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Drizzle => "drizzle-kit",
            Self::Sqlx => "sqlx",
            Self::Refinery => "refinery",
            Self::Prisma => "Prisma",
        })
    }
}

/// The tool whose folder is here, and the folder.
#[must_use]
pub fn detect(root: &Path) -> Option<(Tool, PathBuf)> {
    Tool::ALL.into_iter().find_map(|tool| Some((tool, find(tool, root)?)))
}

/// The folder of one tool: where its settings say, or where it usually is.
#[must_use]
pub fn find(tool: Tool, root: &Path) -> Option<PathBuf> {
    let configured = match tool {
        Tool::Drizzle => drizzle::configured(root),
        _ => None,
    };
    let usual = tool.places().iter().map(|place| root.join(place));
    configured.into_iter().chain(usual).find(|dir| tool.recognises(dir))
}

/// A history as another tool keeps it.
#[derive(Clone, Debug)]
pub struct ForeignHistory {
    pub tool: Tool,
    /// Where the folder says it.
    pub dialect: Option<Dialect>,
    /// Oldest first.
    pub migrations: Vec<ForeignMigration>,
}

/// One migration, with its text as dbkit runs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignMigration {
    /// The file it comes from.
    pub file: PathBuf,
    /// The name of its folder here.
    pub folder: String,
    pub up: String,
    pub down: Option<String>,
    pub transactional: bool,
    pub key: Key,
}

/// How a tool's ledger knows a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// The file's hash, and the moment of the journal.
    Drizzle { hash: String, when: i64 },
    /// The version, and the file's SHA-384.
    Sqlx { version: i64, checksum: String },
    /// The version, and the checksums of its two ways of counting.
    Refinery { version: i64, checksums: Vec<String> },
    /// The folder's name, and the file's hash with either line ending.
    Prisma { name: String, checksums: Vec<String> },
}

/// Reads a tool's folder.
///
/// # Errors
/// What cannot be converted, naming the file.
pub fn read(
    tool: Tool,
    dir: &Path,
    dialect: Option<Dialect>,
) -> Result<ForeignHistory, ForeignError> {
    let mut history = match tool {
        Tool::Drizzle => drizzle::read(dir)?,
        Tool::Sqlx => sqlx::read(dir)?,
        Tool::Refinery => refinery::read(dir)?,
        Tool::Prisma => prisma::read(dir)?,
    };
    history.dialect = history.dialect.or(dialect);
    let dialect = history.dialect.unwrap_or(Dialect::Postgres);
    for migration in &mut history.migrations {
        text::runnable(migration, dialect);
    }
    for pair in history.migrations.windows(2) {
        if let [first, second] = pair
            && Version::of_folder(&first.folder) >= Version::of_folder(&second.folder)
        {
            return Err(ForeignError::Order {
                first: first.file.clone(),
                second: second.file.clone(),
            });
        }
    }
    Ok(history)
}

impl ForeignMigration {
    #[must_use]
    pub fn version(&self) -> Version {
        Version::of_folder(&self.folder)
    }

    /// Writes its folder; false where it is there already, and says the same.
    ///
    /// # Errors
    /// A folder of that name that says something else, or that cannot be written.
    pub fn write(&self, tool: Tool, dir: &Path) -> Result<bool, MigrationError> {
        let folder = dir.join(&self.folder);
        let up = folder.join("up.sql");
        if up.is_file() {
            let same = Checksum::of(&SqlFile::read(&up)?.text) == Checksum::of(&self.up);
            return if same { Ok(false) } else { Err(MigrationError::Exists { path: folder }) };
        }
        let none =
            format!("-- irreversible: taken over from {tool}, which had no way back for it.\n");
        let down = self.down.as_deref().unwrap_or(&none);
        let metadata =
            Metadata { transactional: self.transactional, replaces: Replaces::default() };
        let metadata = metadata.to_toml();
        let files =
            [("up.sql", self.up.as_str()), ("down.sql", down), ("metadata.toml", &metadata)];
        place(dir, &self.folder, &files)?;
        Ok(true)
    }
}
