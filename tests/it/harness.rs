//! The test harness itself: a throw-away database is there, is empty and goes away.

use crate::support::{PgDatabase, Project};

#[test]
fn a_fresh_database_is_empty_and_is_dropped() {
    let database = PgDatabase::create("harness");
    let name = database.name.clone();
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(database.value(tables), "0");
    drop(database);
    let other = PgDatabase::create("harness");
    let left = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
    assert_eq!(other.value(&left), "0");
}

#[test]
fn a_project_folder_holds_what_is_written() {
    let project = Project::with(&[("a/b.txt", "text")]);
    assert_eq!(project.read("a/b.txt"), "text");
    assert_eq!(project.list("a"), ["b.txt"]);
}
