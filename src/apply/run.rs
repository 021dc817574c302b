use super::{ApplyError, FailedStatement};
use crate::database::{Connection, DatabaseError, Session};
use crate::migration::SqlFile;
use crate::sql::classify;
use crate::sql::split::{StatementKind, StatementSpan, statements};
use std::io::Cursor;

/// Looks through a file before anything of it runs: unclosed strings, psql commands, statements
/// that do not go with its transaction. Returns its statements.
pub(super) fn inspect(
    file: &SqlFile,
    connection: &Connection,
    transactional: bool,
) -> Result<Vec<StatementSpan>, ApplyError> {
    let dialect = connection.dialect();
    let found = statements(&file.text, dialect).map_err(|e| ApplyError::unterminated(file, &e))?;
    for span in &found {
        let sql = span.sql(&file.text);
        let head = || sql.lines().next().unwrap_or_default().trim_end_matches(';').to_owned();
        let (path, line) = (file.path.clone(), span.line);
        if span.kind == StatementKind::MetaCommand {
            return Err(ApplyError::MetaCommand { file: path, line, command: head() });
        }
        if transactional && classify::is_transaction_control(sql, dialect) {
            return Err(ApplyError::TransactionControl { file: path, line, statement: head() });
        }
        if transactional && classify::cannot_run_in_transaction(sql, dialect) {
            return Err(ApplyError::NotInTransaction { file: path, line, statement: head() });
        }
    }
    Ok(found)
}

/// Runs the statements of a file one by one; `after` is told how many are done.
pub(super) fn run(
    connection: &mut Connection,
    file: &SqlFile,
    spans: &[StatementSpan],
    rolled_back: bool,
    after: &mut dyn FnMut(&mut Connection, usize) -> Result<(), DatabaseError>,
) -> Result<(), ApplyError> {
    for (at, span) in spans.iter().enumerate() {
        let sql = span.sql(&file.text);
        let outcome = match (&span.kind, &mut *connection) {
            (StatementKind::CopyIn { data, .. }, Connection::Postgres(session)) => {
                let bytes = file.text.get(data.clone()).unwrap_or_default().as_bytes();
                session.copy_in(sql, &mut Cursor::new(bytes)).map(drop)
            }
            _ => connection.execute(sql),
        };
        outcome.map_err(|error| failed(file, span, error, rolled_back))?;
        after(connection, at + 1)?;
    }
    Ok(())
}

fn failed(
    file: &SqlFile,
    span: &StatementSpan,
    error: DatabaseError,
    rolled_back: bool,
) -> ApplyError {
    let at = span.range.start + error.position.unwrap_or(0);
    let (line, column) = file.line_column(at);
    let sql = span.sql(&file.text);
    let mut statement: String = sql.lines().take(8).collect::<Vec<_>>().join("\n");
    if sql.lines().nth(8).is_some() {
        statement.push_str("\n…");
    }
    ApplyError::Statement(Box::new(FailedStatement {
        file: file.path.clone(),
        line,
        column,
        statement,
        error,
        rolled_back,
    }))
}
