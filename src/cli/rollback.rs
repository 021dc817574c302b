//! `dbkit rollback`

use super::migrations::{History, Limits, Progress, show, stop};
use super::{Context, Exit, Stop, prompt};
use crate::apply::ApplyError;
use crate::database::Access;
use crate::ledger::Standing;
use crate::migration::{Migration, Version};
use crate::source::snapshot::{self, Continues};

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Runs the down.sql of the newest applied migrations, newest first. Refuses before doing\n\
                        anything when one of them has no way back.\n\n\
                        Example:\n  dbkit rollback --steps 2 --yes"
)]
pub struct Args {
    /// How many folders to revert; without it the last change, which may be in several
    #[arg(long, visible_alias = "count", value_name = "N")]
    steps: Option<usize>,
    /// Revert everything that is newer than this version, which stays
    #[arg(long, value_name = "VERSION", conflicts_with = "steps")]
    to: Option<String>,
    /// Revert everything
    #[arg(long, conflicts_with_all = ["steps", "to"])]
    all: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    limits: Limits,
}

/// Reverts the newest applied migrations.
///
/// # Errors
/// No way back, no connection, the lock, or the first that fails.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let mut history = History::open(context, Access::Write)?;
    let chosen = newest(&mut history, &args.extent())?;
    if !chosen.is_empty() && !args.yes {
        let names: Vec<_> = chosen.iter().map(|m| m.name.as_str()).collect();
        let question = format!("revert {} on {}?", names.join(", "), history.target);
        if !prompt::confirm(&question, "--yes")? {
            return Err(Stop::error(Exit::Refused, "nothing was reverted"));
        }
    }
    let settings = args.limits.settings(context);
    let done = history.under_lock(context, &settings, |history, lock| {
        let chosen = newest(history, &args.extent())?;
        let chosen: Vec<&Migration> = chosen.iter().collect();
        let mut progress = Progress::new(context);
        let dir = history.dir.clone();
        let outcome = history.run(lock, &settings, &mut progress).rollback(&chosen, &dir);
        outcome.map_err(|error| {
            progress.tell_done("reverted");
            stop(error)
        })
    })?;
    show(context, "reverted", &done)?;
    Ok(Exit::Done)
}

/// How far back to go.
pub(super) enum Extent {
    /// The last change with all its folders.
    Change,
    Steps(usize),
    /// Down to this one, which stays.
    To(String),
    All,
}

impl Args {
    fn extent(&self) -> Extent {
        match &self.to {
            Some(version) => Extent::To(version.clone()),
            None if self.all => Extent::All,
            None => self.steps.map_or(Extent::Change, Extent::Steps),
        }
    }
}

/// The newest applied migrations, newest first. One whose way back was interrupted is the first.
pub(super) fn newest(history: &mut History, extent: &Extent) -> anyhow::Result<Vec<Migration>> {
    let standing = history.standing()?;
    let (steps, keep) = match extent {
        Extent::Change => (1, None),
        Extent::Steps(steps) => (*steps, None),
        Extent::All => (usize::MAX, None),
        Extent::To(version) => (usize::MAX, Some(Version::of_folder(version))),
    };
    if let (Extent::To(wanted), Some(keep)) = (extent, &keep)
        && !standing.iter().any(|line| line.version == *keep)
    {
        let (wanted, dir) = (wanted.clone(), history.dir.clone());
        return Err(stop(ApplyError::Unknown { wanted, dir }));
    }
    let dialect = history.target.dialect();
    let mut chosen: Vec<Migration> = Vec::new();
    for line in standing.iter().rev() {
        match line.standing {
            Standing::Pending | Standing::PendingOlder => continue,
            Standing::Interrupted => {
                let reason = "its up.sql was running".to_owned();
                return Err(stop(ApplyError::Interrupted { name: line.name.clone(), reason }));
            }
            Standing::Renamed => {
                let was = line.was.clone().unwrap_or_default();
                let (name, edited) = (line.name.clone(), line.edited);
                return Err(stop(ApplyError::Renamed { name, was, edited }));
            }
            _ => {}
        }
        let whole = |chosen: &[Migration]| {
            chosen.last().is_none_or(|last| match snapshot::continues(last, dialect) {
                Continues::No => true,
                Continues::Apart => !matches!(extent, Extent::Change),
                Continues::Together => false,
            })
        };
        if chosen.len() >= steps && whole(&chosen)
            || keep.as_ref().is_some_and(|keep| line.version <= *keep)
        {
            break;
        }
        match history.migrations.iter().find(|m| m.version == line.version) {
            Some(migration) => chosen.push(migration.clone()),
            None => {
                let (name, dir) = (line.name.clone(), history.dir.clone());
                return Err(stop(ApplyError::FolderGone { name, dir }));
            }
        }
    }
    Ok(chosen)
}
