use crate::database::postgres::canonicalise;
use crate::database::{Connection, DatabaseError, ErrorKind, Session};
use crate::dialect;
use crate::diff::{Ambiguity, Rename};
use crate::model::Unmodelled;
use crate::plan::{PlanError, PlanOptions, Script};
use crate::source::Source;

/// What a push would do.
#[derive(Debug)]
pub struct PushPlan {
    pub script: Script,
    pub ambiguous: Vec<Ambiguity>,
    /// In the database and left alone.
    pub unmodelled: Vec<Unmodelled>,
    pub notes: Vec<String>,
}

/// Compares the live database with what the files want, in the database's own spelling.
///
/// # Errors
/// The database's own, or a plan that cannot be made.
pub fn plan_push(
    connection: &mut Connection,
    wanted: &Source,
    renames: &[Rename],
    options: &PlanOptions,
) -> Result<PushPlan, PushError> {
    let live = connection.introspect()?;
    let mut notes = Vec::new();
    let model = match connection {
        Connection::Postgres(session) => {
            let found = canonicalise(session, &wanted.model, &live)?;
            notes = found.notes;
            found.model
        }
        // SQLite keeps text as it is written; its dialect compares without regard to spelling.
        Connection::Sqlite(_) => wanted.model.clone(),
    };
    let (script, ambiguous) = dialect::script(&live, &model, renames, options)?;
    Ok(PushPlan { script, ambiguous, unmodelled: live.unmodelled, notes })
}

/// Runs a script: each of its parts in one transaction, where the part can.
///
/// # Errors
/// The first statement that fails; its part is rolled back.
pub fn execute(connection: &mut Connection, script: &Script) -> Result<(), PushError> {
    for part in &script.parts {
        if part.transactional {
            connection.execute("BEGIN")?;
        }
        for statement in &part.statements {
            if let Err(error) = connection.execute(&statement.sql) {
                undo(connection);
                return Err(PushError::Statement {
                    sql: statement.sql.clone(),
                    rolled_back: part.transactional,
                    error,
                });
            }
        }
        if part.transactional
            && let Err(error) = connection.execute("COMMIT")
        {
            undo(connection);
            let sql = "COMMIT".to_owned();
            return Err(PushError::Statement { sql, rolled_back: true, error });
        }
    }
    Ok(())
}

/// The failure itself is what the user must read.
fn undo(connection: &mut Connection) {
    match connection {
        Connection::Sqlite(session) => session.recover().ok(),
        Connection::Postgres(_) => connection.execute("ROLLBACK").ok(),
    };
}

/// Why a push stopped.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error("{}{}\n\n{}\n\n{}", error.message.trim(), error.more(), indent(sql), if *rolled_back { "nothing was applied: the transaction was rolled back" } else { "what ran before this statement stays; run the push again after mending the cause" })]
    Statement { sql: String, rolled_back: bool, error: DatabaseError },
}

impl PushError {
    /// What the database said, where it was the database.
    #[must_use]
    pub fn kind(&self) -> Option<ErrorKind> {
        match self {
            Self::Database(error) | Self::Statement { error, .. } => Some(error.kind),
            Self::Plan(_) => None,
        }
    }
}

fn indent(sql: &str) -> String {
    sql.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}
