use crate::database::DatabaseError;
use crate::migration::{MigrationError, SqlFile};
use std::path::PathBuf;

/// Why migrations were not run.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    #[error(transparent)]
    Migration(#[from] MigrationError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("{0}")]
    Statement(Box<FailedStatement>),
    #[error("{}:{line}: a {what} opened here is never closed", file.display())]
    Unterminated { file: PathBuf, line: usize, what: &'static str },
    #[error("{}:{line}: `{command}` is a command of psql, not SQL\nhelp: take it out; dbkit talks to the server itself", file.display())]
    MetaCommand { file: PathBuf, line: usize, command: String },
    #[error("{}:{line}: `{statement}` begins or ends a transaction, and this migration already runs in one\nhelp: take it out, or write `run_in_transaction = false` to the folder's metadata.toml", file.display())]
    TransactionControl { file: PathBuf, line: usize, statement: String },
    #[error("{}:{line}: `{statement}` cannot run in a transaction\nhelp: put it in a migration of its own with `run_in_transaction = false` in metadata.toml", file.display())]
    NotInTransaction { file: PathBuf, line: usize, statement: String },
    #[error("{} is neither in {} nor reversible: there is no down.sql in it, or only comments\nhelp: write the way back, or restore the database from a backup", name, dir.display())]
    NoWayBack { name: String, dir: PathBuf },
    #[error(
        "{name} began and did not finish: {done} of its statements are done\nhelp: finish the rest by hand and run `dbkit repair {name} --applied`, or undo what was done and run it with --reverted"
    )]
    Interrupted { name: String, done: u64 },
    #[error(
        "{name} is older than {newest}, which has run\nhelp: give it a newer version, or set older_migrations = \"apply\" in dbkit.toml"
    )]
    Older { name: String, newest: String },
    #[error(
        "{name} has run here as {was}: its folder was renamed\nhelp: rename it back, or have the ledger follow with `dbkit repair {name} --renamed`"
    )]
    Renamed { name: String, was: String },
    #[error(
        "{name} replaces migrations of which only some have run here; lacking: {lacking}\nhelp: take the folder of migrations from before the squash, run `dbkit migrate` with it, and come back"
    )]
    PartlyReplaced { name: String, lacking: String },
    #[error("there is no migration {wanted} in {}\nhelp: `dbkit status --migrations-only` lists them", dir.display())]
    Unknown { wanted: String, dir: PathBuf },
    #[error(
        "another dbkit is at work on this database ({holder}); gave up after {waited} s\nhelp: wait for it, or allow more time with --lock-timeout"
    )]
    Locked { holder: String, waited: u64 },
}

impl ApplyError {
    pub(super) fn unterminated(file: &SqlFile, error: &crate::sql::split::SplitError) -> Self {
        Self::Unterminated { file: file.path.clone(), line: error.line, what: error.what }
    }
}

/// A statement the database refused, with its place.
#[derive(Debug, PartialEq, Eq)]
pub struct FailedStatement {
    pub file: PathBuf,
    pub line: usize,
    pub column: usize,
    /// Its first lines.
    pub statement: String,
    pub error: DatabaseError,
    /// Nothing of the migration is there.
    pub rolled_back: bool,
}

impl std::fmt::Display for FailedStatement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { file, line, column, statement, error, rolled_back } = self;
        write!(f, "{}:{line}:{column}: {}", file.display(), error.message.trim())?;
        if let Some(code) = &error.code {
            write!(f, " ({code})")?;
        }
        for text in statement.lines() {
            write!(f, "\n    {text}")?;
        }
        f.write_str(&error.more())?;
        if *rolled_back {
            f.write_str("\nnothing of this file was applied: its transaction was rolled back")?;
        } else {
            f.write_str(
                "\nthe statements before this one stay: the file does not run in one transaction",
            )?;
        }
        Ok(())
    }
}
