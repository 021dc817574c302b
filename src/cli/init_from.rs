//! `dbkit init --from TOOL`: another tool's history as migrations of the project's own, noted as
//! applied where that tool's ledger says so.

use super::migrations::{History, stop};
use super::output::{Grid, count, print};
use super::{Context, Exit, Stop};
use crate::apply::mark_applied;
use crate::config::Target;
use crate::database::{Access, Connection};
use crate::ledger::foreign::{LedgerError, applied};
use crate::migration::foreign::{self, ForeignError, ForeignHistory, ForeignMigration, Tool};
use crate::migration::{Migration, Version};
use crate::model::Dialect;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A history that can be taken over.
pub(super) struct Taken {
    history: ForeignHistory,
    pub dialect: Dialect,
    target: Option<Target>,
    /// By position; `None` where no ledger tells.
    applied: Option<Vec<bool>>,
}

pub(super) fn parse_tool(word: &str) -> Result<Tool, String> {
    let known = Tool::ALL.into_iter().find(|tool| tool.as_str() == word);
    known.ok_or_else(|| {
        let words: Vec<&str> = Tool::ALL.into_iter().map(Tool::as_str).collect();
        format!("known tools are {}", words.join(", "))
    })
}

/// Reads the tool's folder and its ledger; nothing is written.
///
/// # Errors
/// What cannot be converted, a database that cannot be reached, a ledger that does not fit.
pub(super) fn look(
    context: &Context,
    tool: Tool,
    dir: Option<&Path>,
    dialects: &[Dialect],
) -> anyhow::Result<Taken> {
    let here = Path::new("");
    let dir = match dir {
        Some(dir) => dir.to_owned(),
        None => foreign::find(tool, here).ok_or_else(|| {
            let error = ForeignError::NoHistory { tool, dir: PathBuf::from(".") };
            Stop::error(Exit::Usage, error.to_string())
        })?,
    };
    let history = foreign::read(tool, &dir, dialects.first().copied())
        .map_err(|error| Stop::error(Exit::Usage, error.to_string()))?;
    let dialect = history.dialect.unwrap_or(Dialect::Postgres);
    let target = context.config.direct_target().ok().filter(|t| t.dialect() == dialect);
    let mut applied_there = None;
    if let Some(target) = &target {
        context.say(&format!("database: {target} ({})", target.origin));
        let mut connection = context.connect(target, Access::Read)?;
        let session: &mut dyn crate::database::Session = match &mut connection {
            Connection::Postgres(session) => session,
            Connection::Sqlite(session) => session,
        };
        applied_there = applied(session, &history).map_err(|error| {
            let exit = match error {
                LedgerError::Database(_) => Exit::NoConnection,
                _ => Exit::Refused,
            };
            Stop::error(exit, error.to_string())
        })?;
    }
    Ok(Taken { history, dialect, target, applied: applied_there })
}

impl Taken {
    fn has_run(&self, at: usize) -> bool {
        self.applied.as_ref().and_then(|list| list.get(at)).copied().unwrap_or_default()
    }

    pub(super) fn newest(&self) -> Option<Version> {
        self.history.migrations.last().map(ForeignMigration::version)
    }

    /// What becomes of each file.
    pub(super) fn show(&self, context: &Context, dir: &Path) -> anyhow::Result<()> {
        let lines = self.history.migrations.iter().enumerate();
        if context.json() {
            let all: Vec<_> = lines
                .map(|(at, migration)| {
                    serde_json::json!({
                        "file": migration.file.display().to_string(),
                        "folder": dir.join(&migration.folder).display().to_string(),
                        "applied": self.has_run(at),
                    })
                })
                .collect();
            return Ok(print(&format!("{}\n", serde_json::json!({ "converted": all })))?);
        }
        let mut grid = Grid::new(["file", "migration", "state"]);
        for (at, migration) in lines {
            grid.row([
                migration.file.display().to_string(),
                dir.join(&migration.folder).display().to_string(),
                if self.has_run(at) { "has run" } else { "pending" }.to_owned(),
            ]);
        }
        Ok(print(&grid.render(context.terminal))?)
    }

    /// Writes the folders and notes what has run.
    ///
    /// # Errors
    /// A folder that is there and says something else, the database's own.
    pub(super) fn take_over(&self, context: &Context) -> anyhow::Result<()> {
        let dir = context.config.migration_dir(self.dialect);
        let mut written = 0;
        for migration in &self.history.migrations {
            let fresh = migration
                .write(self.history.tool, &dir)
                .map_err(|error| Stop::error(Exit::Refused, error.to_string()))?;
            written += usize::from(fresh);
        }
        self.show(context, &dir)?;
        let tool = self.history.tool;
        context.say(&format!("{} written to {}", count(written, "migration"), dir.display()));
        let Some(target) = &self.target else {
            context.warn(&format!(
                "no database is named, so that nothing is noted as applied: run this again with \
                 --database-url for each database that {tool} has worked on"
            ));
            return Ok(());
        };
        if self.applied.is_none() {
            context.say(&format!("{tool} has no ledger on {target}: nothing is noted as applied"));
            return Ok(());
        }
        let connection = context.connect(target, Access::Write)?;
        let mut history = History::on(context, target, connection)?;
        let noted =
            history.locked(context, Duration::from_secs(60), |history| self.note(history))?;
        context.say(&format!(
            "{} noted as applied, as {tool}'s ledger says",
            count(noted, "migration")
        ));
        Ok(())
    }

    fn note(&self, history: &mut History) -> anyhow::Result<usize> {
        let records = history.ledger.records(&mut history.connection)?;
        let mut noted = 0;
        for (at, own) in self.history.migrations.iter().enumerate() {
            let version = own.version();
            let known = records.iter().any(|record| record.version == version && record.applied);
            if known || !self.has_run(at) {
                continue;
            }
            let found: Option<Migration> =
                history.migrations.iter().find(|m| m.version == version).cloned();
            if let Some(migration) = found {
                mark_applied(&mut history.connection, &mut history.ledger, &migration)
                    .map_err(stop)?;
                noted += 1;
            }
        }
        Ok(noted)
    }
}
