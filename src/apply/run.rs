//! One statement: running it, and telling where it failed.

use super::error::{Effect, FailedStatement};
use super::{ApplyError, script};
use crate::database::{Connection, DatabaseError, Session};
use crate::migration::SqlFile;
use crate::sql::split::{StatementKind, StatementSpan};
use std::io::Cursor;

/// Runs one statement of a file, COPY with its data.
pub(super) fn statement(
    connection: &mut Connection,
    file: &SqlFile,
    span: &StatementSpan,
) -> Result<(), DatabaseError> {
    let sql = span.sql(&file.text);
    match (&span.kind, connection) {
        (StatementKind::CopyIn { data, .. }, Connection::Postgres(session)) => {
            let bytes = file.text.get(data.clone()).unwrap_or_default().as_bytes();
            session.copy_in(sql, &mut Cursor::new(bytes)).map(drop)
        }
        (_, connection) => connection.execute(sql),
    }
}

/// The error of a statement, with its place in the file.
pub(super) fn failed(
    file: &SqlFile,
    span: &StatementSpan,
    error: DatabaseError,
    effect: Effect,
) -> ApplyError {
    let sql = span.sql(&file.text);
    let (mut line, mut column) =
        file.line_column(span.range.start + error.position.unwrap_or_default());
    let mut statement = script::excerpt(sql, error.position);
    if let (StatementKind::CopyIn { data, .. }, Some(row)) = (&span.kind, copy_row(&error)) {
        (line, column) = (file.line_column(data.start).0 + row - 1, 1);
        let rows = file.text.get(data.clone()).unwrap_or_default();
        let text = rows.lines().nth(row - 1).unwrap_or_default();
        statement.push('\n');
        statement.push_str(&script::shortened(text));
    }
    ApplyError::Statement(Box::new(FailedStatement {
        file: file.path.clone(),
        line,
        column,
        statement,
        error,
        effect,
    }))
}

/// The row of COPY's data that the server complains of: `COPY t, line 3, column a: "x"`.
fn copy_row(error: &DatabaseError) -> Option<usize> {
    let context = error.context.as_deref()?;
    let rest = context.lines().find(|line| line.starts_with("COPY "))?.split(", line ").nth(1)?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().filter(|row| *row > 0)
}
