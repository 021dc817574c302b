use super::{dbkit, run};
use crate::support::{Project, SqliteFile};
use std::time::Duration;

/// A table rebuilt as dbkit writes it, between two that run in one transaction.
fn project() -> Project {
    let fill = "INSERT INTO parent SELECT value, value FROM generate_series(1, 10);"
        .replace("generate_series(1, 10)", "(WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 20000) SELECT value FROM n)");
    Project::with(&[
        (
            "migrations/1_a/up.sql",
            &format!(
                "CREATE TABLE parent (id INTEGER PRIMARY KEY, n INTEGER);\nCREATE TABLE child (id INTEGER REFERENCES parent (id) ON DELETE CASCADE);\n{fill}\nINSERT INTO child SELECT id FROM parent;"
            ),
        ),
        ("migrations/2_rebuild/metadata.toml", "run_in_transaction = false\n"),
        (
            "migrations/2_rebuild/up.sql",
            "PRAGMA foreign_keys = OFF;\nBEGIN IMMEDIATE;\nCREATE TABLE new (id INTEGER PRIMARY KEY, n INTEGER, m INTEGER DEFAULT 7);\nINSERT INTO new (id, n) SELECT id, n FROM parent;\nDROP TABLE parent;\nALTER TABLE new RENAME TO parent;\nCOMMIT;\nPRAGMA foreign_keys = ON;",
        ),
        ("migrations/3_steps/metadata.toml", "run_in_transaction = false\n"),
        (
            "migrations/3_steps/up.sql",
            "UPDATE parent SET n = n + 1;\nUPDATE parent SET n = n + 1;\nVACUUM;\nUPDATE parent SET n = n + 1;",
        ),
        ("migrations/4_z/up.sql", "CREATE TABLE z (id INTEGER);"),
    ])
}

fn complete(file: &SqliteFile, context: &str) {
    let found = file.value(
        "SELECT (SELECT count(*) FROM child) || ' ' || sum(n - id) || ' ' || sum(m) || ' ' || \
         (SELECT group_concat(version) FROM (SELECT version FROM __diesel_schema_migrations ORDER BY version)) || ' ' || \
         (SELECT count(*) FROM __dbkit_migrations WHERE state = 'finished') FROM parent",
    );
    assert_eq!(found, "20000 60000 140000 1,2,3,4 4", "{context}");
}

#[test]
fn a_process_killed_at_any_time() {
    let mut finished = 0;
    let mut at = Duration::from_millis(5);
    for round in 0..40 {
        let project = project();
        let file = project.sqlite("a.db");
        let running = dbkit(&project, &file.url(), &["migrate"]).spawn();
        std::thread::sleep(at);
        let pid = i32::try_from(running.pid()).unwrap();
        // SAFETY: a signal to a process this test has started.
        unsafe { libc::kill(pid, libc::SIGKILL) };
        let outcome = running.wait();
        let context = format!("round {round}, killed after {at:?}\n{outcome}");
        if outcome.code == Some(0) {
            finished += 1;
        }
        if file.path.exists() {
            let status = run(&project, &file.url(), &["status"]);
            assert_eq!(status.code, Some(0), "{context}{status}");
        }
        let again = run(&project, &file.url(), &["migrate"]);
        assert_eq!(again.code, Some(0), "{context}{again}");
        complete(&file, &context);
        assert_eq!(project.list("."), ["a.db", "migrations"], "{context}");
        if finished > 2 {
            break;
        }
        at += Duration::from_millis(6);
    }
}

#[test]
fn many_runners_and_a_rebuild() {
    let project = project();
    let file = project.sqlite("a.db");
    let url = file.url();
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| run(&project, &url, &["migrate"]).success());
        }
    });
    complete(&file, "ten runners");
    assert_eq!(project.list("."), ["a.db", "migrations"]);
}

