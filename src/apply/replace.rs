use super::ApplyError;
use super::settings::Settings;
use super::transaction::small;
use crate::database::Connection;
use crate::ledger::{Comparison, Ledger, Standing};
use crate::migration::{Checksum, Migration, Version};

/// Moves the ledger over to squashed migrations where everything they replace has run: their
/// lines take the place of the old ones, each in one transaction. Nothing else changes. Returns
/// the names of those moved.
///
/// # Errors
/// The database's own, or an up.sql that cannot be read.
pub fn move_over(
    connection: &mut Connection,
    ledger: &mut Ledger,
    migrations: &[Migration],
    standing: &[Comparison],
) -> Result<Vec<String>, ApplyError> {
    let mut moved = Vec::new();
    for line in standing.iter().filter(|line| line.standing == Standing::Replacing) {
        let Some(migration) = migrations.iter().find(|m| m.version == line.version) else {
            continue;
        };
        let checksum = migration.checksum()?;
        ledger.create(connection)?;
        let old = migration.replaces.versions.iter().chain(&migration.replaces.earlier);
        let old: Vec<&Version> = old.filter(|version| **version != migration.version).collect();
        small(connection, Settings::default().lock_timeout, &mut |connection| {
            for version in &old {
                ledger.remove(connection, version)?;
            }
            ledger.accept(connection, migration, &checksum)
        })?;
        moved.push(migration.name.clone());
    }
    Ok(moved)
}

/// Notes a migration whose folder was renamed under its new version.
///
/// # Errors
/// The database's own.
pub fn renamed(
    connection: &mut Connection,
    ledger: &Ledger,
    was: &Version,
    migration: &Migration,
    checksum: &Checksum,
) -> Result<(), ApplyError> {
    small(connection, Settings::default().lock_timeout, &mut |connection| {
        ledger.rename(connection, was, &migration.version)?;
        ledger.accept(connection, migration, checksum)
    })
}
