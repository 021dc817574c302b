//! `dbkit migrate`, `rollback`, `redo`, `status` and `repair` on SQLite and PostgreSQL.

use crate::support::{Outcome, PgDatabase, Project};

const FIRST: &str = "migrations/2024-01-01-000000_first";
const SECOND: &str = "migrations/2024-01-02-000000_second";

fn project() -> Project {
    Project::with(&[
        (&format!("{FIRST}/up.sql"), "CREATE TABLE a (id INTEGER PRIMARY KEY);"),
        (&format!("{FIRST}/down.sql"), "DROP TABLE a;"),
        (
            &format!("{SECOND}/up.sql"),
            "CREATE TABLE b (id INTEGER PRIMARY KEY);\nCREATE TABLE c (id INTEGER);",
        ),
        (&format!("{SECOND}/down.sql"), "DROP TABLE c;\nDROP TABLE b;"),
    ])
}

fn run(project: &Project, url: &str, args: &[&str]) -> Outcome {
    let mut all = args.to_vec();
    all.extend(["--database-url", url, "--migration-dir", "migrations"]);
    project.dbkit(all).run()
}

/// The same story on both databases.
fn story(url: &str) {
    let project = project();
    run(&project, url, &["migrate", "--dry-run"]).stdout_has("CREATE TABLE b");
    run(&project, url, &["migrate", "--steps", "1"]).success().stdout_has("1 migration applied");
    run(&project, url, &["status", "--check"]).code(3).stdout_has("1 migration pending");
    run(&project, url, &["migrate"]).success().stdout_has("2024-01-02-000000_second");
    run(&project, url, &["migrate"]).success().stdout_has("nothing to do");
    let status = run(&project, url, &["status", "--format", "json"]).success().json();
    assert_eq!(status["applied"], 2);
    assert_eq!(status["pending"], 0);
    run(&project, url, &["redo"]).success();
    run(&project, url, &["rollback"]).code(4).stderr_has("--yes");
    run(&project, url, &["rollback", "--yes", "--steps", "2"])
        .success()
        .stdout_has("2 migrations reverted");
    run(&project, url, &["status", "--check"]).code(3).stdout_has("2 migrations pending");
    run(&project, url, &["migrate", "--to", "2024-01-01-000000"]).success();
    run(&project, url, &["migrate", "--to", "2023"]).code(2).stderr_has("no migration 2023");
}

#[test]
fn sqlite_story() {
    let folder = Project::empty();
    // A dry run does not make the file: the story begins with an empty one.
    let file = folder.sqlite("a.db");
    file.execute("SELECT 1");
    story(&file.url());
}

#[test]
fn postgres_story() {
    story(PgDatabase::create("story").url());
}

#[test]
fn a_failing_statement_is_placed_and_rolled_back() {
    let database = PgDatabase::create("failing");
    let project = project();
    project.write(
        &format!("{SECOND}/up.sql"),
        "CREATE TABLE b (id INTEGER);\n\nINSERT INTO b\nVALUES (nonsense);\n",
    );
    let outcome = run(&project, database.url(), &["migrate"]).code(6);
    outcome
        .stderr_has("second/up.sql:4:9: column \"nonsense\" does not exist")
        .stderr_has("was rolled back");
    assert_eq!(database.value("SELECT to_regclass('b') IS NULL"), "true");
    run(&project, database.url(), &["status"]).stdout_has("1 migration pending");
}

#[test]
fn without_a_transaction_the_ledger_knows_where_it_stopped() {
    let database = PgDatabase::create("stopped");
    let project = project();
    project.write(&format!("{SECOND}/metadata.toml"), "run_in_transaction = false\n");
    project.write(
        &format!("{SECOND}/up.sql"),
        "CREATE TABLE b (id INTEGER);\nCREATE INDEX CONCURRENTLY b_id ON b (id);\nSELECT nonsense;\n",
    );
    run(&project, database.url(), &["migrate"]).code(6).stderr_has("stay");
    run(&project, database.url(), &["status"]).stdout_has("interrupted after statement 2");
    run(&project, database.url(), &["migrate"]).code(6).stderr_has("dbkit repair");
    run(&project, database.url(), &["repair", "2024-01-02-000000", "--applied"]).success();
    run(&project, database.url(), &["status", "--check"]).success();
}

#[test]
fn what_does_not_go_with_a_transaction_is_refused_before_anything_runs() {
    let database = PgDatabase::create("refused");
    let project = project();
    for (sql, words) in [
        ("SELECT 1;\nROLLBACK;", "up.sql:2: `ROLLBACK` begins or ends a transaction"),
        ("CREATE INDEX CONCURRENTLY i ON a (id);", "cannot run in a transaction"),
        ("SELECT 1;\n\\connect other\n", "up.sql:2: `\\connect other` is a command of psql"),
        ("SELECT 'abc;\n", "opened here is never closed"),
    ] {
        project.write(&format!("{SECOND}/up.sql"), sql);
        run(&project, database.url(), &["migrate"]).code(2).stderr_has(words);
    }
}

