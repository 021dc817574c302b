use super::{ALL_DONE, COMPLETE, dbkit, of_every_kind, run};
use crate::support::{Fault, PgDatabase, Project, Proxy, postgres_url};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// kill -9 whenever the program has sent a request, in steps through the whole run.
#[test]
fn a_process_killed_at_any_request() {
    let database = PgDatabase::create("killed");
    let server = url::Url::parse(&postgres_url()).unwrap();
    let project = of_every_kind();
    let mut at = 1;
    loop {
        database.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        let process = Arc::new(AtomicU32::new(0));
        let victim = Arc::clone(&process);
        let strike = Box::new(move || kill(victim.load(Ordering::SeqCst), libc::SIGKILL));
        let proxy = Proxy::start(&server, Fault::CutAfter, at, None, strike);
        let running = dbkit(&project, &proxy.url(database.url()), &["migrate"]).spawn();
        process.store(running.pid(), Ordering::SeqCst);
        let outcome = running.wait();
        if !proxy.struck() {
            assert_eq!(outcome.code, Some(0), "{outcome}");
            break;
        }
        run(&project, database.url(), &["status"]).success();
        run(&project, database.url(), &["migrate"]).success();
        assert_eq!(database.value(COMPLETE), ALL_DONE, "killed at request {at}");
        at += 2;
    }
    assert!(at > 20);
}

fn kill(process: u32, signal: i32) {
    let process = i32::try_from(process).unwrap();
    // SAFETY: a signal to a process this test has started.
    assert_eq!(unsafe { libc::kill(process, signal) }, 0);
}

fn wait_for(database: &PgDatabase, sql: &str) {
    let begin = Instant::now();
    while database.value(sql) != "true" {
        assert!(begin.elapsed() < Duration::from_secs(30), "{sql}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn control_c_rolls_back_and_lets_go() {
    let database = PgDatabase::create("signal");
    let project = Project::with(&[(
        "migrations/1_a/up.sql",
        "CREATE TABLE a (id integer);\nSELECT pg_sleep(60);",
    )]);
    let running = dbkit(&project, database.url(), &["migrate"]).spawn();
    wait_for(
        &database,
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep')",
    );
    let begin = Instant::now();
    kill(running.pid(), libc::SIGINT);
    running.wait().code(130).stderr_has("stopped by a signal").stderr_has("nothing of this file");
    assert!(begin.elapsed() < Duration::from_secs(5));
    assert_eq!(database.value("SELECT to_regclass('a') IS NULL"), "true");
    project.write("migrations/1_a/up.sql", "CREATE TABLE a (id integer);");
    run(&project, database.url(), &["migrate", "--lock-timeout", "2"]).success();
}

/// The index stays INVALID when its building is interrupted; IF NOT EXISTS would take it for done.
#[test]
fn an_interrupted_index_is_built_again() {
    let database = PgDatabase::create("invalid");
    let project = Project::with(&[
        (
            "migrations/1_a/up.sql",
            "CREATE TABLE a AS SELECT i AS n FROM generate_series(1, 1000) i;",
        ),
        ("migrations/2_i/metadata.toml", "run_in_transaction = false\n"),
        (
            "migrations/2_i/up.sql",
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS a_n ON a (n);\nANALYZE a;",
        ),
    ]);
    run(&project, database.url(), &["migrate", "--steps", "1"]).success();
    // Somebody's open transaction makes the index wait.
    let blocker = PgBlocker::begin(&database, "INSERT INTO a VALUES (0)");
    let running = dbkit(&project, database.url(), &["migrate"]).spawn();
    wait_for(&database, "SELECT EXISTS (SELECT FROM pg_index WHERE NOT indisvalid)");
    kill(running.pid(), libc::SIGKILL);
    running.wait();
    database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND application_name LIKE 'dbkit%'",
    );
    drop(blocker);
    run(&project, database.url(), &["status"])
        .success()
        .stdout_has("interrupted after statement 0 of 2")
        .stdout_has("outcome unknown: CREATE INDEX CONCURRENTLY");
    run(&project, database.url(), &["migrate"])
        .success()
        .stderr_has("dropped public.a_n, left INVALID");
    assert_eq!(
        database.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'a_n'::regclass"),
        "true"
    );
    run(&project, database.url(), &["status", "--check"]).success();
}

#[test]
fn an_index_that_fails_leaves_nothing() {
    let database = PgDatabase::create("duplicates");
    let project = Project::with(&[
        ("migrations/1_a/up.sql", "CREATE TABLE a (n integer);\nINSERT INTO a VALUES (1), (1);"),
        ("migrations/2_i/metadata.toml", "run_in_transaction = false\n"),
        ("migrations/2_i/up.sql", "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a_n ON a (n);"),
    ]);
    run(&project, database.url(), &["migrate"])
        .code(6)
        .stderr_has("Key (n)=(1) is duplicated")
        .stderr_has("2_i/up.sql:1:1");
    assert_eq!(database.value("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), "0");
    run(&project, database.url(), &["status"]).stdout_has("1 migration pending");
    database.execute("DELETE FROM a WHERE ctid = (SELECT min(ctid) FROM a)");
    run(&project, database.url(), &["migrate"]).success();
}

/// Of a procedure that commits nothing tells how far it came: the user decides.
#[test]
fn what_nobody_can_know_is_asked() {
    let database = PgDatabase::create("unknown");
    let project = Project::with(&[
        (
            "migrations/1_a/up.sql",
            "CREATE TABLE a (n integer);\nCREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN\n INSERT INTO a VALUES (1); COMMIT; PERFORM pg_sleep(60); END $$;",
        ),
        ("migrations/2_p/metadata.toml", "run_in_transaction = false\n"),
        (
            "migrations/2_p/up.sql",
            "INSERT INTO a VALUES (0);\nCALL p();\nINSERT INTO a VALUES (2);",
        ),
    ]);
    run(&project, database.url(), &["migrate", "--steps", "1"]).success();
    let running = dbkit(&project, database.url(), &["migrate"]).spawn();
    wait_for(&database, "SELECT count(*) = 2 FROM a");
    kill(running.pid(), libc::SIGKILL);
    running.wait();
    database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND application_name = 'dbkit'",
    );
    run(&project, database.url(), &["migrate"])
        .code(6)
        .stderr_has("its statement 2")
        .stderr_has("dbkit repair 2_p --retry");
    run(&project, database.url(), &["repair", "2_p", "--skip"])
        .success()
        .stdout_has("2_p is applied");
    assert_eq!(database.value("SELECT string_agg(n::text, ',' ORDER BY n) FROM a"), "0,1,2");
    run(&project, database.url(), &["status", "--check"]).success();
}

/// A transaction that stays open until the value is dropped.
pub(super) struct PgBlocker(Option<diesel::PgConnection>);

impl PgBlocker {
    pub(super) fn begin(database: &PgDatabase, sql: &str) -> Self {
        use diesel::Connection;
        use diesel::connection::SimpleConnection;
        let url = format!("{}?application_name=blocker", database.url());
        let mut connection = diesel::PgConnection::establish(&url).unwrap();
        connection.batch_execute(&format!("BEGIN; {sql}")).unwrap();
        Self(Some(connection))
    }
}

impl Drop for PgBlocker {
    fn drop(&mut self) {
        drop(self.0.take());
    }
}
