//! What the commands on migrations share: folder, ledger, lock and progress.

use super::output::{Grid, count, print};
use super::{Context, Exit, Stop};
use crate::apply::{ApplyError, Done, FailedStatement, Lock, Observer, Run, Settings, move_over};
use crate::config::Target;
use crate::database::postgres::Patience;
use crate::database::{Access, Connection, ErrorKind, interrupt};
use crate::ledger::{Comparison, Ledger, compare};
use crate::migration::{Migration, read};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long to wait, for commands that change the schema.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct Limits {
    /// Seconds to wait for another dbkit on the same database, and for tables that others use
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0, value_parser = seconds)]
    pub lock_timeout: f64,
    /// Seconds one attempt waits for a table's lock before it lets others pass; 0: the server's
    /// own limit (PostgreSQL)
    #[arg(long, value_name = "SECONDS", default_value_t = 3.0, value_parser = seconds)]
    pub table_lock_timeout: f64,
    /// Seconds after which a statement is cancelled (PostgreSQL)
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub statement_timeout: Option<f64>,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (0.0..=1e7).contains(&value) => Ok(value),
        _ => Err("a number of seconds is wanted".to_owned()),
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { lock_timeout: 60.0, table_lock_timeout: 3.0, statement_timeout: None }
    }
}

impl Limits {
    pub(super) fn settings(&self, context: &Context) -> Settings {
        Settings {
            lock_timeout: Duration::from_secs_f64(self.lock_timeout),
            table_lock_timeout: Duration::from_secs_f64(self.table_lock_timeout),
            statement_timeout: self.statement_timeout.map(Duration::from_secs_f64),
            commit_wait: context.config.commit_wait.value,
            ..Settings::default()
        }
    }
}

/// How a connection waits that runs under these settings.
fn patience(settings: &Settings) -> Patience {
    let patience = Patience::default();
    let lock = settings.table_lock_timeout;
    Patience {
        // The blocker must be seen before the server gives up waiting for it.
        first_look: if lock.is_zero() {
            patience.first_look
        } else {
            patience.first_look.min(lock / 2)
        },
        // The server's own limit comes first.
        statement: settings.statement_timeout.map(|limit| limit + Duration::from_secs(10)),
        ..patience
    }
}

/// A folder of migrations and the database they go to.
pub(super) struct History {
    pub target: Target,
    pub dir: PathBuf,
    pub migrations: Vec<Migration>,
    pub connection: Connection,
    pub ledger: Ledger,
}

impl History {
    /// Reads the folder, then connects: a broken folder never needs a database.
    pub(super) fn open(context: &Context, access: Access) -> anyhow::Result<Self> {
        Self::open_with(context, access, |_, _, _| Ok(()))
    }

    /// The same with a look at the folder before anything connects.
    pub(super) fn open_with(
        context: &Context,
        access: Access,
        look: impl FnOnce(&Target, &Path, &[Migration]) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        let target = match access {
            Access::Read => context.target()?,
            Access::Write | Access::Create => context.direct_target()?,
        };
        let dir = context.config.migration_dir(target.dialect());
        let migrations = read(&dir).map_err(|e| Stop::error(Exit::Usage, e.to_string()))?;
        look(&target, &dir, &migrations)?;
        let mut connection = context.connect_filtered(&target, access)?;
        let ledger = Ledger::find(&mut connection)?;
        Ok(Self { target, dir, migrations, connection, ledger })
    }

    /// The same with a connection that is there already.
    pub(super) fn on(
        context: &Context,
        target: &Target,
        mut connection: Connection,
    ) -> anyhow::Result<Self> {
        let dir = context.config.migration_dir(target.dialect());
        let migrations = read(&dir).map_err(|e| Stop::error(Exit::Usage, e.to_string()))?;
        connection.set_filter(context.config.filter.clone());
        let ledger = Ledger::find(&mut connection)?;
        Ok(Self { target: target.clone(), dir, migrations, connection, ledger })
    }

    /// Folder and ledger side by side.
    pub(super) fn standing(&mut self) -> anyhow::Result<Vec<Comparison>> {
        let records = self.ledger.records(&mut self.connection)?;
        Ok(compare(&self.migrations, &records)?)
    }

    /// Squashed migrations take the place of what they replace in the ledger.
    fn move_over(&mut self, context: &Context) -> anyhow::Result<()> {
        let standing = self.standing()?;
        let moved = move_over(&mut self.connection, &mut self.ledger, &self.migrations, &standing);
        for name in moved.map_err(stop)? {
            context.say(&format!("{name} takes the place of the migrations it replaces"));
        }
        Ok(())
    }

    /// Takes the lock, does the work, gives the lock back. The ledger is looked up again under
    /// the lock.
    pub(super) fn locked<T>(
        &mut self,
        context: &Context,
        limit: Duration,
        work: impl FnOnce(&mut Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let settings = Settings { lock_timeout: limit, ..Settings::default() };
        self.under_lock(context, &settings, |history, _| work(history))
    }

    /// The same for work that runs migrations.
    pub(super) fn under_lock<T>(
        &mut self,
        context: &Context,
        settings: &Settings,
        work: impl FnOnce(&mut Self, &Lock) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        listen_for_signals();
        if let Connection::Postgres(session) = &mut self.connection {
            session.set_patience(patience(settings));
        }
        let lock = Lock::take(&mut self.connection, settings.lock_timeout, &mut |holder| {
            context.say(&format!("waiting for another dbkit on this database ({holder})"));
        })
        .map_err(stop)?;
        self.ledger = Ledger::find(&mut self.connection)?;
        let outcome = self.move_over(context).and_then(|()| work(self, &lock));
        // What was asked for is done or has failed; a lock that cannot be given back ends with
        // its connection.
        lock.release(&mut self.connection).ok();
        outcome
    }

    pub(super) fn run<'r>(
        &'r mut self,
        lock: &'r Lock,
        settings: &'r Settings,
        observer: &'r mut dyn Observer,
    ) -> Run<'r> {
        let Self { connection, ledger, .. } = self;
        Run { connection, ledger, lock, settings, observer }
    }
}

