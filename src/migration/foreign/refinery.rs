//! refinery: `V1__name.sql`, and `U20240131__name.sql` for versions that need not follow each other.

use super::text::{self, dated, named};
use super::{ForeignError, ForeignHistory, ForeignMigration, Key, Tool};
use siphasher::sip::SipHasher13;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

/// `V1__users`: version and name.
fn parts(stem: &str) -> Option<(&str, &str)> {
    let rest = stem.strip_prefix(['V', 'U'])?;
    let (version, name) = rest.split_once("__")?;
    let digits = !version.is_empty() && version.chars().all(|c| c.is_ascii_digit());
    (digits && !name.is_empty()).then_some((version, name))
}

fn files(dir: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
                continue;
            }
            let end = path.extension().map(|end| end.to_string_lossy().into_owned());
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
            if let (Some("sql" | "rs"), Some(stem)) = (end.as_deref(), stem)
                && parts(&stem).is_some()
            {
                found.push((stem, path));
            }
        }
    }
    found.sort();
    found
}

pub(super) fn recognises(dir: &Path) -> bool {
    !files(dir).is_empty()
}

pub(super) fn read(dir: &Path) -> Result<ForeignHistory, ForeignError> {
    let files = files(dir);
    if files.is_empty() {
        return Err(ForeignError::NoHistory { tool: Tool::Refinery, dir: dir.to_owned() });
    }
    let mut migrations = Vec::new();
    for (stem, file) in &files {
        let Some((spelled, name)) = parts(stem) else { continue };
        if file.extension().is_some_and(|end| end == "rs") {
            return Err(ForeignError::InRust { file: file.clone() });
        }
        let number = |_| ForeignError::Unreadable {
            file: file.clone(),
            reason: format!("`{spelled}` is too large for a version"),
        };
        let version: i64 = spelled.parse().map_err(number)?;
        let up = text::read(file)?;
        migrations.push(ForeignMigration {
            folder: named(&dated(spelled), name),
            transactional: true,
            key: Key::Refinery { version, checksums: checksums(name, version, &up) },
            file: file.clone(),
            up,
            down: None,
        });
    }
    migrations.sort_by_key(|migration| match migration.key {
        Key::Refinery { version, .. } => version,
        _ => 0,
    });
    Ok(ForeignHistory { tool: Tool::Refinery, dialect: None, migrations })
}

/// Versions of 32 bits, and of 64 where the feature `int8-versions` is on.
fn checksums(name: &str, version: i64, sql: &str) -> Vec<String> {
    let sum = |version: &dyn Fn(&mut SipHasher13)| {
        let mut hasher = SipHasher13::new();
        name.hash(&mut hasher);
        version(&mut hasher);
        sql.hash(&mut hasher);
        hasher.finish().to_string()
    };
    let mut all = vec![sum(&|hasher| version.hash(hasher))];
    if let Ok(short) = i32::try_from(version) {
        all.push(sum(&|hasher| short.hash(hasher)));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::checksums;

    /// As refinery counts it.
    #[test]
    fn checksums_are_refinerys() {
        let found = checksums("initial", 1, "CREATE TABLE a (id integer);\n");
        assert!(found.iter().any(|sum| sum == "7914402077868584429"), "{found:?}");
    }
}
