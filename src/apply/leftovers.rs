//! What a statement that cannot run in a transaction leaves behind when it is interrupted, found
//! by looking at the database.

use super::ApplyError;
use crate::database::{Connection, DatabaseError, Session, Value};
use crate::dialect::postgres::quote;
use crate::model::Dialect;
use crate::sql::cursor::Cursor;

/// Whether a statement that was running took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leftover {
    Done,
    /// It did not, or doing it twice is the same as once.
    Again,
    /// The database does not tell.
    Unknown,
}

/// What a statement is about.
#[derive(Debug, PartialEq, Eq)]
enum Subject {
    /// CREATE INDEX CONCURRENTLY; a name may be left to the server.
    Create {
        index: Option<String>,
        table: Vec<String>,
    },
    /// DROP INDEX CONCURRENTLY of one index.
    Drop {
        index: Vec<String>,
    },
    /// REINDEX … CONCURRENTLY
    Reindex {
        relation: Vec<String>,
    },
    /// ALTER TABLE … DETACH PARTITION … CONCURRENTLY
    Detach {
        partition: Vec<String>,
    },
    /// VACUUM and the like.
    Repeatable,
    Other,
}

fn subject(sql: &str) -> Subject {
    let mut cursor = Cursor::new(sql, Dialect::Postgres);
    if cursor.eat_words("create unique index concurrently")
        || cursor.eat_words("create index concurrently")
    {
        cursor.eat_words("if not exists");
        let index = if cursor.is_word("on") { None } else { cursor.name() };
        cursor.eat("on");
        cursor.eat("only");
        return match cursor.dotted() {
            Some(table) => Subject::Create { index, table },
            None => Subject::Other,
        };
    }
    if cursor.eat_words("drop index concurrently") {
        cursor.eat_words("if exists");
        return cursor.dotted().map_or(Subject::Other, |index| Subject::Drop { index });
    }
    if cursor.eat("reindex") {
        cursor.group();
        let named = cursor.eat("index") || cursor.eat("table");
        cursor.eat("concurrently");
        return match cursor.dotted().filter(|_| named) {
            Some(relation) => Subject::Reindex { relation },
            None => Subject::Repeatable,
        };
    }
    if cursor.eat_words("alter table") {
        cursor.until(|cursor| cursor.is_words("detach partition"));
        if cursor.eat_words("detach partition") {
            return cursor
                .dotted()
                .map_or(Subject::Other, |partition| Subject::Detach { partition });
        }
    }
    if cursor.is_word("vacuum") || cursor.is_words("alter system") {
        return Subject::Repeatable;
    }
    Subject::Other
}

/// Whether the statement that was running took effect.
pub(super) fn look(connection: &mut Connection, sql: &str) -> Result<Leftover, ApplyError> {
    if connection.dialect() == Dialect::Sqlite {
        // VACUUM and PRAGMA journal_mode.
        return Ok(Leftover::Again);
    }
    let found = |there: bool| if there { Leftover::Done } else { Leftover::Again };
    Ok(match subject(sql) {
        Subject::Create { index: Some(index), table } => {
            found(indexes(connection, &table, Some(&index))?.iter().any(|index| index.valid))
        }
        Subject::Create { index: None, .. } | Subject::Reindex { .. } | Subject::Repeatable => {
            Leftover::Again
        }
        Subject::Drop { index } => found(oid(connection, &index)?.is_none()),
        Subject::Detach { partition } => found(attached(connection, &partition)?.is_none()),
        Subject::Other => Leftover::Unknown,
    })
}

/// Takes away what an earlier attempt at the statement left, and would stand in the way or, with
/// IF NOT EXISTS, pass for the real thing. Says what it did.
pub(super) fn clear(connection: &mut Connection, sql: &str) -> Result<Option<String>, ApplyError> {
    if connection.dialect() == Dialect::Sqlite {
        return Ok(None);
    }
    let invalid = match subject(sql) {
        Subject::Create { index, table } => {
            let unnamed = index.is_none();
            let mut found = indexes(connection, &table, index.as_deref())?;
            found.retain(|index| !index.valid && (!unnamed || index.named_by_server));
            found
        }
        Subject::Reindex { relation } => {
            let mut found = indexes(connection, &relation, None)?;
            found.retain(|index| !index.valid && index.half_rebuilt);
            found
        }
        Subject::Detach { partition } => {
            if let Some((parent, true)) = attached(connection, &partition)? {
                let partition = spelled(&partition);
                connection.execute(&format!(
                    "ALTER TABLE {parent} DETACH PARTITION {partition} FINALIZE"
                ))?;
                return Ok(Some(format!("finished detaching {partition}, which was interrupted")));
            }
            return Ok(None);
        }
        _ => return Ok(None),
    };
    let mut names = Vec::new();
    for index in invalid {
        connection.execute(&format!("DROP INDEX CONCURRENTLY IF EXISTS {}", index.name))?;
        names.push(index.name);
    }
    if names.is_empty() {
        return Ok(None);
    }
    Ok(Some(format!("dropped {}, left INVALID by an interrupted attempt", names.join(", "))))
}

