//! What may be typed at all, before the database is asked.

use crate::model::Dialect;
use crate::sql::classify::{begins_reading, is_transaction_control};
use crate::sql::cursor::Cursor;
use crate::studio::problem::{Kind, Problem};

/// Refuses what would leave the console's transaction or reach files of the server.
///
/// # Errors
/// Why it is refused.
pub fn check(sql: &str, dialect: Dialect, writing: bool) -> Result<(), Problem> {
    let words = Cursor::new(sql, dialect);
    let begins = |phrase: &str| words.is_words(phrase);
    let transaction = is_transaction_control(sql, dialect)
        || begins("set transaction")
        || begins("set local transaction")
        || begins("set session")
        || begins("commit")
        || begins("rollback");
    if transaction {
        let message = "the console has its own transaction: everything that is sent at once is kept \
                       or taken back together";
        return Err(Problem::new(Kind::Forbidden, message));
    }
    if begins("copy") {
        let message = "COPY reaches files and programs of the server";
        return Err(Problem::new(Kind::Forbidden, message).hint("use export and import"));
    }
    if words.peek().is_some_and(|token| token.text(sql).starts_with('\\')) {
        return Err(Problem::bad_request("commands with a backslash are psql's own"));
    }
    let reading = begins_reading(sql, dialect);
    match writing || reading {
        true => Ok(()),
        false => Err(Problem::new(Kind::ReadOnly, "only statements that read may run here now")),
    }
}

/// Refuses what would stay with a server's connection that a pooler gives to others.
///
/// # Errors
/// Why it is refused.
pub fn check_pooled(sql: &str) -> Result<(), Problem> {
    let words = Cursor::new(sql, Dialect::Postgres);
    let begins = |phrase: &str| words.is_words(phrase);
    let stays = (begins("set") && !begins("set local") && !begins("set constraints"))
        || ["reset", "discard", "listen", "prepare", "load", "create temp", "create temporary"]
            .iter()
            .any(|phrase| begins(phrase));
    match stays {
        false => Ok(()),
        true => {
            let message = "through a pooler this would stay with a connection that others get";
            Err(Problem::new(Kind::Forbidden, message).hint(
                "SET LOCAL lasts for what is sent at once; for the rest connect without the pooler",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stays_with_a_pooled_connection() {
        for sql in
            ["set role x", "SET search_path = a", "reset all", "listen a", "create temp table t ()"]
        {
            assert!(check_pooled(sql).is_err(), "{sql}");
        }
        for sql in ["set local role x", "select 1", "update t set a = 1", "create table t ()"] {
            assert!(check_pooled(sql).is_ok(), "{sql}");
        }
    }

    #[test]
    fn only_reading_is_allowed() {
        let (pg, lite) = (Dialect::Postgres, Dialect::Sqlite);
        for sql in
            ["select 1", "/* x */ WITH a AS (SELECT 1) TABLE a", "(select 1)", "explain select 1"]
        {
            assert!(check(sql, pg, false).is_ok(), "{sql}");
        }
        assert!(check("pragma table_info(t)", lite, false).is_ok());
        for sql in [
            "insert into t values (1)",
            "do $$ begin end $$",
            "call p()",
            "set role x",
            "analyze",
            "lock t",
        ] {
            assert_eq!(check(sql, pg, false).map_err(|p| p.kind), Err(Kind::ReadOnly), "{sql}");
            assert!(check(sql, pg, true).is_ok(), "{sql}");
        }
        for sql in [
            "commit",
            "ROLLBACK",
            "begin",
            "set transaction read write",
            "copy t to program 'x'",
            "set session characteristics as transaction read write",
            "savepoint a",
            "prepare transaction 'x'",
        ] {
            assert_eq!(check(sql, pg, true).map_err(|p| p.kind), Err(Kind::Forbidden), "{sql}");
        }
    }
}
