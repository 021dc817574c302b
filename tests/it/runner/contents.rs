use super::run;
use crate::support::{PgDatabase, Project};
use std::fmt::Write;

#[test]
fn errors_show_place_statement_detail_and_hint() {
    let database = PgDatabase::create("errors");
    let cases = [
        (
            "CREATE TABLE a (id integer);\n\nSELECT  idd\nFROM a;",
            &[
                "1_a/up.sql:3:9: column \"idd\" does not exist (42703)",
                "    SELECT  idd\n            ^",
                "help: Perhaps you meant",
            ][..],
        ),
        (
            "CREATE TABLE a (id integer PRIMARY KEY);\nINSERT INTO a VALUES (1);\nINSERT INTO a VALUES (1);",
            &["up.sql:3:1: duplicate key", "detail: Key (id)=(1) already exists."],
        ),
        (
            "CREATE TABLE a (id integer);\nCOPY a FROM stdin;\n1\nx\n\\.\nSELECT 1;",
            &["up.sql:4:1: invalid input syntax", "COPY a FROM stdin;", "    x"],
        ),
        (
            "SELECT 1;\nDO $$\nBEGIN\n  RAISE EXCEPTION 'no; way' USING HINT = 'turn back';\nEND $$;",
            &["up.sql:2:1: no; way (P0001)", "help: turn back", "context: PL/pgSQL function"],
        ),
        ("SELECT 1;\nSELEC 2;", &["up.sql:2:1: syntax error"]),
        (
            "CREATE TABLE a (id integer PRIMARY KEY, b integer REFERENCES a DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO a VALUES (1, 2);",
            &["up.sql: the transaction cannot be committed", "is not present in table"],
        ),
    ];
    for (sql, words) in cases {
        let project = Project::with(&[("migrations/1_a/up.sql", sql)]);
        let mut outcome = run(&project, database.url(), &["migrate"]).code(6);
        for word in words {
            outcome = outcome.stderr_has(word);
        }
        assert_eq!(database.value("SELECT to_regclass('a') IS NULL"), "true", "{outcome}");
    }
}

#[test]
fn functions_comments_and_dollar_quotes() {
    let database = PgDatabase::create("contents");
    let project = Project::with(&[(
        "migrations/1_a/up.sql",
        "-- a; comment\n/* another; /* nested; */ */\nCREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $f$\nBEGIN\n  RETURN $$a;b$$; -- ';\nEND\n$f$;\nCREATE TABLE t (a text DEFAULT ';');\nINSERT INTO t VALUES (f()), (E'it\\'s; fine');\nCREATE FUNCTION g() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END;\n-- the end",
    )]);
    run(&project, database.url(), &["migrate"]).success().stdout_has(" 4 ");
    assert_eq!(database.value("SELECT string_agg(a, '|' ORDER BY a) FROM t"), "a;b|it's; fine");
}

