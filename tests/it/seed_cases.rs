//! Seeding through the binary: a case is a file in `tests/cases/seed`, run on both databases.
//!
//! ```text
//! -- schema [postgres|sqlite]      statements that make the tables
//! -- file NAME                     a file of the project
//! -- run [postgres|sqlite] ARGS    `dbkit ARGS`; then its exit code and what it prints
//! -- sql [postgres|sqlite]         statements of somebody else
//! -- query SQL                     the values of one column, one a line
//! ```
//!
//! A line of a run's output is enough when it is contained; one that begins with `!` must not be.
//! Runs of white space count as one.

use crate::support::{PgDatabase, Project, SqliteFile};
use std::path::Path;

enum Database {
    Postgres(PgDatabase),
    Sqlite(SqliteFile),
}

impl Database {
    fn name(&self) -> &'static str {
        match self {
            Self::Postgres(_) => "postgres",
            Self::Sqlite(_) => "sqlite",
        }
    }

    #[track_caller]
    fn execute(&self, sql: &str) {
        match self {
            Self::Postgres(database) => database.execute(sql),
            Self::Sqlite(file) => file.execute(sql),
        }
    }

    #[track_caller]
    fn values(&self, sql: &str) -> Vec<String> {
        let values = match self {
            Self::Postgres(database) => database.values(sql),
            Self::Sqlite(file) => file.values(sql),
        };
        values.into_iter().map(|value| value.unwrap_or_else(|| "NULL".to_owned())).collect()
    }
}

/// Kind, rest of the mark's line, and text below it.
fn steps(text: &str) -> Vec<(&str, &str, &str)> {
    let mut steps = Vec::new();
    for part in text.split("\n-- ").map(|part| part.strip_prefix("-- ").unwrap_or(part)) {
        let (head, body) = part.split_once('\n').unwrap_or((part, ""));
        let (kind, rest) = head.split_once(' ').unwrap_or((head, ""));
        steps.push((kind, rest, body));
    }
    steps
}

fn one_space(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn run(case: &Path, database: &Database) {
    let text = std::fs::read_to_string(case).unwrap();
    let project = Project::empty();
    let url = match database {
        Database::Postgres(database) => database.url().to_owned(),
        Database::Sqlite(file) => file.url(),
    };
    for (kind, rest, body) in steps(&text) {
        let place = format!("{} on {}: {kind} {rest}", case.display(), database.name());
        let mine = ["postgres", "sqlite"].iter().all(|name| {
            rest.split(' ').next().is_none_or(|word| word != *name) || *name == database.name()
        });
        let rest = ["postgres", "sqlite"]
            .iter()
            .find_map(|name| rest.strip_prefix(name))
            .map_or(rest, str::trim_start);
        match kind {
            _ if !mine => {}
            "schema" | "sql" => database.execute(body),
            "file" => project.write(rest, body),
            "remove" => std::fs::remove_file(project.join(rest)).unwrap(),
            "query" => {
                let found = database.values(rest);
                let wanted: Vec<&str> = body.lines().filter(|line| !line.is_empty()).collect();
                assert_eq!(found, wanted, "{place}");
            }
            "run" => {
                let mut lines = body.lines().filter(|line| !line.trim().is_empty());
                let code: i32 = lines.next().and_then(|line| line.parse().ok()).expect(&place);
                let outcome = project
                    .dbkit(rest.split_whitespace())
                    .args(["--database-url", &url])
                    .env("CASE_WORD", "from outside")
                    .run();
                let output = one_space(&format!("{}\n{}", outcome.stdout, outcome.stderr));
                assert_eq!(outcome.code, Some(code), "{place}\n{outcome}");
                for line in lines {
                    match line.strip_prefix('!') {
                        Some(line) => assert!(
                            !output.contains(&one_space(line)),
                            "{place}: has {line:?}\n{outcome}"
                        ),
                        None => assert!(
                            output.contains(&one_space(line)),
                            "{place}: lacks {line:?}\n{outcome}"
                        ),
                    }
                }
            }
            "" | "#" => {}
            other => panic!("{place}: unknown step {other}"),
        }
    }
}

fn run_all(database: impl Fn(&Project) -> Database) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/seed");
    let mut cases: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty());
    for case in cases {
        let project = Project::empty();
        run(&case, &database(&project));
    }
}

#[test]
fn cases_hold_on_postgres() {
    run_all(|_| Database::Postgres(PgDatabase::create("seed_case")));
}

#[test]
fn cases_hold_on_sqlite() {
    run_all(|project| Database::Sqlite(project.sqlite("case.db")));
}