/// Diesel never looks for transaction words, and PostgreSQL only warns of them.
#[test]
fn a_file_without_metadata_may_end_its_transaction() {
    let database = PgDatabase::create("commits");
    let project = project();
    project.write(
        &format!("{SECOND}/up.sql"),
        "CREATE TYPE mood AS ENUM ('sad');\nCREATE TABLE m (mood mood);\nCOMMIT;\n\
         ALTER TYPE mood ADD VALUE 'ok';\nCOMMIT;\nBEGIN;\nSAVEPOINT s;\nINSERT INTO m VALUES ('sad');\n\
         ROLLBACK TO s;\nINSERT INTO m VALUES ('ok');\n",
    );
    run(&project, database.url(), &["migrate"]).success();
    assert_eq!(database.value("SELECT string_agg(mood::text, ',') FROM m"), "ok");
    run(&project, database.url(), &["status", "--check"]).success();
    // One that says how it runs is taken by its word.
    project.write(&format!("{SECOND}/metadata.toml"), "run_in_transaction = true\n");
    let third = "migrations/2024-01-03-000000_third";
    project.write(&format!("{third}/up.sql"), "BEGIN;\nSELECT 1;\nCOMMIT;\n");
    project.write(&format!("{third}/metadata.toml"), "run_in_transaction = true\n");
    run(&project, database.url(), &["migrate"]).code(2).stderr_has("up.sql:1: `BEGIN` begins");
}

#[test]
fn copy_data_and_a_changed_search_path() {
    let database = PgDatabase::create("copy");
    let project = project();
    project.write(
        &format!("{SECOND}/up.sql"),
        "SELECT pg_catalog.set_config('search_path', '', false);\nCREATE TABLE public.t (a integer, b text);\nCOPY public.t (a, b) FROM stdin;\n1\tone; two\n2\t\\N\n\\.\nINSERT INTO public.t VALUES (3, 'x');\n",
    );
    run(&project, database.url(), &["migrate"]).success();
    assert_eq!(database.value("SELECT count(*) FROM t"), "3");
    assert_eq!(database.value("SELECT count(*) FROM public.__diesel_schema_migrations"), "2");
}

