//! Where in the schema files a statement comes from that the database refused.

use crate::diagnostic::{Place, SourceFile};
use crate::model::QName;
use std::sync::Arc;

/// The place where the statement's text at byte `at` was written, where the files have it only
/// once; otherwise where its table is declared.
#[must_use]
pub fn locate(
    files: &[Arc<SourceFile>],
    sql: &str,
    at: Option<usize>,
    table: Option<&QName>,
) -> Option<Place> {
    let written = at.and_then(|at| windows(sql, at).into_iter().find_map(|w| only(files, &w)));
    written.or_else(|| declared(files, table?))
}

/// A stretch of the statement and where the error is within it.
struct Window<'a> {
    text: &'a str,
    offset: usize,
}

/// What may stand in a file as it stands in the statement, the longest first: the line, the
/// parentheses around the place, the word.
fn windows(sql: &str, at: usize) -> Vec<Window<'_>> {
    let Some(before) = sql.get(..at) else { return Vec::new() };
    let start = before.rfind('\n').map_or(0, |n| n + 1);
    let end = sql.get(at..).and_then(|rest| rest.find('\n')).map_or(sql.len(), |n| at + n);
    let mut bounds = vec![(start, end)];
    let open = before.get(start..).and_then(|line| line.rfind('(')).map(|n| start + n + 1);
    let close = sql.get(at..end).and_then(|rest| rest.find(')')).map(|n| at + n);
    if let (Some(open), Some(close)) = (open, close) {
        bounds.push((open, close));
    }
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    let word = sql.get(at..).and_then(|rest| rest.find(|c| !inside(c))).map_or(end, |n| at + n);
    if word > at {
        bounds.push((at, word));
    }
    let window = |(from, to): (usize, usize)| {
        let text = sql.get(from..to)?;
        let trimmed = text.trim_start();
        let offset = (at - from).checked_sub(text.len() - trimmed.len())?;
        let trimmed = trimmed.trim_end_matches([';', ',', ' ', '\r']);
        (trimmed.len() > 2).then_some(Window { text: trimmed, offset })
    };
    bounds.into_iter().filter_map(window).collect()
}

fn only(files: &[Arc<SourceFile>], window: &Window<'_>) -> Option<Place> {
    let mut found = files.iter().flat_map(|file| {
        let whole = |at: usize| {
            let inside = |c: char| c.is_alphanumeric() || c == '_';
            let before = file.text.get(..at).and_then(|t| t.chars().next_back());
            let after = file.text.get(at + window.text.len()..).and_then(|t| t.chars().next());
            !before.is_some_and(inside) && !after.is_some_and(inside)
        };
        file.text
            .match_indices(window.text)
            .filter(move |(at, _)| whole(*at))
            .map(move |(at, _)| (file, at))
    });
    let (file, at) = found.next()?;
    if found.next().is_some() {
        return None;
    }
    let at = at + window.offset.min(window.text.len());
    Some(Place { file: Arc::clone(file), span: at..at + 1 })
}

/// `table users` in a schema file, or what a SQL file calls it.
fn declared(files: &[Arc<SourceFile>], table: &QName) -> Option<Place> {
    files.iter().find_map(|file| {
        let mut from = 0;
        while let Some(at) = file.text.get(from..).and_then(|t| t.find("table ")) {
            let start = from + at;
            let rest = file.text.get(start + 6..).unwrap_or_default().trim_start();
            let word: String = rest
                .chars()
                .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
                .collect();
            if word.rsplit('.').next() == Some(table.name.as_str()) {
                return Some(Place { file: Arc::clone(file), span: start..start + 5 });
            }
            from = start + 6;
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::locate;
    use crate::diagnostic::SourceFile;
    use crate::model::QName;
    use std::sync::Arc;

    fn files() -> Vec<Arc<SourceFile>> {
        let file = |path: &str, text: &str| {
            Arc::new(SourceFile { path: path.into(), text: text.to_owned() })
        };
        vec![
            file("s.rs", "table item (id) {\n  #[check(\"prise > 1\")]\n  id -> Integer,\n}"),
            file("s.sql", "CREATE VIEW v AS\n  SELECT id, nam\n  FROM item;"),
        ]
    }

    fn place(sql: &str, word: &str, table: Option<&str>) -> Option<String> {
        let table = table.map(QName::bare);
        locate(&files(), sql, sql.find(word), table.as_ref()).map(|place| place.to_string())
    }

    #[test]
    fn what_stands_in_one_place_is_found() {
        let view = "CREATE VIEW v AS\nSELECT id, nam\n  FROM item;";
        assert_eq!(place(view, "nam", None).as_deref(), Some("s.sql:2:14"));
        let table = "CREATE TABLE item (\n    CONSTRAINT c CHECK (prise > 1)\n);";
        assert_eq!(place(table, "prise", None).as_deref(), Some("s.rs:2:12"));
        let other = "ALTER TABLE item ADD x integer";
        assert_eq!(place(other, "nowhere", Some("item")).as_deref(), Some("s.rs:1:1"));
        assert_eq!(place(other, "nowhere", None), None);
    }
}
