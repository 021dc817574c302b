//! `dbkit squash`

use super::folders::part_sql;
use super::migrations::History;
use super::output::{count, print};
use super::{Context, Exit, Stop, generate, prompt};
use crate::database::Access;
use crate::dialect;
use crate::diff::reversed;
use crate::history::{self, Segment, Squash};
use crate::migration::{self, Metadata, SNAPSHOT_FILE, Version, file_name};
use crate::model::Dialect;
use crate::plan::{Part, PlanOptions, Script, Style};
use crate::source::lineage::Lineage;
use crate::source::snapshot::Generated;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Generated migrations are folded into plain statements; what was written by hand is kept as it is,\n\
                  in its place. The new folder has the version of the last one it replaces, so that databases\n\
                  which have them all, and Diesel, take it as applied; dbkit's ledger follows with the next\n\
                  `dbkit migrate`. A database that has only some of them is refused there.\n\n\
                  Example:\n  dbkit squash --to 2024-05-31-120000 --dry-run"
)]
pub struct Args {
    /// The last migration to fold; the newest where it is left out
    #[arg(long, value_name = "VERSION")]
    to: Option<String>,
    /// What the new migration is called
    #[arg(long, value_name = "NAME", default_value = "squashed")]
    name: String,
    /// Leave the hand-written SQL of this migration out: what it changed is gone by now
    #[arg(long, value_name = "VERSION")]
    leave_out: Vec<String>,
    /// Print the SQL and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// Folds the past of every dialect's folder.
///
/// # Errors
/// Whatever stands in the way; nothing is changed then.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let given = context.global.database_url.is_some() || context.global.env.is_some();
    let dialects =
        if given { vec![context.config.target()?.dialect()] } else { context.dialects() };
    for dialect in dialects {
        let dir = context.config.migration_dir(dialect);
        let migrations = generate::migrations(&dir)?;
        let lineage = Lineage::read(&migrations, dialect)
            .map_err(|e| Stop::error(Exit::Usage, e.to_string()))?;
        let Some(newest) = migrations.last() else {
            return Err(Stop::error(Exit::Usage, "there are no migrations to squash"));
        };
        let upto = match &args.to {
            Some(to) => Version::of_folder(to),
            None => newest.version.clone(),
        };
        let leave_out: BTreeSet<Version> =
            args.leave_out.iter().map(|text| Version::of_folder(text)).collect();
        let squash = history::squash(&migrations, &lineage, &upto, &leave_out)
            .map_err(|e| Stop::error(Exit::Refused, e.to_string()))?;
        if given {
            all_applied(context, &squash)?;
        }
        one(args, context, &dir, dialect, squash)?;
    }
    Ok(Exit::Done)
}

/// A database that is named has all of them.
fn all_applied(context: &Context, squash: &Squash) -> anyhow::Result<()> {
    let mut history = History::open(context, Access::Read)?;
    let standing = history.standing()?;
    let open: Vec<&str> = standing
        .iter()
        .filter(|line| squash.folders.iter().any(|m| m.version == line.version))
        .filter(|line| !history::has_run(line))
        .map(|line| line.name.as_str())
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    Err(Stop::error(
        Exit::Refused,
        format!(
            "not all of them have run on {}: {}\nhelp: run `dbkit migrate` there first",
            history.target,
            open.join(", ")
        ),
    ))
}

fn one(
    args: &Args,
    context: &Context,
    dir: &Path,
    dialect: Dialect,
    mut squash: Squash,
) -> anyhow::Result<()> {
    let name = file_name(&args.name).map_err(|e| Stop::error(Exit::Usage, e.to_string()))?;
    let (up, down, transactional) = texts(&squash.segments, dialect)?;
    let by_hand = |segment: &Segment| matches!(segment, Segment::Verbatim { .. });
    if !squash.segments.iter().any(by_hand) {
        squash.snapshot.generated = Some(Generated::of(&up, &down));
    }
    for segment in &squash.segments {
        if let Segment::Verbatim { name, .. } = segment {
            context.say(&format!("kept as it is: {name}"));
        }
    }
    if args.dry_run {
        return Ok(print(&format!("-- up\n{up}\n-- down\n{down}"))?);
    }
    let number = squash.folders.len();
    if !args.yes
        && !prompt::confirm(
            &format!("replace {} in {} by one?", count(number, "folder"), dir.display()),
            "--yes",
        )?
    {
        return Err(Stop::error(Exit::Refused, "nothing was changed"));
    }
    let metadata = Metadata { transactional, replaces: squash.replaces.clone() };
    // The version as the last folder spells it, with its dashes.
    let last = squash.folders.last().map(|m| m.name.clone()).unwrap_or_default();
    let version = last.split('_').next().unwrap_or_default();
    let files = [
        ("up.sql", up.as_str()),
        ("down.sql", &down),
        ("metadata.toml", &metadata.to_toml()),
        (SNAPSHOT_FILE, &squash.snapshot.to_json()),
    ];
    let path = exchange(dir, &squash, &format!("{version}_{name}"), &files)?;
    print(&format!("{}\n{} squashed into one\n", path.display(), count(number, "migration")))?;
    context.say("databases that have run them all follow with their next `dbkit migrate`; commit the change when no database has only some of them");
    Ok(())
}

