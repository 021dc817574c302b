//! What is in a file, before anything of it runs.

use super::ApplyError;
use crate::migration::SqlFile;
use crate::model::Dialect;
use crate::sql::classify::{self, Nature};
use crate::sql::split::{StatementKind, StatementSpan, Statements};

/// Looks through a file that runs in one transaction: unclosed strings, psql commands, statements
/// that do not go with it. The statements are not kept, because a file may hold millions. `as_diesel`
/// where the file is Diesel's, which sends every PRAGMA.
pub(super) fn inspect(
    file: &SqlFile,
    dialect: Dialect,
    as_diesel: bool,
) -> Result<Contents, ApplyError> {
    let mut contents = Contents::default();
    for span in Statements::new(&file.text, dialect) {
        let span = span.map_err(|error| ApplyError::unterminated(file, &error))?;
        check(file, &span)?;
        let sql = span.sql(&file.text);
        let (path, line) = (file.path.clone(), span.line);
        if classify::is_transaction_control(sql, dialect)
            && classify::nature(sql, dialect) != Nature::Steering
        {
            return Err(ApplyError::TransactionControl { file: path, line, statement: head(sql) });
        }
        let left = as_diesel && classify::is_left_to_sqlite(sql, dialect);
        if classify::cannot_run_in_transaction(sql, dialect) && !left {
            return Err(ApplyError::NotInTransaction { file: path, line, statement: head(sql) });
        }
        contents.settings |= classify::nature(sql, dialect) == Nature::Session
            || classify::is_left_to_sqlite(sql, dialect);
        contents.keys_stay_on |= left && classify::switches_foreign_keys_off(sql, dialect);
        contents.count += 1;
        contents.session |=
            classify::nature(sql, dialect) == Nature::Session || sql.contains("set_config");
    }
    Ok(contents)
}

/// What a file that runs in one transaction holds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Contents {
    /// Statements.
    pub(super) count: usize,
    /// It sets something that outlives its transaction.
    pub(super) session: bool,
    /// It sets something that a ROLLBACK may leave as it is.
    pub(super) settings: bool,
    /// It switches foreign keys off where SQLite ignores that.
    pub(super) keys_stay_on: bool,
}

fn check(file: &SqlFile, span: &StatementSpan) -> Result<(), ApplyError> {
    if span.kind == StatementKind::MetaCommand {
        let (file, line, command) = (file.path.clone(), span.line, head(span.sql(&file.text)));
        return Err(ApplyError::MetaCommand { file, line, command });
    }
    Ok(())
}

fn head(sql: &str) -> String {
    shortened(sql.lines().next().unwrap_or_default().trim_end_matches(';'))
}

/// What of a file that runs statement by statement takes effect together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// One statement, in a transaction with its note in the ledger.
    Ordinary(StatementSpan),
    /// One statement that cannot run in a transaction.
    Alone(StatementSpan),
    /// Settings of the connection, lost with it.
    Session(StatementSpan),
    /// The file's own transaction, from BEGIN to its end; `kept` when that is COMMIT.
    Block { spans: Vec<StatementSpan>, kept: bool },
    /// Statements between the transaction words of a file that Diesel runs in a transaction.
    Together(Vec<StatementSpan>),
}

impl Unit {
    pub(super) fn spans(&self) -> &[StatementSpan] {
        match self {
            Self::Ordinary(span) | Self::Alone(span) | Self::Session(span) => {
                std::slice::from_ref(span)
            }
            Self::Block { spans, .. } | Self::Together(spans) => spans,
        }
    }
}

/// The units of a file that does not run in one transaction.
pub(super) fn units(file: &SqlFile, dialect: Dialect) -> Result<Vec<Unit>, ApplyError> {
    let mut units = Vec::new();
    let mut block: Vec<StatementSpan> = Vec::new();
    for span in Statements::new(&file.text, dialect) {
        let span = span.map_err(|error| ApplyError::unterminated(file, &error))?;
        check(file, &span)?;
        let nature = classify::nature(span.sql(&file.text), dialect);
        if !block.is_empty() || nature == Nature::Begin {
            block.push(span);
            if matches!(nature, Nature::Commit | Nature::Rollback) {
                let kept = nature == Nature::Commit;
                units.push(Unit::Block { spans: std::mem::take(&mut block), kept });
            }
            continue;
        }
        units.push(match nature {
            Nature::Session => Unit::Session(span),
            Nature::Alone => Unit::Alone(span),
            // Outside a transaction the server says that there is none.
            _ => Unit::Ordinary(span),
        });
    }
    if let Some(first) = block.first() {
        let (file, line) = (file.path.clone(), first.line);
        return Err(ApplyError::Unterminated { file, line, what: "transaction" });
    }
    Ok(units)
}

/// The units of a file that Diesel runs in a transaction and that ends it itself: PostgreSQL only
/// warns of a BEGIN in a transaction and of a COMMIT without one, so that each COMMIT ends what came
/// before it. `None` for a file that takes something back, of which nobody knows what is meant.
pub(super) fn between_commits(
    file: &SqlFile,
    dialect: Dialect,
) -> Result<Option<Vec<Unit>>, ApplyError> {
    let mut units = Vec::new();
    let mut open: Vec<StatementSpan> = Vec::new();
    for span in Statements::new(&file.text, dialect) {
        let span = span.map_err(|error| ApplyError::unterminated(file, &error))?;
        check(file, &span)?;
        let sql = span.sql(&file.text);
        let nature = classify::nature(sql, dialect);
        match nature {
            Nature::Rollback => return Ok(None),
            _ if classify::cannot_run_in_transaction(sql, dialect) => return Ok(None),
            Nature::Begin => {}
            Nature::Commit if open.is_empty() => {}
            Nature::Commit => units.push(Unit::Together(std::mem::take(&mut open))),
            _ => open.push(span),
        }
    }
    if !open.is_empty() {
        units.push(Unit::Together(open));
    }
    Ok(Some(units))
}

