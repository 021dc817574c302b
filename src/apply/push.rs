use super::blocked::{Blocked, Patience, holders};
use crate::database::postgres::canonicalise;
use crate::database::{Connection, DatabaseError, ErrorKind, Session};
use crate::dialect;
use crate::diff::{Ambiguity, Rename};
use crate::model::{Dialect, Unmodelled};
use crate::plan::{Part, PlanError, PlanOptions, Script, Statement};
use crate::source::Source;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What a push would do.
#[derive(Debug)]
pub struct PushPlan {
    /// What would run.
    pub script: Script,
    /// Questions that a rename or a split leaves open.
    pub ambiguous: Vec<Ambiguity>,
    /// In the database and left alone.
    pub unmodelled: Vec<Unmodelled>,
    /// What a person should know.
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

/// Runs a script: each of its parts in one transaction, where the part can. A part that waits too
/// long for a table lets go of everything and begins again.
///
/// # Errors
/// The first statement that fails; its part is rolled back.
pub fn execute(
    connection: &mut Connection,
    script: &Script,
    patience: &Patience,
    waiting: &mut dyn FnMut(&Blocked),
) -> Result<(), PushError> {
    for (at, part) in script.parts.iter().enumerate() {
        let begin = Instant::now();
        let mut pause = Duration::from_millis(500);
        while let Err((error, statement)) = run(connection, part, patience) {
            let retry = error.kind == ErrorKind::LockTimeout
                && part.transactional
                && connection.dialect() == Dialect::Postgres;
            if retry && let Some(statement) = statement {
                let holders = holders(connection, statement).unwrap_or_default();
                let what = statement.what.clone();
                let blocked = Blocked { what, holders, pause };
                if begin.elapsed() + pause + patience.each <= patience.limit {
                    waiting(&blocked);
                    sleep(pause);
                    pause = (pause * 2).min(Duration::from_secs(8));
                    continue;
                }
                let mut error = error;
                if !blocked.holders.is_empty() {
                    error.detail = Some(format!("held by {}", blocked.holders.join("; ")));
                }
                error.hint = Some(
                    "wait for it or end it, or allow more time with --lock-timeout".to_owned(),
                );
                return Err(failed(statement.clone(), error, script, at));
            }
            let statement =
                statement.cloned().unwrap_or_else(|| Statement::new("COMMIT".to_owned()));
            return Err(failed(statement, error, script, at));
        }
    }
    Ok(())
}

fn failed(statement: Statement, error: DatabaseError, script: &Script, at: usize) -> PushError {
    // A part that rebuilds tables of SQLite begins its transaction itself.
    let own = |part: &Part| part.statements.iter().any(|s| s.sql.starts_with("BEGIN IMMEDIATE"));
    let rolled_back = script.parts.get(at).is_some_and(|part| part.transactional || own(part));
    let before = script.parts.iter().take(at);
    let stays = before.flat_map(|part| &part.statements).map(|s| s.sql.clone()).collect();
    PushError::Statement { statement: Box::new(statement), rolled_back, stays, error }
}

/// One part once; the statement that failed, where it was not the transaction itself.
fn run<'p>(
    connection: &mut Connection,
    part: &'p Part,
    patience: &Patience,
) -> Result<(), (DatabaseError, Option<&'p Statement>)> {
    if part.transactional {
        connection.execute("BEGIN").map_err(|error| (error, None))?;
        if connection.dialect() == Dialect::Postgres {
            let limit = format!("SET LOCAL lock_timeout = {}", patience.each.as_millis());
            connection.execute(&limit).map_err(|error| (error, None))?;
        }
    }
    for statement in &part.statements {
        if let Err(error) = connection.execute(&statement.sql) {
            undo(connection);
            return Err((error, Some(statement)));
        }
    }
    if part.transactional
        && let Err(error) = connection.execute("COMMIT")
    {
        undo(connection);
        return Err((error, None));
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
    /// The database cannot be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// There is no way from the one to the other.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The database refused a statement.
    #[error("{}{}{}\n\n{}\n\n{}", error.message.trim(), code(error), error.more(), shown(statement, error), outcome(*rolled_back, stays))]
    Statement {
        /// The statement.
        statement: Box<Statement>,
        /// Nothing has changed.
        rolled_back: bool,
        /// What was changed before and stays.
        stays: Vec<String>,
        /// What the database said.
        error: DatabaseError,
    },
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

fn code(error: &DatabaseError) -> String {
    error.code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default()
}

/// The statement, a caret below where the database points.
fn shown(statement: &Statement, error: &DatabaseError) -> String {
    let mut out = Vec::new();
    let mut from = 0;
    for line in statement.sql.split('\n') {
        out.push(format!("    {line}"));
        let at = error.position.and_then(|at| at.checked_sub(from));
        if let Some(before) = at.and_then(|at| line.get(..at))
            && error.position.is_some_and(|at| at > 0)
        {
            out.push(format!("    {}^", " ".repeat(before.chars().count())));
        }
        from += line.len() + 1;
    }
    out.join("\n")
}

fn outcome(rolled_back: bool, stays: &[String]) -> String {
    match (rolled_back, stays) {
        (true, []) => "nothing was applied: the transaction was rolled back".to_owned(),
        (true, stays) => format!(
            "rolled back; what PostgreSQL wants committed first stays, and nothing uses it yet: {}",
            stays.join(" ")
        ),
        (false, _) => {
            "what ran before this statement stays; run the push again after mending the cause"
                .to_owned()
        }
    }
}