/// Puts one folder in the place of several: these are set aside under names that Diesel and dbkit
/// do not look at, and removed only when the new one is there.
fn exchange(
    dir: &Path,
    squash: &Squash,
    name: &str,
    files: &[(&str, &str)],
) -> anyhow::Result<PathBuf> {
    let aside = |name: &str| dir.join(format!(".squashed_{name}"));
    let mut moved: Vec<(PathBuf, PathBuf)> = Vec::new();
    let back = |moved: &[(PathBuf, PathBuf)]| {
        for (from, to) in moved.iter().rev() {
            std::fs::rename(to, from).ok();
        }
    };
    for migration in &squash.folders {
        let to = aside(&migration.name);
        // What an interrupted run left: its original is here again.
        if to.exists() {
            std::fs::remove_dir_all(&to)?;
        }
        if let Err(error) = std::fs::rename(&migration.path, &to) {
            back(&moved);
            let message = format!("cannot move {}: {error}", migration.path.display());
            return Err(Stop::error(Exit::Unexpected, message));
        }
        moved.push((migration.path.clone(), to));
    }
    let path = match migration::place(dir, name, files) {
        Ok(path) => path,
        Err(error) => {
            back(&moved);
            return Err(Stop::error(Exit::Unexpected, error.to_string()));
        }
    };
    for (_, to) in &moved {
        std::fs::remove_dir_all(to).map_err(|error| {
            let message = format!("cannot remove {}: {error}", to.display());
            Stop::error(Exit::Unexpected, message)
        })?;
    }
    Ok(path)
}

/// Both files, and whether each runs in one transaction of the runner's.
fn texts(segments: &[Segment], dialect: Dialect) -> anyhow::Result<(String, String, bool)> {
    let options = PlanOptions::new(Style::Fast);
    let mut up: Vec<(String, bool)> = Vec::new();
    let mut down: Vec<(String, bool)> = Vec::new();
    for segment in segments {
        match segment {
            Segment::Planned { from, to, renames } => {
                let there = dialect::script(from, to, renames, &options)?.0;
                let back = dialect::script(to, from, &reversed(renames), &options)?.0;
                up.push(plain(there, dialect));
                down.push(plain(back, dialect));
            }
            Segment::Verbatim { name, up: there, down: back } => {
                up.push((format!("-- {name}, as it was written\n{there}"), true));
                let back = back.as_ref().map_or_else(
                    || format!("-- {name} had no way back\n"),
                    |back| format!("-- {name}, as it was written\n{back}"),
                );
                down.push((back, true));
            }
        }
    }
    down.reverse();
    let transactional = up.iter().chain(&down).all(|(_, plain)| *plain);
    let whole = |texts: Vec<(String, bool)>| {
        let text = texts.into_iter().map(|(text, _)| text).collect::<Vec<_>>().join("\n");
        if text.trim().is_empty() {
            return "-- Nothing is left of what was done and undone.\nSELECT 1;\n".to_owned();
        }
        if transactional {
            return text;
        }
        // SQLite switches foreign keys only outside a transaction.
        format!("{}\n{text}\n{}\n", OUTSIDE[0..2].join("\n"), OUTSIDE[2..4].join("\n"))
    };
    Ok((whole(up), whole(down), transactional))
}

/// What SQLite's plans bring along when they switch foreign keys off.
const OUTSIDE: [&str; 4] =
    ["PRAGMA foreign_keys = OFF;", "BEGIN IMMEDIATE;", "COMMIT;", "PRAGMA foreign_keys = ON;"];

/// A script's statements as one text without a transaction of its own, and whether it can do with
/// the runner's.
fn plain(script: Script, dialect: Dialect) -> (String, bool) {
    let mut text = Vec::new();
    let mut transactional = true;
    for part in script.parts {
        let mut statements = part.statements;
        if dialect == Dialect::Sqlite && !part.transactional {
            transactional = false;
            statements.retain(|statement| !OUTSIDE.contains(&statement.sql.as_str()));
        }
        text.push(part_sql(&Part { transactional: true, statements }));
    }
    (text.join("\n"), transactional)
}
