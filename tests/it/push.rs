//! `dbkit push` and `dbkit pull`.

use crate::support::{Outcome, PgDatabase, Project};

const SCHEMA: &str = r#"dbkit::schema! {
    enum Status { Draft, Active }
    table items (id) {
        #[identity]
        id -> Int8,
        #[default = "'draft'"]
        status -> Status,
        #[check = "price > 0"]
        price -> Int4,
        #[default = "CURRENT_TIMESTAMP"]
        made_at -> Timestamptz,
    }
}
"#;

fn push(project: &Project, url: &str, args: &[&str]) -> Outcome {
    let mut all = vec!["push", "--database-url", url, "--schema", "schema.rs"];
    all.extend(args);
    project.dbkit(all).run()
}

#[test]
fn a_second_push_finds_nothing() {
    let database = PgDatabase::create("push");
    let project = Project::with(&[("schema.rs", SCHEMA)]);
    push(&project, database.url(), &[]).code(4).stderr_has("--yes");
    push(&project, database.url(), &["--dry-run"]).success().stdout_has("CREATE TABLE items");
    assert_eq!(database.value("SELECT to_regclass('items') IS NULL"), "true");
    push(&project, database.url(), &["--yes"]).success();
    push(&project, database.url(), &["--yes"]).success().stdout_has("nothing to do");
}

#[test]
fn losing_data_is_refused_until_it_is_allowed() {
    let database = PgDatabase::create("push_loss");
    let project = Project::with(&[("schema.rs", SCHEMA)]);
    push(&project, database.url(), &["--yes"]).success();
    database.execute("INSERT INTO items (price) VALUES (1)");
    project.write(
        "schema.rs",
        SCHEMA.replace("        #[check = \"price > 0\"]\n        price -> Int4,\n", ""),
    );
    push(&project, database.url(), &["--yes"])
        .code(4)
        .stderr_has("drops column items.price")
        .stderr_has("--allow data-loss");
    assert_eq!(database.value("SELECT price FROM items"), "1");
    push(&project, database.url(), &["--yes", "--allow", "data-loss"]).success();
    assert_eq!(database.value("SELECT count(*) FROM items"), "1");
    push(&project, database.url(), &["--yes", "--allow", "nonsense"])
        .code(2)
        .stderr_has("table-rewrite");
}

#[test]
fn a_failing_push_applies_nothing() {
    let database = PgDatabase::create("push_fail");
    let project = Project::with(&[("schema.rs", SCHEMA)]);
    database.execute("CREATE TABLE other (id integer)");
    push(&project, database.url(), &["--yes", "--allow-destructive"]).success();
    database.execute("INSERT INTO items (price) VALUES (5)");
    let worse =
        SCHEMA.replace("price > 0", "price > 10").replace("Draft, Active", "Draft, Active, Gone");
    project.write("schema.rs", worse);
    push(&project, database.url(), &["--yes"]).code(6).stderr_has("items_price_check");
    assert_eq!(
        database.value("SELECT count(*) FROM pg_constraint WHERE conname = 'items_price_check'"),
        "1"
    );
}

#[test]
fn pull_then_push_is_nothing() {
    let database = PgDatabase::create("pull");
    database.execute(
        "CREATE SCHEMA app; CREATE TYPE app.mood AS ENUM ('so-so', 'type');
         CREATE TABLE app.\"we\"\"ird; --\" (\"a-b\" integer, \"a b\" text, a_b app.mood, \"table\" text);
         CREATE TABLE t (id serial PRIMARY KEY, x varchar(5) DEFAULT 'a');
         CREATE VIEW v AS SELECT id, upper(x) AS up FROM t;
         CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql AS $$ SELECT a + 1 $$;
         COMMENT ON VIEW v IS 'it''s a view'",
    );
    let project = Project::empty();
    let pull = ["pull", "--database-url", database.url(), "--schema", "schema.rs"];
    project.dbkit(pull).run().success().stderr_has("has no primary key");
    assert!(project.exists("schema.sql"));
    push(&project, database.url(), &["--yes"]).success().stdout_has("nothing to do");
    let other = PgDatabase::create("pulled");
    push(&project, other.url(), &["--yes"]).success();
    let first = (project.read("schema.rs"), project.read("schema.sql"));
    project.dbkit(["pull", "--database-url", other.url(), "--schema", "schema.rs"]).run().success();
    assert_eq!((project.read("schema.rs"), project.read("schema.sql")), first);
}

