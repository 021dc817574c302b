use super::{ALL_DONE, COMPLETE, dbkit, of_every_kind, run};
use crate::support::{Fault, PgDatabase, Project, Proxy, postgres_url};
use std::time::{Duration, Instant};

fn server() -> url::Url {
    url::Url::parse(&postgres_url()).unwrap()
}

fn clean(database: &PgDatabase) {
    database.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
}

/// The ledger says neither more nor less than what is there.
fn truthful(database: &PgDatabase, context: &str) {
    let exists =
        |name: &str| database.value(&format!("SELECT to_regclass('{name}') IS NOT NULL")) == "true";
    if !exists("__dbkit_migrations") {
        assert!(!exists("a"), "{context}");
        return;
    }
    for (version, table) in [("1", "a"), ("2", "b"), ("10", "d")] {
        let sql =
            format!("SELECT count(*) FROM __diesel_schema_migrations WHERE version = '{version}'");
        assert_eq!(database.value(&sql) == "1", exists(table), "{context}: {table}");
    }
    let sql = "SELECT statement || coalesce(running, '') FROM __dbkit_migrations WHERE version = '3' AND state = 'started'";
    let Some(Some(stands)) = database.values(sql).into_iter().next() else { return };
    let rows = database.value("SELECT coalesce(string_agg(id::text, ',' ORDER BY id), '') FROM b");
    let wanted = match &stands[..1] {
        "0" => "1,2",
        "1" | "2" => "1,2,3",
        "3" => "1,2,3,4",
        "7" => "1,2,3,4,5,6",
        "8" => "1,2,3,4,5,6,7",
        other => panic!("{context}: {other}"),
    };
    assert_eq!(rows, wanted, "{context}: after statement {stands}");
}

fn sweep(fault: Fault) {
    let database = PgDatabase::create("sweep");
    let project = of_every_kind();
    let mut at = 0;
    loop {
        at += 1;
        clean(&database);
        let proxy = Proxy::at_request(&server(), fault, at);
        let outcome = run(&project, &proxy.url(database.url()), &["migrate"]);
        let context = format!("{fault:?} at request {at}\n{outcome}");
        if !proxy.struck() {
            assert_eq!(outcome.code, Some(0), "{context}");
            break;
        }
        // A connection lost after the last commit, while the lock is given back, is no failure.
        assert!(matches!(outcome.code, Some(0 | 7)), "{context}");
        truthful(&database, &context);
        run(&project, database.url(), &["status"]).success();
        run(&project, database.url(), &["migrate"]).success();
        assert_eq!(database.value(COMPLETE), ALL_DONE, "{context}");
    }
    assert!(at > 20, "only {at} requests");
}

#[test]
fn a_connection_cut_before_any_request() {
    sweep(Fault::CutBefore);
}

#[test]
fn a_connection_cut_after_any_request() {
    sweep(Fault::CutAfter);
}

#[test]
fn a_connection_cut_on_the_way_back() {
    let database = PgDatabase::create("sweepdown");
    let project = of_every_kind();
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        let mut at = 0;
        loop {
            at += 2;
            clean(&database);
            run(&project, database.url(), &["migrate"]).success();
            let proxy = Proxy::at_request(&server(), fault, at);
            let args = ["rollback", "--all", "--yes"];
            let outcome = run(&project, &proxy.url(database.url()), &args);
            if !proxy.struck() {
                break;
            }
            let again = run(&project, database.url(), &args);
            assert_eq!(again.code, Some(0), "{fault:?} at {at}\n{outcome}\n{again}");
            let left = "SELECT count(*) FROM pg_class WHERE relname IN ('a', 'b', 'd', 'a_n')";
            assert_eq!(database.value(left), "0", "{fault:?} at {at}\n{outcome}");
            let ledger = "SELECT (SELECT count(*) FROM __diesel_schema_migrations) + (SELECT count(*) FROM __dbkit_migrations)";
            assert_eq!(database.value(ledger), "0", "{fault:?} at {at}\n{outcome}");
        }
    }
}

#[test]
fn a_lost_answer_to_commit_is_called_unknown() {
    let database = PgDatabase::create("commit");
    let project = Project::with(&[("migrations/1_a/up.sql", "CREATE TABLE a (id integer);")]);
    // The ledger's own tables are there from now on.
    run(&project, database.url(), &["migrate"]).success();
    project.write("migrations/2_b/up.sql", "CREATE TABLE b (id integer);");
    let proxy = Proxy::at_text(&server(), Fault::CutAfter, "COMMIT");
    run(&project, &proxy.url(database.url()), &["migrate"])
        .code(7)
        .stderr_has("2_b was being committed")
        .stderr_has("unknown");
    assert_eq!(database.value("SELECT count(*) FROM __diesel_schema_migrations"), "2");
    run(&project, database.url(), &["migrate"]).success().stdout_has("nothing to do");
}

#[test]
fn a_frozen_server_runs_into_a_limit() {
    let project = of_every_kind();
    for text in ["CREATE TABLE a", "COMMIT", "pg_try_advisory_lock"] {
        // The frozen connection keeps its lock for as long as the server does not know.
        let database = PgDatabase::create("frozen");
        let proxy = Proxy::at_text(&server(), Fault::Freeze, text);
        let begin = Instant::now();
        run(&project, &proxy.url(database.url()), &["migrate"])
            .code(7)
            .stderr_has("no sign of life");
        assert!(begin.elapsed() < Duration::from_secs(30), "{text}: {:?}", begin.elapsed());
    }
}

#[test]
fn an_answer_that_got_lost_is_noticed() {
    let database = PgDatabase::create("swallowed");
    let project = of_every_kind();
    let proxy = Proxy::at_text(&server(), Fault::SwallowAnswer, "COMMIT");
    run(&project, &proxy.url(database.url()), &["migrate"])
        .code(7)
        .stderr_has("the answer did not arrive");
    database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND application_name = 'dbkit'",
    );
    run(&project, database.url(), &["migrate"]).success();
    assert_eq!(database.value(COMPLETE), ALL_DONE);
}

#[test]
fn a_terminated_backend_leaves_nothing_half_done() {
    let database = PgDatabase::create("terminated");
    let project = Project::with(&[(
        "migrations/1_a/up.sql",
        "CREATE TABLE a (id integer);\nSELECT pg_sleep(20);\nCREATE TABLE b (id integer);",
    )]);
    let running = dbkit(&project, database.url(), &["migrate"]).spawn();
    terminate(&database);
    running.wait().code(7).stderr_has("nothing of this file was applied");
    assert_eq!(database.value("SELECT to_regclass('a') IS NULL"), "true");
}

/// Ends dbkit's session as soon as it sleeps.
fn terminate(database: &PgDatabase) {
    let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
               WHERE datname = current_database() AND wait_event = 'PgSleep'";
    let begin = Instant::now();
    while database.value(sql) == "0" {
        assert!(begin.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(100));
    }
}
