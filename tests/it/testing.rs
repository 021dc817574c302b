//! `dbkit::testing`: a database for each test.

use crate::support::{PgDatabase, Project, postgres_url};
use dbkit::testing::{Template, TestDatabase};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use std::process::Command;
use std::time::{Duration, Instant};

diesel::table! {
    notes (id) {
        id -> Integer,
        text -> Text,
    }
}

const SETTINGS: &str = r#"
schema = ["src/schema.rs"]

[env.test]
url = "URL"

[env.prod]
url = "URL"
protected = true
"#;

const MIGRATION: &str = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL);";

fn project(url: &str) -> Project {
    Project::with(&[
        ("dbkit.toml", &SETTINGS.replace("URL", url)),
        ("src/schema.rs", "dbkit::schema! { table notes (id) { id -> Integer, text -> Text, } }"),
        ("migrations/2026-01-01-000000_notes/up.sql", MIGRATION),
        ("seeds/test/notes.toml", "[[notes]]\nid = 1\ntext = \"seeded\"\n"),
    ])
}

fn texts(connection: &mut impl Texts) -> Vec<String> {
    connection.texts()
}

trait Texts {
    fn texts(&mut self) -> Vec<String>;
}

impl Texts for PgConnection {
    fn texts(&mut self) -> Vec<String> {
        notes::table.order(notes::id).select(notes::text).load(self).unwrap()
    }
}

impl Texts for SqliteConnection {
    fn texts(&mut self) -> Vec<String> {
        notes::table.order(notes::id).select(notes::text).load(self).unwrap()
    }
}

fn write(connection: &mut impl SimpleConnection, text: &str) {
    connection.batch_execute(&format!("INSERT INTO notes VALUES (2, '{text}')")).unwrap();
}

#[test]
fn tests_beside_one_another_have_a_database_each_on_postgres() {
    let project = project(&postgres_url());
    let template = Template::of_project(project.path()).unwrap();
    let begun = Instant::now();
    let names = std::thread::scope(|scope| {
        let tests: Vec<_> = (0..6)
            .map(|number| {
                let template = template.clone();
                scope.spawn(move || {
                    let database: TestDatabase<PgConnection> = template.fresh().unwrap();
                    let mut connection = database.connect().unwrap();
                    write(&mut connection, &number.to_string());
                    assert_eq!(texts(&mut connection), ["seeded".to_owned(), number.to_string()]);
                    assert!(database.url().contains(database.name()));
                    database.name().to_owned()
                })
            })
            .collect();
        tests.into_iter().map(|test| test.join().unwrap()).collect::<Vec<_>>()
    });
    // Machines differ; what must not happen is that each of them is migrated.
    assert!(begun.elapsed() < Duration::from_secs(30));
    for name in names {
        assert!(!exists(&name), "{name} is still there");
    }
}

fn exists(name: &str) -> bool {
    let mut connection = PgConnection::establish(&postgres_url()).unwrap();
    let sql = format!("SELECT 1 FROM pg_database WHERE datname = '{name}'");
    diesel::sql_query(sql).execute(&mut connection).unwrap() > 0
}

#[test]
fn the_template_follows_migrations_and_seeds_on_postgres() {
    let project = project(&postgres_url());
    // A database of its own is not needed, and none that is there is used.
    let seeded: TestDatabase<PgConnection> =
        Template::of_project(project.path()).unwrap().fresh().unwrap();
    assert_eq!(texts(&mut seeded.connect().unwrap()), ["seeded"]);
    project.write("seeds/test/notes.toml", "[[notes]]\nid = 1\ntext = \"other\"\n");
    let other: TestDatabase<PgConnection> =
        Template::of_project(project.path()).unwrap().fresh().unwrap();
    assert_eq!(texts(&mut other.connect().unwrap()), ["other"]);
    let empty = Template::of_project(project.path()).unwrap().unseeded();
    let empty: TestDatabase<PgConnection> = empty.fresh().unwrap();
    assert!(texts(&mut empty.connect().unwrap()).is_empty());
    project
        .write("migrations/2026-01-02-000000_more/up.sql", "INSERT INTO notes VALUES (9, 'more');");
    let more = Template::of_project(project.path()).unwrap();
    let more: TestDatabase<PgConnection> = more.fresh().unwrap();
    assert_eq!(texts(&mut more.connect().unwrap()), ["other", "more"]);
    // The pool is the one of tests.
    assert_eq!(more.db().unwrap().settings().max_size, 3);
}

