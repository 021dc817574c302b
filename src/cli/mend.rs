//! Mending what became of applied migrations: each kind by a choice of the user's.

use super::migrations::{History, stop};
use super::output::{Grid, harmless, print};
use super::status::progress;
use super::{Context, Exit, Stop, prompt};
use crate::apply::ApplyError;
use crate::history::difference;
use crate::ledger::{Comparison, Standing};
use crate::migration::{Migration, SNAPSHOT_FILE, Version, place};
use crate::source::lineage::Lineage;

/// What is to be done about a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// Note its files as they are now.
    Accept,
    /// Take it out of the ledger.
    Forget,
    /// Note it under its new version.
    Renamed,
    /// Write its files as they were when it ran.
    Restore,
}

impl Choice {
    fn flag(self) -> &'static str {
        match self {
            Self::Accept => "--accept",
            Self::Forget => "--forget",
            Self::Renamed => "--renamed",
            Self::Restore => "--restore",
        }
    }
}

/// What can be chosen for a migration as it stands.
fn choices(line: &Comparison) -> &'static [Choice] {
    match line.standing {
        Standing::Changed => &[Choice::Restore, Choice::Accept],
        Standing::Missing => &[Choice::Restore, Choice::Forget],
        Standing::Renamed if line.edited => &[Choice::Renamed, Choice::Forget],
        Standing::Renamed => &[Choice::Renamed],
        Standing::Applied if line.was.is_some() => &[Choice::Accept],
        _ => &[],
    }
}

/// True when `dbkit repair` has something to offer for it.
pub(super) fn needs(line: &Comparison) -> bool {
    is_open(line) || (line.standing != Standing::Applied && !choices(line).is_empty())
}

/// Some of its statements are done.
pub(super) fn is_open(line: &Comparison) -> bool {
    matches!(line.standing, Standing::Interrupted | Standing::Reverting)
}

