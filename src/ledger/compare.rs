use super::{Record, State};
use crate::migration::{Migration, MigrationError, Version};
use std::collections::{BTreeMap, BTreeSet};

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
    /// Applied under another version: a folder with its very text is there instead.
    Renamed,
    /// Applied as the migrations that this one replaces; the ledger follows with the next run.
    Replacing,
    /// Only some of the migrations that this one replaces have run.
    PartlyReplaced,
    /// It began, is not wholly there, and nothing says that it ended.
    Interrupted,
    /// It was applied, and its way back began and did not end.
    Reverting,
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
    /// How many its file had.
    pub statements: u64,
    /// The statement whose outcome is unknown.
    pub running: Option<String>,
    /// The folder's name when it ran, where it is another now.
    pub was: Option<String>,
    /// The version the ledger has for it, of a renamed one.
    pub was_version: Option<Version>,
    /// A renamed one has another text than when it ran: only its title says that it is the same.
    pub edited: bool,
    /// What a partly replaced one still lacks.
    pub lacking: Vec<Version>,
}

impl Comparison {
    fn new(version: &Version, name: String, standing: Standing, record: Option<&Record>) -> Self {
        let was = record.and_then(|r| r.name.clone()).filter(|was| *was != name);
        Self {
            version: version.clone(),
            name,
            standing,
            run_on: record.and_then(|r| r.run_on.clone()),
            duration_ms: record.and_then(|r| r.duration_ms),
            statement: record.map_or(0, |r| r.statement),
            statements: record.map_or(0, |r| r.statements),
            running: record.and_then(|r| r.running.clone()),
            was,
            was_version: None,
            edited: false,
            lacking: Vec::new(),
        }
    }
}

/// Lays the folder's migrations (oldest first) beside the ledger's records.
///
/// # Errors
/// An up.sql that cannot be read.
pub fn compare(
    migrations: &[Migration],
    records: &[Record],
) -> Result<Vec<Comparison>, MigrationError> {
    let by_version: BTreeMap<&Version, &Record> = records.iter().map(|r| (&r.version, r)).collect();
    let folders: BTreeSet<&Version> = migrations.iter().map(|m| &m.version).collect();
    let squashed: Vec<&Migration> = migrations.iter().filter(|m| !m.replaces.is_empty()).collect();
    let newest = records.iter().filter(|r| r.applied).map(|r| &r.version).max();
    let mut all = Vec::new();
    for migration in migrations {
        let record = by_version.get(&migration.version).copied();
        if let Some(replaced) = replaced(migration, record, records)? {
            all.push(replaced);
            continue;
        }
        let standing = match record {
            None if newest.is_some_and(|newest| migration.version < *newest) => {
                Standing::PendingOlder
            }
            None => Standing::Pending,
            Some(record) if record.state == State::Started => Standing::Interrupted,
            Some(record) if record.state == State::Reverting => Standing::Reverting,
            Some(record) => match &record.checksum {
                Some(then) if *then != *migration.checksum()?.as_str() => Standing::Changed,
                _ => Standing::Applied,
            },
        };
        all.push(Comparison::new(&migration.version, migration.name.clone(), standing, record));
    }
    let known = |version: &Version| {
        folders.contains(version) || squashed.iter().any(|m| m.replaces.covers(version))
    };
    let missing: Vec<&Record> = records.iter().filter(|r| !known(&r.version)).collect();
    let renamed = renamed(migrations, &all, &missing)?;
    for record in missing {
        if let Some(Rename { now: version, edited, .. }) =
            renamed.iter().find(|rename| rename.was == record.version)
        {
            for line in all.iter_mut().filter(|line| line.version == *version) {
                let name = line.name.clone();
                *line = Comparison {
                    was: record.name.clone(),
                    was_version: Some(record.version.clone()),
                    edited: *edited,
                    ..Comparison::new(version, name, Standing::Renamed, Some(record))
                };
            }
            continue;
        }
        let name = record.name.clone().unwrap_or_else(|| record.version.to_string());
        let standing = match record.state {
            State::Started => Standing::Interrupted,
            State::Reverting => Standing::Reverting,
            State::Finished => Standing::Missing,
        };
        all.push(Comparison::new(&record.version, name, standing, Some(record)));
    }
    all.sort_by(|a, b| a.version.cmp(&b.version));
    Ok(all)
}

