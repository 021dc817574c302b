//! `dbkit generate --rebase`

use super::folders::{Folder, Made, sql};
use super::output::print;
use super::{Context, Exit, Stop, generate, schema};
use crate::database::{Access, open};
use crate::dialect::Stretch;
use crate::history::{self, Rebase, RedoHow};
use crate::ledger::Ledger;
use crate::migration::{Migration, Version};
use crate::model::Dialect;
use crate::plan::{Part, Script, Statement, Style};
use crate::source::lineage::Lineage;
use crate::source::snapshot::Snapshot;
use chrono::Utc;
use std::path::{Path, PathBuf};

/// Makes a branch's migrations again on top of the other's: new versions, new parents, planned
/// anew; what a person wrote is kept.
///
/// # Errors
/// No fork, undecided changes, or migrations that have run on the database at hand.
pub(super) fn run(
    context: &Context,
    name: Option<&str>,
    style: Style,
    dry_run: bool,
) -> anyhow::Result<Exit> {
    let mut any = false;
    for dialect in context.dialects() {
        let dir = context.config.migration_dir(dialect);
        let migrations = generate::migrations(&dir)?;
        let lineage = Lineage::read(&migrations, dialect)
            .map_err(|e| Stop::error(Exit::Usage, e.to_string()))?;
        if lineage.heads().len() < 2 && lineage.orphans.is_empty() {
            continue;
        }
        any = true;
        one(context, dialect, &dir, &lineage, name, style, dry_run)?;
    }
    if !any {
        context.say("nothing to do: no two branches were merged");
    }
    Ok(Exit::Done)
}

fn one(
    context: &Context,
    dialect: Dialect,
    dir: &Path,
    lineage: &Lineage,
    name: Option<&str>,
    style: Style,
    dry_run: bool,
) -> anyhow::Result<()> {
    let wanted = schema::load(context, dialect)?.model;
    let rebase = history::rebase(lineage, name, &wanted)
        .map_err(|e| Stop::error(Exit::Refused, e.to_string()))?;
    let names: Vec<&str> = rebase.folders.iter().map(|m| m.name.as_str()).collect();
    context.say(&format!("redoing {} on top of {}", names.join(", "), rebase.onto.join(", ")));
    not_applied(context, dialect, &rebase)?;
    if dry_run {
        for redo in &rebase.redo {
            match made(&rebase, redo, style)? {
                Some(made) => print(&format!(
                    "-- {}\n-- up\n{}\n-- down\n{}",
                    redo.name,
                    sql(&made.up()),
                    sql(&made.down())
                ))?,
                None => print(&format!("-- {}, as it was\n", redo.name))?,
            }
        }
        return Ok(());
    }
    for path in exchange(dir, &rebase, style)? {
        print(&format!("{}\n", path.display()))?;
    }
    if !history::differences(&rebase.model, &wanted, &[]).is_empty() {
        context
            .say("schema.rs says more than the migrations now: `dbkit generate` writes the rest");
    }
    Ok(())
}

/// The migration planned again; `None` where its files stay as they are.
fn made(rebase: &Rebase, redo: &history::Redo, style: Style) -> anyhow::Result<Option<Made>> {
    let RedoHow::Planned { up, down } = &redo.how else { return Ok(None) };
    let parent = rebase.parent.clone();
    let mut made = Made::new(&redo.from, &redo.to, &redo.renames, parent, style)?;
    if !up.is_empty() || !down.is_empty() {
        made.by_hand = true;
        let kept = |sql: &[String]| -> Vec<Statement> {
            let first =
                format!("-- Kept from {}: see that it stands in the right place.\n", redo.name);
            let texts = sql.iter().enumerate().map(|(at, sql)| match at {
                0 => format!("{first}{sql}"),
                _ => sql.clone(),
            });
            texts.map(|sql| Statement::new(ended(sql))).collect()
        };
        if made.stretches.is_empty() {
            made.stretches.push(Stretch { up: Script::default(), down: Script::default() });
        }
        if let Some(last) = made.stretches.last_mut() {
            add(&mut last.up, kept(up), false);
            add(&mut last.down, kept(down), true);
        }
    }
    Ok(Some(made))
}

fn ended(sql: String) -> String {
    if sql.ends_with(';') { sql } else { format!("{sql};") }
}

