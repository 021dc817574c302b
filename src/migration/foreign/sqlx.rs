//! sqlx: `<version>_<description>.sql`, or `.up.sql` and `.down.sql`.

use super::text::{self, dated, named, sha384};
use super::{ForeignError, ForeignHistory, ForeignMigration, Key, Tool};
use std::path::{Path, PathBuf};

/// `1_users.up.sql`: version and description.
fn parts(name: &str) -> Option<(&str, &str)> {
    let stem = name.strip_suffix(".sql")?;
    let stem = stem.strip_suffix(".up").or_else(|| stem.strip_suffix(".down")).unwrap_or(stem);
    let (version, description) = stem.split_once('_')?;
    let digits = !version.is_empty() && version.chars().all(|c| c.is_ascii_digit());
    digits.then_some((version, description))
}

fn files(dir: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let files = entries.filter(|entry| entry.path().is_file());
    let mut found: Vec<_> = files
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
        .filter(|(name, _)| parts(name).is_some())
        .collect();
    found.sort();
    found
}

pub(super) fn recognises(dir: &Path) -> bool {
    !files(dir).is_empty()
}

pub(super) fn read(dir: &Path) -> Result<ForeignHistory, ForeignError> {
    let files = files(dir);
    if files.is_empty() {
        return Err(ForeignError::NoHistory { tool: Tool::Sqlx, dir: dir.to_owned() });
    }
    let mut migrations = Vec::new();
    for (name, file) in &files {
        let Some((spelled, description)) = parts(name) else { continue };
        if name.ends_with(".down.sql") {
            continue;
        }
        let number = |_| ForeignError::Unreadable {
            file: file.clone(),
            reason: format!("`{spelled}` is too large for a version"),
        };
        let version: i64 = spelled.parse().map_err(number)?;
        let up = text::read(file)?;
        let back = name.strip_suffix(".up.sql").map(|stem| dir.join(format!("{stem}.down.sql")));
        let down = match back.filter(|path| path.is_file()) {
            Some(path) => Some(text::read(&path)?),
            None => None,
        };
        migrations.push(ForeignMigration {
            folder: named(&dated(spelled), description),
            transactional: !up.starts_with("-- no-transaction"),
            key: Key::Sqlx { version, checksum: sha384(&text::bytes(file)?) },
            file: file.clone(),
            up,
            down,
        });
    }
    migrations.sort_by_key(|migration| match migration.key {
        Key::Sqlx { version, .. } => version,
        _ => 0,
    });
    Ok(ForeignHistory { tool: Tool::Sqlx, dialect: None, migrations })
}
