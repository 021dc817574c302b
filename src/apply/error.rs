use super::advice::advice;
use crate::database::{DatabaseError, ErrorKind};
use crate::migration::{MigrationError, SqlFile};
use std::path::PathBuf;

/// Why migrations were not run.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The folders cannot be read.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// The database refused something that stands in no file.
    #[error("{}{}", .0.message.trim(), .0.more())]
    Database(#[from] DatabaseError),
    /// The settings cannot be read.
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
    /// The database refused a statement of a migration.
    #[error("{0}")]
    Statement(Box<FailedStatement>),
    /// A quote, a comment or a body of a function has no end.
    #[error("{}:{line}: a {what} opened here is never closed\nhelp: close it", file.display())]
    Unterminated {
        /// The file.
        file: PathBuf,
        /// Where it was opened, from 1.
        line: usize,
        /// Quote, comment …
        what: &'static str,
    },
    /// A line that only psql understands.
    #[error("{}:{line}: `{command}` is a command of psql, not SQL\nhelp: take it out; dbkit talks to the server itself", file.display())]
    MetaCommand {
        /// The file.
        file: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// Its first word.
        command: String,
    },
    /// A migration ends the transaction that it runs in.
    #[error("{}:{line}: `{statement}` begins or ends a transaction, and this migration already runs in one\nhelp: take it out, or write `run_in_transaction = false` to the folder's metadata.toml", file.display())]
    TransactionControl {
        /// The file.
        file: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// The statement.
        statement: String,
    },
    /// A statement that the database runs outside a transaction only.
    #[error("{}:{line}: `{statement}` cannot run in a transaction\nhelp: put it in a migration of its own with `run_in_transaction = false` in metadata.toml", file.display())]
    NotInTransaction {
        /// The file.
        file: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// The statement.
        statement: String,
    },
    /// There is nothing to roll back with.
    #[error("{name} has no way back: in {} there is no down.sql for it, or only comments\nhelp: write the way back, or restore the database from a backup", dir.join(name).display())]
    NoWayBack {
        /// The folder of the migration.
        name: String,
        /// The folder of the migrations.
        dir: PathBuf,
    },
    /// A migration that ran is no longer among the files.
    #[error("{name} ran here, and its folder {} is gone: so is its way back\nhelp: bring the folder back from version control; `dbkit repair {name} --forget` only takes it out of the ledger", dir.join(name).display())]
    FolderGone {
        /// The folder of the migration.
        name: String,
        /// The folder of the migrations.
        dir: PathBuf,
    },
    /// A migration outside a transaction stopped half way.
    #[error(
        "{name} began and did not finish, and cannot go on by itself: {reason}\nhelp: look at the database; then `dbkit repair {name} --retry` runs that statement and what follows it, --skip goes on behind it, \
         --applied notes all of it as applied, and --reverted as not applied"
    )]
    Interrupted {
        /// The folder of the migration.
        name: String,
        /// Why, in words.
        reason: String,
    },
    /// A way back outside a transaction stopped half way.
    #[error(
        "the way back of {name} began and did not finish\nhelp: `dbkit repair {name} --resume` goes on with it"
    )]
    Reverting {
        /// The folder of the migration.
        name: String,
    },
    /// A pending migration stands before one that has run.
    #[error(
        "{name} is older than {newest}, which has run\nhelp: give it a newer version, or set older_migrations = \"apply\" in dbkit.toml"
    )]
    Older {
        /// The folder of the migration.
        name: String,
        /// The last that has run.
        newest: String,
    },
    /// A folder has another name than in the ledger.
    #[error(
        "{name} has run here as {was}: its folder was renamed{}\nhelp: rename it back, or have the ledger follow with `dbkit repair {name} --renamed`{}",
        if *edited { " and edited" } else { "" },
        if *edited { "; where it is another migration, `--forget` takes the old one out of the ledger" } else { "" }
    )]
    Renamed {
        /// The folder of the migration.
        name: String,
        /// Its name in the ledger.
        was: String,
        /// Its text is another, too.
        edited: bool,
    },
    /// A squashed migration stands for some that have not run.
    #[error(
        "{name} replaces migrations of which only some have run here; lacking: {lacking}\nhelp: take the folder of migrations from before the squash, run `dbkit migrate` with it, and come back"
    )]
    PartlyReplaced {
        /// The folder of the migration.
        name: String,
        /// Those that have not run.
        lacking: String,
    },
    /// No migration has that name or version.
    #[error("there is no migration {wanted} in {}\nhelp: `dbkit status --migrations-only` lists them", dir.display())]
    Unknown {
        /// What was asked for.
        wanted: String,
        /// The folder of the migrations.
        dir: PathBuf,
    },
    /// Another run holds the lock.
    #[error(
        "another dbkit is at work on this database ({holder}); gave up after {waited} s\nhelp: wait for it, or allow more time with --lock-timeout"
    )]
    Locked {
        /// Who, as far as it is known.
        holder: String,
        /// Seconds.
        waited: u64,
    },
    /// The lock was lost while migrations ran.
    #[error(
        "this runner's right to change the database has expired: {reason}\nhelp: run it again; what was done is in the ledger"
    )]
    LeaseLost {
        /// Why, in words.
        reason: String,
    },
    /// The connection broke at the commit.
    #[error(
        "the connection was lost while {what} was being committed, so whether it took effect is unknown: {error}\nhelp: run it again; the ledger then tells, and nothing runs twice"
    )]
    OutcomeUnknown {
        /// What it was about.
        what: String,
        /// What the database said.
        error: DatabaseError,
    },
    /// A trigger, say, refused the migration's line in the ledger.
    #[error("{name}: its line of the ledger was refused: {}{}\nnothing of it was applied", error.message.trim(), error.more())]
    Noting {
        /// The folder of the migration.
        name: String,
        /// What the database said.
        error: DatabaseError,
    },
    /// A deferred constraint, say, refused the commit.
    #[error("{}: the transaction cannot be committed: {}{}\nnothing of {what} was applied", file.display(), error.message.trim(), error.more())]
    Commit {
        /// What it was about.
        what: String,
        /// The file.
        file: PathBuf,
        /// What the database said.
        error: DatabaseError,
    },
    /// Migrations that were to share one transaction cannot.
    #[error(
        "{name} cannot share a transaction with others: it has run_in_transaction = false\nhelp: run without --single-transaction"
    )]
    NotTogether {
        /// The folder of the migration.
        name: String,
    },
    /// A signal ended the run; what had failed because of it is inside.
    #[error("stopped by a signal: {0}")]
    Stopped(Box<ApplyError>),
}

