//! Rows survive: a case is a file in `tests/cases/rows` with two schemas, rows of the first, and
//! what must be there after the way to the second and after the way back.
//!
//! Each case runs on a real database three ways: migrations in safe forms, migrations in plain
//! forms, and push. After each way the database must be what the schema files say.

use crate::support::{Outcome, PgDatabase, Project, SqliteFile};
use std::path::{Path, PathBuf};

const SECTIONS: [&str; 9] =
    ["on", "flags", "from", "sql from", "rows", "to", "sql to", "after up", "after down"];

struct Case {
    text: String,
}

impl Case {
    fn section(&self, name: &str) -> &str {
        let start = format!("-- {name}\n");
        let Some(at) = self.text.find(&start) else { return "" };
        let rest = &self.text[at + start.len()..];
        let marks = SECTIONS.iter().filter_map(|n| rest.find(&format!("-- {n}\n")));
        &rest[..marks.min().unwrap_or(rest.len())]
    }

    fn words(&self, name: &str) -> Vec<&str> {
        self.section(name).split_whitespace().collect()
    }

    /// `query => value` a line.
    fn expectations(&self, name: &str) -> Vec<(&str, &str)> {
        let lines = self.section(name).lines().filter(|line| !line.trim().is_empty());
        lines.map(|line| line.split_once(" => ").expect("query => value")).collect()
    }
}

enum Database {
    Postgres(PgDatabase),
    Sqlite(SqliteFile),
}

