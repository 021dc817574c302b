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
fn a_partitioned_table_has_the_rows_of_its_leaves() {
    let database = PgDatabase::create("inspect");
    database.execute(
        "CREATE TABLE event (id integer, region text) PARTITION BY LIST (region);
         CREATE TABLE event_eu PARTITION OF event FOR VALUES IN ('eu') PARTITION BY HASH (id);
         CREATE TABLE event_eu_0 PARTITION OF event_eu FOR VALUES WITH (MODULUS 2, REMAINDER 0);
         CREATE TABLE event_eu_1 PARTITION OF event_eu FOR VALUES WITH (MODULUS 2, REMAINDER 1);
         CREATE TABLE event_rest PARTITION OF event DEFAULT;
         CREATE TABLE nothing (id integer) PARTITION BY LIST (id);
         INSERT INTO event SELECT n, CASE n % 2 WHEN 0 THEN 'eu' ELSE 'us' END FROM generate_series(1, 600) AS n;",
    );
    let json = inspect(&database, &["--format", "json"]).success().json();
    let table = |name: &str| {
        let all = json["tables"].as_array().unwrap();
        all.iter().find(|table| table["name"] == name).unwrap().clone()
    };
    assert_eq!((&table("event")["rows"], &table("event_eu")["rows"]), (&600.into(), &300.into()));
    let bytes = |name: &str| table(name)["bytes"].as_u64().unwrap();
    let leaves = bytes("event_eu_0") + bytes("event_eu_1");
    assert_eq!((bytes("event_eu"), bytes("nothing")), (leaves, 0));
    assert_eq!(bytes("event"), leaves + bytes("event_rest"));
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

const RELATED: &str = "
    CREATE TABLE users (id integer PRIMARY KEY, name text, bio text);
    CREATE TABLE posts (id integer PRIMARY KEY, user_id integer NOT NULL REFERENCES users (id),
        reviewer integer REFERENCES users (id), title text, at integer);
    CREATE TABLE comments (id integer PRIMARY KEY, post_id integer NOT NULL REFERENCES posts (id), text text);
    CREATE TABLE pairs (a text NOT NULL, b integer NOT NULL, note text, PRIMARY KEY (a, b));
    INSERT INTO users VALUES (1, 'Ada', 'x\ny'), (2, NULL, '');
    INSERT INTO posts VALUES (1, 2, 1, 't1', 3), (2, 1, NULL, 't2', NULL), (3, 1, 2, 't3', 1),
        (4, 1, 1, 't1', NULL), (5, 2, 1, NULL, 1), (6, 2, 2, 't0', 2), (7, 1, NULL, 't|7', 3);
    INSERT INTO comments VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 2, 'c');
    INSERT INTO pairs VALUES ('x', 1, 'n'), ('x', 2, 'm'), ('it''s', 3, NULL);
    CREATE VIEW titles AS SELECT id, title FROM posts;";

/// The same database twice: its URL on PostgreSQL, its file on SQLite.
struct Related {
    postgres: PgDatabase,
    project: Project,
}

impl Related {
    fn create() -> Self {
        let postgres = PgDatabase::create("inspect");
        postgres.execute(RELATED);
        let project = Project::empty();
        project.sqlite("a.db").execute(RELATED);
        Self { postgres, project }
    }

    fn urls(&self) -> [&str; 2] {
        [self.postgres.url(), "a.db"]
    }

    fn inspect(&self, url: &str, args: &[&str]) -> crate::support::Outcome {
        self.project.dbkit(["inspect", "--database-url", url]).args(args).run()
    }
}

#[test]
fn a_row_is_shown_with_its_parents_and_the_number_of_its_children() {
    let related = Related::create();
    for url in related.urls() {
        related.inspect(url, &["posts", "1"]).success().stdout_is(
            "id        1\nuser_id   2\nreviewer  1\ntitle     t1\nat        3\n\n\
             refers to   by        row\n\
             ----------  --------  ---------------------\n\
             users (id)  reviewer  1: name=Ada, bio=x\\ny\n\
             users (id)  user_id   2: name=NULL, bio=''\n\n\
             referred to by      rows\n\
             ------------------  ----\n\
             comments (post_id)     2\n",
        );
        let json = related.inspect(url, &["posts", "2", "--format", "json"]).success().json();
        assert_eq!(json["row"]["title"], "t2");
        assert_eq!(json["parents"][0]["row"], serde_json::Value::Null);
        assert_eq!(json["parents"][1]["row"]["bio"], "x\ny");
        assert_eq!(json["children"][0]["rows"], 1);
        let shown = related.inspect(url, &["pairs", "it's", "3", "--format", "vertical"]).success();
        shown.stdout_is("a     it's\nb     3\nnote  NULL\n");
        let told = related.inspect(url, &["posts", "99"]).code(2);
        told.stderr_has("posts has no row with (id) = (99)");
        related.inspect(url, &["pairs", "x"]).code(2).stderr_has("(a, b): 2 values, not 1");
        related.inspect(url, &["titles", "1"]).code(2).stderr_has("no primary key");
        related.inspect(url, &["titles", "--columns", "titel"]).code(2).stderr_has("title?");
        related.inspect(url, &["posts", "1", "--columns", "titel"]).code(2).stderr_has("title?");
        related.inspect(url, &["posts", "1; DROP TABLE comments"]).stdout_is("");
        related.inspect(url, &["comments", "3"]).success().stdout_has("text     c");
    }
}

