//! What a single statement is, as far as running it needs to know.

use super::cursor::Cursor;
use super::lex::TokenKind;
use crate::model::Dialect;

/// True when there is nothing but white space, comments and semicolons.
#[must_use]
pub fn is_empty(sql: &str, dialect: Dialect) -> bool {
    super::lex::tokens(sql, dialect).all(|t| t.is_trivia() || t.kind == TokenKind::Semicolon)
}

/// True when the statement begins, ends or steers a transaction (BEGIN, COMMIT, ROLLBACK,
/// SAVEPOINT, PREPARE TRANSACTION …): it cannot stand in a migration that dbkit runs in one.
#[must_use]
pub fn is_transaction_control(sql: &str, dialect: Dialect) -> bool {
    let cursor = Head::new(sql, dialect);
    ["begin", "commit", "end", "abort", "rollback", "savepoint", "release"]
        .iter()
        .any(|word| cursor.starts(word))
        || cursor.starts("start transaction")
        || cursor.starts("prepare transaction")
}

/// True when the database refuses the statement inside a transaction block.
///
/// Source: the "cannot be executed inside a transaction block" notes of the PostgreSQL manual's
/// command pages; SQLite, VACUUM and the pragmas that are no-ops or errors in a transaction.
#[must_use]
pub fn cannot_run_in_transaction(sql: &str, dialect: Dialect) -> bool {
    let head = Head::new(sql, dialect);
    if dialect == Dialect::Sqlite {
        return head.starts("vacuum")
            || head.starts("detach")
            || (head.starts("pragma") && (head.has("foreign_keys") || head.has("journal_mode")));
    }
    let concurrent = ["create index", "create unique index", "drop index", "reindex"]
        .iter()
        .any(|words| head.starts(words));
    let always = [
        "vacuum",
        "create database",
        "drop database",
        "create tablespace",
        "drop tablespace",
        "alter system",
        "create subscription",
        "drop subscription",
        "reindex database",
        "reindex system",
    ];
    always.iter().any(|words| head.starts(words))
        || (concurrent && head.has("concurrently"))
        || (head.starts("alter table") && head.has("detach") && head.has("concurrently"))
        || (head.starts("alter database") && head.has_words("set tablespace"))
        || (head.starts("commit prepared") || head.starts("rollback prepared"))
}

/// True for a PRAGMA that SQLite itself judges in a transaction: it ignores `foreign_keys` there,
/// and refuses what would change the journal.
#[must_use]
pub fn is_left_to_sqlite(sql: &str, dialect: Dialect) -> bool {
    dialect == Dialect::Sqlite && Head::new(sql, dialect).starts("pragma")
}

/// True for `PRAGMA foreign_keys = OFF`, in any of its spellings.
#[must_use]
pub fn switches_foreign_keys_off(sql: &str, dialect: Dialect) -> bool {
    let head = Head::new(sql, dialect);
    dialect == Dialect::Sqlite
        && head.starts("pragma")
        && head.has("foreign_keys")
        && (["off", "false", "no"].iter().any(|word| head.has(word)) || sql.contains('0'))
}

/// Statements that only read, as far as their first word tells; whether they do is the database's
/// to say.
const READING: [&str; 6] = ["select", "values", "table", "with", "explain", "show"];

/// True for a statement whose first word is one of those that read.
#[must_use]
pub fn begins_reading(sql: &str, dialect: Dialect) -> bool {
    let words = Cursor::new(sql, dialect);
    READING.iter().any(|word| words.is_word(word))
        || (dialect == Dialect::Sqlite && words.is_word("pragma"))
        || words.is_kind(TokenKind::Open)
}

/// True when rows can be fetched of it piece by piece.
#[must_use]
pub fn is_query(sql: &str, dialect: Dialect) -> bool {
    let mut words = Cursor::new(sql, dialect);
    let query = ["select", "values", "table", "with"].iter().any(|word| words.is_word(word));
    let other: &[&str] = match words.is_word("with") {
        true => &["insert", "update", "delete", "merge"],
        // `SELECT … INTO` makes a table.
        false => &["into"],
    };
    while query && !words.is_done() {
        if other.iter().any(|word| words.is_word(word)) {
            return false;
        }
        words.bump();
    }
    query
}

