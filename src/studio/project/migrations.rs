//! Migrations between folder and ledger.

use super::relative;
use crate::database::{Connection, Session};
use crate::history;
use crate::ledger::{Comparison, Ledger, Standing, compare};
use crate::migration::{self, Migration, NewMigration, Replaces, Version, stamp};
use crate::model::Dialect;
use crate::source::lineage::Lineage;
use crate::source::snapshot::Snapshot;
use crate::studio::data::{Change, Schema, statements};
use crate::studio::problem::{Kind, Problem};
use crate::studio::settings::Settings;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::path::Path;

fn folder(dir: &Path) -> Result<Vec<Migration>, Problem> {
    match dir.is_dir() {
        true => Ok(migration::read(dir)?),
        false => Ok(Vec::new()),
    }
}

/// Every migration with where it stands, and what the database has otherwise than they say.
///
/// # Errors
/// A folder that cannot be read, the database's own.
pub fn migrations(connection: &mut Connection, settings: &Settings) -> Result<Json, Problem> {
    let migrations = folder(&settings.migrations)?;
    let ledger = Ledger::find(connection)?;
    let records = ledger.records(connection)?;
    let standing = compare(&migrations, &records)?;
    let drift = drift(connection, &migrations, &standing);
    let line = |line: &Comparison| {
        let state = match line.standing {
            Standing::Missing => "unknown".into(),
            Standing::Interrupted | Standing::Reverting => "failed".into(),
            other => serde_json::to_value(other).unwrap_or_default(),
        };
        json!({
            "version": line.version.as_str(),
            "name": line.name,
            "state": state,
            "run_on": line.run_on,
            "duration_ms": line.duration_ms,
        })
    };
    Ok(json!({
        "migrations": standing.iter().map(line).collect::<Vec<_>>(),
        "drift": drift,
        "folder": settings.migrations.is_dir(),
    }))
}

/// `None` where it cannot be told: folders without snapshots, a connection that may not write (the
/// server is asked for its own spelling in a transaction that is rolled back).
fn drift(
    connection: &mut Connection,
    migrations: &[Migration],
    standing: &[Comparison],
) -> Option<Vec<String>> {
    let lineage = Lineage::read(migrations, connection.dialect()).ok()?;
    lineage.head()?;
    let expected = history::expected(&lineage, standing);
    let beside = history::beside(connection, &expected).ok()?;
    let found = history::differences(&beside.other, &beside.live, &[]);
    let text = |difference: &history::Difference| {
        let change = match difference.change {
            history::How::Added => "only in the database",
            history::How::Removed => "missing in the database",
            history::How::Changed | history::How::Renamed => "different in the database",
        };
        let details = match difference.details.is_empty() {
            true => String::new(),
            false => format!(": {}", difference.details.join("; ")),
        };
        format!("{} {change}{details}", difference.object)
    };
    Some(found.iter().map(text).collect())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MigrationAsked {
    version: String,
}

/// One migration's files.
///
/// # Errors
/// There is none of that version.
pub fn migration(asked: &MigrationAsked, settings: &Settings) -> Result<Json, Problem> {
    let migrations = folder(&settings.migrations)?;
    let wanted = migrations.iter().find(|migration| migration.version.as_str() == asked.version);
    let Some(wanted) = wanted else {
        return Err(Problem::new(Kind::NotFound, "there is no folder of that version"));
    };
    let dialect = settings.target.dialect();
    let down = wanted.down(dialect)?.map(|file| file.text);
    let mut warnings = Vec::new();
    if !wanted.transactional {
        warnings.push("it does not run in a transaction: what was done before a failure stays");
    }
    if down.is_none() {
        warnings.push("there is no way back");
    }
    Ok(json!({ "up": wanted.up()?.text, "down": down, "warnings": warnings }))
}

/// The changes as a migration to be run elsewhere. Returns its folder.
///
/// # Errors
/// A bad name, a folder that cannot be written.
pub fn save_as_migration(
    schema: &Schema,
    changes: &[Change],
    name: &str,
    settings: &Settings,
) -> Result<String, Problem> {
    let dialect = schema.dialect;
    let up: Vec<String> =
        statements(schema, changes)?.iter().map(|statement| statement.shown(dialect)).collect();
    let name = migration::file_name(name)?;
    let migrations = folder(&settings.migrations)?;
    let lineage = Lineage::read(&migrations, dialect)
        .map_err(|error| Problem::bad_request(error.to_string()))?;
    let merges = lineage.other_heads();
    let snapshot = Snapshot { merges, ..Snapshot::unchanged(dialect, lineage.head()) };
    let newest: Option<&Version> = migrations.iter().map(|migration| &migration.version).max();
    let version = stamp(chrono::Utc::now(), newest);
    let path = migration::write(
        &settings.migrations,
        &NewMigration {
            version: &version,
            name: &name,
            up: &format!("{}\n", up.join("\n")),
            down: &back(schema, changes, dialect)?,
            transactional: true,
            snapshot: &snapshot.to_json(),
            replaces: Replaces::default(),
        },
    )?;
    Ok(relative(&path, &settings.root))
}

/// The statements that take the changes back, the last first, as far as they are known.
fn back(schema: &Schema, changes: &[Change], dialect: Dialect) -> Result<String, Problem> {
    let mut lines = Vec::new();
    for change in changes.iter().rev() {
        let reversed = change.reversed(schema)?;
        match reversed {
            Some(reversed) => {
                let made = statements(schema, &[reversed])?;
                lines.extend(made.iter().map(|statement| statement.shown(dialect)));
            }
            None => lines.push(format!(
                "-- the row added to {} has no known key: delete it by hand",
                change.table().qname()
            )),
        }
    }
    Ok(format!("{}\n", lines.join("\n")))
}