impl Database {
    fn url(&self) -> String {
        match self {
            Self::Postgres(database) => database.url().to_owned(),
            Self::Sqlite(file) => file.url(),
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
    fn value(&self, sql: &str) -> String {
        let values = match self {
            Self::Postgres(database) => database.values(sql),
            Self::Sqlite(file) => file.values(sql),
        };
        let shown: Vec<String> =
            values.into_iter().map(|value| value.unwrap_or_else(|| "NULL".to_owned())).collect();
        shown.join(" ")
    }

    /// Every row of every table, whatever the order of columns.
    fn rows(&self) -> Vec<String> {
        match self {
            Self::Postgres(database) => {
                let tables = database.values(
                    "SELECT oid::regclass FROM pg_class WHERE relkind = 'r' AND relnamespace::regnamespace::text \
                     NOT IN ('pg_catalog', 'information_schema') AND relname NOT LIKE '\\_\\_d%' ORDER BY 1",
                );
                let rows = |table: String| {
                    let rows = database
                        .values(&format!("SELECT to_jsonb(t)::text FROM {table} t ORDER BY 1"));
                    rows.into_iter().map(move |row| format!("{table}: {}", row.unwrap()))
                };
                tables.into_iter().flatten().flat_map(rows).collect()
            }
            Self::Sqlite(file) => {
                let tables = file.values(
                    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' \
                     AND name NOT LIKE '\\_\\_d%' ESCAPE '\\' ORDER BY 1",
                );
                let rows = |table: String| {
                    let columns = file.values(&format!(
                        "SELECT '''' || name || '='' || quote(\"' || name || '\")' FROM pragma_table_xinfo('{table}') ORDER BY name"
                    ));
                    let columns: Vec<String> = columns.into_iter().flatten().collect();
                    let rows = file.values(&format!(
                        "SELECT {} FROM \"{table}\" ORDER BY 1",
                        columns.join(" || ' ' || ")
                    ));
                    rows.into_iter().map(move |row| format!("{table}: {}", row.unwrap()))
                };
                tables.into_iter().flatten().flat_map(rows).collect()
            }
        }
    }
}

fn run(project: &Project, url: &str, args: &[&str]) -> Outcome {
    let schema: &[&str] = match args[0] {
        "generate" | "push" => &["--schema", "schema.rs"],
        _ => &[],
    };
    let place = ["--database-url", url, "--migration-dir", "migrations"];
    project.dbkit(args.iter().chain(schema).chain(&place)).run()
}

fn schema(project: &Project, case: &Case, which: &str) {
    project.write("schema.rs", case.section(which));
    project.write("schema.sql", case.section(&format!("sql {which}")));
}

#[track_caller]
fn matches(project: &Project, database: &Database, what: &str) {
    let outcome = run(project, &database.url(), &["push", "--dry-run"]);
    assert!(outcome.code == Some(0) && outcome.stdout.is_empty(), "{what} differs\n{outcome}");
}

#[track_caller]
fn expect(case: &Case, database: &Database, name: &str) {
    for (query, wanted) in case.expectations(name) {
        assert_eq!(database.value(query), wanted, "{name}: {query}");
    }
}

fn by_migrations(case: &Case, database: &Database, fast: bool) {
    let project = Project::empty();
    let url = database.url();
    schema(&project, case, "from");
    run(&project, &url, &["generate", "first"]).success();
    run(&project, &url, &["migrate"]).success();
    database.execute(case.section("rows"));
    let before = (database.rows(), project.list("migrations").len());

    schema(&project, case, "to");
    let mut args = vec!["generate", "second"];
    args.extend(case.words("flags").into_iter().filter(|flag| *flag != "--lossy"));
    args.extend(fast.then_some("--fast"));
    let made = run(&project, &url, &args).success();
    let folders = project.list("migrations");
    for folder in &folders[before.1..] {
        let up = project.read(&format!("migrations/{folder}/up.sql"));
        let alone = up.matches("CONCURRENTLY").count() == 0 || up.matches(";\n").count() == 1;
        assert!(alone, "a concurrent index shares its folder:\n{up}");
    }
    for round in 0..2 {
        run(&project, &url, &["migrate"]).success();
        matches(&project, database, "after the way there");
        expect(case, database, "after up");
        schema(&project, case, "from");
        let steps = (folders.len() - before.1).to_string();
        let back = run(&project, &url, &["rollback", "--steps", &steps, "--yes"]).success();
        matches(&project, database, "after the way back");
        let told = "what goes and what comes must be the same rows";
        if case.words("flags").contains(&"--lossy") {
            expect(case, database, "after down");
            break;
        }
        similar_asserts(
            &before.0,
            &database.rows(),
            &format!("{told}, round {round}\n{made}{back}"),
        );
        expect(case, database, "after down");
        schema(&project, case, "to");
    }
}

#[track_caller]
fn similar_asserts(wanted: &[String], found: &[String], told: &str) {
    if wanted != found {
        let (a, b) = (wanted.join("\n") + "\n", found.join("\n") + "\n");
        panic!("{told}\n{}", similar::TextDiff::from_lines(&a, &b).unified_diff());
    }
}

fn by_push(case: &Case, database: &Database) {
    let project = Project::empty();
    let url = database.url();
    schema(&project, case, "from");
    run(&project, &url, &["push", "--yes"]).success();
    database.execute(case.section("rows"));
    schema(&project, case, "to");
    let mut args = vec!["push", "--yes", "--allow", "data-loss", "irreversible"];
    args.extend(case.words("flags").into_iter().filter(|flag| *flag != "--lossy"));
    run(&project, &url, &args).success();
    matches(&project, database, "after the push");
    expect(case, database, "after up");
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/rows");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// `DBKIT_CASE=name` runs the cases whose file name contains it.
fn run_cases(dialect: &str, way: &str) {
    let only = std::env::var("DBKIT_CASE").unwrap_or_default();
    let mut failed = Vec::new();
    for path in files() {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let case = Case { text: std::fs::read_to_string(&path).unwrap() };
        let mut on = case.words("on");
        if on.is_empty() {
            on.push("postgres");
        }
        if !on.contains(&dialect) || !name.contains(&only) {
            continue;
        }
        let outcome = std::panic::catch_unwind(|| {
            let folder = Project::empty();
            let database = match dialect {
                "postgres" => Database::Postgres(PgDatabase::create("rows")),
                _ => Database::Sqlite(folder.sqlite("rows.db")),
            };
            match way {
                "push" => by_push(&case, &database),
                way => by_migrations(&case, &database, way == "fast"),
            }
        });
        if let Err(panic) = outcome {
            let text = panic.downcast_ref::<String>().cloned().unwrap_or_default();
            failed.push(format!("==== {name}, {dialect}, {way}\n{text}"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn safe_migrations_on_postgres() {
    run_cases("postgres", "safe");
}

#[test]
fn plain_migrations_on_postgres() {
    run_cases("postgres", "fast");
}

#[test]
fn push_on_postgres() {
    run_cases("postgres", "push");
}

#[test]
fn migrations_on_sqlite() {
    run_cases("sqlite", "safe");
}

#[test]
fn push_on_sqlite() {
    run_cases("sqlite", "push");
}
