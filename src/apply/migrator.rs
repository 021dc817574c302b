use super::migrate::{Done, Observer, Run, check, pending};
use super::{ApplyError, Lock, Settings};
use crate::config::{Location, OlderMigrations, Origin, Target};
use crate::database::{Access, Connection, Session, open};
use crate::ledger::{Comparison, Ledger, Standing, compare};
use crate::migration::{EmbeddedMigration, Migration, MigrationError, embedded, read};
use std::path::Path;
use std::time::Duration;

/// Runs migrations from within an application, with the same lock and the same ledger as
/// `dbkit migrate`: any number of instances may start at once, one applies, the others wait.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let migrator = dbkit::Migrator::embedded(dbkit::embed_migrations!("migrations/postgres"))?;
/// let report = migrator.run(&std::env::var("DATABASE_URL")?)?;
/// for done in &report.applied {
///     eprintln!("applied {} in {} ms", done.name, done.duration_ms);
/// }
/// # Ok(())
/// # }
/// ```
///
/// It blocks: in an asynchronous program call it before the runtime starts, or on a thread for
/// blocking work.
#[derive(Clone, Debug)]
pub struct Migrator {
    migrations: Vec<Migration>,
    settings: Settings,
    older: OlderMigrations,
}

/// What a run did.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Oldest first; empty when another instance was faster or nothing was pending.
    pub applied: Vec<Done>,
    /// What somebody should look at: edited or missing migrations, waiting for others.
    pub warnings: Vec<String>,
}

impl Migrator {
    /// The migrations that [`embed_migrations!`](crate::embed_migrations) has put into the
    /// program.
    ///
    /// # Errors
    /// Two with one version, a name without a version, unreadable metadata.
    pub fn embedded(list: &'static [EmbeddedMigration]) -> Result<Self, MigrationError> {
        Ok(Self::new(embedded(Path::new("migrations"), list)?))
    }

    /// The migrations of a folder.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn from_folder(dir: &Path) -> Result<Self, MigrationError> {
        Ok(Self::new(read(dir)?))
    }

    fn new(migrations: Vec<Migration>) -> Self {
        Self { migrations, settings: Settings::default(), older: OlderMigrations::default() }
    }

    /// How long to wait for other instances, and for tables that others use; 60 s otherwise.
    #[must_use]
    pub fn lock_timeout(mut self, limit: Duration) -> Self {
        self.settings.lock_timeout = limit;
        self
    }

    /// Limit of one statement (PostgreSQL); none otherwise.
    #[must_use]
    pub fn statement_timeout(mut self, limit: Duration) -> Self {
        self.settings.statement_timeout = Some(limit);
        self
    }

    /// What to do with a migration that is older than the newest that has run; it runs with a
    /// warning otherwise.
    #[must_use]
    pub fn older_migrations(mut self, older: OlderMigrations) -> Self {
        self.older = older;
        self
    }

    /// Runs what is pending. A SQLite file that is missing is made.
    ///
    /// # Errors
    /// No connection, the lock, or the first migration that fails; those before it stay.
    pub fn run(&self, url: &str) -> Result<Report, ApplyError> {
        let mut connection = connect(url, Access::Create)?;
        let mut warnings = Warnings::default();
        let limit = self.settings.lock_timeout;
        let lock = Lock::take(&mut connection, limit, &mut |holder| {
            warnings.0.push(format!("waited for another runner of migrations ({holder})"));
        })?;
        let outcome = self.under_lock(&mut connection, &lock, &mut warnings);
        // A lock that cannot be given back ends with its connection.
        lock.release(&mut connection).ok();
        Ok(Report { applied: outcome?, warnings: warnings.0 })
    }

    fn under_lock(
        &self,
        connection: &mut Connection,
        lock: &Lock,
        observer: &mut Warnings,
    ) -> Result<Vec<Done>, ApplyError> {
        let mut ledger = Ledger::find(connection)?;
        let standing = self.standing(connection, &ledger)?;
        super::move_over(connection, &mut ledger, &self.migrations, &standing)?;
        let standing = self.standing(connection, &ledger)?;
        let chosen = pending(&self.migrations, &standing, self.older, observer)?;
        check(connection.dialect(), &chosen)?;
        let ledger = &mut ledger;
        Run { connection, ledger, lock, settings: &self.settings, observer }.migrate(&chosen)
    }

    /// The names of the migrations that have not run, oldest first. Changes nothing and waits for
    /// nobody.
    ///
    /// # Errors
    /// No connection, or a ledger that may not be read.
    pub fn pending(&self, url: &str) -> Result<Vec<String>, ApplyError> {
        let mut connection = connect(url, Access::Read)?;
        let ledger = Ledger::find(&mut connection)?;
        let mut standing = self.standing(&mut connection, &ledger)?;
        standing.retain(|line| {
            matches!(
                line.standing,
                Standing::Pending | Standing::PendingOlder | Standing::Interrupted
            )
        });
        Ok(standing.into_iter().map(|line| line.name).collect())
    }

    fn standing(
        &self,
        connection: &mut Connection,
        ledger: &Ledger,
    ) -> Result<Vec<Comparison>, ApplyError> {
        let records = ledger.records(connection)?;
        Ok(compare(&self.migrations, &records)?)
    }
}

fn connect(url: &str, access: Access) -> Result<Connection, ApplyError> {
    let origin = Origin::Flag("the application's URL");
    let target = Target {
        location: Location::parse(url, &origin)?,
        origin,
        environment: None,
        protected: false,
        connect_timeout: None,
        wait: None,
    };
    Ok(open(&target, access, &mut |_| {})?)
}

#[derive(Default)]
struct Warnings(Vec<String>);

impl Observer for Warnings {
    fn begin(&mut self, _: &Migration, _: bool, _: usize, _: usize) {}

    fn end(&mut self, _: &Done) {}

    fn warn(&mut self, message: &str) {
        self.0.push(message.to_owned());
    }
}