#[test]
fn a_rebuild_that_fails_leaves_no_trace() {
    let project = project();
    let file = project.sqlite("a.db");
    run(&project, &file.url(), &["migrate", "--steps", "1"]).success();
    let rebuild = project
        .read("migrations/2_rebuild/up.sql")
        .replace("DROP TABLE parent", "DROP TABLE nothing");
    project.write("migrations/2_rebuild/up.sql", rebuild);
    run(&project, &file.url(), &["migrate"])
        .code(6)
        .stderr_has("2_rebuild/up.sql:5")
        .stderr_has("nothing of this file");
    assert_eq!(file.value("SELECT count(*) FROM __dbkit_migrations"), "1");
    assert_eq!(file.value("SELECT count(*) FROM pragma_table_info('parent')"), "2");
}

#[test]
fn a_push_that_fails_in_a_rebuild_leaves_no_trace() {
    let project = Project::empty();
    let file = project.sqlite("a.db");
    file.execute(
        "CREATE TABLE parent (id INTEGER PRIMARY KEY NOT NULL);
         CREATE TABLE child (id INTEGER PRIMARY KEY NOT NULL, parent_id INTEGER REFERENCES parent (id) ON DELETE CASCADE, n TEXT);
         INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1, 'a'), (2, 1, NULL);",
    );
    let schema = "dbkit::schema! {
        table parent (id) { id -> Integer, #[check(\"extra <> 'x'\")] extra -> Nullable<Text>, }
        table child (id) {
            id -> Integer,
            #[references(parent.id, on_delete = cascade)]
            parent_id -> Nullable<Integer>,
            n -> Text,
        }
    }";
    project.write("schema.rs", schema);
    let push = || run(&project, &file.url(), &["push", "--yes", "--schema", "schema.rs"]);
    let told = push()
        .code(6)
        .stderr_has("child has 2 rows")
        .stderr_has("NOT NULL constraint failed: child.n");
    told.stderr_has("nothing was applied: the transaction was rolled back");
    assert_eq!(file.value("SELECT count(*) FROM pragma_table_info('parent')"), "1");
    assert_eq!(
        file.value("SELECT count(*) FROM sqlite_schema WHERE name LIKE '\\_\\_%' ESCAPE '\\'"),
        "0"
    );
    file.execute("UPDATE child SET n = 'b' WHERE n IS NULL");
    push().success();
    assert_eq!(file.value("SELECT group_concat(n) FROM child"), "a,b");
}

#[test]
fn a_file_locked_as_a_whole_is_told() {
    let project = project();
    let file = project.sqlite("a.db");
    file.execute("CREATE TABLE app (id INTEGER)");
    let writer = rusqlite::Connection::open(&file.path).unwrap();
    writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
    run(&project, &file.url(), &["status"]).code(5).stderr_has("locked").stderr_has("help: ");
    writer.execute_batch("ROLLBACK").unwrap();
    run(&project, &file.url(), &["status"]).success();
}

#[test]
fn a_writer_is_waited_for() {
    let project = project();
    let file = project.sqlite("a.db");
    file.execute("CREATE TABLE app (id INTEGER)");
    let writer = rusqlite::Connection::open(&file.path).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE; INSERT INTO app VALUES (1)").unwrap();
    run(&project, &file.url(), &["migrate", "--lock-timeout", "1"]).code(5).stderr_has("locked");
    let running = dbkit(&project, &file.url(), &["migrate"]).spawn();
    std::thread::sleep(Duration::from_millis(700));
    writer.execute_batch("COMMIT").unwrap();
    running.wait().success();
    complete(&file, "after a writer");
}

#[test]
fn the_holder_is_named() {
    let project = project();
    let file = project.sqlite("a.db");
    file.execute("CREATE TABLE app (id INTEGER)");
    let writer = rusqlite::Connection::open(&file.path).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE; INSERT INTO app VALUES (1)").unwrap();
    let first = dbkit(&project, &file.url(), &["migrate"]).spawn();
    std::thread::sleep(Duration::from_millis(700));
    run(&project, &file.url(), &["migrate", "--lock-timeout", "1"])
        .code(5)
        .stderr_has(&format!("pid {}, dbkit, for ", first.pid()));
    writer.execute_batch("COMMIT").unwrap();
    first.wait().success();
}