/// How a squashed migration stands, where the ledger has any of what it replaces.
fn replaced(
    migration: &Migration,
    own: Option<&Record>,
    records: &[Record],
) -> Result<Option<Comparison>, MigrationError> {
    let replaces = &migration.replaces;
    if replaces.is_empty() || own.is_some_and(|r| r.state != State::Finished) {
        return Ok(None);
    }
    let has = |version: &Version| records.iter().any(|r| r.applied && r.version == *version);
    let others = |r: &&Record| r.version != migration.version && replaces.covers(&r.version);
    let any_other = records.iter().any(|record| others(&record));
    let own_sum = own.and_then(|record| record.checksum.clone());
    let is_itself = match own_sum {
        Some(sum) => sum == *migration.checksum()?.as_str(),
        None => false,
    };
    let older_name = own.and_then(|r| r.name.as_ref()).is_some_and(|name| *name != migration.name);
    if !any_other && (own.is_none() || is_itself || !older_name) {
        return Ok(None);
    }
    let lacking: Vec<Version> = if is_itself {
        Vec::new()
    } else {
        replaces.versions.iter().filter(|version| !has(version)).cloned().collect()
    };
    let standing = if lacking.is_empty() { Standing::Replacing } else { Standing::PartlyReplaced };
    let line = Comparison::new(&migration.version, migration.name.clone(), standing, own);
    Ok(Some(Comparison { was: None, lacking, ..line }))
}

/// A version that has run and has no folder, and the pending folder it is now.
struct Rename {
    was: Version,
    now: Version,
    edited: bool,
}

/// Pending folders with the text of a migration that has run and has no folder. Where several could
/// be meant, the rest of the folder's name (its title) decides, or nothing does. A folder with
/// another text and the same title, where both are the only ones of that title, is taken for
/// renamed and edited: to run it again would be worse than to ask.
fn renamed(
    migrations: &[Migration],
    all: &[Comparison],
    missing: &[&Record],
) -> Result<Vec<Rename>, MigrationError> {
    let mut pairs: Vec<Rename> = Vec::new();
    if missing.iter().all(|record| record.checksum.is_none() || !record.applied) {
        return Ok(pairs);
    }
    let mut pending = Vec::new();
    for migration in migrations {
        let open = all.iter().any(|line| {
            line.version == migration.version
                && matches!(line.standing, Standing::Pending | Standing::PendingOlder)
        });
        if open {
            pending.push((migration, migration.checksum()?));
        }
    }
    let title = |name: &str| {
        let title = name.split_once('_').map(|(_, title)| title.to_owned());
        title.filter(|title| !title.is_empty())
    };
    for record in missing.iter().filter(|record| record.applied) {
        let Some(sum) = &record.checksum else { continue };
        let same: Vec<&Migration> = pending
            .iter()
            .filter(|(_, checksum)| checksum.as_str() == sum)
            .map(|(migration, _)| *migration)
            .collect();
        let twins = missing.iter().filter(|r| r.checksum.as_ref() == Some(sum)).count();
        let wanted = record.name.as_deref().and_then(title);
        let chosen = match same.as_slice() {
            [one] if twins == 1 => Some(*one),
            several => several.iter().find(|m| title(&m.name) == wanted).copied(),
        };
        if let Some(migration) = chosen
            && !pairs.iter().any(|pair| pair.now == migration.version)
        {
            let (was, now) = (record.version.clone(), migration.version.clone());
            pairs.push(Rename { was, now, edited: false });
        }
    }
    let left: Vec<&&Record> = missing
        .iter()
        .filter(|record| record.applied && !pairs.iter().any(|pair| pair.was == record.version))
        .collect();
    let mut edited = Vec::new();
    for record in &left {
        let Some(wanted) = record.name.as_deref().and_then(title) else { continue };
        let entitled = |name: Option<&str>| name.and_then(title).as_ref() == Some(&wanted);
        let twins = left.iter().filter(|other| entitled(other.name.as_deref())).count();
        let mut same = pending.iter().map(|(migration, _)| *migration).filter(|migration| {
            entitled(Some(&migration.name)) && !pairs.iter().any(|p| p.now == migration.version)
        });
        if let (1, Some(one), None) = (twins, same.next(), same.next()) {
            let (was, now) = (record.version.clone(), one.version.clone());
            edited.push(Rename { was, now, edited: true });
        }
    }
    pairs.extend(edited);
    Ok(pairs)
}
