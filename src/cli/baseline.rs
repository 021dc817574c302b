//! `dbkit baseline`

use super::folders::{Folder, Made, sql};
use super::migrations::{History, stop};
use super::output::{count, harmless, print};
use super::{Context, Exit, Stop, generate, prompt};
use crate::apply::mark_applied;
use crate::config::Target;
use crate::database::{Access, Session};
use crate::history::{self, Difference};
use crate::ledger::Ledger;
use crate::migration::{self, Migration, SNAPSHOT_FILE, Version, file_name};
use crate::model::Model;
use crate::plan::Style;
use crate::source::lineage::Lineage;
use crate::source::snapshot::Snapshot;
use chrono::Utc;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(clap::Args, Debug)]
#[command(after_help = "Three cases, told by what is there:\n\
                  - no migrations yet: writes a first one from the database and notes it as applied;\n\
                  - folders of Diesel's, all applied: leaves them as they are and adds the snapshot that\n\
                  \x20 `generate` starts from;\n\
                  - migrations of dbkit's and a database without a ledger: notes as applied what the database\n\
                  \x20 has already, after comparing.\n\
                  Nothing of the migrations is run, and nothing in the database changes but the ledger.\n\n\
                  Example:\n  dbkit baseline --database-url postgres://localhost/shop\n  dbkit baseline --env prod --to 2024-05-31-120000")]
pub struct Args {
    /// What the first migration is called
    #[arg(value_name = "NAME", default_value = "baseline")]
    name: String,
    /// Note everything up to this version as applied
    #[arg(long, value_name = "VERSION")]
    to: Option<String>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Seconds to wait for another dbkit on the same database
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    lock_timeout: u64,
}

/// Adopts what is there.
///
/// # Errors
/// A database under history already, or one that is not what the migrations say.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let target = if args.dry_run { context.target()? } else { context.direct_target()? };
    let dir = context.config.migration_dir(target.dialect());
    let migrations = generate::migrations(&dir)?;
    let access = if args.dry_run { Access::Read } else { Access::Write };
    let mut connection = context.connect_filtered(&target, access)?;
    let ledger = Ledger::find(&mut connection)?;
    let mut history = History { target, dir, migrations, connection, ledger };
    if args.dry_run {
        return locked(args, context, &mut history);
    }
    history.locked(context, Duration::from_secs(args.lock_timeout), |history| {
        locked(args, context, history)
    })
}

/// Adopts folders that have all run on a database. Returns the snapshot it wrote.
///
/// # Errors
/// The database's own, a snapshot that cannot be written.
pub(super) fn adopt_all(context: &Context, target: &Target) -> anyhow::Result<PathBuf> {
    let args = Args { name: String::new(), to: None, dry_run: false, yes: true, lock_timeout: 60 };
    let connection = context.connect_filtered(target, Access::Write)?;
    let mut history = History::on(context, target, connection)?;
    history.locked(context, Duration::from_secs(args.lock_timeout), |history| {
        let lineage = Lineage::read(&history.migrations, history.target.dialect())?;
        adopt(&args, context, history, &lineage)
    })
}

/// What [`adopt`] did, for people.
fn told(args: &Args, context: &Context, history: &History, path: &Path) -> anyhow::Result<Exit> {
    if args.dry_run {
        print(&format!("{} would be written\n", path.display()))?;
        return Ok(Exit::Done);
    }
    print(&format!(
        "{}\n{} adopted as they are\n",
        path.display(),
        count(history.migrations.len(), "migration")
    ))?;
    context.say("next: `dbkit pull` writes the schema files, where there are none yet");
    Ok(Exit::Done)
}