/// As on a full disk: the file may not grow.
#[test]
fn a_full_disk_changes_nothing() {
    let project = project();
    let file = project.sqlite("a.db");
    let full = "PRAGMA max_page_count = 40;\n".to_owned() + &project.read("migrations/1_a/up.sql");
    let whole = project.read("migrations/1_a/up.sql");
    project.write("migrations/1_a/up.sql", full);
    run(&project, &file.url(), &["migrate"])
        .code(6)
        .stderr_has("full")
        .stderr_has("nothing of this file");
    assert_eq!(file.value("SELECT count(*) FROM sqlite_schema WHERE name = 'parent'"), "0");
    project.write("migrations/1_a/up.sql", whole);
    run(&project, &file.url(), &["migrate"]).success();
    complete(&file, "after room was made");
}

/// How often anything was committed, as the file itself counts it.
fn commits(file: &SqliteFile) -> u32 {
    let bytes = std::fs::read(&file.path).unwrap();
    u32::from_be_bytes(bytes[24..28].try_into().unwrap())
}

fn many(count: usize) -> Project {
    let project = Project::empty();
    for number in 1..=count {
        let name = format!("migrations/{number}_m");
        project.write(&format!("{name}/up.sql"), format!("CREATE TABLE t{number} (id INTEGER);"));
        project.write(&format!("{name}/down.sql"), format!("DROP TABLE t{number};"));
    }
    project
}

#[test]
fn small_migrations_share_a_commit() {
    let project = many(60);
    let file = project.sqlite("a.db");
    run(&project, &file.url(), &["migrate"]).success().stdout_has("60 migrations applied");
    assert!(commits(&file) < 60, "{} commits", commits(&file));
    assert_eq!(file.value("SELECT count(*) FROM __dbkit_migrations"), "60");

    let each = project.sqlite("each.db");
    project.write("dbkit.toml", "commit_wait = \"each\"\n");
    run(&project, &each.url(), &["migrate"]).success();
    assert!(commits(&each) > 60, "{} commits", commits(&each));
}

#[test]
fn those_before_a_failure_stay_although_they_shared_its_commit() {
    let project = many(9);
    project.write("migrations/7_m/up.sql", "CREATE TABLE t7 (id INTEGER);\nSELECT nonsense;");
    let file = project.sqlite("a.db");
    run(&project, &file.url(), &["migrate"])
        .code(6)
        .stderr_has("7_m/up.sql:2")
        .stderr_has("nothing of this file");
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name GLOB 't[0-9]'";
    assert_eq!(file.value(tables), "6");
    assert_eq!(file.value("SELECT count(*) FROM __diesel_schema_migrations"), "6");
    project.write("migrations/7_m/up.sql", "CREATE TABLE t7 (id INTEGER);");
    run(&project, &file.url(), &["migrate"]).success().stdout_has("3 migrations applied");
    assert_eq!(file.value(tables), "9");
}

/// Under diesel the first of the two fails at its own COMMIT.
#[test]
fn a_deferred_key_must_hold_when_its_own_migration_ends() {
    let project = many(1);
    project.write(
        "migrations/2_m/up.sql",
        "CREATE TABLE child (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
         CREATE TABLE parent (id INTEGER PRIMARY KEY);
         INSERT INTO child VALUES (1);",
    );
    project.write("migrations/3_m/up.sql", "INSERT INTO parent VALUES (1);");
    let file = project.sqlite("a.db");
    run(&project, &file.url(), &["migrate"]).code(6).stderr_has("2_m");
    assert_eq!(file.value("SELECT group_concat(version) FROM __diesel_schema_migrations"), "1");
}
