use super::{Difference, Finding, How, difference};
use crate::ledger::{Comparison, Kept, Standing};
use crate::migration::{Migration, MigrationError, Version};
use crate::source::lineage::Lineage;

/// True when what the migration does is in the database.
#[must_use]
pub fn has_run(line: &Comparison) -> bool {
    matches!(
        line.standing,
        Standing::Applied
            | Standing::Changed
            | Standing::Missing
            | Standing::Renamed
            | Standing::Replacing
    )
}

/// What became of migrations after they had run, where the ledger says so. `kept` looks up the
/// files as they were then.
///
/// # Errors
/// An up.sql that cannot be read, or whatever `kept` fails with.
pub fn applied<E: From<MigrationError>>(
    standing: &[Comparison],
    migrations: &[Migration],
    mut kept: impl FnMut(&Version) -> Result<Kept, E>,
) -> Result<Vec<Finding>, E> {
    let mut found = Vec::new();
    for line in standing {
        let migration = migrations.iter().find(|m| m.version == line.version);
        if let Some(mut finding) = one(line) {
            if let Some(migration) = migration {
                finding.path = Some(migration.path.clone());
                if line.standing == Standing::Changed
                    && let Some(then) = kept(&line.version)?.up
                {
                    let now = migration.up()?.text;
                    finding =
                        finding.detail(difference(&then, &now, ("up.sql as it ran", "up.sql")));
                }
            }
            found.push(finding);
        }
    }
    Ok(found)
}

fn one(line: &Comparison) -> Option<Finding> {
    let name = &line.name;
    let version = &line.version;
    let finding =
        |code, message: String, help: String| Some(Finding::new(code, name, message, help));
    match line.standing {
        Standing::Changed => finding(
            "edited",
            "it was edited after it had run here".to_owned(),
            format!("put the change into a new migration and take it out here (`dbkit repair {version} --restore`), or accept the file as it is (`dbkit repair {version} --accept`)"),
        ),
        Standing::Missing => finding(
            "deleted",
            "it has run here and its folder is gone".to_owned(),
            format!("bring the folder back (`dbkit repair {version} --restore`, or from version control), or forget it (`dbkit repair {version} --forget`)"),
        ),
        Standing::Renamed => finding(
            "renamed",
            format!(
                "it has run here as {}{}",
                line.was.as_deref().unwrap_or("another version"),
                if line.edited { ", with another text" } else { "" }
            ),
            format!(
                "rename the folder back, or let the ledger follow (`dbkit repair {version} --renamed`){}",
                if line.edited { format!("; where it is another migration, `dbkit repair {version} --forget`") } else { String::new() }
            ),
        ),
        Standing::PendingOlder => finding(
            "older",
            "it has not run here and is older than the newest that has".to_owned(),
            "run it with `dbkit migrate` (dbkit.toml's older_migrations decides), or give it a newer version with `dbkit generate --rebase`".to_owned(),
        ),
        Standing::PartlyReplaced => {
            let lacking: Vec<&str> = line.lacking.iter().map(Version::as_str).collect();
            finding(
                "partly-replaced",
                format!("of what it replaces, these have not run here: {}", lacking.join(", ")),
                "take the folder of migrations from before the squash, run `dbkit migrate` with it, and come back".to_owned(),
            )
        }
        Standing::Interrupted | Standing::Reverting => finding(
            "interrupted",
            format!(
                "{} began and did not finish: {} of {} statements are done",
                if line.standing == Standing::Interrupted { "it" } else { "its way back" },
                line.statement,
                line.statements
            ),
            "`dbkit repair` shows how to mend it".to_owned(),
        ),
        Standing::Applied | Standing::Pending | Standing::Replacing => None,
    }
}

/// The versions with a snapshot whose changes the database should have.
#[must_use]
pub fn expected(lineage: &Lineage, standing: &[Comparison]) -> crate::model::Model {
    lineage.model_of(|at| {
        lineage.entries.get(at).is_some_and(|entry| {
            let version = &entry.migration.version;
            standing.iter().any(|line| line.version == *version && has_run(line))
        })
    })
}

/// The first part of a change that has not run while the one before it has: what such a database
/// should look like, no snapshot tells.
#[must_use]
pub fn half_applied<'a>(lineage: &'a Lineage, standing: &[Comparison]) -> Option<&'a str> {
    let run = |at: usize| {
        let version = &lineage.entries.get(at)?.migration.version;
        Some(standing.iter().any(|line| line.version == *version && has_run(line)))
    };
    let half = |at: &usize| run(*at) == Some(false) && run(at.wrapping_sub(1)) == Some(true);
    let parts = lineage.entries.iter().enumerate().filter(|(_, entry)| entry.snapshot.continues);
    let found = parts.map(|(at, _)| at).find(half)?;
    lineage.entries.get(found).map(|entry| entry.migration.name.as_str())
}

/// Differences between what the applied migrations add up to and the database itself.
#[must_use]
pub fn drift(differences: &[Difference]) -> Vec<Finding> {
    let finding = |difference: &Difference| {
        let message = match difference.change {
            How::Added => "the database has it, the migrations do not".to_owned(),
            How::Removed => "the migrations have it, the database does not".to_owned(),
            How::Changed | How::Renamed => "the database has another form of it".to_owned(),
        };
        let help = "`dbkit diff --from database --to migrations --format sql` prints what puts it back; to keep it, change schema.rs and `dbkit generate`";
        let finding = Finding::new("drift", difference.object.clone(), message, help);
        if difference.details.is_empty() {
            return finding;
        }
        finding.detail(difference.details.join("\n"))
    };
    differences.iter().map(finding).collect()
}