impl ApplyError {
    pub(super) fn unterminated(file: &SqlFile, error: &crate::sql::split::SplitError) -> Self {
        Self::Unterminated { file: file.path.clone(), line: error.line, what: error.what }
    }

    /// What the database said, where it was the database.
    #[must_use]
    pub fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error)
            | Self::OutcomeUnknown { error, .. }
            | Self::Noting { error, .. }
            | Self::Commit { error, .. } => Some(error),
            Self::Statement(failed) => Some(&failed.error),
            Self::Stopped(inner) => inner.database(),
            _ => None,
        }
    }

    pub(super) fn database_mut(&mut self) -> Option<&mut DatabaseError> {
        match self {
            Self::Database(error) | Self::Commit { error, .. } => Some(error),
            Self::Statement(failed) => Some(&mut failed.error),
            _ => None,
        }
    }

    /// Waiting may help: somebody else holds a lock, or two transactions waited for each other.
    pub(super) fn is_lock(&self) -> bool {
        self.database().is_some_and(|error| {
            error.kind == ErrorKind::LockTimeout
                || matches!(error.code.as_deref(), Some("40P01" | "40001"))
        })
    }

    pub(super) fn is_lost(&self) -> bool {
        self.database().is_some_and(|error| error.kind == ErrorKind::Lost)
    }
}

/// What is left of a file after one of its statements failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// The statements before it.
    Before,
    /// The statements before it; of this one nobody knows.
    Unknown,
}

/// A statement the database refused, with its place.
#[derive(Debug, PartialEq, Eq)]
pub struct FailedStatement {
    /// Where it stands.
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// An excerpt of it.
    pub statement: String,
    /// What the database said.
    pub error: DatabaseError,
    /// What the file has done all the same.
    pub effect: Effect,
}

impl std::fmt::Display for FailedStatement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { file, line, column, statement, error, effect } = self;
        write!(f, "{}:{line}:{column}: {}", file.display(), error.message.trim())?;
        if let Some(code) = &error.code {
            write!(f, " ({code})")?;
        }
        for text in statement.lines() {
            write!(f, "\n    {text}")?;
        }
        f.write_str(&error.more())?;
        if let Some(context) = &error.context {
            write!(f, "\ncontext: {}", context.trim().replace('\n', "\n    "))?;
        }
        if let Some(help) = advice(error) {
            write!(f, "\nhelp: {help}")?;
        }
        f.write_str(match effect {
            Effect::None => "\nnothing of this file was applied: its transaction was rolled back",
            Effect::Before => {
                "\nthe statements before this one stay: the file does not run in one transaction\n\
                 help: mend the cause and run it again: it goes on with this statement; or see `dbkit repair`"
            }
            Effect::Unknown => {
                "\nthe statements before this one stay; whether this one took effect is unknown\n\
                 help: run it again: it looks at the database first; or see `dbkit repair`"
            }
        })
    }
}
