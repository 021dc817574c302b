//! `dbkit inspect` and `dbkit seed` as a user runs them.

use crate::support::{PgDatabase, Project};

const ODD: &str = r#"
    CREATE TABLE "we""ird; --" (id integer PRIMARY KEY, "a b" text);
    CREATE TABLE values_of (
        id bigint PRIMARY KEY, big bigint, amount numeric(20, 4), empty text, nothing text,
        escape text, wide text, doc jsonb, tags text[]
    );
    INSERT INTO values_of VALUES (
        1, 9007199254740993, 12345678901234.5000, '', NULL,
        E'\x1b[31mred\x1b[0m\n\u009b2J\u202eevil', '漢字 Größe 🙂', '{"n": 12345678901234567890}',
        '{a,"b c"}'
    ), (2, 1, 0, 'NULL', 'x', 'plain', 'a,b"c', 'null', '{}');
    CREATE SCHEMA other;
    CREATE TABLE other.thing (id integer PRIMARY KEY);
    CREATE VIEW seen AS SELECT id FROM values_of;"#;

fn inspect(database: &PgDatabase, args: &[&str]) -> crate::support::Outcome {
    let project = Project::empty();
    project.dbkit(["inspect", "--database-url", database.url()]).args(args).run()
}

#[test]
fn the_overview_counts_rows() {
    let database = PgDatabase::create("inspect");
    database.execute(ODD);
    let shown = inspect(&database, &[]).success().nowhere("\u{1b}");
    let line = shown.stdout.lines().find(|line| line.starts_with("values_of ")).unwrap();
    let cells: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(cells[1], "2", "{line}");
    let shown = shown.stdout_has("other.thing").stdout_has("seen (view)").stdout_has("we\"ird; --");
    assert_eq!(shown.stderr.lines().count(), 1, "{shown}");

    let json = inspect(&database, &["--format", "json"]).success().json();
    let names: Vec<&str> =
        json["tables"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["seen", "values_of", "we\"ird; --", "other.thing"]);
    assert_eq!(json["tables"][1]["rows"], 2);
    assert_eq!(json["tables"][1]["columns"][2]["type"], "numeric(20,4)");
}

#[test]
fn values_are_lossless_and_harmless() {
    let database = PgDatabase::create("inspect");
    database.execute(ODD);
    let table = inspect(&database, &["values_of"]).success();
    let table = table.nowhere("\u{1b}").nowhere("\u{9b}").nowhere("\u{202e}");
    let table = table.stdout_has("9007199254740993").stdout_has("12345678901234.5000");
    table
        .stdout_has("''")
        .stdout_has("'NULL'")
        .stdout_has("\\u{1b}[31mred")
        .stdout_has("漢字 Größe 🙂");

    let json = inspect(&database, &["values_of", "--format", "json"]).success().nowhere("\u{202e}");
    let json = json.stdout_has("{\"n\": 12345678901234567890}").json();
    assert_eq!(json[0]["big"], "9007199254740993");
    assert_eq!(json[0]["amount"], "12345678901234.5000");
    assert_eq!(json[0]["escape"], "\u{1b}[31mred\u{1b}[0m\n\u{9b}2J\u{202e}evil");
    assert_eq!((&json[0]["empty"], &json[0]["nothing"]), (&"".into(), &serde_json::Value::Null));
    assert_eq!(json[1]["big"], 1);

    inspect(&database, &["values_of", "--format", "csv", "--columns", "id,empty,nothing,wide"])
        .success()
        .stdout_is("id,empty,nothing,wide\n1,\"\",,漢字 Größe 🙂\n2,NULL,x,\"a,b\"\"c\"\n");
}

