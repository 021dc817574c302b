//! Rows that an application writes in Rust: seeders that call one another.

use super::{Access, Backend};
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use std::collections::BTreeSet;
use std::error::Error as StdError;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

/// What a seeder returns: any error will do.
pub type Seeded = Result<(), Box<dyn StdError + Send + Sync>>;

/// Fills tables, in Rust.
///
/// A seeder that writes nothing itself and calls others is a database seeder:
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use dbkit::{SeedRun, Seeded, Seeder, Seeding};
/// use diesel::prelude::*;
///
/// diesel::table! { users (id) { id -> Integer, name -> Text, } }
/// diesel::table! { posts (id) { id -> Integer, user_id -> Integer, } }
///
/// #[derive(Default)]
/// struct Users;
///
/// impl Seeder<SqliteConnection> for Users {
///     fn seed(&self, seeding: &mut Seeding<'_, SqliteConnection>) -> Seeded {
///         let ada = (users::id.eq(1), users::name.eq("Ada"));
///         diesel::insert_or_ignore_into(users::table).values(ada).execute(seeding.connection())?;
///         Ok(())
///     }
///
///     fn truncate(&self, seeding: &mut Seeding<'_, SqliteConnection>) -> Seeded {
///         seeding.empty(&["users"])
///     }
/// }
///
/// #[derive(Default)]
/// struct Posts;
///
/// impl Seeder<SqliteConnection> for Posts {
///     fn seed(&self, seeding: &mut Seeding<'_, SqliteConnection>) -> Seeded {
///         // What its rows refer to; a seeder that has run already does not run twice.
///         seeding.call::<Users>()?;
///         let post = (posts::id.eq(1), posts::user_id.eq(1));
///         diesel::insert_or_ignore_into(posts::table).values(post).execute(seeding.connection())?;
///         Ok(())
///     }
///
///     fn truncate(&self, seeding: &mut Seeding<'_, SqliteConnection>) -> Seeded {
///         seeding.empty(&["posts"])
///     }
/// }
///
/// struct DatabaseSeeder;
///
/// impl Seeder<SqliteConnection> for DatabaseSeeder {
///     fn seed(&self, seeding: &mut Seeding<'_, SqliteConnection>) -> Seeded {
///         seeding.call::<Users>()?;
///         if seeding.environment() != "prod" {
///             seeding.call::<Posts>()?;
///         }
///         Ok(())
///     }
///
///     fn truncate(&self, seeding: &mut Seeding<'_, SqliteConnection>) -> Seeded {
///         // Children first.
///         seeding.call::<Posts>()?;
///         seeding.call::<Users>()
///     }
/// }
///
/// # use diesel::connection::SimpleConnection;
/// let mut connection = SqliteConnection::establish(":memory:")?;
/// # connection.batch_execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER);")?;
/// SeedRun::of("dev").run(DatabaseSeeder, &mut connection)?;
/// SeedRun::of("dev").truncate().run(DatabaseSeeder, &mut connection)?;
/// assert_eq!(posts::table.count().get_result::<i64>(&mut connection)?, 1);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
pub trait Seeder<C: Backend> {
    /// Writes the rows, so that a second run changes nothing.
    ///
    /// # Errors
    /// Whatever goes wrong; the whole run is rolled back.
    fn seed(&self, seeding: &mut Seeding<'_, C>) -> Seeded;

    /// Empties what [`seed`](Self::seed) fills, children first. Never called in a protected
    /// environment.
    ///
    /// # Errors
    /// Whatever goes wrong; the whole run is rolled back.
    fn truncate(&self, seeding: &mut Seeding<'_, C>) -> Seeded {
        let _ = seeding;
        Ok(())
    }
}

/// Why a run of seeders wrote nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SeedRunError {
    /// The database is marked as a protected environment.
    #[error("environment {marked} is protected: seeds of {asked} are refused there")]
    Protected {
        /// The environment that the database is marked as.
        marked: String,
        /// The environment of the run.
        asked: String,
    },
    /// A protected environment is seeded only by its name.
    #[error("environment {0} is protected: name it, with SeedRun::yes(\"{0}\"), to seed it")]
    NotNamed(String),
    /// Rows of a protected environment are not deleted.
    #[error("environment {0} is protected: nothing is truncated there")]
    Truncate(String),
    /// A seeder failed; everything was rolled back.
    #[error("{seeder}: {source}")]
    Seeder {
        /// The name of its type.
        seeder: &'static str,
        /// What it returned.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The transaction could not be begun or committed.
    #[error(transparent)]
    Query(#[from] diesel::result::Error),
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeedRunReport {
    /// The seeders in the order in which they ended, with the time each took.
    pub seeded: Vec<(&'static str, Duration)>,
    /// Those whose tables were emptied before.
    pub truncated: Vec<&'static str>,
}

/// A run of seeders before it begins.
#[derive(Clone, Debug)]
#[must_use = "a run does nothing until `run`"]
pub struct SeedRun {
    environment: String,
    protected: bool,
    truncate: bool,
    yes: Option<String>,
}

impl SeedRun {
    /// A run in that environment, as `dev`.
    pub fn of(environment: &str) -> Self {
        let environment = environment.to_owned();
        Self { environment, protected: false, truncate: false, yes: None }
    }

    /// The environment is protected, whatever the database says; one that `dbkit seed protect`
    /// marked is protected anyway.
    pub fn protected(mut self, protected: bool) -> Self {
        self.protected = protected;
        self
    }

    /// Empties the tables first.
    pub fn truncate(mut self) -> Self {
        self.truncate = true;
        self
    }

    /// Names the protected environment that is meant.
    pub fn yes(mut self, name: &str) -> Self {
        self.yes = Some(name.to_owned());
        self
    }

    /// Runs a seeder and those it calls, in one transaction: either all of it stays or nothing.
    ///
    /// # Errors
    /// A protected database, the first seeder that failed, the database's own.
    pub fn run<C: Backend>(
        &self,
        seeder: impl Seeder<C>,
        connection: &mut C,
    ) -> Result<SeedRunReport, SeedRunError> {
        let begin = C::begin(None, Access::ReadWrite);
        match AnsiTransactionManager::begin_transaction_sql(connection, &begin) {
            // Inside the caller's transaction this is a savepoint.
            Err(diesel::result::Error::AlreadyInTransaction) => {
                AnsiTransactionManager::begin_transaction(connection)?;
            }
            begun => begun?,
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| self.inside(&seeder, connection)));
        match outcome {
            Ok(Ok(report)) => {
                AnsiTransactionManager::commit_transaction(connection)?;
                Ok(report)
            }
            Ok(Err(error)) => {
                // The first error is the one to tell; the connection may be gone already.
                let _ = AnsiTransactionManager::rollback_transaction(connection);
                Err(error)
            }
            Err(panic) => {
                let _ = AnsiTransactionManager::rollback_transaction(connection);
                resume_unwind(panic);
            }
        }
    }

    fn inside<C: Backend, S: Seeder<C>>(
        &self,
        seeder: &S,
        connection: &mut C,
    ) -> Result<SeedRunReport, SeedRunError> {
        self.allow(connection)?;
        let mut seeding = Seeding {
            connection,
            environment: &self.environment,
            truncating: self.truncate,
            started: BTreeSet::new(),
            report: SeedRunReport::default(),
        };
        if self.truncate {
            seeding.one(seeder)?;
            seeding.truncating = false;
            seeding.started.clear();
        }
        seeding.one(seeder)?;
        Ok(seeding.report)
    }

    fn allow<C: Backend>(&self, connection: &mut C) -> Result<(), SeedRunError> {
        let marked = connection.protected_as()?;
        if let Some(marked) = marked.clone().filter(|name| *name != self.environment) {
            return Err(SeedRunError::Protected { marked, asked: self.environment.clone() });
        }
        if !self.protected && marked.is_none() {
            return Ok(());
        }
        let name = self.environment.clone();
        if self.truncate {
            return Err(SeedRunError::Truncate(name));
        }
        if self.yes.as_ref() != Some(&name) {
            return Err(SeedRunError::NotNamed(name));
        }
        Ok(())
    }
}

/// A run of seeders that is under way.
pub struct Seeding<'c, C: Backend> {
    connection: &'c mut C,
    environment: &'c str,
    truncating: bool,
    started: BTreeSet<&'static str>,
    report: SeedRunReport,
}

impl<C: Backend> Seeding<'_, C> {
    /// The Diesel connection, inside the run's transaction.
    pub fn connection(&mut self) -> &mut C {
        self.connection
    }

    /// As `dev`.
    #[must_use]
    pub fn environment(&self) -> &str {
        self.environment
    }

    /// Does with another seeder what is being done with this one: seeds from
    /// [`Seeder::seed`], truncates from [`Seeder::truncate`]. One that was called before in this
    /// run is passed over, so that each may call those it builds upon.
    ///
    /// # Errors
    /// The other one's, with its name.
    pub fn call<S: Seeder<C> + Default>(&mut self) -> Seeded {
        self.one(&S::default()).map_err(Into::into)
    }

    /// Deletes all rows of the tables, in that order, and begins their ids anew. Tables of another
    /// schema are `schema.table`.
    ///
    /// # Errors
    /// The database's own, as for rows elsewhere that refer to these.
    pub fn empty(&mut self, tables: &[&str]) -> Seeded {
        Ok(self.connection.empty(tables)?)
    }

    fn one<S: Seeder<C>>(&mut self, seeder: &S) -> Result<(), SeedRunError> {
        let whole = std::any::type_name::<S>();
        if !self.started.insert(whole) {
            return Ok(());
        }
        let name = whole.rsplit("::").next().unwrap_or(whole);
        let begun = Instant::now();
        let outcome = if self.truncating { seeder.truncate(self) } else { seeder.seed(self) };
        match outcome {
            Ok(()) if self.truncating => self.report.truncated.push(name),
            Ok(()) => self.report.seeded.push((name, begun.elapsed())),
            Err(error) => {
                // The innermost seeder is the one to name.
                return Err(match error.downcast::<SeedRunError>() {
                    Ok(inner) if matches!(*inner, SeedRunError::Seeder { .. }) => *inner,
                    Ok(other) => SeedRunError::Seeder { seeder: name, source: other },
                    Err(source) => SeedRunError::Seeder { seeder: name, source },
                });
            }
        }
        Ok(())
    }
}