fn locked(args: &Args, context: &Context, history: &mut History) -> anyhow::Result<Exit> {
    let records = history.ledger.records(&mut history.connection)?;
    let applied = records.iter().filter(|record| record.applied).count();
    if history.migrations.is_empty() {
        if applied > 0 {
            return Err(Stop::error(
                Exit::Refused,
                format!(
                    "{} has run {} and {} has none of them\nhelp: bring the folders back from version control; `dbkit repair` restores or forgets single ones",
                    history.target,
                    count(applied, "migration"),
                    history.dir.display()
                ),
            ));
        }
        return first(args, context, history);
    }
    let lineage = Lineage::read(&history.migrations, history.target.dialect())
        .map_err(|e| Stop::error(Exit::Usage, e.to_string()))?;
    if applied == 0 {
        mark(args, context, history, &lineage)?;
        if args.dry_run || lineage.without.is_empty() {
            return Ok(Exit::Done);
        }
    } else if lineage.without.is_empty() {
        return Err(Stop::error(
            Exit::Refused,
            format!(
                "{} is under history already: {} applied, every one with a snapshot\nhelp: `dbkit status` shows where it stands, `dbkit check --database` whether it is what the migrations say",
                history.target,
                count(applied, "migration")
            ),
        ));
    }
    let path = adopt(args, context, history, &lineage)?;
    told(args, context, history, &path)
}

/// Writes the first migration from the database and notes it as applied.
fn first(args: &Args, context: &Context, history: &mut History) -> anyhow::Result<Exit> {
    let live = history.connection.introspect()?;
    if live.is_empty() {
        return Err(nothing_there(history));
    }
    for object in &live.unmodelled {
        context.warn(&format!(
            "not managed by dbkit, and not in the migration: {}",
            harmless(&object.to_string())
        ));
    }
    let empty = Model::new(live.dialect);
    let made = Made::new(&empty, &live, &[], None, Style::Fast)?;
    if args.dry_run {
        print(&sql(&made.up()))?;
        return Ok(Exit::Done);
    }
    let name = file_name(&args.name).map_err(|e| Stop::error(Exit::Usage, e.to_string()))?;
    let dir = history.dir.clone();
    let mut folder = Folder { dir: &dir, newest: None, now: Utc::now() };
    let (paths, _) = folder.write_all(&name, &made)?;
    history.migrations =
        migration::read(&dir).map_err(|e| Stop::error(Exit::Unexpected, e.to_string()))?;
    let all = history.migrations.clone();
    let noted = note(history, &all.iter().collect::<Vec<_>>());
    if let Err(error) = noted {
        // Without its line in the ledger the migration would run, and fail.
        for path in &paths {
            std::fs::remove_dir_all(path).ok();
        }
        return Err(error);
    }
    for path in &paths {
        print(&format!("{}\n", path.display()))?;
    }
    context.say("next: `dbkit pull` writes the schema files, `dbkit baseline` on other databases notes the same migration there");
    Ok(Exit::Done)
}

fn nothing_there(history: &History) -> anyhow::Error {
    Stop::error(
        Exit::Refused,
        format!(
            "{} is empty: there is nothing to adopt\nhelp: `dbkit generate` writes the first migration from the schema files, `dbkit migrate` runs what there is",
            history.target
        ),
    )
}

fn note(history: &mut History, migrations: &[&Migration]) -> anyhow::Result<()> {
    history.ledger.create(&mut history.connection)?;
    for migration in migrations {
        mark_applied(&mut history.connection, &mut history.ledger, migration).map_err(stop)?;
    }
    Ok(())
}

/// Notes as applied what a database without a ledger has already.
fn mark(
    args: &Args,
    context: &Context,
    history: &mut History,
    lineage: &Lineage,
) -> anyhow::Result<()> {
    let upto = match &args.to {
        Some(to) => named(history, to)?,
        None => matching(context, history, lineage)?,
    };
    let chosen: Vec<Migration> =
        history.migrations.iter().filter(|m| m.version <= upto).cloned().collect();
    if args.to.is_some() && lineage.without.is_empty() {
        let found = differing(context, history, lineage, &upto)?;
        if !found.is_empty() && !args.dry_run && !args.yes {
            let question = format!(
                "{} differs from the migrations up to {upto}: {}; note them as applied all the same?",
                history.target,
                listed(&found)
            );
            if !prompt::confirm(&question, "--yes")? {
                return Err(Stop::error(Exit::Refused, "nothing was changed"));
            }
        }
    }
    let names: String = chosen.iter().map(|m| format!("{}\n", m.name)).collect();
    if args.dry_run {
        print(&format!("{names}would be noted as applied\n"))?;
        return Ok(());
    }
    note(history, &chosen.iter().collect::<Vec<_>>())?;
    print(&format!("{names}noted as applied, without running\n"))?;
    Ok(())
}

