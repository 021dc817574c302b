//! The rows of a statement that a person types.

use super::{InspectError, Page};
use crate::database::sqlite::Restriction;
use crate::database::{Connection, DatabaseError, ErrorKind, Rows, Session};
use crate::sql::classify::{begins_reading, is_empty, is_query};
use crate::sql::split;

/// Rows handed over in one go.
const PART: usize = 1_000;

/// Runs one statement where the database refuses to write, and hands its rows over in parts, at most
/// `limit` of them. `each` says whether to go on; it is called at least once.
///
/// # Errors
/// Several statements, one that begins otherwise than those that read, the database's own.
pub fn query(
    connection: &mut Connection,
    text: &str,
    limit: u64,
    each: &mut dyn FnMut(Page) -> Result<bool, InspectError>,
) -> Result<(), InspectError> {
    let dialect = connection.dialect();
    let refuse = |reason: &str| Err(InspectError::Sql(reason.to_owned()));
    let spans = match split::statements(text, dialect) {
        Ok(spans) => spans,
        Err(error) => return refuse(&error.to_string()),
    };
    let mut all = spans.iter().map(|span| span.sql(text)).filter(|sql| !is_empty(sql, dialect));
    let (Some(sql), None) = (all.next(), all.next()) else {
        return refuse("exactly one statement can be run");
    };
    if !begins_reading(sql, dialect) {
        return refuse("only statements that read: SELECT, VALUES, TABLE, WITH, EXPLAIN, SHOW");
    }
    super::begin_read_only(connection)?;
    restrict(connection, Some(Restriction::Reading))?;
    let done = send(connection, sql, limit, each);
    restrict(connection, None)?;
    let ended = super::end_read_only(connection);
    done?;
    Ok(ended?)
}

fn restrict(connection: &Connection, to: Option<Restriction>) -> Result<(), DatabaseError> {
    match connection {
        Connection::Sqlite(session) => session.restrict(to),
        Connection::Postgres(_) => Ok(()),
    }
}

fn send(
    connection: &mut Connection,
    sql: &str,
    limit: u64,
    each: &mut dyn FnMut(Page) -> Result<bool, InspectError>,
) -> Result<(), InspectError> {
    let mut left = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut failed = Ok(());
    let mut part = |found: Rows| {
        let Rows { columns, types, mut rows, .. } = found;
        let more = rows.len() > left;
        rows.truncate(left);
        left -= rows.len();
        match each(Page { columns, types, rows, more, ..Page::default() }) {
            Ok(go_on) => go_on && !more,
            Err(error) => {
                failed = Err(error);
                false
            }
        }
    };
    let sent = match is_query(sql, connection.dialect()) {
        true => connection.query_in_parts(sql, &[], PART, &mut part),
        false => connection.query(sql, &[]).map(|found| {
            part(found);
        }),
    };
    failed?;
    sent.map_err(|error| match error.kind {
        ErrorKind::Statement | ErrorKind::Denied => {
            InspectError::Sql(format!("{}{}", error.message, error.more()))
        }
        _ => InspectError::Database(error),
    })
}
