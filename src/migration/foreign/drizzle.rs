//! drizzle-kit: `meta/_journal.json` names the files in order; statements stand between breakpoints.

use super::text::{self, named, sha256};
use super::{ForeignError, ForeignHistory, ForeignMigration, Key, Tool};
use crate::model::Dialect;
use chrono::{DateTime, Duration};
use serde::Deserialize;
use std::path::{Path, PathBuf};

const BREAKPOINT: &str = "--> statement-breakpoint";

#[derive(Deserialize)]
struct Journal {
    dialect: Option<String>,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    when: i64,
    tag: String,
}

pub(super) fn recognises(dir: &Path) -> bool {
    dir.join("meta/_journal.json").is_file()
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
    let unreadable = |reason: String| ForeignError::Unreadable { file: path.clone(), reason };
    if !path.is_file() {
        return Err(ForeignError::NoHistory { tool: Tool::Drizzle, dir: dir.to_owned() });
    }
    let journal: Journal = serde_json::from_str(&text::read(&path)?)
        .map_err(|error| unreadable(format!("it is no journal of drizzle-kit: {error}")))?;
    let dialect = match journal.dialect.as_deref() {
        Some("postgresql" | "pg" | "postgres") => Some(Dialect::Postgres),
        Some("sqlite" | "turso" | "libsql") => Some(Dialect::Sqlite),
        None => None,
        Some(other) => {
            let provider = other.to_owned();
            return Err(ForeignError::Provider { file: path, provider });
        }
    };
    let mut migrations = Vec::new();
    let mut last = None;
    for entry in journal.entries {
        let file = dir.join(format!("{}.sql", entry.tag));
        if !file.is_file() {
            return Err(ForeignError::Missing { journal: path.clone(), file });
        }
        let moment = DateTime::from_timestamp_millis(entry.when)
            .ok_or_else(|| unreadable(format!("`{}` is no time", entry.when)))?;
        // Versions here count seconds, and each must be later than the one before.
        let second = DateTime::from_timestamp(moment.timestamp(), 0).unwrap_or(moment);
        let moment = last.map_or(second, |last| second.max(last + Duration::seconds(1)));
        last = Some(moment);
        let numbered = entry.tag.split_once('_');
        let name = match numbered {
            Some((number, name)) if number.chars().all(|c| c.is_ascii_digit()) => name,
            _ => entry.tag.as_str(),
        };
        migrations.push(ForeignMigration {
            folder: named(&moment.format("%Y-%m-%d-%H%M%S").to_string(), name),
            up: statements(&text::read(&file)?),
            down: None,
            transactional: true,
            key: Key::Drizzle { hash: sha256(&text::bytes(&file)?), when: entry.when },
            file,
        });
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
