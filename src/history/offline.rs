use super::Finding;
use crate::diagnostic::Severity;
use crate::migration::{Migration, MigrationError, SqlFile};
use crate::model::Dialect;
use crate::source::lineage::Lineage;

/// What is wrong with a folder of migrations by itself.
///
/// # Errors
/// A file that cannot be read.
pub fn offline(
    migrations: &[Migration],
    lineage: &Lineage,
) -> Result<Vec<Finding>, MigrationError> {
    let mut found = forks(lineage);
    found.extend(orphans(lineage));
    found.extend(without_snapshot(migrations, lineage));
    for migration in migrations {
        let missing = no_way_back(migration, lineage.dialect)?;
        found.extend(missing.map(|finding| match is_adopted(migration, lineage) {
            true => Finding { level: Severity::Warning, ..finding },
            false => finding,
        }));
    }
    Ok(found)
}

/// It ran before dbkit came: at most the newest of its time has a snapshot, of all of them.
#[must_use]
pub fn is_adopted(migration: &Migration, lineage: &Lineage) -> bool {
    let Some(first) = lineage.entries.first() else { return false };
    let whole = first.snapshot.parent.is_none() && first.snapshot.generated.is_none();
    whole && migration.version <= first.migration.version
}

fn forks(lineage: &Lineage) -> Vec<Finding> {
    let finding = |fork: crate::source::lineage::Fork| {
        let (first, second) = (fork.first.join(", "), fork.second.join(", "));
        let message = format!("{first} and {second} were made on the same state");
        if fork.shared.is_empty() {
            return Finding::new(
                "fork",
                second,
                format!("{message}; they change different objects"),
                "`dbkit generate --rebase` puts the newer after the older; the next `dbkit generate` joins both where they have run already",
            );
        }
        let shared: Vec<String> = fork.shared.iter().map(ToString::to_string).collect();
        Finding::new(
            "fork",
            second.clone(),
            format!("{message}, and both change {}", shared.join(", ")),
            format!("`dbkit generate --rebase` redoes {second} on top of {first}"),
        )
    };
    lineage.forks().into_iter().map(finding).collect()
}

fn orphans(lineage: &Lineage) -> Vec<Finding> {
    let finding = |orphan: &crate::source::lineage::Orphan| {
        let parent = &orphan.parent.version;
        if orphan.changed {
            return Finding::new(
                "parent-changed",
                orphan.name.clone(),
                format!("it was made on {parent}, whose snapshot is another now"),
                format!(
                    "restore {parent} from version control, or with `dbkit repair {parent} --restore` from a database where it ran"
                ),
            );
        }
        Finding::new(
            "parent-missing",
            orphan.name.clone(),
            format!("it was made on {parent}, which is not in the folder"),
            format!(
                "restore {parent} from version control, or with `dbkit repair {parent} --restore` from a database where it ran; where it is gone for good, `dbkit repair {parent} --forget`"
            ),
        )
    };
    lineage.orphans.iter().map(finding).collect()
}

/// Migrations by hand or by Diesel after the first one with a snapshot: what they change, nobody
/// knows offline.
fn without_snapshot(migrations: &[Migration], lineage: &Lineage) -> Vec<Finding> {
    let Some(first) = lineage.entries.first() else { return Vec::new() };
    let unknown = migrations.iter().filter(|migration| {
        migration.version > first.migration.version && lineage.without.contains(&migration.name)
    });
    unknown
        .map(|migration| {
            Finding::new(
                "no-snapshot",
                migration.name.clone(),
                "it has no snapshot.json: `generate` does not know what it changes",
                "write migrations by hand with `dbkit generate --custom`; for this one run `dbkit migrate`, then `dbkit baseline`, which takes its snapshot from the database",
            )
            .at(&migration.path)
        })
        .collect()
}

/// A down.sql that is missing or empty. One whose comment says `irreversible` is so on purpose.
fn no_way_back(migration: &Migration, dialect: Dialect) -> Result<Option<Finding>, MigrationError> {
    if migration.down(dialect)?.is_some() {
        return Ok(None);
    }
    let path = migration.path.join("down.sql");
    let (message, path) = if path.is_file() {
        let text = SqlFile::read(&path)?.text.to_lowercase();
        if text.contains("irreversible") {
            return Ok(None);
        }
        ("its down.sql holds no statement", path)
    } else {
        ("it has no down.sql", migration.path.clone())
    };
    Ok(Some(
        Finding::new(
            "no-way-back",
            migration.name.clone(),
            message,
            "write the way back, or say why there is none in a comment of down.sql: `-- irreversible: …`",
        )
        .at(path),
    ))
}
