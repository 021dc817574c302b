//! What `dbkit init` does with migrations that are there: `generate` must know what they make.

use super::baseline;
use super::migrations::{History, Progress, stop};
use super::output::{count, print};
use super::replay::Scratch;
use super::{Context, Exit, Stop, generate};
use crate::apply::Settings;
use crate::config::Target;
use crate::database::{Access, Session, open_or_create};
use crate::history::has_run;
use crate::migration::{Migration, SNAPSHOT_FILE};
use crate::model::{Dialect, Model};
use crate::source::lineage::Lineage;
use crate::source::snapshot::Snapshot;
use std::path::{Path, PathBuf};

/// What became of migrations that are there.
pub(super) struct Adopted {
    pub all: bool,
    /// The snapshots written.
    pub snapshots: Vec<String>,
}

/// Adopts the migrations of every dialect.
///
/// # Errors
/// A folder that cannot be read.
pub(super) fn run(context: &Context) -> anyhow::Result<Adopted> {
    let mut adopted = Adopted { all: true, snapshots: Vec::new() };
    for dialect in context.dialects() {
        let dir = context.config.migration_dir(dialect);
        let migrations = generate::migrations(&dir)?;
        let lineage = Lineage::read(&migrations, dialect)
            .map_err(|error| Stop::error(Exit::Usage, error.to_string()))?;
        if migrations.is_empty() || !lineage.entries.is_empty() {
            continue;
        }
        match one(context, dialect, &dir, &migrations) {
            Ok(path) => adopted.snapshots.extend(path.map(|path| path.display().to_string())),
            Err(error) => {
                adopted.all = false;
                context.warn(&format!(
                    "the migrations in {} are not adopted yet: {error:#}",
                    dir.display()
                ));
            }
        }
    }
    Ok(adopted)
}

fn one(
    context: &Context,
    dialect: Dialect,
    dir: &Path,
    migrations: &[Migration],
) -> anyhow::Result<Option<PathBuf>> {
    let target = context.config.direct_target().ok().filter(|t| t.dialect() == dialect);
    if let Some(target) = &target
        && all_have_run(context, target)
    {
        let path = baseline::adopt_all(context, target)?;
        if !context.json() {
            let number = count(migrations.len(), "migration");
            print(&format!("{}\n{number} adopted as they are\n", path.display()))?;
            context.say("next: `dbkit pull` writes the schema files, where there are none yet");
        }
        return Ok(Some(path));
    }
    let scratch = Scratch::of(target.as_ref(), dialect).ok_or_else(|| {
        anyhow::anyhow!(
            "no PostgreSQL server is known to run them on\nhelp: set DATABASE_URL and run `dbkit baseline`"
        )
    })?;
    let made = replayed(context, &scratch, migrations)?;
    let snapshot = Snapshot::between(&Model::new(dialect), &made, None);
    let Some(newest) = migrations.last() else { return Ok(None) };
    let path = newest.path.join(SNAPSHOT_FILE);
    std::fs::write(&path, snapshot.to_json())
        .map_err(|error| anyhow::anyhow!("cannot write {}: {error}", path.display()))?;
    if !context.json() {
        print(&format!(
            "created  {}: what {} of {} make, run on a scratch database\n",
            path.display(),
            count(migrations.len(), "migration"),
            dir.display()
        ))?;
    }
    Ok(Some(path))
}

/// The database is there, and everything in the folder has run on it.
fn all_have_run(context: &Context, target: &Target) -> bool {
    let Ok(connection) = context.connect(target, Access::Read) else { return false };
    let Ok(mut history) = History::on(context, target, connection) else { return false };
    history.standing().is_ok_and(|standing| standing.iter().all(has_run))
}

/// What the migrations make of an empty database.
fn replayed(
    context: &Context,
    scratch: &Scratch,
    migrations: &[Migration],
) -> anyhow::Result<Model> {
    let (connection, _) = open_or_create(scratch.target(), &mut |_| {}).map_err(|error| {
        anyhow::anyhow!("no scratch database to run them on: {}", error.message.trim())
    })?;
    let mut history = History::on(context, scratch.target(), connection)?;
    let settings = Settings::default();
    let all: Vec<&Migration> = migrations.iter().collect();
    history.under_lock(context, &settings, |history, lock| {
        let mut progress = Progress::new(context);
        history.run(lock, &settings, &mut progress).migrate(&all).map(drop).map_err(stop)
    })?;
    Ok(history.connection.introspect()?)
}
