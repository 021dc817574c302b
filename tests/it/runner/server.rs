//! What a server of one's own is needed for: a restart, a full disk.

use super::{dbkit, run};
use crate::support::{PgDatabase, Project, Server};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

fn two() -> Project {
    Project::with(&[
        ("migrations/1_a/up.sql", "CREATE TABLE a (id integer);"),
        ("migrations/2_b/up.sql", "CREATE TABLE b (id integer);\nSELECT pg_sleep(60);"),
    ])
}

#[test]
fn a_server_that_restarts_in_mid_migration() {
    let server = Server::start();
    let url = server.url("postgres", "", "");
    let project = two();
    let running = dbkit(&project, &url, &["migrate"]).spawn();
    let asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    let begin = Instant::now();
    while server.value(asleep) != "1" {
        assert!(begin.elapsed() < Duration::from_secs(30), "it never slept");
        std::thread::sleep(Duration::from_millis(50));
    }
    server.restart();
    running.wait().code(7).stderr_has("2_b/up.sql").stderr_has("nothing of this file was applied");
    run(&project, &url, &["status", "--wait", "30"])
        .success()
        .stdout_has("1_a        applied")
        .stdout_has("2_b        pending");
    project.write("migrations/2_b/up.sql", "CREATE TABLE b (id integer);");
    run(&project, &url, &["migrate"]).success().stdout_has("1 migration applied");
}

/// A file system of 6 MB, where mounting one is allowed.
struct Small(PathBuf);

impl Small {
    fn mount() -> Option<Self> {
        let path = std::env::temp_dir().join(format!("dbkit-small-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=6m,mode=777", "tmpfs"])
            .arg(&path)
            .output()
            .is_ok_and(|output| output.status.success());
        let small = Self(path);
        if mounted {
            return Some(small);
        }
        let _ = std::fs::remove_dir(&small.0);
        std::mem::forget(small);
        None
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
        let _ = std::fs::remove_dir(&self.0);
    }
}

const VALID: &str = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'big_t'::regclass";

#[test]
fn a_tablespace_that_fills_up() {
    let Some(small) = Small::mount() else {
        eprintln!("not looked at: mounting a small file system needs root");
        return;
    };
    let server = Server::start();
    let place = small.0.join("space");
    let place = place.display();
    server.execute(&format!("COPY (SELECT 1) TO PROGRAM 'cat >/dev/null; mkdir {place}'"));
    server.execute(&format!("CREATE TABLESPACE small LOCATION '{place}'"));
    let url = server.url("postgres", "", "");
    let fill = "INSERT INTO big SELECT repeat('x', 1000) FROM generate_series(1, 20000);";
    let project = Project::with(&[
        ("migrations/1_a/up.sql", "CREATE TABLE big (t text) TABLESPACE small;"),
        ("migrations/2_b/up.sql", fill),
        ("migrations/3_c/up.sql", "CREATE TABLE c (id integer);"),
    ]);
    run(&project, &url, &["migrate"])
        .code(6)
        .stderr_has("2_b/up.sql:1:1")
        .stderr_has("No space left on device")
        .stderr_has("nothing of this file was applied");
    run(&project, &url, &["status"]).success().stdout_has("2 migrations pending");
    assert_eq!(server.value("SELECT count(*) FROM big"), "0");

    for sql in ["DROP TABLE big", "CHECKPOINT", "CREATE TABLE big (t text) TABLESPACE small"] {
        server.execute(sql);
    }
    server.execute(
        "CREATE TABLE other TABLESPACE small AS SELECT repeat('x', 1000) FROM generate_series(1, 2300)",
    );
    // An index outside a transaction: what was done before is not done again.
    project.write("migrations/2_b/metadata.toml", "run_in_transaction = false\n");
    project.write(
        "migrations/2_b/up.sql",
        "INSERT INTO big SELECT md5(i::text) || repeat('x', 40) FROM generate_series(1, 20000) i;\n\
         CREATE INDEX CONCURRENTLY IF NOT EXISTS big_t ON big (t) TABLESPACE small;",
    );
    run(&project, &url, &["migrate"]).code(6).stderr_has("2_b/up.sql:2:1").stderr_has("No space");
    run(&project, &url, &["status"]).success().stdout_has("interrupted after statement 1 of 2");
    // What the failed build left is gone already: it would cost every write.
    assert_eq!(server.value("SELECT to_regclass('big_t') IS NULL"), "true");
    server.execute("DROP TABLE other");
    server.execute("CHECKPOINT");
    run(&project, &url, &["migrate"]).success().stdout_has("2 migrations applied");
    assert_eq!(server.value(VALID), "true");
    server.execute("DROP TABLE big");
    server.execute("DROP TABLESPACE small");
}

#[test]
fn a_role_that_may_not_write_changes_nothing() {
    let database = PgDatabase::create("readonly");
    let project = Project::with(&[("migrations/1_a/up.sql", "CREATE TABLE a (id integer);")]);
    let role = format!("readonly_{}", std::process::id());
    database.execute(&format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'geheim'; REVOKE CREATE ON SCHEMA public FROM PUBLIC; \
         ALTER ROLE {role} SET default_transaction_read_only = on"
    ));
    let url = database.url().replacen("postgres@", &format!("{role}:geheim@"), 1);
    for args in [&["status"][..], &["migrate", "--dry-run"]] {
        run(&project, &url, args).success().stdout_has("1_a").nowhere("geheim");
    }
    let outcome = run(&project, &url, &["migrate"]).nowhere("geheim");
    assert!(matches!(outcome.code, Some(6)), "{outcome}");
    assert_eq!(
        database.value("SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public'"),
        "0"
    );
    database.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}
