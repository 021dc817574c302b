//! The migrations view: what has run, what is pending, what the database has otherwise.

use super::visit::Visit;
use crate::support::{PgDatabase, Project};
use serde_json::json;

const SCHEMA: &str = "dbkit::schema! {\n    table users (id) {\n        id -> Integer,\n        name -> Text,\n    }\n}\n";

#[test]
fn a_database_that_was_changed_by_hand_is_told() {
    let database = PgDatabase::create("studio_drift");
    let project = Project::with(&[("src/schema.rs", SCHEMA)]);
    let dbkit = |args: &[&str]| project.dbkit(args).run().success();
    dbkit(&["generate", "first", "--schema", "src/schema.rs", "--migration-dir", "migrations"]);
    let url = ["--database-url", database.url(), "--migration-dir", "migrations"];
    dbkit(&[&["migrate"], &url[..]].concat());
    let visit = Visit::open(project.path(), &url);
    let seen = || visit.ask("migrations", &json!({}));
    let found = seen();
    assert_eq!(
        (&found["drift"], &found["migrations"][0]["state"]),
        (&json!([]), &json!("applied"))
    );
    database.execute(
        "ALTER TABLE users ADD COLUMN by_hand text; CREATE TABLE loose (id integer PRIMARY KEY)",
    );
    let found = seen();
    let drift: Vec<&str> =
        found["drift"].as_array().unwrap().iter().filter_map(|line| line.as_str()).collect();
    assert_eq!(drift.len(), 2, "{drift:?}");
    assert!(drift.iter().any(|line| line.contains("loose only in the database")), "{drift:?}");
    assert!(drift.iter().any(|line| line.contains("users different in the database")), "{drift:?}");
    // Looking leaves nothing behind.
    assert_eq!(
        database.value("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'dbkit%'"),
        "0"
    );
}
