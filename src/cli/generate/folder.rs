//! The folders of a generated migration.

use super::{Both, Draft, Text};
use crate::cli::output::harmless;
use crate::migration::{self, MigrationError, NewMigration, Version, stamp};
use crate::plan::{HazardKind, Part, Script};
use crate::source::snapshot::Snapshot;
use chrono::{DateTime, Utc};
use std::path::PathBuf;

/// One folder for each part. Going back takes them in the opposite order, so that the first part
/// of the way back stands with the last part of the way there; each snapshot but the first changes
/// nothing.
pub(super) fn write_all(
    draft: &Draft,
    made: &Both,
    name: &str,
    now: DateTime<Utc>,
) -> Result<Vec<PathBuf>, MigrationError> {
    let before = &draft.history.model;
    let mut head = draft.history.head.clone();
    let mut newest = draft.migrations.last().map(|m| m.version.clone());
    let mut paths = Vec::new();
    for (at, (up, mut down, transactional)) in pair(&made.up, &made.down).into_iter().enumerate() {
        let version = stamp(now, newest.as_ref());
        let first = at == 0;
        let snapshot = if first {
            made.snapshot.clone()
        } else {
            Snapshot::between(before, before, head.clone())
        };
        let name = if first { name.to_owned() } else { format!("{name}_{}", at + 1) };
        if down.is_empty() {
            down = "-- Nothing to undo here.\nSELECT 1;\n".to_owned();
        }
        if first {
            down = irreversible(&made.up) + &down;
        }
        let path = migration::write(
            &draft.dir,
            &NewMigration {
                version: &version,
                name: &name,
                up: if up.is_empty() { "SELECT 1;\n" } else { &up },
                down: &down,
                transactional,
                snapshot: &snapshot.to_json(),
            },
        )?;
        let plain = Version::of_folder(&version);
        head = Some(snapshot.head(plain.as_str()));
        newest = Some(plain);
        paths.push(path);
    }
    Ok(paths)
}

/// A folder whose SQL does nothing yet.
pub(super) fn write_empty(
    draft: &Draft,
    snapshot: &Snapshot,
    text: &Text,
    name: &str,
    now: DateTime<Utc>,
) -> Result<PathBuf, MigrationError> {
    let migration = NewMigration {
        version: &stamp(now, draft.migrations.last().map(|m| &m.version)),
        name,
        up: text.up,
        down: text.down,
        transactional: true,
        snapshot: &snapshot.to_json(),
    };
    migration::write(&draft.dir, &migration)
}

/// Parts of both ways side by side: (up, down, run in a transaction). Where the counts or the
/// transactions differ, parts get folders of their own.
fn pair(up: &Script, down: &Script) -> Vec<(String, String, bool)> {
    let mut folders: Vec<(String, String, bool)> = Vec::new();
    let mut back: Vec<&Part> = down.parts.iter().collect();
    for part in &up.parts {
        // The last part there is undone by the first part back.
        let partner =
            back.last().filter(|p| p.transactional == part.transactional).map(|p| part_sql(p));
        if partner.is_some() {
            back.pop();
        }
        folders.push((part_sql(part), partner.unwrap_or_default(), part.transactional));
    }
    // What found no partner is undone before everything else that stands in its way: parts of
    // the way back keep their order.
    for part in back.into_iter().rev() {
        folders.push((String::new(), part_sql(part), part.transactional));
    }
    folders
}

/// What down.sql cannot bring back, as comments.
fn irreversible(up: &Script) -> String {
    up.statements()
        .flat_map(|statement| &statement.hazards)
        .filter(|hazard| matches!(hazard.kind, HazardKind::DataLoss | HazardKind::Irreversible))
        .map(|hazard| format!("-- Cannot bring back: up.sql {}.\n", harmless(&hazard.consequence)))
        .collect()
}

/// All statements of a script.
pub(super) fn sql(script: &Script) -> String {
    script.parts.iter().map(part_sql).collect::<Vec<_>>().join("\n")
}

/// Statements with the reasons for caution above them.
fn part_sql(part: &Part) -> String {
    let mut text = String::new();
    for (at, statement) in part.statements.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        for hazard in &statement.hazards {
            let consequence = harmless(&hazard.consequence);
            text.push_str(&format!("-- {}: {consequence}\n", hazard.kind));
        }
        text.push_str(statement.sql.trim_end());
        text.push('\n');
    }
    text
}