#[test]
fn rows_are_chosen_ordered_and_limited() {
    let database = PgDatabase::create("inspect");
    database.execute("CREATE TABLE n AS SELECT g AS id, g % 3 AS m FROM generate_series(1, 50) g");
    let ids = |args: &[&str]| {
        let outcome =
            inspect(&database, &[&["n", "--format", "csv", "--columns", "id"], args].concat());
        outcome.success().stdout.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(ids(&["--where", "m = 0", "--order", "-id", "--limit", "2"]), ["48", "45"]);
    assert_eq!(ids(&["--order", "m:desc,id", "--limit", "2"]), ["2", "5"]);
    assert_eq!(ids(&["--order", "id"]).len(), 20);
    inspect(&database, &["n"]).success().stderr_has("first 20 rows");
}

#[test]
fn a_wrong_name_suggests_the_nearest() {
    let database = PgDatabase::create("inspect");
    database.execute(ODD);
    inspect(&database, &["value_of"]).code(2).stderr_has("did you mean values_of?");
    inspect(&database, &["thing"]).code(2).stderr_has("did you mean other.thing?");
    inspect(&database, &["other.thing"]).success();
    inspect(&database, &["public.values_of"]).success();
    inspect(&database, &["VALUES_OF"]).success();
    inspect(&database, &["we\"ird; --"]).success();
    inspect(&database, &["seen", "--order", "id"]).success();
    inspect(&database, &["values_of", "--columns", "ampty"])
        .code(2)
        .stderr_has("did you mean empty?");
    inspect(&database, &["values_of", "--order", "id; DROP TABLE n"]).code(2);
}

#[test]
fn a_condition_cannot_write() {
    let database = PgDatabase::create("inspect");
    database.execute(
        "CREATE TABLE t (id integer PRIMARY KEY); INSERT INTO t VALUES (1);
         CREATE FUNCTION wipe() RETURNS boolean LANGUAGE sql AS
             'DELETE FROM t; SELECT true'",
    );
    for condition in [
        "true); DELETE FROM t; --",
        "true; COMMIT; DELETE FROM t",
        "wipe()",
        "set_config('transaction_read_only', 'off', false) = 'off' AND wipe()",
        "id IN (WITH gone AS (DELETE FROM t RETURNING id) SELECT id FROM gone)",
    ] {
        let outcome = inspect(&database, &["t", "--where", condition]);
        assert_ne!(outcome.code, Some(0), "{outcome}");
        assert_eq!(database.value("SELECT count(*) FROM t"), "1", "{condition}");
    }
    inspect(&database, &["t", "--where", "id = 1 -- a comment"]).success().stdout_has("1");
}

#[test]
fn sqlite_is_opened_for_reading_only() {
    let project = Project::empty();
    let file = project.sqlite("a.db");
    file.execute(
        "CREATE TABLE t (id integer PRIMARY KEY, b blob, f real, n text);
         INSERT INTO t VALUES (9007199254740993, x'00ff', 0.1, NULL)",
    );
    let run =
        |args: &[&str]| project.dbkit(["inspect", "--database-url", &file.url()]).args(args).run();
    run(&[]).success().stdout_has("t ");
    run(&["t", "--format", "json"]).success().stdout_is(
        "[\n  {\"id\": \"9007199254740993\", \"b\": \"\\\\x00ff\", \"f\": 0.1, \"n\": null}\n]\n",
    );
    for condition in ["1); DELETE FROM t; --", "1); ATTACH 'b.db' AS b; --", "writefile('x', 'y')"]
    {
        let outcome = run(&["t", "--where", condition]);
        assert_ne!(outcome.code, Some(0), "{outcome}");
    }
    assert_eq!(file.value("SELECT count(*) FROM t"), "1");
    assert_eq!(project.list("."), ["a.db"]);
}

#[test]
fn a_missing_database_is_not_made() {
    let project = Project::empty();
    project
        .dbkit(["inspect", "--database-url", "sqlite://none.db"])
        .run()
        .code(7)
        .stderr_has("none.db");
    assert!(!project.exists("none.db"));
}

#[test]
fn names_with_commas_stand_in_quotes() {
    let database = PgDatabase::create("inspect");
    database.execute("CREATE TABLE t (id int PRIMARY KEY, \"a,b\" text, \"q\"\"t\" int); INSERT INTO t VALUES (1, 'x', 2), (2, 'y', 3)");
    inspect(
        &database,
        &["t", "--columns", "\"a,b\",q\"t", "--order", "-\"a,b\"", "--format", "csv"],
    )
    .success()
    .stdout_is("\"a,b\",\"q\"\"t\"\ny,3\nx,2\n");
}

#[test]
fn what_cannot_be_counted_hides_nothing_else() {
    let database = PgDatabase::create("inspect");
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY);
         CREATE MATERIALIZED VIEW later AS SELECT id FROM t WITH NO DATA;",
    );
    let shown = inspect(&database, &[]).success();
    shown.stdout_has("later (materialized view)").stdout_has("t ");
    inspect(&database, &["later"]).code(1).stderr_has("help: ");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let database = PgDatabase::create("inspect");
    database.execute("CREATE TABLE n AS SELECT g AS id FROM generate_series(1, 100000) g");
    let line = format!(
        "{} inspect n --limit 100000 --format csv --database-url {} | head -n 1; echo ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_dbkit"),
        database.url()
    );
    let output = std::process::Command::new("bash").args(["-c", &line]).output().unwrap();
    let output = crate::support::Outcome::new(line, output);
    output.stdout_is("id\n0\n").nowhere("anic");
}

#[test]
fn a_terminal_shows_one_line_for_a_row() {
    let project = Project::empty();
    let file = project.sqlite("a.db");
    file.execute("CREATE TABLE wide (id integer PRIMARY KEY, t text)");
    file.execute(
        "INSERT INTO wide VALUES (1, '漢字' || hex(zeroblob(500))), (2, 'a' || char(27) || '[2J')",
    );
    let shown = crate::support::on_terminal(
        project.path(),
        &["inspect", "wide", "--database-url", "a.db", "--quiet"],
        &[],
    );
    let shown = shown.success().nowhere("\u{1b}").stdout_has("…").stdout_has("a\\u{1b}[2J");
    let lines: Vec<&str> = shown.stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{shown}");
    assert!(lines.iter().all(|line| dbkit::inspect::width(line.trim_end()) <= 80), "{shown}");
}