#[test]
fn pages_together_are_the_whole_table() {
    let related = Related::create();
    for url in related.urls() {
        for order in ["id", "-id", "at", "-at", "title,-at", "-title,at,-id"] {
            let lines = |args: &[&str]| -> Vec<String> {
                let order = ["posts", "--order", order, "--format", "ndjson"];
                let shown = related.inspect(url, &[&order, args].concat()).success();
                shown.stdout.lines().map(str::to_owned).collect()
            };
            let whole = lines(&["--all"]);
            assert_eq!(whole.len(), 7);
            let mut paged = lines(&["--limit", "2"]);
            for _ in 0..3 {
                let row: serde_json::Value = serde_json::from_str(paged.last().unwrap()).unwrap();
                let key = row["id"].to_string();
                paged.extend(lines(&["--limit", "2", "--after", &key]));
            }
            assert_eq!(paged, whole, "{url} {order}");
        }
        // The key is told even where its columns are not shown, and is a word of a shell.
        let told = related.inspect(url, &["pairs", "--limit", "1", "--columns", "note"]).success();
        told.stdout_has("NULL").stderr_has("--after 'it'\\''s' --after 3");
        let told = related.inspect(url, &["pairs", "--after", "it's", "--after", "3"]).success();
        assert_eq!(told.stdout.lines().count(), 4);
        related.inspect(url, &["pairs", "--after", "x", "--after", "9"]).code(2);
    }
}

#[test]
fn every_format_has_every_value() {
    let related = Related::create();
    for url in related.urls() {
        let shown =
            |format| related.inspect(url, &["posts", "--where", "id > 5", "--format", format]);
        shown("ndjson").success().stdout_is(
            "{\"id\": 6, \"user_id\": 2, \"reviewer\": 2, \"title\": \"t0\", \"at\": 2}\n\
             {\"id\": 7, \"user_id\": 1, \"reviewer\": null, \"title\": \"t|7\", \"at\": 3}\n",
        );
        shown("markdown").success().stdout_is(
            "| id | user_id | reviewer | title | at |\n| --- | --- | --- | --- | --- |\n\
             | 6 | 2 | 2 | t0 | 2 |\n| 7 | 1 | NULL | t\\|7 | 3 |\n",
        );
        shown("vertical").success().stdout_has("-- row 2 --\nid        7\nuser_id   1\n");
        let json = shown("json").success().json();
        assert_eq!(json.as_array().unwrap().len(), 2);
        let none = related.inspect(url, &["posts", "--where", "id > 99", "--format", "json"]);
        none.success().stdout_is("[]\n");
    }
    let told = related.project.dbkit(["status", "--format", "markdown"]).run().code(2);
    told.stderr_has("`--format markdown` is for `dbkit inspect`");
}

#[test]
fn more_rows_than_one_part_are_streamed() {
    let related = Related::create();
    let rows = "INSERT INTO comments WITH RECURSIVE c (n) AS
        (SELECT 10 UNION ALL SELECT n + 1 FROM c WHERE n < 2516) SELECT n, 1, 'x' FROM c";
    related.postgres.execute(rows);
    related.project.sqlite("a.db").execute(rows);
    for url in related.urls() {
        let csv = related.inspect(url, &["comments", "--all", "--format", "csv"]).success().stdout;
        assert_eq!(csv.lines().count(), 1 + 2510);
        assert_eq!(csv.lines().last(), Some("2516,1,x"));
        let json =
            related.inspect(url, &["comments", "--all", "--format", "json"]).success().json();
        assert_eq!(json.as_array().unwrap().len(), 2510);
        let exact = related.inspect(url, &["comments", "--limit", "2000", "--format", "ndjson"]);
        let exact = exact.success().stderr_has("--after 2006");
        assert_eq!(exact.stdout.lines().count(), 2000);
        let shown = related.inspect(url, &["posts", "1"]).success();
        shown.stdout_has("comments (post_id)  2509");
    }
}

#[test]
fn views_and_virtual_tables_of_sqlite_have_columns() {
    let project = Project::empty();
    project.sqlite("a.db").execute(
        "CREATE TABLE t (id integer PRIMARY KEY, body text);
         CREATE VIRTUAL TABLE found USING fts5 (body, title);
         INSERT INTO found VALUES ('a text', NULL);
         CREATE VIEW broken AS SELECT gone FROM nowhere;
         CREATE VIEW seen AS SELECT id AS number, body FROM t;",
    );
    let inspect =
        |args: &[&str]| project.dbkit(["inspect", "--database-url", "a.db"]).args(args).run();
    let shown = inspect(&[]).success();
    let shown = shown.stdout_has("broken (view)").stdout_has("number, body");
    shown.stdout_has("found (virtual table)").nowhere("found_data");
    inspect(&["found", "--format", "csv"]).success().stdout_is("body,title\na text,\n");
    inspect(&["seen", "--columns", "nummer"]).code(2).stderr_has("number?");
    inspect(&["broken"]).code(1).stderr_has("nowhere");
}
