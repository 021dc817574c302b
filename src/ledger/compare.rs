use super::{Record, State};
use crate::migration::{Migration, MigrationError, Version};

/// How a migration stands between folder and ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    Applied,
    /// Applied, and its up.sql is not what it was then.
    Changed,
    Pending,
    /// Pending, and older than one that is applied: it came with a late merge.
    PendingOlder,
    /// Applied, and there is no folder for it.
    Missing,
    /// It began, is not wholly there, and nothing says that it ended.
    Interrupted,
}

/// One line of the comparison.
#[derive(Clone, Debug)]
pub struct Comparison {
    pub version: Version,
    pub name: String,
    pub standing: Standing,
    pub run_on: Option<String>,
    pub duration_ms: Option<u64>,
    /// Statements that are done, of an interrupted one.
    pub statement: u64,
}

/// Lays the folder's migrations (oldest first) beside the ledger's records.
///
/// # Errors
/// An up.sql that cannot be read.
pub fn compare(
    migrations: &[Migration],
    records: &[Record],
) -> Result<Vec<Comparison>, MigrationError> {
    let newest = records.iter().filter(|r| r.applied).map(|r| &r.version).max();
    let mut all = Vec::new();
    for migration in migrations {
        let record = records.iter().find(|r| r.version == migration.version);
        let standing = match record {
            None if newest.is_some_and(|newest| migration.version < *newest) => {
                Standing::PendingOlder
            }
            None => Standing::Pending,
            Some(record) if record.state == State::Started => Standing::Interrupted,
            Some(record) => match &record.checksum {
                Some(then) if *then != *migration.checksum()?.as_str() => Standing::Changed,
                _ => Standing::Applied,
            },
        };
        all.push(Comparison {
            version: migration.version.clone(),
            name: migration.name.clone(),
            standing,
            run_on: record.and_then(|r| r.run_on.clone()),
            duration_ms: record.and_then(|r| r.duration_ms),
            statement: record.map_or(0, |r| r.statement),
        });
    }
    for record in records {
        if !migrations.iter().any(|m| m.version == record.version) {
            all.push(Comparison {
                version: record.version.clone(),
                name: record.name.clone().unwrap_or_else(|| record.version.to_string()),
                standing: match record.state {
                    State::Started => Standing::Interrupted,
                    State::Finished => Standing::Missing,
                },
                run_on: record.run_on.clone(),
                duration_ms: record.duration_ms,
                statement: record.statement,
            });
        }
    }
    all.sort_by(|a, b| a.version.cmp(&b.version));
    Ok(all)
}