/// The first signal cancels what is running, so that its transaction is rolled back and the
/// ledger knows; the second ends the process.
pub(super) fn listen_for_signals() {
    // A handler that is there already does the same.
    ctrlc::set_handler(|| {
        if interrupt::request() {
            std::process::exit(i32::from(Exit::Stopped as u8));
        }
        eprintln!("stopping; once more ends the program at once");
    })
    .ok();
}

/// The exit code of what went wrong while applying.
pub(super) fn stop(error: ApplyError) -> anyhow::Error {
    let exit = match &error {
        ApplyError::Migration(_)
        | ApplyError::Config(_)
        | ApplyError::Unterminated { .. }
        | ApplyError::MetaCommand { .. }
        | ApplyError::TransactionControl { .. }
        | ApplyError::NotInTransaction { .. }
        | ApplyError::NotTogether { .. }
        | ApplyError::Unknown { .. } => Exit::Usage,
        ApplyError::Locked { .. } | ApplyError::LeaseLost { .. } => Exit::Lock,
        ApplyError::Stopped(_) => Exit::Stopped,
        ApplyError::NoWayBack { .. }
        | ApplyError::FolderGone { .. }
        | ApplyError::Older { .. }
        | ApplyError::Renamed { .. }
        | ApplyError::PartlyReplaced { .. } => Exit::Refused,
        ApplyError::Interrupted { .. } | ApplyError::Reverting { .. } => Exit::Failed,
        ApplyError::Database(error)
        | ApplyError::OutcomeUnknown { error, .. }
        | ApplyError::Noting { error, .. }
        | ApplyError::Commit { error, .. } => of_kind(error.kind),
        ApplyError::Statement(failed) => of_kind(failed.error.kind),
    };
    let details = match &error {
        ApplyError::Statement(failed) => Some(place_of(failed)),
        ApplyError::Stopped(inner) => match &**inner {
            ApplyError::Statement(failed) => Some(place_of(failed)),
            _ => None,
        },
        _ => None,
    };
    let details = details.map(|place| ("statement", place));
    anyhow::Error::new(Stop { exit, message: error.to_string(), details })
}

fn place_of(failed: &FailedStatement) -> serde_json::Value {
    serde_json::json!({
        "file": failed.file,
        "line": failed.line,
        "column": failed.column,
        "code": failed.error.code,
        "message": failed.error.message.trim(),
        "detail": failed.error.detail,
        "hint": failed.error.hint,
    })
}

fn of_kind(kind: ErrorKind) -> Exit {
    match kind {
        ErrorKind::Unreachable | ErrorKind::Rejected | ErrorKind::Lost => Exit::NoConnection,
        ErrorKind::LockTimeout => Exit::Lock,
        _ => Exit::Failed,
    }
}

/// Progress on a terminal, a line per migration elsewhere.
pub(super) struct Progress<'c> {
    context: &'c Context,
    bar: Option<ProgressBar>,
    /// What has run so far.
    done: Vec<String>,
}

impl<'c> Progress<'c> {
    pub(super) fn new(context: &'c Context) -> Self {
        let bar = (context.colour && !context.global.quiet).then(|| {
            let bar = ProgressBar::new_spinner();
            bar.set_style(
                ProgressStyle::with_template("{spinner} {wide_msg}")
                    .unwrap_or_else(|_| ProgressStyle::default_spinner()),
            );
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self { context, bar, done: Vec::new() }
    }

    /// After a failure: what was done before it stays.
    pub(super) fn tell_done(&self, verb: &str) {
        if !self.done.is_empty() {
            let done = match self.done.as_slice() {
                few if few.len() <= 10 => few.join(", "),
                many => {
                    let last = many.last().map_or("", String::as_str);
                    format!("{}, the last of them {last}", count(many.len(), "migration"))
                }
            };
            self.context.say(&format!("{verb} before the failure, and stays so: {done}"));
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Observer for Progress<'_> {
    fn begin(&mut self, migration: &Migration, down: bool, at: usize, of: usize) {
        let verb = if down { "reverting" } else { "running" };
        let text = format!("{verb} {} ({at}/{of})", migration.name);
        match &self.bar {
            Some(bar) => bar.set_message(text),
            None if self.context.global.verbose => self.context.say(&text),
            None => {}
        }
    }

    fn end(&mut self, done: &Done) {
        self.done.push(done.name.clone());
    }

    fn warn(&mut self, message: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.context.warn(message)),
            None => self.context.warn(message),
        }
    }
}

/// The result of running or reverting.
pub(super) fn show(context: &Context, verb: &str, done: &[Done]) -> anyhow::Result<()> {
    if context.json() {
        let json = serde_json::json!({ verb: done });
        print(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
        return Ok(());
    }
    if done.is_empty() {
        print(&format!("nothing to do: no migration {verb}\n"))?;
        return Ok(());
    }
    let mut grid = Grid::new(["migration", "statements", "ms"]).numeric(1).numeric(2);
    for migration in done {
        grid.row([
            migration.name.clone(),
            migration.statements.to_string(),
            migration.duration_ms.to_string(),
        ]);
    }
    print(&format!(
        "{}{} {verb}\n",
        grid.render(context.terminal),
        count(done.len(), "migration")
    ))?;
    Ok(())
}