/// Statements into a part that runs in a transaction: the last, or on the way back the first.
fn add(script: &mut Script, statements: Vec<Statement>, first: bool) {
    if statements.is_empty() {
        return;
    }
    let part = if first { script.parts.first_mut() } else { script.parts.last_mut() };
    match part.filter(|part| part.transactional) {
        Some(part) if first => drop(part.statements.splice(0..0, statements)),
        Some(part) => part.statements.extend(statements),
        None => {
            let at = if first { 0 } else { script.parts.len() };
            script.parts.insert(at, Part { transactional: true, statements });
        }
    }
}

/// Refuses what has run on the database at hand: it would run again under its new version.
fn not_applied(context: &Context, dialect: Dialect, rebase: &Rebase) -> anyhow::Result<()> {
    let Ok(mut target) = context.config.target() else { return Ok(()) };
    if target.dialect() != dialect {
        return Ok(());
    }
    // The rebase needs no database: one that is not there in a moment is left out.
    target.wait = Some(0);
    target.connect_timeout = Some(target.connect_timeout.unwrap_or(3).min(3));
    let Ok(mut connection) = open(&target, Access::Read, &mut |_| {}) else { return Ok(()) };
    let ledger = Ledger::find(&mut connection)?;
    let records = ledger.records(&mut connection)?;
    let applied: Vec<&Migration> = rebase
        .folders
        .iter()
        .filter(|m| records.iter().any(|record| record.version == m.version))
        .collect();
    let Some(oldest) = applied.first() else { return Ok(()) };
    let newer = |version: &Version| *version >= oldest.version;
    let steps = records.iter().filter(|record| record.applied && newer(&record.version)).count();
    let names: Vec<&str> = applied.iter().map(|m| m.name.as_str()).collect();
    Err(Stop::error(
        Exit::Refused,
        format!(
            "{} has run on {target}: under a new version it would run there again\nhelp: revert it first with `dbkit rollback --steps {steps}`, then rebase and migrate; where it has run on databases of others too, redo the other branch: --rebase=FOLDER",
            names.join(", ")
        ),
    ))
}

/// Writes the new folders in the place of the old ones, which come back when that fails.
fn exchange(dir: &Path, rebase: &Rebase, style: Style) -> anyhow::Result<Vec<PathBuf>> {
    let mut moved: Vec<(PathBuf, PathBuf)> = Vec::new();
    for migration in &rebase.folders {
        let aside = dir.join(format!(".rebased_{}", migration.name));
        // What an interrupted run left: its original is here again.
        if aside.exists() {
            std::fs::remove_dir_all(&aside)?;
        }
        std::fs::rename(&migration.path, &aside).map_err(|error| {
            for (from, to) in moved.iter().rev() {
                std::fs::rename(to, from).ok();
            }
            let message = format!("cannot move {}: {error}", migration.path.display());
            Stop::error(Exit::Unexpected, message)
        })?;
        moved.push((migration.path.clone(), aside));
    }
    let mut written = Vec::new();
    match write(dir, rebase, style, &mut written) {
        Ok(()) => {
            for (_, aside) in &moved {
                std::fs::remove_dir_all(aside)?;
            }
            Ok(written)
        }
        Err(error) => {
            for path in &written {
                std::fs::remove_dir_all(path).ok();
            }
            for (from, to) in moved.iter().rev() {
                std::fs::rename(to, from).ok();
            }
            Err(error)
        }
    }
}

fn write(
    dir: &Path,
    rebase: &Rebase,
    style: Style,
    written: &mut Vec<PathBuf>,
) -> anyhow::Result<()> {
    let newest = generate::migrations(dir)?.pop().map(|migration| migration.version);
    let mut folder = Folder { dir, newest, now: Utc::now() };
    let mut head = rebase.parent.clone();
    let mut merges = rebase.merges.clone();
    for redo in &rebase.redo {
        // The title alone: `2024-05-31-120000_add_age` is `add_age`.
        let title = redo.name.split_once('_').map_or("redone", |(_, title)| title);
        match (&redo.how, made(rebase, redo, style)?) {
            (_, Some(mut made)) => {
                if made.is_empty() {
                    continue;
                }
                made.snapshot.parent = head.clone();
                made.snapshot.merges = std::mem::take(&mut merges);
                let (paths, after) = folder.write_all(title, &made)?;
                written.extend(paths);
                head = after;
            }
            (RedoHow::Kept { up, down, transactional }, None) => {
                let snapshot = Snapshot {
                    merges: std::mem::take(&mut merges),
                    renames: redo.renames.clone(),
                    ..Snapshot::between(&redo.from, &redo.to, head.clone())
                };
                let (path, after) = folder.write(title, up, down, *transactional, &snapshot)?;
                written.push(path);
                head = Some(after);
            }
            (RedoHow::Planned { .. }, None) => {}
        }
    }
    Ok(())
}