/// All that takes effect stands in one transaction of the file's own, as in a rebuilt SQLite
/// table: such a file is wholly there or not at all.
pub(super) fn is_atomic(units: &[Unit]) -> bool {
    let mut blocks = 0;
    for unit in units {
        match unit {
            Unit::Block { kept: true, .. } | Unit::Together(_) => blocks += 1,
            Unit::Session(_) => {}
            _ => return false,
        }
    }
    blocks == 1
}

const EXCERPT_LINES: usize = 8;

/// A statement's first lines, or those around the place of an error with a caret below it.
pub(super) fn excerpt(sql: &str, at: Option<usize>) -> String {
    let mut start = 0;
    let mut lines: Vec<(usize, &str)> = Vec::new();
    let mut marked = 0;
    for line in sql.split_inclusive('\n') {
        if at.is_some_and(|at| at >= start) {
            marked = lines.len();
        }
        lines.push((start, line.trim_end_matches(['\n', '\r'])));
        start += line.len();
        if at.is_none_or(|at| at < start) && lines.len() > marked + EXCERPT_LINES {
            break;
        }
    }
    let first = if marked < EXCERPT_LINES { 0 } else { marked - EXCERPT_LINES / 2 };
    let mut out = Vec::new();
    if first > 0 {
        out.push("…".to_owned());
    }
    for (number, (begin, line)) in lines.iter().enumerate().skip(first).take(EXCERPT_LINES) {
        out.push(shortened(line));
        let column = at.filter(|_| number == marked).and_then(|at| at.checked_sub(*begin));
        if let Some(before) = column.and_then(|column| line.get(..column))
            && before.chars().count() < WIDTH
        {
            let space = before.chars().map(|c| if c == '\t' { '\t' } else { ' ' });
            out.push(space.chain(['^']).collect());
        }
    }
    if lines.len() > first + EXCERPT_LINES {
        out.push("…".to_owned());
    }
    out.join("\n")
}

const WIDTH: usize = 200;

/// A line that fits a screen.
pub(super) fn shortened(line: &str) -> String {
    match line.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn shape(text: &str) -> (String, bool) {
        let file = SqlFile { path: PathBuf::from("up.sql"), text: text.to_owned() };
        let units = units(&file, Dialect::Sqlite).unwrap_or_default();
        let shape = units.iter().map(|unit| match unit {
            Unit::Ordinary(_) => "o".to_owned(),
            Unit::Alone(_) => "a".to_owned(),
            Unit::Session(_) => "s".to_owned(),
            Unit::Block { spans, .. } => format!("b{}", spans.len()),
            Unit::Together(spans) => format!("t{}", spans.len()),
        });
        (shape.collect(), is_atomic(&units))
    }

    #[test]
    fn a_commit_ends_what_came_before_it() {
        for (text, sizes) in [
            ("BEGIN; SELECT 1; SELECT 2; COMMIT;", Some(vec![2])),
            ("SELECT 1; COMMIT; SELECT 2; BEGIN;", Some(vec![1, 1])),
            ("COMMIT; SELECT 1; BEGIN; SELECT 2; END; SELECT 3", Some(vec![2, 1])),
            ("BEGIN; SELECT 1; ROLLBACK;", None),
            ("COMMIT; VACUUM;", None),
        ] {
            let file = SqlFile { path: PathBuf::from("up.sql"), text: text.to_owned() };
            let units = between_commits(&file, Dialect::Postgres).unwrap_or_default();
            let found = units.map(|units| units.iter().map(|u| u.spans().len()).collect());
            assert_eq!(found, sizes, "{text}");
        }
    }

    #[test]
    fn a_rebuild_is_one_transaction() {
        let rebuild = "PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE; CREATE TABLE a (b); COMMIT; \
                       PRAGMA foreign_keys = ON;";
        assert_eq!(shape(rebuild), ("sb3s".to_owned(), true));
        assert_eq!(shape("BEGIN; SELECT 1; END; SELECT 2;"), ("b3o".to_owned(), false));
        assert_eq!(shape("VACUUM; PRAGMA user_version = 3;"), ("ao".to_owned(), false));
        assert_eq!(shape("BEGIN; SELECT 1;"), (String::new(), false));
    }

    #[test]
    fn excerpts_show_the_place() {
        assert_eq!(excerpt("SELECT\n  nonsense", Some(9)), "SELECT\n  nonsense\n  ^");
        let long: String = (1..=30).map(|n| format!("line {n}\n")).collect();
        let at = long.find("line 20").unwrap_or_default() + 5;
        let shown = excerpt(&long, Some(at));
        assert!(shown.starts_with("…\nline 16") && shown.ends_with("…"), "{shown}");
        assert!(shown.contains("line 20\n     ^\n"), "{shown}");
    }
}