#[test]
fn sqlite_push_and_pull() {
    let project = Project::with(&[("schema.rs", SCHEMA)]);
    push(&project, "a.db", &["--yes"]).success();
    push(&project, "a.db", &["--yes"]).success().stdout_has("nothing to do");
    project.dbkit(["pull", "--database-url", "a.db", "--schema", "out.rs"]).run().success();
    push(&project, "b.db", &["--yes", "--schema", "out.rs"]).code(2);
    project
        .dbkit(["push", "--database-url", "b.db", "--schema", "out.rs", "--yes"])
        .run()
        .success();
    let definition =
        |name: &str| project.sqlite(name).values("SELECT sql FROM sqlite_schema ORDER BY name");
    assert_eq!(definition("a.db"), definition("b.db"));
}

#[test]
fn rows_are_counted_in_both_databases() {
    let narrower = SCHEMA.replace("price -> Int4", "price -> Int8");
    let database = PgDatabase::create("push_rows");
    let project = Project::with(&[("schema.rs", SCHEMA)]);
    push(&project, database.url(), &["--yes"]).success();
    database.execute("INSERT INTO items (price) SELECT 1 FROM generate_series(1, 12)");
    push(&project, "rows.db", &["--yes"]).success();
    project.sqlite("rows.db").execute("INSERT INTO items (price) VALUES (1), (2)");
    project.write("schema.rs", narrower);
    push(&project, database.url(), &["--dry-run"])
        .success()
        .stderr_has("table-rewrite: writes items anew")
        .stderr_has("(items has 12 rows)");
    project.write("schema.rs", SCHEMA.replace("price > 0", "price > 1"));
    push(&project, "rows.db", &["--dry-run"]).success().stderr_has("(items has 2 rows)");
}

#[test]
fn programs_read_the_plan_and_what_was_refused() {
    let database = PgDatabase::create("push_json");
    let project = Project::with(&[("schema.rs", SCHEMA)]);
    let json = |args: &[&str]| {
        let outcome = push(&project, database.url(), args);
        let text = if outcome.stdout.is_empty() {
            outcome.stderr.lines().last().unwrap_or_default().to_owned()
        } else {
            outcome.stdout.clone()
        };
        let value: serde_json::Value =
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}\n{outcome}"));
        (outcome.code, value)
    };
    let (code, plan) = json(&["--dry-run", "--format", "json"]);
    assert_eq!((code, &plan["applied"]), (Some(0), &serde_json::json!(0)));
    assert!(plan["statements"][1]["sql"].as_str().unwrap().starts_with("CREATE TABLE items"));
    assert!(json(&["--yes", "--format", "json"]).1["applied"].as_u64().unwrap() > 1);

    database.execute("INSERT INTO items (price) VALUES (5)");
    project.write("schema.rs", "dbkit::schema! {}");
    let (code, refused) = json(&["--yes", "--format", "json"]);
    assert_eq!((code, &refused["exit_code"]), (Some(4), &serde_json::json!(4)));
    let hazard = &refused["refused"][0];
    assert_eq!(hazard["kind"], "data-loss");
    assert_eq!(hazard["table"], "items");
    assert_eq!(hazard["rows"], serde_json::json!({ "count": 1, "exact": true }));

    project.write("schema.rs", SCHEMA.replace("price > 0", "price > 10"));
    let (code, failed) = json(&["--yes", "--format", "json"]);
    assert_eq!(code, Some(6));
    let failure = &failed["failure"];
    assert_eq!((&failure["file"], &failure["line"]), (&"schema.rs".into(), &3.into()), "{failed}");
    assert_eq!(failure["code"], "23514");
}

#[test]
fn a_mistake_in_an_expression_is_found_in_its_file() {
    let database = PgDatabase::create("push_place");
    let wrong = SCHEMA.replace("price > 0", "prise > 0");
    let project = Project::with(&[("schema.rs", wrong.as_str())]);
    push(&project, database.url(), &["--yes"])
        .code(6)
        .stderr_has("schema.rs:8:20: column \"prise\" does not exist (42703)")
        .stderr_has("nothing was applied");
    project.write("schema.rs", SCHEMA);
    project.write(
        "schema.sql",
        "-- What is cheap.\nCREATE VIEW cheap AS\n  SELECT id, prize FROM items;\n",
    );
    push(&project, database.url(), &["--yes"])
        .code(6)
        .stderr_has("schema.sql:3:14: column \"prize\" does not exist");
    assert_eq!(database.value("SELECT to_regclass('items') IS NULL"), "true");
}

