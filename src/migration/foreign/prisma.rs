//! Prisma: `<moment>_<name>/migration.sql`; `migration_lock.toml` says for which database.

use super::text::{self, dated, named, sha256};
use super::{ForeignError, ForeignHistory, ForeignMigration, Key, Tool};
use crate::model::Dialect;
use std::path::{Path, PathBuf};

const LOCK: &str = "migration_lock.toml";

pub(super) fn recognises(dir: &Path) -> bool {
    dir.join(LOCK).is_file()
}

fn folders(dir: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
        .filter(|(_, path)| path.is_dir())
        .collect();
    found.sort();
    found
}

pub(super) fn read(dir: &Path) -> Result<ForeignHistory, ForeignError> {
    let folders = folders(dir);
    let lock = dir.join(LOCK);
    if folders.is_empty() && !lock.is_file() {
        return Err(ForeignError::NoHistory { tool: Tool::Prisma, dir: dir.to_owned() });
    }
    let mut migrations = Vec::new();
    for (name, folder) in folders {
        let file = folder.join("migration.sql");
        if !file.is_file() {
            return Err(ForeignError::Missing { journal: folder, file });
        }
        let (version, rest) = name.split_once('_').unwrap_or((name.as_str(), "migration"));
        let bytes = text::bytes(&file)?;
        let back = folder.join("down.sql");
        migrations.push(ForeignMigration {
            folder: named(&dated(version), rest),
            up: text::read(&file)?,
            down: if back.is_file() { Some(text::read(&back)?) } else { None },
            transactional: true,
            key: Key::Prisma { checksums: checksums(&bytes), name },
            file,
        });
    }
    Ok(ForeignHistory { tool: Tool::Prisma, dialect: provider(&lock)?, migrations })
}

fn provider(lock: &Path) -> Result<Option<Dialect>, ForeignError> {
    if !lock.is_file() {
        return Ok(None);
    }
    let file = lock.to_owned();
    let table: toml::Table = toml::from_str(&text::read(lock)?).map_err(|error| {
        ForeignError::Unreadable { file: file.clone(), reason: error.message().to_owned() }
    })?;
    match table.get("provider").and_then(toml::Value::as_str) {
        Some("postgresql" | "postgres") => Ok(Some(Dialect::Postgres)),
        Some("sqlite") => Ok(Some(Dialect::Sqlite)),
        None => Ok(None),
        Some(other) => Err(ForeignError::Provider { file, provider: other.to_owned() }),
    }
}

/// Prisma takes a file whose line endings git has changed for the same.
fn checksums(bytes: &[u8]) -> Vec<String> {
    let mut all = vec![sha256(bytes)];
    if let Ok(text) = std::str::from_utf8(bytes) {
        let unix = text.replace("\r\n", "\n");
        all.push(sha256(unix.as_bytes()));
        all.push(sha256(unix.replace('\n', "\r\n").as_bytes()));
    }
    all
}
