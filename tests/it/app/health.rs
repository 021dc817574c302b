use super::{postgres, small, sqlite};
use dbkit::EmbeddedMigration;
use std::time::Duration;

const fn migration(name: &'static str) -> EmbeddedMigration {
    EmbeddedMigration { name, up: "SELECT 1;", down: None, metadata: None }
}

const PROGRAM: &[EmbeddedMigration] =
    &[migration("2026-01-01-000000_first"), migration("2026-01-02-000000_second")];

const LEDGER: &str = "CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY, \
    run_on timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP);";

#[test]
fn tells_what_has_run() {
    let (database, db) = postgres("health", small());
    let before = db.health(Some(PROGRAM));
    assert!(before.reachable && !before.is_ready());
    assert_eq!(before.migrations.unwrap().pending.len(), 2);
    database.execute(&format!(
        "{LEDGER} INSERT INTO __diesel_schema_migrations (version) VALUES \
         ('20260101000000'), ('20260102000000')"
    ));
    let after = db.health(Some(PROGRAM));
    assert!(after.is_ready());
    assert_eq!(after.migrations.unwrap().version.as_deref(), Some("20260102000000"));
    let older = db.health(PROGRAM.get(..1)).migrations.unwrap();
    assert_eq!(older.unknown, ["20260102000000"]);
}

#[test]
fn sqlite_tells_the_same() {
    let (project, db) = sqlite(small());
    crate::support::SqliteFile::new(project.join("app.db")).execute(&format!(
        "{LEDGER} INSERT INTO __diesel_schema_migrations (version) VALUES ('20260101000000')"
    ));
    let health = db.health(Some(PROGRAM));
    assert!(health.reachable && !health.is_ready());
    assert_eq!(health.migrations.as_ref().unwrap().pending, ["2026-01-02-000000_second"]);
    let json = serde_json::to_value(&health).unwrap();
    assert_eq!(json["migrations"]["version"], "20260101000000");
    assert_eq!(json["max_size"], 3);
}

#[test]
fn a_database_that_is_gone_is_not_reachable() {
    let mut settings = small();
    settings.connect_timeout = Duration::from_millis(300);
    let (database, db) = postgres("gone", settings);
    drop(database);
    let health = db.health(None);
    assert!(!health.reachable && !health.is_ready());
    assert!(health.error.is_some());
}
