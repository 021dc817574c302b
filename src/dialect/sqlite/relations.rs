//! Which tables and views a stored statement reads or writes.

use crate::model::{Dialect, Model};
use crate::sql::lex::{Token, TokenKind, tokens};
use crate::sql::names;
use std::collections::BTreeSet;

/// Words before the name of a table.
const OPENING: [&str; 4] = ["from", "join", "into", "update"];
/// What follows UPDATE where no table is named: `AFTER UPDATE OF a ON t`, `DO UPDATE SET`,
/// `UPDATE OR IGNORE`.
const NO_NAME: [&str; 4] = ["of", "on", "set", "or"];

/// True when SQLite can read every view and trigger of the model, as far as the tables they name
/// go. Where one is missing, ALTER TABLE refuses whatever needs to look at them all.
pub(super) fn all_there(model: &Model) -> bool {
    let names = model.tables.keys().chain(model.views.keys()).map(|name| &name.name);
    let other = model.unmodelled.iter().map(|object| &object.name);
    let known: BTreeSet<String> = names.chain(other).map(|name| name.to_lowercase()).collect();
    let queries = model.views.values().map(|view| &view.query);
    let definitions = model.triggers.values().map(|trigger| &trigger.definition);
    queries
        .chain(definitions)
        .all(|sql| named(sql).iter().all(|name| known.contains(name) || is_own(name)))
}

/// Of SQLite itself, or bookkeeping that a model leaves out.
fn is_own(name: &str) -> bool {
    ["sqlite_", "pragma_", "json_", "__"].iter().any(|prefix| name.starts_with(prefix))
}

/// The tables and views a text names, in lower case. What `WITH` defines is none, nor are the
/// records of a trigger.
fn named(sql: &str) -> BTreeSet<String> {
    let all: Vec<Token> = tokens(sql, Dialect::Sqlite).filter(|token| !token.is_trivia()).collect();
    let name = |at: usize| {
        let token = all.get(at)?;
        matches!(token.kind, TokenKind::Word | TokenKind::QuotedName)
            .then(|| names::value(token.text(sql), Dialect::Sqlite).to_lowercase())
    };
    let is_word = |at: usize, words: &[&str]| {
        all.get(at).is_some_and(|token| words.iter().any(|word| token.is_word(sql, word)))
    };
    let is_kind = |at: usize, kind| all.get(at).is_some_and(|token| token.kind == kind);
    let (mut found, mut defined) = (BTreeSet::new(), BTreeSet::new());
    for at in 0..all.len() {
        // `c AS (`, `c (n) AS MATERIALIZED (`.
        let query = is_kind(at + 1, TokenKind::Open) || is_word(at + 1, &["materialized", "not"]);
        if is_word(at, &["as"]) && query && at > 0 {
            let mut before = at - 1;
            if is_kind(before, TokenKind::Close) {
                while before > 0 && !is_kind(before, TokenKind::Open) {
                    before -= 1;
                }
                before = before.saturating_sub(1);
            }
            defined.extend(name(before));
        }
        if !is_word(at, &OPENING) || is_word(at + 1, &NO_NAME) {
            continue;
        }
        let into = is_word(at, &["into"]);
        let place = if is_kind(at + 2, TokenKind::Dot) { at + 3 } else { at + 1 };
        // `FROM json_each(…)` is a function; `INTO t (…)` is not.
        if into || !is_kind(place + 1, TokenKind::Open) {
            found.extend(name(place).filter(|name| name != "select"));
        }
    }
    found.retain(|name| !defined.contains(name));
    found
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn tables_stand_behind_certain_words() {
        for (sql, tables) in [
            ("SELECT a FROM \"T 1\" AS x JOIN main.[u] ON a = b", "t 1,u"),
            (
                "WITH RECURSIVE c (n) AS (SELECT 1 UNION SELECT n FROM c), d AS (SELECT 2) SELECT * FROM d, c",
                "",
            ),
            ("SELECT value FROM json_each('[]') WHERE (SELECT 1 FROM (SELECT 2 FROM t))", "t"),
            (
                "CREATE TRIGGER x AFTER UPDATE OF a ON t BEGIN INSERT INTO log (a) VALUES (1);
                 UPDATE OR IGNORE q SET a = 1; UPDATE v SET a = 1; DELETE FROM w; END",
                "log,v,w",
            ),
        ] {
            assert_eq!(named(sql).into_iter().collect::<Vec<_>>().join(","), tables, "{sql}");
        }
    }
}