/// What a statement means for whoever runs a script statement by statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// Wholly there or not at all, in any transaction.
    Ordinary,
    /// Changes only the connection: SET, most PRAGMAs.
    Session,
    /// Refuses to run in a transaction, or ends transactions itself.
    Alone,
    Begin,
    Commit,
    Rollback,
    /// SAVEPOINT and the like: part of a transaction that is open.
    Steering,
}

/// PRAGMAs that write to the database, or refuse to run in a transaction, are not among these.
const SESSION_PRAGMAS: [&str; 10] = [
    "foreign_keys",
    "legacy_alter_table",
    "defer_foreign_keys",
    "recursive_triggers",
    "ignore_check_constraints",
    "writable_schema",
    "case_sensitive_like",
    "synchronous",
    "temp_store",
    "foreign_key_check",
];

/// See [`Nature`].
#[must_use]
pub fn nature(sql: &str, dialect: Dialect) -> Nature {
    let head = Head::new(sql, dialect);
    let postgres = dialect == Dialect::Postgres;
    if cannot_run_in_transaction(sql, dialect) && (postgres || !head.has("foreign_keys")) {
        return Nature::Alone;
    }
    if head.starts("begin") || head.starts("start transaction") {
        return Nature::Begin;
    }
    if head.starts("commit") || head.starts("end") {
        return Nature::Commit;
    }
    if (head.starts("rollback") || head.starts("abort")) && !head.has("to") {
        return Nature::Rollback;
    }
    if is_transaction_control(sql, dialect) {
        return Nature::Steering;
    }
    let session = if postgres {
        ["set", "reset", "discard", "listen", "prepare"].iter().any(|word| head.starts(word))
            || (head.starts("select") && head.has("set_config"))
    } else {
        head.starts("attach")
            || head.starts("detach")
            || (head.starts("pragma") && SESSION_PRAGMAS.iter().any(|name| head.has(name)))
    };
    let ends_transactions = postgres && (head.starts("call") || head.starts("do")) && {
        let text = sql.to_ascii_lowercase();
        head.starts("call") || text.contains("commit") || text.contains("rollback")
    };
    match (session, ends_transactions) {
        (true, _) => Nature::Session,
        (_, true) => Nature::Alone,
        _ => Nature::Ordinary,
    }
}

/// The words of a statement.
struct Head<'t>(Cursor<'t>);

impl<'t> Head<'t> {
    fn new(sql: &'t str, dialect: Dialect) -> Self {
        // Long bodies and INSERTs are not looked at: the words that decide come first.
        let mut end = sql.len().min(4096);
        while !sql.is_char_boundary(end) {
            end -= 1;
        }
        Self(Cursor::new(sql.get(..end).unwrap_or(sql), dialect))
    }

    fn starts(&self, words: &str) -> bool {
        self.0.is_words(words)
    }

    fn has(&self, word: &str) -> bool {
        self.has_words(word)
    }

    fn has_words(&self, words: &str) -> bool {
        let mut cursor = self.0.clone();
        while !cursor.is_done() {
            if cursor.is_words(words) {
                return true;
            }
            cursor.bump();
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_fetched_in_parts() {
        let pg = Dialect::Postgres;
        assert!(is_query("select 'into'", pg));
        assert!(!is_query("select 1 into t", pg));
        assert!(!is_query("with a as (delete from t returning *) select * from a", pg));
        assert!(!is_query("delete from t returning *", pg));
    }

    #[test]
    fn transaction_words_are_seen() {
        let pg = Dialect::Postgres;
        for sql in ["BEGIN;", "/* x */ commit", "start transaction read only", "ROLLBACK TO a"] {
            assert!(is_transaction_control(sql, pg), "{sql}");
        }
        assert!(!is_transaction_control("PREPARE p AS SELECT 1", pg));
        for sql in [
            "create unique index concurrently i on t (a)",
            "VACUUM",
            "drop index concurrently if exists i",
            "alter table p detach partition c concurrently",
            "reindex table concurrently t",
        ] {
            assert!(cannot_run_in_transaction(sql, pg), "{sql}");
        }
        assert!(!cannot_run_in_transaction("create index concurrently_i on t (a)", pg));
        assert!(!cannot_run_in_transaction("alter type e add value 'x'", pg));
        assert!(is_empty(" -- nothing\n ; /* a */", pg));
    }
}
