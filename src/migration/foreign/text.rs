//! What must be said otherwise where dbkit runs a file.

use super::ForeignMigration;
use crate::migration::SqlFile;
use crate::model::Dialect;
use crate::sql::classify;
use crate::sql::split::Statements;
use sha2::{Digest, Sha256, Sha384};
use std::path::Path;

/// Decides how a file runs. One of SQLite that switches foreign keys off to rebuild a table does so
/// around a transaction of its own: inside one the switch does nothing.
pub(super) fn runnable(migration: &mut ForeignMigration, dialect: Dialect) {
    let mut switches = false;
    let mut alone = false;
    let mut kept = String::new();
    let mut end = 0;
    for span in Statements::new(&migration.up, dialect) {
        // Told with its place when the file is run.
        let Ok(span) = span else { return };
        let sql = span.sql(&migration.up);
        if classify::is_transaction_control(sql, dialect) {
            migration.transactional = false;
            return;
        }
        if !classify::cannot_run_in_transaction(sql, dialect) {
            continue;
        }
        let switch = sql.to_ascii_lowercase().contains("foreign_keys");
        if dialect == Dialect::Sqlite && switch {
            switches = true;
            kept.push_str(migration.up.get(end..span.range.start).unwrap_or_default());
            end = span.range.end;
            let rest = migration.up.get(end..).unwrap_or_default();
            let blank = rest.len() - rest.trim_start().len();
            if rest.trim_start().starts_with(';') {
                end += blank + 1;
            }
        } else {
            alone = true;
        }
    }
    if switches && !alone {
        kept.push_str(migration.up.get(end..).unwrap_or_default());
        migration.up = format!(
            "PRAGMA foreign_keys = OFF;\nBEGIN IMMEDIATE;\n{}\nCOMMIT;\nPRAGMA foreign_keys = ON;\n",
            kept.trim()
        );
    }
    migration.transactional &= !switches && !alone;
}

pub(super) fn read(path: &Path) -> Result<String, super::MigrationError> {
    Ok(SqlFile::read(path)?.text)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(super) fn sha384(bytes: &[u8]) -> String {
    hex(&Sha384::digest(bytes))
}

/// The file as it is, for checksums.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, super::MigrationError> {
    std::fs::read(path)
        .map_err(|source| super::MigrationError::Read { path: path.to_owned(), source })
}

/// `20240131120000` as `2024-01-31-120000`; any other number as it is.
pub(super) fn dated(version: &str) -> String {
    match chrono::NaiveDateTime::parse_from_str(version, "%Y%m%d%H%M%S") {
        Ok(moment) if version.len() == 14 => moment.format("%Y-%m-%d-%H%M%S").to_string(),
        _ => version.to_owned(),
    }
}

/// A name that a folder can have, whatever the other tool allowed.
pub(super) fn named(version: &str, name: &str) -> String {
    match crate::migration::file_name(name) {
        Ok(name) => format!("{version}_{name}"),
        Err(_) => format!("{version}_migration"),
    }
}