#[test]
fn a_reading_role_sees_the_status() {
    let database = PgDatabase::create("reader");
    let project = project();
    let role = format!("reader_{}", std::process::id());
    run(&project, database.url(), &["migrate"]).success();
    database.execute(&format!(
        "CREATE ROLE {role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"
    ));
    let url = database.url().replacen("postgres@", &format!("{role}@"), 1);
    run(&project, &url, &["status"]).success().stdout_has("0 migrations pending");
    database.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn edited_missing_and_older_migrations_are_seen() {
    let folder = Project::empty();
    let url = folder.sqlite("a.db").url();
    let project = project();
    run(&project, &url, &["migrate"]).success();
    // Line endings do not count.
    project.write(&format!("{FIRST}/up.sql"), "CREATE TABLE a (id INTEGER PRIMARY KEY);");
    run(&project, &url, &["status", "--check"]).success();
    project.write(&format!("{FIRST}/up.sql"), "CREATE TABLE a (id BIGINT PRIMARY KEY);");
    run(&project, &url, &["status", "--check"]).code(3).stdout_has("changed since");
    run(&project, &url, &["repair", "2024-01-01-000000", "--applied"]).success();
    std::fs::remove_dir_all(project.join(SECOND)).unwrap();
    run(&project, &url, &["status", "--check"]).code(3).stdout_has("no folder");
    run(&project, &url, &["rollback", "--yes"]).code(4).stderr_has("way back");
    project.write("migrations/2024-01-01-120000_late/up.sql", "CREATE TABLE late (id INTEGER);");
    run(&project, &url, &["status"]).stdout_has("older than the newest applied");
    run(&project, &url, &["migrate"]).success().stderr_has("it runs now");
    project.write("migrations/2024-01-01-130000_later/up.sql", "CREATE TABLE later (id INTEGER);");
    project.write("dbkit.toml", "older_migrations = \"refuse\"\n");
    run(&project, &url, &["migrate"]).code(4).stderr_has("is older than");
}

#[test]
fn no_way_back_changes_nothing() {
    let folder = Project::empty();
    let file = folder.sqlite("a.db");
    let project = project();
    for down in ["", "-- nothing\n/* here */\n"] {
        project.write(&format!("{FIRST}/down.sql"), down);
        run(&project, &file.url(), &["migrate"]).success();
        run(&project, &file.url(), &["rollback", "--yes", "--steps", "2"])
            .code(4)
            .stderr_has("first");
        assert_eq!(file.value("SELECT count(*) FROM __diesel_schema_migrations"), "2");
    }
}

#[test]
fn broken_folders_are_refused() {
    let folder = Project::empty();
    let url = folder.sqlite("a.db").url();
    let cases: [(&str, &[u8], &str); 8] = [
        ("migrations/2024-01-01-000000_twin/up.sql", b"SELECT 1;", "have the same version"),
        ("migrations/2024-02-01-000000_x/down.sql", b"SELECT 1;", "has no up.sql"),
        ("migrations/2024-01-02-000000_second/up.sql", b"SELECT '\xe9';", "up.sql:1 is not UTF-8"),
        (
            "migrations/2024-01-02-000000_second/up.sql",
            b"\nSELECT '\0';",
            "up.sql:2 contains a NUL",
        ),
        (
            "migrations/2024-01-02-000000_second/metadata.toml",
            b"run_in_transaction =",
            "metadata.toml",
        ),
        (
            "migrations/2024-01-02-000000_second/metadata.toml",
            b"run_in_transaction = 1",
            "neither true nor false",
        ),
        (
            "migrations/123456789012345678901234567890123456789012345678901_x/up.sql",
            b"SELECT 1;",
            "has 51 characters, and the ledger holds 50",
        ),
        ("migrations/not a version_x/up.sql", b"SELECT 1;", "is not a migration"),
    ];
    for (file, bytes, words) in cases {
        let project = project();
        project.write(file, bytes);
        run(&project, &url, &["migrate"]).code(2).stderr_has(words);
    }
    let project = project();
    std::fs::create_dir(project.join("migrations/2024-03-01-000000_empty")).unwrap();
    run(&project, &url, &["migrate"]).code(2).stderr_has("is empty");
    let nowhere = Project::empty();
    run(&nowhere, &url, &["migrate"]).code(2).stderr_has("there is no folder migrations");
    nowhere.write("migrations/.gitkeep", "");
    run(&nowhere, &url, &["migrate"]).code(2).stderr_has("there is no migration in migrations");
    run(&nowhere, &url, &["status"]).code(7).stderr_has("a.db");
}

#[test]
#[cfg(unix)]
fn a_link_out_of_the_folder_is_not_followed() {
    let elsewhere = Project::with(&[("evil/up.sql", "CREATE TABLE evil (id INTEGER);")]);
    let folder = Project::empty();
    let project = project();
    std::os::unix::fs::symlink(
        elsewhere.join("evil"),
        project.join("migrations/2024-05-01-000000_evil"),
    )
    .unwrap();
    run(&project, &folder.sqlite("a.db").url(), &["migrate"]).code(2).stderr_has("leads out of");
}

#[test]
fn byte_order_mark_and_crlf_run() {
    let folder = Project::empty();
    let file = folder.sqlite("a.db");
    let project = project();
    project.write(&format!("{FIRST}/up.sql"), "\u{feff}CREATE TABLE a (\r\n  id INTEGER\r\n);\r\n");
    run(&project, &file.url(), &["migrate"]).success();
    assert_eq!(file.value("SELECT count(*) FROM a"), "0");
}

#[test]
fn no_connection_says_so_without_the_password() {
    let project = project();
    let port = "1";
    let url = format!("postgres://someone:hush-hush@127.0.0.1:{port}/nowhere");
    let wait = "[env.x]\nurl = \"URL\"\nwait = 0\n".replace("URL", &url);
    project.write("dbkit.toml", wait);
    for args in [vec!["status"], vec!["migrate", "--verbose"], vec!["status", "--format", "json"]] {
        let mut all = args;
        all.extend(["--env", "x"]);
        project.dbkit(all).run().code(7).nowhere("hush-hush").stderr_has("127.0.0.1");
    }
    project
        .dbkit(["status", "--database-url", "postgres://u:hush-hush@h:port/d"])
        .run()
        .code(2)
        .nowhere("hush-hush");
    project.dbkit(["status", "--env", "y"]).run().code(2).stderr_has("it defines x");
    run(&project, "missing.db", &["status"]).code(7).stderr_has("missing.db");
}

#[test]
fn twenty_runners_apply_each_migration_once() {
    let database = PgDatabase::create("runners");
    let project = project();
    let url = database.url();
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| run(&project, url, &["migrate"]).success());
        }
    });
    assert_eq!(database.value("SELECT count(*) FROM __diesel_schema_migrations"), "2");
}

#[test]
fn eight_runners_on_one_sqlite_file() {
    let folder = Project::empty();
    let file = folder.sqlite("a.db");
    let (project, url) = (project(), file.url());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| run(&project, &url, &["migrate"]).success());
        }
    });
    assert_eq!(file.value("SELECT count(*) FROM __diesel_schema_migrations"), "2");
}