/// Shows what can be mended, with the command for each choice.
pub(super) fn list(context: &Context, history: &mut History) -> anyhow::Result<Exit> {
    let standing = history.standing()?;
    let open: Vec<&Comparison> = standing.iter().filter(|line| needs(line)).collect();
    let commands = |line: &Comparison| -> Vec<String> {
        let flags: Vec<&str> = match line.standing {
            Standing::Interrupted | Standing::Reverting => {
                vec!["--resume", "--retry", "--skip", "--applied", "--reverted"]
            }
            _ => choices(line).iter().map(|choice| choice.flag()).collect(),
        };
        flags.iter().map(|flag| format!("dbkit repair {} {flag}", line.version)).collect()
    };
    if context.json() {
        let all: Vec<_> = open
            .iter()
            .map(|line| {
                serde_json::json!({
                    "version": line.version.as_str(),
                    "name": line.name,
                    "state": line.standing,
                    "was": line.was,
                    "choices": commands(line),
                })
            })
            .collect();
        let json = serde_json::json!({ "target": history.target.to_string(), "repairs": all });
        print(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
    } else if open.is_empty() {
        print("nothing to repair\n")?;
    } else {
        let mut grid = Grid::new(["migration", "what became of it", "choices"]);
        for line in &open {
            let told = match line.standing {
                Standing::Changed => "edited after it had run".to_owned(),
                Standing::Missing => "its folder is gone".to_owned(),
                Standing::Renamed => {
                    let was = line.was.as_deref().unwrap_or("another version");
                    format!("renamed{} from {was}", if line.edited { " and edited" } else { "" })
                }
                Standing::Reverting => {
                    format!("its way back interrupted after statement {}", progress(line))
                }
                _ => format!("interrupted after statement {}", progress(line)),
            };
            grid.row([line.name.clone(), told, commands(line).join(" | ")]);
        }
        print(&grid.render(context.terminal))?;
    }
    Ok(if open.is_empty() { Exit::Done } else { Exit::Pending })
}

/// Carries out a choice, after saying what it does and asking.
pub(super) fn mend(
    context: &Context,
    history: &mut History,
    wanted: &str,
    choice: Choice,
    yes: bool,
) -> anyhow::Result<Exit> {
    let standing = history.standing()?;
    let version = Version::of_folder(wanted);
    let named =
        |line: &&Comparison| line.version == version || line.was_version.as_ref() == Some(&version);
    let Some(line) = standing.iter().find(named) else {
        if choice == Choice::Forget && relink(history, &version)? {
            print(&format!("{version} is forgotten\n"))?;
            return Ok(Exit::Done);
        }
        let (wanted, dir) = (wanted.to_owned(), history.dir.clone());
        return Err(stop(ApplyError::Unknown { wanted, dir }));
    };
    if !choices(line).contains(&choice) {
        return Err(Stop::error(
            Exit::Usage,
            format!(
                "{} is not for {}\nhelp: `dbkit repair` shows what can be mended, and how",
                choice.flag(),
                line.name
            ),
        ));
    }
    let migration = history.migrations.iter().find(|m| m.version == line.version).cloned();
    history.ledger.create(&mut history.connection)?;
    let noted = line.was_version.as_ref().unwrap_or(&line.version);
    let kept = history.ledger.kept(&mut history.connection, noted)?;
    if let (Some(then), Some(migration)) = (&kept.up, &migration)
        && (line.standing == Standing::Changed || line.edited)
    {
        let now = migration.up()?.text;
        let shown = match choice {
            Choice::Restore => difference(&now, then, ("up.sql now", "up.sql as it ran")),
            _ => difference(then, &now, ("up.sql as it ran", "up.sql now")),
        };
        context.say(shown.lines().map(harmless).collect::<Vec<_>>().join("\n").as_str());
    }
    let (ask, done) = told(line, choice);
    if choice == Choice::Restore && kept.up.is_none() {
        return Err(Stop::error(
            Exit::Refused,
            format!(
                "the ledger has not kept the files of {}: Diesel ran it, or they were too large\nhelp: restore the folder from version control",
                line.name
            ),
        ));
    }
    if !yes && !prompt::confirm(&format!("{ask}?"), "--yes")? {
        return Err(Stop::error(Exit::Refused, "nothing was changed"));
    }
    match (choice, &migration) {
        (Choice::Restore, _) => restore(history, line, migration.as_ref(), &kept.files())?,
        (Choice::Forget, _) => {
            history.ledger.remove(&mut history.connection, noted)?;
            relink(history, noted)?;
        }
        (Choice::Accept, Some(migration)) => {
            let checksum = migration.checksum()?;
            history.ledger.accept(&mut history.connection, migration, &checksum)?;
        }
        (Choice::Renamed, Some(migration)) => {
            let checksum = migration.checksum()?;
            if let Some(was) = &line.was_version {
                let (ledger, connection) = (&history.ledger, &mut history.connection);
                crate::apply::renamed(connection, ledger, was, migration, &checksum)
                    .map_err(stop)?;
            }
        }
        (Choice::Accept | Choice::Renamed, None) => {}
    }
    print(&format!("{done}\n"))?;
    Ok(Exit::Done)
}

/// Has the migration before a forgotten one stand for it, so that what was made on it has a parent
/// again. False when nothing was.
fn relink(history: &History, version: &Version) -> anyhow::Result<bool> {
    let lineage = Lineage::read(&history.migrations, history.target.dialect())?;
    let orphan = lineage.orphans.iter().find(|o| o.parent.version == version.as_str());
    let Some((before, snapshot)) = orphan.and_then(|orphan| lineage.relinked(orphan)) else {
        return Ok(false);
    };
    let path = before.path.join(SNAPSHOT_FILE);
    std::fs::write(&path, snapshot.to_json()).map_err(|error| {
        Stop::error(Exit::Unexpected, format!("cannot write {}: {error}", path.display()))
    })?;
    Ok(true)
}

/// The question, and what is said when it is done.
fn told(line: &Comparison, choice: Choice) -> (String, String) {
    let name = &line.name;
    let was = line.was.as_deref().unwrap_or("its old version");
    match choice {
        Choice::Accept => (
            format!(
                "note {name} as applied the way its folder is now (the database stays as it is)"
            ),
            format!("{name} is noted as its folder is now"),
        ),
        Choice::Forget => {
            let name = if line.edited { was } else { name };
            (
                format!("take {name} out of the ledger (what it did stays in the database)"),
                format!("{name} is out of the ledger"),
            )
        }
        Choice::Renamed => (
            format!("note {name} in the place of {was}"),
            format!("{name} is noted in the place of {was}"),
        ),
        Choice::Restore => (
            format!("write the files of {name} as they were when it ran"),
            format!("{name} is as it was when it ran"),
        ),
    }
}

/// Writes what the ledger has kept: the missing folder, or the files of the edited one.
fn restore(
    history: &History,
    line: &Comparison,
    migration: Option<&Migration>,
    files: &[(&'static str, &str)],
) -> anyhow::Result<()> {
    if let Some(migration) = migration {
        for (name, text) in files {
            let path = migration.path.join(name);
            std::fs::write(&path, text).map_err(|error| {
                let message = format!("cannot write {}: {error}", path.display());
                Stop::error(Exit::Unexpected, message)
            })?;
        }
        return Ok(());
    }
    // The name comes from the database.
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let fits = line.name.chars().all(plain)
        && !line.name.starts_with('.')
        && Version::of_folder(&line.name) == line.version;
    let name = if fits { line.name.clone() } else { format!("{}_restored", line.version) };
    place(&history.dir, &name, files).map_err(|e| Stop::error(Exit::Unexpected, e.to_string()))?;
    Ok(())
}
