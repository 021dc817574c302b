//! drizzle-kit: `meta/_journal.json` names the files in order, or since 1.0 each has a folder
//! `<moment>_<name>` with `migration.sql` and `snapshot.json`; statements stand between breakpoints.

use super::text::{self, named, sha256};
use super::{ForeignError, ForeignHistory, ForeignMigration, Key, Tool};
use crate::model::Dialect;
use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use serde::Deserialize;
use std::path::{Path, PathBuf};

const BREAKPOINT: &str = "--> statement-breakpoint";

#[derive(Deserialize)]
struct Journal {
    dialect: Option<String>,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Snapshot {
    dialect: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    when: i64,
    tag: String,
}

pub(super) fn recognises(dir: &Path) -> bool {
    dir.join("meta/_journal.json").is_file() || !folders(dir).is_empty()
}

/// The folders of drizzle-kit 1.0 with their moments, oldest first. Those of Prisma hold no snapshot.
fn folders(dir: &Path) -> Vec<(DateTime<Utc>, String, PathBuf)> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries
        .filter_map(|entry| {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            let (moment, title) = name.split_once('_')?;
            let moment = NaiveDateTime::parse_from_str(moment, "%Y%m%d%H%M%S").ok()?.and_utc();
            let ours = ["migration.sql", "snapshot.json"].map(|file| path.join(file).is_file());
            (ours == [true, true]).then(|| (moment, title.to_owned(), path))
        })
        .collect();
    found.sort();
    found
}

/// `out` of drizzle.config.*.
pub(super) fn configured(root: &Path) -> Option<PathBuf> {
    let names = ["ts", "js", "mjs", "json"].map(|end| root.join(format!("drizzle.config.{end}")));
    let text = names.iter().find_map(|path| std::fs::read_to_string(path).ok())?;
    for (at, _) in text.match_indices("out") {
        let rest = text.get(at + 3..)?.trim_start_matches(['"', '\'']).trim_start();
        let Some(value) = rest.strip_prefix(':').map(str::trim_start) else { continue };
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
        let value = value.get(1..)?.split(quote).next()?;
        return Some(root.join(value.trim_start_matches("./")));
    }
    None
}

pub(super) fn read(dir: &Path) -> Result<ForeignHistory, ForeignError> {
    let path = dir.join("meta/_journal.json");
    if path.is_file() {
        return read_journal(dir, path);
    }
    let folders = folders(dir);
    let Some((_, _, newest)) = folders.last() else {
        return Err(ForeignError::NoHistory { tool: Tool::Drizzle, dir: dir.to_owned() });
    };
    let snapshot = newest.join("snapshot.json");
    let said: Snapshot = serde_json::from_str(&text::read(&snapshot)?).map_err(|error| {
        let reason = format!("it is no snapshot of drizzle-kit: {error}");
        ForeignError::Unreadable { file: snapshot.clone(), reason }
    })?;
    let dialect = dialect(said.dialect.as_deref(), &snapshot)?;
    let mut migrations = Vec::new();
    let mut last = None;
    for (moment, title, folder) in folders {
        let file = folder.join("migration.sql");
        let when = moment.timestamp_millis();
        let moment = after(last, moment);
        last = Some(moment);
        migrations.push(migration(file, moment, &title, when)?);
    }
    Ok(ForeignHistory { tool: Tool::Drizzle, dialect, migrations })
}

fn dialect(word: Option<&str>, file: &Path) -> Result<Option<Dialect>, ForeignError> {
    match word {
        Some("postgresql" | "pg" | "postgres") => Ok(Some(Dialect::Postgres)),
        Some("sqlite" | "turso" | "libsql") => Ok(Some(Dialect::Sqlite)),
        None => Ok(None),
        Some(other) => {
            Err(ForeignError::Provider { file: file.to_owned(), provider: other.to_owned() })
        }
    }
}

/// Versions here count seconds, and each must be later than the one before.
fn after(last: Option<DateTime<Utc>>, moment: DateTime<Utc>) -> DateTime<Utc> {
    let second = DateTime::from_timestamp(moment.timestamp(), 0).unwrap_or(moment);
    last.map_or(second, |last| second.max(last + Duration::seconds(1)))
}

fn migration(
    file: PathBuf,
    moment: DateTime<Utc>,
    title: &str,
    when: i64,
) -> Result<ForeignMigration, ForeignError> {
    Ok(ForeignMigration {
        folder: named(&moment.format("%Y-%m-%d-%H%M%S").to_string(), title),
        up: statements(&text::read(&file)?),
        down: None,
        transactional: true,
        key: Key::Drizzle { hash: sha256(&text::bytes(&file)?), when },
        file,
    })
}

fn read_journal(dir: &Path, path: PathBuf) -> Result<ForeignHistory, ForeignError> {
    let unreadable = |reason: String| ForeignError::Unreadable { file: path.clone(), reason };
    let journal: Journal = serde_json::from_str(&text::read(&path)?)
        .map_err(|error| unreadable(format!("it is no journal of drizzle-kit: {error}")))?;
    let dialect = dialect(journal.dialect.as_deref(), &path)?;
    let mut migrations = Vec::new();
    let mut last = None;
    for entry in journal.entries {
        let file = dir.join(format!("{}.sql", entry.tag));
        if !file.is_file() {
            return Err(ForeignError::Missing { journal: path.clone(), file });
        }
        let moment = DateTime::from_timestamp_millis(entry.when)
            .ok_or_else(|| unreadable(format!("`{}` is no time", entry.when)))?;
        let moment = after(last, moment);
        last = Some(moment);
        let numbered = entry.tag.split_once('_');
        let name = match numbered {
            Some((number, name)) if number.chars().all(|c| c.is_ascii_digit()) => name,
            _ => entry.tag.as_str(),
        };
        migrations.push(migration(file, moment, name, entry.when)?);
    }
    Ok(ForeignHistory { tool: Tool::Drizzle, dialect, migrations })
}

/// The text without breakpoints, every statement with its semicolon.
fn statements(text: &str) -> String {
    if !text.contains(BREAKPOINT) {
        return text.to_owned();
    }
    let mut out = String::new();
    for part in text.split(BREAKPOINT).map(str::trim).filter(|part| !part.is_empty()) {
        out.push_str(part);
        if !part.ends_with(';') {
            // Behind a comment it would be part of it.
            let last = part.lines().next_back().unwrap_or_default();
            out.push_str(if last.contains("--") { "\n;" } else { ";" });
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::statements;

    #[test]
    fn breakpoints_become_semicolons() {
        let text = "CREATE TABLE a (b int);\n--> statement-breakpoint\nCREATE INDEX x ON a (b)--> statement-breakpoint\nSELECT 1 -- one";
        assert_eq!(
            statements(text),
            "CREATE TABLE a (b int);\nCREATE INDEX x ON a (b);\nSELECT 1 -- one\n;\n"
        );
    }
}
