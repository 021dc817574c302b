//! `dbkit baseline`: an existing database, a Diesel project, a second database.

use super::check::folder;
use super::{Stage, both};
use crate::support::diesel;

fn dialect(stage: &Stage) -> &'static str {
    if stage.is_postgres() { "postgres" } else { "sqlite" }
}

const SHOP: &str = "CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id));
CREATE INDEX orders_of ON orders (customer_id);
INSERT INTO customers VALUES (1, 'Ada')";

fn settings(stage: &Stage) {
    stage.project.write("dbkit.toml", format!("dialects = [\"{}\"]\n", dialect(stage)));
}

#[test]
fn an_existing_database_gets_a_first_migration_that_has_run() {
    both("adopt", |stage| {
        settings(stage);
        stage.run(&["baseline"]).code(4).stderr_has("there is nothing to adopt");
        stage.execute(SHOP);
        stage.run(&["baseline", "--dry-run"]).success().stdout_has("CREATE TABLE customers");
        assert!(!stage.project.exists("migrations"));
        stage.run(&["baseline"]).success().stdout_has("_baseline").stderr_has("dbkit pull");
        assert_eq!(stage.ledger().len(), 1);
        stage.run(&["migrate"]).success().stdout_has("nothing to do");
        assert_eq!(stage.values("SELECT name FROM customers"), ["Ada"]);
        stage.run(&["pull"]).success();
        stage.run(&["check"]).success();
        stage.run(&["baseline"]).code(4).stderr_has("under history already");

        // The migration makes the same database from nothing.
        stage.run(&["rollback", "--yes"]).success();
        stage.run(&["migrate"]).success();
        stage.run(&["check"]).success();
    });
}

#[test]
fn a_second_database_is_noted_as_far_as_it_is() {
    both("second", |stage| {
        super::check::start(stage);
        stage.project.write("src/schema.rs", super::check::with("age -> Nullable<Integer>,"));
        stage.offline(&["generate", "age"]).success();
        let up = stage.project.read(&format!("{}/up.sql", folder(stage, 0)));
        stage.execute(&up);
        stage.run(&["baseline"]).success().stdout_has("_first\nnoted as applied, without running");
        assert_eq!(stage.ledger().len(), 1);
        stage.run(&["migrate"]).success().stdout_has("_age");
        stage.run(&["check"]).success();
    });
}

#[test]
fn a_database_that_is_something_else_is_refused() {
    both("else", |stage| {
        super::check::start(stage);
        stage.execute("CREATE TABLE users (id INTEGER PRIMARY KEY)");
        stage.execute("CREATE TABLE other (id INTEGER PRIMARY KEY)");
        stage
            .run(&["baseline"])
            .code(4)
            .stderr_has("nothing that the migrations add up to")
            .stderr_has("table other, table users");
        let version = folder(stage, 0).split(['/', '_']).nth(1).unwrap().to_owned();
        stage.run(&["baseline", "--to", &version]).code(4).stderr_has("--yes");
        stage.run(&["baseline", "--to", "1"]).code(2);
        stage.run(&["baseline", "--to", &version, "--yes"]).success();
        assert_eq!(stage.ledger().len(), 1);
        stage.run(&["check"]).code(3).stdout_has("drift: table other");
    });
}

#[test]
fn a_diesel_project_keeps_its_folders() {
    both("dieselproject", |stage| {
        settings(stage);
        stage.project.write("diesel.toml", "[migrations_directory]\ndir = \"migrations\"\n");
        for (version, up, down) in [
            (
                "2024-01-01-000000_a",
                "CREATE TABLE a (id INTEGER PRIMARY KEY);\n",
                "DROP TABLE a;\n",
            ),
            (
                "2024-01-02-000000_b",
                "ALTER TABLE a ADD COLUMN name TEXT;\n",
                "ALTER TABLE a DROP COLUMN name;\n",
            ),
        ] {
            stage.project.write(&format!("migrations/{version}/up.sql"), up);
            stage.project.write(&format!("migrations/{version}/down.sql"), down);
        }
        let url = if stage.is_postgres() {
            stage.url()
        } else {
            stage.url().trim_start_matches("sqlite://").to_owned()
        };
        stage.run(&["baseline"]).code(4).stderr_has("no ledger").stderr_has("--to");
        diesel(stage.project.path(), &url, &["migration", "run"]).success();
        stage.run(&["baseline"]).success().stdout_has("2 migrations adopted as they are");
        assert_eq!(stage.project.list("migrations/2024-01-01-000000_a"), ["down.sql", "up.sql"]);
        assert!(stage.project.exists("migrations/2024-01-02-000000_b/snapshot.json"));
        stage.run(&["pull"]).success();
        stage.run(&["check"]).success();
        // From here on dbkit generates, and Diesel still runs and reverts.
        let schema = stage.project.read("src/schema.rs");
        let more = schema.trim_end().strip_suffix('}').unwrap().to_owned()
            + "    table c (id) {\n        id -> Integer,\n    }\n}\n";
        stage.project.write("src/schema.rs", more);
        stage.run(&["generate", "c"]).success();
        diesel(stage.project.path(), &url, &["migration", "run"]).success();
        stage.run(&["check"]).success();
        diesel(stage.project.path(), &url, &["migration", "revert"]).success();
        stage.run(&["status"]).success().stdout_has("1 migration pending");
    });
}
