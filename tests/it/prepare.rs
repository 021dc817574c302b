//! `dbkit prepare`, `reset` and `demo`.

use crate::support::{PgDatabase, Project};
use std::path::Path;

const MIGRATION: (&str, &str) = (
    "migrations/2026-01-01-000000_t/up.sql",
    "CREATE TABLE t (id integer PRIMARY KEY, name text NOT NULL);",
);

fn project(url: &str) -> Project {
    let settings = format!(
        "default_env = \"dev\"\n[env.dev]\nurl = {url:?}\n[env.prod]\nurl = {url:?}\nprotected = true\n"
    );
    let project = Project::with(&[
        MIGRATION,
        ("migrations/2026-01-01-000000_t/down.sql", "DROP TABLE t;"),
        ("seeds/common/t.toml", "[[t]]\nid = 1\nname = \"common\"\n"),
        ("seeds/dev/t.toml", "[[t]]\nid = 2\nname = \"dev\"\n"),
    ]);
    project.write("dbkit.toml", settings);
    project
}

fn rows(outcome: &crate::support::Outcome) -> String {
    let line = outcome.stdout.lines().find(|line| line.starts_with("t ")).unwrap_or_default();
    line.split_whitespace().nth(1).unwrap_or_default().to_owned()
}

#[test]
fn sqlite_is_made_migrated_seeded_and_shown() {
    let project = project("sqlite://data/dev.db");
    let first = project.dbkit(["prepare"]).run().success().stderr_has("created the database");
    assert_eq!(rows(&first), "2", "{first}");
    let again = project.dbkit(["prepare"]).run().success().stderr_has("0 inserted, 0 updated");
    assert_eq!(rows(&again), "2", "{again}");

    let file = project.sqlite("data/dev.db");
    file.execute("INSERT INTO t VALUES (9, 'mine')");
    project.dbkit(["reset"]).run().code(4).stderr_has("--yes");
    assert_eq!(file.value("SELECT count(*) FROM t"), "3");
    let reset = project.dbkit(["reset", "--yes"]).run().success();
    assert_eq!(rows(&reset), "2", "{reset}");
    project.dbkit(["reset", "--yes", "--no-seed"]).run().success();
    assert_eq!(file.value("SELECT count(*) FROM t"), "0");
    project.dbkit(["reset", "--env", "prod", "--yes"]).run().code(4).stderr_has("protected");
}

#[test]
fn postgres_is_made_through_the_maintenance_database() {
    let database = PgDatabase::name_only("prepare");
    let project = project(database.url());
    let first = project.dbkit(["prepare", "--env", "dev"]).run().success();
    let first = first.stderr_has("created the database");
    assert_eq!(rows(&first), "2", "{first}");
    database.execute("INSERT INTO t VALUES (9, 'mine')");
    project.dbkit(["reset", "--env", "dev", "--yes"]).run().success();
    assert_eq!(database.value("SELECT count(*) FROM t"), "2");
    project.dbkit(["prepare", "--env", "prod"]).run().success().stderr_has("protected");
}

#[test]
fn the_demo_runs_anywhere() {
    let project = Project::empty();
    let demo = project
        .dbkit(["demo", "new/demo"])
        .env("DATABASE_URL", "postgres://nowhere/x")
        .run()
        .success();
    let demo = demo.stdout_has("extension_instance").stdout_has("comments");
    assert_eq!(demo.stdout.lines().count(), 4, "{demo}");
    assert!(project.exists("new/demo/dev.db"));
    project.dbkit(["demo", "new/demo"]).run().code(4).stderr_has("not empty");
    // The same project as at the repository's root.
    for name in ["dbkit.toml", "diesel.toml", "src/schema.rs"] {
        let here =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
        assert_eq!(project.read(&format!("new/demo/{name}")), here);
    }
    for folder in
        ["seeds/common", "seeds/dev", "seeds/test", "migrations/sqlite", "migrations/postgres"]
    {
        let mut here: Vec<String> =
            std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
                .unwrap()
                .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
                .collect();
        here.sort();
        assert_eq!(
            project.list(&format!("new/demo/{folder}")),
            here,
            "{folder}: list the files in src/cli/starter.rs"
        );
    }
}

/// A database that lets nobody in keeps its mark to itself; it could be a protected one.
#[test]
fn a_database_whose_mark_cannot_be_read_is_not_dropped() {
    let database = PgDatabase::name_only("prepare_closed");
    let project = project(database.url());
    project.dbkit(["prepare", "--env", "dev"]).run().success();
    let settings =
        |allowed: bool| format!("ALTER DATABASE \"{}\" ALLOW_CONNECTIONS {allowed}", database.name);
    let server = crate::support::postgres_url();
    let mut server = <diesel::PgConnection as diesel::Connection>::establish(&server).unwrap();
    diesel::connection::SimpleConnection::batch_execute(&mut server, &settings(false)).unwrap();
    let told = project.dbkit(["reset", "--env", "dev", "--yes"]).run();
    diesel::connection::SimpleConnection::batch_execute(&mut server, &settings(true)).unwrap();
    told.code(7).stderr_has("not currently accepting connections");
    assert_eq!(database.value("SELECT count(*) FROM t"), "2");
}