#[test]
fn a_test_has_a_file_of_its_own_on_sqlite() {
    let project = project("sqlite://test.db");
    let template = Template::of_project(project.path()).unwrap();
    let one: TestDatabase<SqliteConnection> = template.fresh().unwrap();
    let begun = Instant::now();
    let other: TestDatabase<SqliteConnection> = template.fresh().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(2));
    write(&mut one.connect().unwrap(), "mine");
    assert_eq!(texts(&mut one.connect().unwrap()), ["seeded", "mine"]);
    assert_eq!(texts(&mut other.connect().unwrap()), ["seeded"]);
    let path = one.url().to_owned();
    assert!(std::path::Path::new(&path).is_file());
    drop(one);
    assert!(!std::path::Path::new(&path).exists());
    assert!(!project.exists("test.db"), "the environment's own database is not touched");
}

#[test]
fn a_mistake_is_told_with_its_place() {
    let project = project("sqlite://test.db");
    project.write("seeds/test/notes.toml", "[[notes]]\nid = 1\ntxt = \"x\"\n");
    let template = Template::of_project(project.path()).unwrap();
    let error = template.fresh::<SqliteConnection>().unwrap_err().to_string();
    assert!(error.contains("notes.toml:3") && error.contains("did you mean"), "{error}");
    project.write("migrations/2026-01-02-000000_bad/up.sql", "CREATE TABL x (id INTEGER);");
    let template = Template::of_project(project.path()).unwrap();
    let error = template.fresh::<SqliteConnection>().unwrap_err().to_string();
    assert!(error.contains("2026-01-02-000000_bad"), "{error}");
    let error = Template::of_environment(project.path(), "prod").unwrap_err().to_string();
    assert!(error.contains("prod is protected"), "{error}");
    let error = Template::of_environment(project.path(), "tset").unwrap_err().to_string();
    assert!(error.contains("test"), "{error}");
}

/// Dies while it has a database, when the test below asks it to.
#[test]
fn killed_with_a_database() {
    let Ok(url) = std::env::var("DBKIT_TESTING_KILLED") else { return };
    let template = Template::on(&url).unwrap();
    if url.starts_with("postgres") {
        println!("name={}", template.fresh::<PgConnection>().unwrap().keep());
    } else {
        println!("name={}", template.fresh::<SqliteConnection>().unwrap().keep());
    }
    std::process::abort();
}

fn kill(url: &str) -> String {
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program)
        .args(["--exact", "testing::killed_with_a_database", "--nocapture"])
        .env("DBKIT_TESTING_KILLED", url)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.split_once("name=")).map(|(_, name)| name);
    line.unwrap_or_else(|| panic!("{output:?}")).to_owned()
}

#[test]
fn what_a_killed_test_left_is_removed_by_the_next() {
    let name = |url: &str| url.rsplit('/').next().unwrap().to_owned();
    let first = name(&kill(&postgres_url()));
    let second = name(&kill(&postgres_url()));
    assert!(!exists(&first), "{first} is still there");
    // A living one keeps its own.
    let mine: TestDatabase<PgConnection> = Template::on(&postgres_url()).unwrap().fresh().unwrap();
    let third = name(&kill(&postgres_url()));
    assert!(exists(mine.name()) && !exists(&second));
    let _ = PgDatabase::create("testing").url();
    let last = kill(&postgres_url());
    assert!(!exists(&third));
    let mut connection = PgConnection::establish(&postgres_url()).unwrap();
    connection.batch_execute(&format!("DROP DATABASE IF EXISTS {}", name(&last))).unwrap();

    let file = kill("sqlite://x.db");
    assert!(std::path::Path::new(&file).exists());
    let next = kill("sqlite://x.db");
    assert!(!std::path::Path::new(&file).exists());
    std::fs::remove_file(next).unwrap();
}
