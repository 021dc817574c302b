//! Histories as people wrote them for Diesel: `tests/cases/histories/*.txt` run through diesel_cli
//! on one database and through dbkit on another, which must be the same afterwards.
//!
//! The first line of a case is the dialect. `== NAME` begins a file of the project; `\r` in it
//! stands for a carriage return. What stands below `== ask` is asked of both databases, a query
//! on each line. dbkit then takes over what diesel_cli has run.

use crate::support::{PgDatabase, Project, diesel};
use std::path::Path;

struct Case {
    postgres: bool,
    files: Vec<(String, String)>,
    queries: Vec<String>,
}

/// A query's values in a database.
type Ask = Box<dyn Fn(&str) -> Vec<Option<String>>>;

impl Case {
    fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let (dialect, rest) = text.split_once('\n').unwrap();
        let mut case =
            Self { postgres: dialect == "postgres", files: Vec::new(), queries: Vec::new() };
        for part in format!("\n{rest}").split("\n== ").skip(1) {
            let (name, body) = part.split_once('\n').unwrap_or((part, ""));
            if name == "ask" {
                case.queries = body.lines().map(str::to_owned).collect();
            } else {
                case.files.push((name.to_owned(), body.replace("\\r", "\r")));
            }
        }
        case
    }

    fn project(&self) -> Project {
        let project = Project::empty();
        for (name, text) in &self.files {
            project.write(name, text);
        }
        project.write(
            "diesel.toml",
            "[print_schema]\nfile = \"src/schema.rs\"\n[migrations_directory]\ndir = \"migrations\"\n",
        );
        project
    }

    /// A fresh database: its URL, and what asks it.
    fn database(&self, project: &Project) -> (String, Ask) {
        if self.postgres {
            let database = PgDatabase::create("histories");
            let url = database.url().to_owned();
            return (url, Box::new(move |sql| database.values(sql)));
        }
        let file = project.sqlite("app.db");
        (file.url(), Box::new(move |sql| file.values(sql)))
    }
}

/// What `pull` makes of a database, and its number of rows: all that is in it.
fn pulled(url: &str) -> String {
    let project = Project::empty();
    project.dbkit(["pull", "--schema", "schema.rs", "--database-url", url]).run().success();
    let beside =
        if project.exists("schema.sql") { project.read("schema.sql") } else { String::new() };
    format!("{}\n{beside}", project.read("schema.rs"))
}

fn run(path: &Path) {
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    let case = Case::read(path);
    let (theirs, ours) = (case.project(), case.project());
    let (their_url, ask_theirs) = case.database(&theirs);
    let (our_url, ask_ours) = case.database(&ours);

    let bare = their_url.strip_prefix("sqlite://").unwrap_or(&their_url);
    diesel(theirs.path(), bare, &["migration", "run"]).success();
    ours.dbkit(["migrate", "--database-url", &our_url, "--migration-dir", "migrations"])
        .run()
        .success();
    let versions = "SELECT version FROM __diesel_schema_migrations ORDER BY version";
    for query in case.queries.iter().map(String::as_str).chain([versions]) {
        assert_eq!(ask_ours(query), ask_theirs(query), "{name}: {query}");
    }
    assert_eq!(pulled(&our_url), pulled(&their_url), "{name}");

    let dbkit = |args: &[&str]| theirs.dbkit(args).env("DATABASE_URL", &their_url).run().success();
    dbkit(&["init"]);
    dbkit(&["status", "--check"]);
    dbkit(&["check", "--database", "--replay"]);
    dbkit(&["generate", "--check"]);
    dbkit(&["pull"]);
    dbkit(&["generate", "--check"]);
}

#[test]
fn histories_end_as_with_diesel() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/histories");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        run(&entry.unwrap().path());
        seen += 1;
    }
    assert!(seen >= 2, "only {seen} cases");
}