fn named(history: &History, to: &str) -> anyhow::Result<Version> {
    let version = Version::of_folder(to);
    if history.migrations.iter().any(|m| m.version == version) {
        return Ok(version);
    }
    let error =
        crate::apply::ApplyError::Unknown { wanted: to.to_owned(), dir: history.dir.clone() };
    Err(stop(error))
}

/// The newest version whose migrations add up to what the database is.
fn matching(
    context: &Context,
    history: &mut History,
    lineage: &Lineage,
) -> anyhow::Result<Version> {
    if !lineage.without.is_empty() {
        return Err(Stop::error(
            Exit::Refused,
            format!(
                "{} has no ledger, and what {} changes is not known: no snapshot says it\nhelp: name the newest version that has run there with --to",
                history.target,
                lineage.without.join(", ")
            ),
        ));
    }
    if history.connection.introspect()?.is_empty() {
        return Err(nothing_there(history));
    }
    let mut nearest: Option<(Version, Vec<Difference>)> = None;
    for entry in lineage.entries.iter().rev() {
        let version = &entry.migration.version;
        let found = differing(context, history, lineage, version)?;
        if found.is_empty() {
            context.say(&format!("the database is what the migrations up to {version} add up to"));
            return Ok(version.clone());
        }
        if nearest.as_ref().is_none_or(|(_, best)| found.len() < best.len()) {
            nearest = Some((version.clone(), found));
        }
    }
    let told = nearest.map(|(version, found)| {
        format!("nearest is {version}, which differs in {}", listed(&found))
    });
    Err(Stop::error(
        Exit::Refused,
        format!(
            "{} is nothing that the migrations add up to: {}\nhelp: make it equal first (`dbkit diff --from database --to migrations --format sql`), or say with --to which version it is to count as",
            history.target,
            told.unwrap_or_default()
        ),
    ))
}

fn differing(
    context: &Context,
    history: &mut History,
    lineage: &Lineage,
    upto: &Version,
) -> anyhow::Result<Vec<Difference>> {
    let model = lineage.model_of(|at| {
        lineage.entries.get(at).is_some_and(|entry| entry.migration.version <= *upto)
    });
    let beside = history::beside(&mut history.connection, &context.filtered(model))?;
    Ok(history::differences(&beside.other, &beside.live, &[]))
}

fn listed(found: &[Difference]) -> String {
    let all: Vec<String> = found.iter().map(|difference| harmless(&difference.object)).collect();
    all.join(", ")
}

/// Leaves the folders of Diesel's as they are and gives the newest the snapshot of the database.
fn adopt(
    args: &Args,
    context: &Context,
    history: &mut History,
    lineage: &Lineage,
) -> anyhow::Result<PathBuf> {
    let standing = history.standing()?;
    let open: Vec<&str> = standing
        .iter()
        .filter(|line| !history::has_run(line))
        .map(|line| line.name.as_str())
        .collect();
    if !open.is_empty() {
        return Err(Stop::error(
            Exit::Refused,
            format!(
                "not every migration has run on {}: {}\nhelp: run them with `dbkit migrate` first, so that the snapshot has what they do",
                history.target,
                open.join(", ")
            ),
        ));
    }
    let Some(newest) = history.migrations.last().cloned() else {
        return Err(nothing_there(history));
    };
    if !lineage.without.contains(&newest.name) {
        return Err(Stop::error(
            Exit::Refused,
            format!(
                "{} has a snapshot, and older migrations have none: {}\nhelp: write what follows with `dbkit generate`, or remove the snapshots of the newer ones and run this again",
                newest.name,
                lineage.without.join(", ")
            ),
        ));
    }
    let beside = history::beside(&mut history.connection, &context.filtered(lineage.model()))?;
    let snapshot = Snapshot::between(&beside.other, &beside.live, lineage.head());
    let path = newest.path.join(SNAPSHOT_FILE);
    if args.dry_run {
        return Ok(path);
    }
    std::fs::write(&path, snapshot.to_json()).map_err(|error| {
        Stop::error(Exit::Unexpected, format!("cannot write {}: {error}", path.display()))
    })?;
    history.ledger.create(&mut history.connection)?;
    for migration in &history.migrations {
        let checksum = migration.checksum()?;
        history.ledger.accept(&mut history.connection, migration, &checksum)?;
    }
    Ok(path)
}