#[test]
fn a_table_that_others_hold_is_waited_for_and_they_are_named() {
    let database = PgDatabase::create("push_lock");
    let project = Project::with(&[("schema.rs", SCHEMA)]);
    push(&project, database.url(), &["--yes"]).success();
    let holder = database.hold("BEGIN; SELECT count(*) AS held FROM items");
    project.write("schema.rs", SCHEMA.replace("price -> Int4", "price -> Nullable<Int4>"));
    push(&project, database.url(), &["--yes", "--lock-timeout", "1"])
        .code(5)
        .stderr_has("held by pid ")
        .stderr_has("SELECT count(*) AS held FROM items")
        .stderr_has("--lock-timeout");
    let freed = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_secs(4));
        drop(holder);
    });
    push(&project, database.url(), &["--yes", "--lock-timeout", "60"])
        .success()
        .stderr_has("alter column price of table items waits for pid ");
    freed.join().unwrap();
    push(&project, database.url(), &["--yes"]).success().stdout_has("nothing to do");
}

#[test]
fn a_type_without_conversion_needs_one() {
    let database = PgDatabase::create("push_using");
    let project = Project::with(&[("schema.rs", SCHEMA)]);
    push(&project, database.url(), &["--yes"]).success();
    database.execute("INSERT INTO items (price) VALUES (1)");
    let other = SCHEMA.replace(
        "        #[check = \"price > 0\"]\n        price -> Int4",
        "        price -> Date",
    );
    project.write("schema.rs", &other);
    push(&project, database.url(), &["--yes"])
        .code(4)
        .stderr_has("no-conversion")
        .stderr_has("from = \"integer\"");
    let told = other.replace(
        "price -> Date",
        "#[using(\"date '2020-01-01' + price\", from = \"integer\")]\n        price -> Date",
    );
    project.write("schema.rs", told);
    push(&project, database.url(), &["--yes"]).success();
    assert_eq!(database.value("SELECT price FROM items"), "2020-01-02");
}

#[test]
fn labels_that_are_used_are_all_that_a_failure_leaves() {
    let database = PgDatabase::create("push_label");
    let project = Project::with(&[("schema.rs", SCHEMA)]);
    push(&project, database.url(), &["--yes"]).success();
    database.execute("INSERT INTO items (price) VALUES (1)");
    let more = SCHEMA
        .replace("Draft, Active", "Draft, Active, Gone")
        .replace("'draft'", "'gone'")
        .replace("price > 0", "price > 10");
    project.write("schema.rs", more);
    push(&project, database.url(), &["--yes"])
        .code(6)
        .stderr_has("what PostgreSQL wants committed first stays")
        .stderr_has("ADD VALUE 'gone'");
    let default = "SELECT column_default FROM information_schema.columns WHERE column_name = 'status' AND table_name = 'items'";
    assert!(database.value(default).contains("draft"));
    project.write(
        "schema.rs",
        SCHEMA.replace("Draft, Active", "Draft, Active, Gone").replace("'draft'", "'gone'"),
    );
    push(&project, database.url(), &["--yes"]).success();
    push(&project, database.url(), &["--yes"]).success().stdout_has("nothing to do");
}

#[test]
fn a_missing_database_is_made_except_where_it_is_protected() {
    let missing = PgDatabase::name_only("push_missing");
    let project = Project::with(&[("schema.rs", SCHEMA)]);
    push(&project, missing.url(), &["--dry-run"]).code(7).stderr_has("does not exist");
    let settings = format!("[env.prod]\nurl = \"{}\"\nprotected = true\n", missing.url());
    project.write("dbkit.toml", settings);
    let args = ["push", "--schema", "schema.rs", "--env", "prod", "--yes"];
    project.dbkit(args).run().code(7).stderr_has("does not exist");
    std::fs::remove_file(project.join("dbkit.toml")).unwrap();
    push(&project, missing.url(), &["--yes"]).success().stderr_has("created the database");
    push(&project, missing.url(), &["--yes"]).success().stdout_has("nothing to do");
}