/// What a migration sets must not reach the next one, nor the ledger.
#[test]
fn settings_end_with_their_migration() {
    let database = PgDatabase::create("settings");
    let role = format!("u_runner_{}", std::process::id());
    database.execute(&format!("CREATE ROLE {role}; GRANT CREATE ON SCHEMA public TO {role}"));
    let dump = "SELECT pg_catalog.set_config('search_path', '', false);\nSET row_security = off;\nCREATE TABLE public.a (id integer);";
    let project = Project::with(&[
        ("migrations/1_a/up.sql", dump),
        ("migrations/2_b/up.sql", "CREATE TABLE b AS SELECT current_setting('row_security') AS r;"),
        ("migrations/3_c/up.sql", &format!("SET ROLE {role};\nCREATE TABLE c (id integer);")),
        ("migrations/4_d/metadata.toml", "run_in_transaction = false\n"),
        (
            "migrations/4_d/up.sql",
            "SET search_path = pg_catalog;\nCREATE TABLE public.d (id integer);",
        ),
        ("migrations/5_e/up.sql", "CREATE TABLE e (id integer);"),
    ]);
    run(&project, database.url(), &["migrate"]).success();
    assert_eq!(database.value("SELECT r FROM b"), "on");
    assert_eq!(database.value("SELECT tableowner FROM pg_tables WHERE tablename = 'c'"), role);
    assert_eq!(database.value("SELECT count(*) FROM public.__diesel_schema_migrations"), "5");
    assert_eq!(database.value("SELECT to_regclass('public.e') IS NOT NULL"), "true");
    database.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn all_or_none_in_a_single_transaction() {
    let database = PgDatabase::create("together");
    let project = Project::with(&[
        ("migrations/1_a/up.sql", "CREATE TABLE a (id integer);"),
        ("migrations/2_b/up.sql", "CREATE TABLE b (id nonsense);"),
    ]);
    run(&project, database.url(), &["migrate", "--single-transaction"])
        .code(6)
        .stderr_has("2_b/up.sql:1:20");
    assert_eq!(database.value("SELECT to_regclass('a') IS NULL"), "true");
    project.write("migrations/2_b/up.sql", "CREATE TABLE b (id integer);");
    run(&project, database.url(), &["migrate", "--single-transaction"])
        .success()
        .stdout_has("2 migrations applied");
    project.write("migrations/3_c/metadata.toml", "run_in_transaction = false\n");
    project.write("migrations/3_c/up.sql", "VACUUM a;");
    run(&project, database.url(), &["migrate", "--single-transaction"]).code(2).stderr_has("3_c");
}

#[test]
fn ways_to_say_how_far_back() {
    let database = PgDatabase::create("howfar");
    let project = super::of_every_kind();
    let url = database.url();
    run(&project, url, &["migrate", "--to", "2"]).success();
    run(&project, url, &["migrate", "--count", "1"]).success().stdout_has("3_c");
    run(&project, url, &["migrate"]).success().stdout_has("10_d");
    run(&project, url, &["rollback", "--to", "2", "--yes"])
        .success()
        .stdout_has("2 migrations reverted");
    run(&project, url, &["rollback", "--to", "7", "--yes"]).code(2).stderr_has("no migration 7");
    run(&project, url, &["rollback", "--all"]).code(4).stderr_has("--yes");
    run(&project, url, &["rollback", "--all", "--yes"]).success();
    run(&project, url, &["status"]).stdout_has("4 migrations pending");
}

/// Memory does not grow with the number of statements.
#[test]
fn a_large_file_is_streamed() {
    let database = PgDatabase::create("large");
    let mut sql = String::from("CREATE TABLE a (id integer, t text);\n");
    for id in 0..60_000 {
        writeln!(sql, "INSERT INTO a VALUES ({id}, '{}');", "x".repeat(60)).unwrap();
    }
    let project = Project::with(&[("migrations/1_a/up.sql", sql.as_str())]);
    run(&project, database.url(), &["migrate"]).success().stdout_has("60001");
    assert_eq!(database.value("SELECT count(*) FROM a"), "60000");
}

/// Nobody is left to guess what has run: neither a person nor a program.
#[test]
fn a_failure_says_what_was_done_before_it() {
    let database = PgDatabase::create("before");
    let project = Project::with(&[
        ("migrations/1_a/up.sql", "CREATE TABLE a (id integer);"),
        ("migrations/2_b/up.sql", "CREATE TABLE b (id integer);"),
        ("migrations/3_c/up.sql", "CREATE TABLE c (id integer);\n  SELECT nonsense;"),
    ]);
    let outcome = run(&project, database.url(), &["migrate", "--format", "json"])
        .code(6)
        .stderr_has("applied before the failure, and stays so: 1_a, 2_b");
    let line = outcome.stderr.lines().find(|line| line.starts_with("{\"error\"")).unwrap();
    let json: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(json["exit_code"], 6);
    assert_eq!(json["statement"]["line"], 2);
    assert_eq!(json["statement"]["column"], 10);
    assert_eq!(json["statement"]["code"], "42703");
}

#[test]
fn files_are_kept_of_all_that_ran_also_before_a_failure() {
    let project = Project::empty();
    for number in 1..=4 {
        let up = format!("CREATE TABLE t{number} (id integer);");
        project.write(&format!("migrations/{number}_m/up.sql"), up);
    }
    project.write("migrations/4_m/up.sql", "SELECT nonsense;");
    let database = PgDatabase::create("keptfiles");
    run(&project, database.url(), &["migrate"]).code(6).stderr_has("4_m/up.sql:1");
    let kept =
        "SELECT string_agg(version || substr(up, 14, 2), ' ' ORDER BY version) FROM __dbkit_files";
    assert_eq!(database.value(kept), "1t1 2t2 3t3");
    project.write("migrations/4_m/up.sql", "CREATE TABLE t4 (id integer);");
    project.write("migrations/5_m/metadata.toml", "run_in_transaction = false\n");
    project.write("migrations/5_m/up.sql", "CREATE TABLE t5 (id integer);");
    run(&project, database.url(), &["migrate"]).success();
    assert_eq!(database.value(kept), "1t1 2t2 3t3 4t4 5t5");
}

#[test]
fn a_refused_line_of_the_ledger_names_its_migration() {
    let project = Project::empty();
    project.write("migrations/1_m/up.sql", "CREATE TABLE a (id integer);");
    project.write(
        "migrations/2_m/up.sql",
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'not by this tool'; END$$;
         CREATE TRIGGER no BEFORE INSERT ON __diesel_schema_migrations EXECUTE FUNCTION no();",
    );
    let database = PgDatabase::create("noting");
    run(&project, database.url(), &["migrate"])
        .code(6)
        .stderr_has("2_m: its line of the ledger was refused: not by this tool")
        .stderr_has("nothing of it was applied");
    assert_eq!(database.value("SELECT count(*)::text FROM __diesel_schema_migrations"), "1");
}
