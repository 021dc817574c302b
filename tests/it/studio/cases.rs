//! What the server answers: a case is a file in `tests/cases/studio`, run on both databases.
//!
//! ```text
//! -- schema [postgres|sqlite]        statements that make the tables
//! -- ask [postgres|sqlite] NAME      the request's JSON, an empty line, what the answer holds
//! -- fail [postgres|sqlite] STATUS NAME    the same of one that is refused
//! -- query SQL                       the values of one column, one a line
//! ```
//!
//! What an answer holds: a line `POINTER VALUE` each (RFC 6901; `/rows/0 ["1"]`). A value that is no
//! JSON is a text, in which runs of white space count as one. `"<next>"` and the like in a request
//! stand for that member of the answer before it.

use super::visit::Visit;
use crate::support::{PgDatabase, Project, SqliteFile};
use serde_json::Value;
use std::path::Path;

enum Database {
    Postgres(PgDatabase),
    Sqlite(SqliteFile),
}

impl Database {
    fn execute(&self, sql: &str) {
        match self {
            Self::Postgres(database) => database.execute(sql),
            Self::Sqlite(file) => file.execute(sql),
        }
    }

    fn values(&self, sql: &str) -> Vec<String> {
        let values = match self {
            Self::Postgres(database) => database.values(sql),
            Self::Sqlite(file) => file.values(sql),
        };
        values.into_iter().map(|value| value.unwrap_or_else(|| "NULL".to_owned())).collect()
    }
}

fn one_space(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn run(case: &Path, name: &str, url: &str, project: &Project, database: &Database) {
    let text = std::fs::read_to_string(case).unwrap();
    let mut visit = None;
    let mut last = Value::Null;
    for part in text.split("\n-- ").map(|part| part.strip_prefix("-- ").unwrap_or(part)) {
        let (head, body) = part.split_once('\n').unwrap_or((part, ""));
        let (kind, rest) = head.split_once(' ').unwrap_or((head, ""));
        let place = format!("{} on {name}: {head}", case.display());
        let other = if name == "postgres" { "sqlite" } else { "postgres" };
        if rest.split(' ').next() == Some(other) {
            continue;
        }
        let rest = rest.strip_prefix(name).map_or(rest, str::trim_start);
        match kind {
            "#" | "" => {}
            "schema" => database.execute(body),
            "query" => {
                let wanted: Vec<&str> = body.lines().filter(|line| !line.is_empty()).collect();
                assert_eq!(database.values(rest), wanted, "{place}");
            }
            "ask" | "fail" => {
                let visit: &Visit = visit
                    .get_or_insert_with(|| Visit::open(project.path(), &["--database-url", url]));
                let (status, route) = match kind {
                    "ask" => (200, rest),
                    _ => {
                        let (status, route) = rest.split_once(' ').expect(&place);
                        (status.parse().expect(&place), route)
                    }
                };
                last = answer(visit, route, status, body, &last, &place);
            }
            other => panic!("{place}: unknown step {other}"),
        }
    }
}

fn answer(visit: &Visit, route: &str, status: u16, body: &str, last: &Value, place: &str) -> Value {
    let (request, wanted) = body.split_once("\n\n").unwrap_or((body, ""));
    let mut request = request.to_owned();
    if let Some(members) = last.as_object() {
        for (key, value) in members {
            request = request.replace(&format!("\"<{key}>\""), &value.to_string());
        }
    }
    let request: Value = serde_json::from_str(&request).unwrap_or_else(|e| panic!("{place}: {e}"));
    let answer = visit.post(route, &request);
    assert_eq!(answer.status, status, "{place}\n{}", answer.text());
    let found = answer.json();
    for line in wanted.lines().filter(|line| !line.trim().is_empty()) {
        let (pointer, value) = line.split_once(' ').expect(place);
        let held =
            found.pointer(pointer).unwrap_or_else(|| panic!("{place}: no {pointer} in\n{found}"));
        let same = match (serde_json::from_str::<Value>(value), held) {
            (Ok(value), held) if value == *held => true,
            (_, Value::String(held)) => one_space(held) == one_space(value),
            _ => false,
        };
        assert!(same, "{place}\n{pointer} should be\n{value}\nbut is\n{held}");
    }
    found
}

fn all(mut each: impl FnMut(&Path)) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/studio");
    let mut cases: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty());
    cases.iter().for_each(|case| each(case));
}

#[test]
fn on_postgres() {
    all(|case| {
        let project = Project::empty();
        let database = PgDatabase::create("studio");
        let url = database.url().to_owned();
        run(case, "postgres", &url, &project, &Database::Postgres(database));
    });
}

#[test]
fn on_sqlite() {
    all(|case| {
        let project = Project::empty();
        let file = project.sqlite("shop.db");
        let url = file.url();
        run(case, "sqlite", &url, &project, &Database::Sqlite(file));
    });
}
