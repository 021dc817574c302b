use super::kills::PgBlocker;
use super::{dbkit, run};
use crate::support::{PgDatabase, Project};
use std::time::{Duration, Instant};

fn project() -> Project {
    Project::with(&[
        ("migrations/1_a/up.sql", "CREATE TABLE a (id integer);"),
        ("migrations/2_b/up.sql", "CREATE TABLE b (id integer);\nALTER TABLE a ADD n integer;"),
    ])
}

#[test]
fn a_table_in_use_is_waited_for_in_short_turns() {
    let database = PgDatabase::create("tablelock");
    let project = project();
    run(&project, database.url(), &["migrate", "--steps", "1"]).success();
    let blocker = PgBlocker::begin(&database, "SELECT count(*) FROM a");
    let args = ["migrate", "--lock-timeout", "5", "--table-lock-timeout", "1"];
    run(&project, database.url(), &args)
        .code(5)
        .stderr_has("2_b/up.sql:2:1")
        .stderr_has("held up by pid")
        .stderr_has("(blocker)")
        .stderr_has("SELECT count(*) FROM a")
        .stderr_has("waiting for a lock")
        .stderr_has("nothing of this file was applied");
    assert_eq!(database.value("SELECT to_regclass('b') IS NULL"), "true");
    // Whoever only reads comes through meanwhile, within the limit of one turn.
    let running = dbkit(&project, database.url(), &["migrate"]).spawn();
    std::thread::sleep(Duration::from_millis(1500));
    let begin = Instant::now();
    assert_eq!(database.value("SELECT count(*) FROM a"), "0");
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
    drop(blocker);
    running.wait().success().stderr_has("trying again");
}

#[test]
fn a_statement_may_be_limited() {
    let database = PgDatabase::create("limit");
    let project = project();
    project.write("migrations/3_c/up.sql", "SELECT pg_sleep(30);");
    run(&project, database.url(), &["migrate", "--statement-timeout", "0.3"])
        .code(6)
        .stderr_has("3_c/up.sql:1:1")
        .stderr_has("statement timeout");
    assert_eq!(database.value("SELECT count(*) FROM __diesel_schema_migrations"), "2");
}

#[test]
fn the_holder_of_the_lock_is_named() {
    let database = PgDatabase::create("holder");
    let project = project();
    let holder = PgBlocker::begin(&database, "COMMIT; SELECT pg_advisory_lock(431047010420)");
    run(&project, database.url(), &["migrate", "--lock-timeout", "1"])
        .code(5)
        .stderr_has("waiting for another dbkit on this database (pid ")
        .stderr_has(", blocker, for ")
        .stderr_has("gave up after");
    drop(holder);
    run(&project, database.url(), &["migrate"]).success();
}

#[test]
fn twenty_runners_with_statements_that_cannot_share_a_transaction() {
    let database = PgDatabase::create("twenty");
    let project = project();
    project.write("migrations/3_i/metadata.toml", "run_in_transaction = false\n");
    project.write(
        "migrations/3_i/up.sql",
        "INSERT INTO b VALUES (1);\nCREATE INDEX CONCURRENTLY b_id ON b (id);\nINSERT INTO b VALUES (2);",
    );
    let url = database.url();
    let outcomes: Vec<String> = std::thread::scope(|scope| {
        let runners: Vec<_> = (0..20)
            .map(|_| scope.spawn(|| run(&project, url, &["migrate"]).success().stdout))
            .collect();
        runners.into_iter().map(|runner| runner.join().unwrap()).collect()
    });
    let applied = outcomes.iter().filter(|text| text.contains("3 migrations applied")).count();
    assert_eq!(applied, 1, "{outcomes:#?}");
    assert_eq!(database.value("SELECT count(*) FROM b"), "2");
    assert_eq!(database.value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"), "0");
}
