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