struct Index {
    /// With its schema, as SQL spells it.
    name: String,
    valid: bool,
    /// It looks like a name PostgreSQL chose.
    named_by_server: bool,
    /// REINDEX CONCURRENTLY names its new and old ones so.
    half_rebuilt: bool,
}

/// The indexes of a table (or of the table of an index), all or one by name.
fn indexes(
    connection: &mut Connection,
    relation: &[String],
    name: Option<&str>,
) -> Result<Vec<Index>, DatabaseError> {
    let rows = connection.query(
        "SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), \
                i.indisvalid AND i.indisready, \
                c.relname LIKE '%\\_idx%', c.relname ~ '_cc(new|old)[0-9]*$' \
         FROM pg_catalog.pg_index i \
         JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE i.indrelid = coalesce((SELECT x.indrelid FROM pg_catalog.pg_index x \
                                      WHERE x.indexrelid = pg_catalog.to_regclass($1)), \
                                     pg_catalog.to_regclass($1)) \
           AND ($2::text IS NULL OR c.relname = $2) ORDER BY 1",
        &[
            Value::Text(spelled(relation)),
            name.map_or(Value::Null, |name| Value::Text(name.to_owned())),
        ],
    )?;
    let is_true = |value: Option<&Value>| value == Some(&Value::Bool(true));
    Ok(rows
        .rows
        .iter()
        .filter_map(|row| {
            Some(Index {
                name: row.first()?.as_text()?.to_owned(),
                valid: is_true(row.get(1)),
                named_by_server: is_true(row.get(2)),
                half_rebuilt: is_true(row.get(3)),
            })
        })
        .collect())
}

fn oid(connection: &mut Connection, name: &[String]) -> Result<Option<Value>, DatabaseError> {
    let sql = "SELECT pg_catalog.to_regclass($1)::oid";
    let rows = connection.query(sql, &[Value::Text(spelled(name))])?;
    Ok(rows.rows.into_iter().flatten().next().filter(|value| *value != Value::Null))
}

/// The parent of a partition, and whether its detaching is half done (PostgreSQL 14 and later).
fn attached(
    connection: &mut Connection,
    partition: &[String],
) -> Result<Option<(String, bool)>, DatabaseError> {
    let rows = connection.query(
        "SELECT i.inhparent::pg_catalog.regclass::text, \
                coalesce((pg_catalog.to_jsonb(i) ->> 'inhdetachpending')::boolean, false) \
         FROM pg_catalog.pg_inherits i WHERE i.inhrelid = pg_catalog.to_regclass($1)",
        &[Value::Text(spelled(partition))],
    )?;
    let Some(row) = rows.rows.first() else { return Ok(None) };
    let parent = row.first().and_then(Value::as_text).unwrap_or_default().to_owned();
    Ok(Some((parent, row.get(1) == Some(&Value::Bool(true)))))
}

fn spelled(parts: &[String]) -> String {
    parts.iter().map(|part| quote::ident(part)).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_statement_is_about() {
        let words = |list: &[&str]| list.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            subject("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"I\" ON ONLY s.t (a)"),
            Subject::Create { index: Some("I".to_owned()), table: words(&["s", "t"]) }
        );
        assert_eq!(
            subject("create index concurrently on t using gin (a)"),
            Subject::Create { index: None, table: words(&["t"]) }
        );
        assert_eq!(
            subject("DROP INDEX CONCURRENTLY IF EXISTS s.i"),
            Subject::Drop { index: words(&["s", "i"]) }
        );
        assert_eq!(
            subject("REINDEX (VERBOSE) TABLE CONCURRENTLY t"),
            Subject::Reindex { relation: words(&["t"]) }
        );
        assert_eq!(
            subject("ALTER TABLE p DETACH PARTITION s.c CONCURRENTLY"),
            Subject::Detach { partition: words(&["s", "c"]) }
        );
        assert_eq!(subject("VACUUM t"), Subject::Repeatable);
        assert_eq!(subject("CALL p()"), Subject::Other);
    }
}
