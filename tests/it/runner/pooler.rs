use super::kills::PgBlocker;
use super::{ALL_DONE, COMPLETE, dbkit, of_every_kind, run};
use crate::support::{PgDatabase, Pgbouncer, Project};
use std::time::Duration;

#[test]
fn everything_runs_through_a_pooler() {
    let database = PgDatabase::create("pooled");
    let pooler = Pgbouncer::start();
    let project = of_every_kind();
    let url = pooler.url(database.url());
    run(&project, &url, &["migrate"]).success();
    assert_eq!(database.value(COMPLETE), ALL_DONE);
    // Nothing stays behind in the pool.
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' \
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    assert_eq!(database.value(locks), "0");
    assert_eq!(database.value("SELECT count(*) FROM __dbkit_lease"), "0");
    run(&project, &url, &["rollback", "--all", "--yes"]).success();
    run(&project, database.url(), &["migrate"]).success();
    assert_eq!(database.value(COMPLETE), ALL_DONE);
}

#[test]
fn runners_with_and_without_a_pooler_take_turns() {
    let database = PgDatabase::create("mixed");
    let pooler = Pgbouncer::start();
    let project = of_every_kind();
    let urls = [pooler.url(database.url()), database.url().to_owned()];
    let project = &project;
    std::thread::scope(|scope| {
        for url in urls.iter().cycle().take(10) {
            scope.spawn(move || run(project, url, &["migrate"]).success());
        }
    });
    assert_eq!(database.value(COMPLETE), ALL_DONE);
}

#[test]
fn a_holder_behind_a_pooler_is_named_and_runs_out() {
    let database = PgDatabase::create("lease");
    let pooler = Pgbouncer::start();
    let project = Project::with(&[
        ("migrations/1_a/up.sql", "CREATE TABLE a (id integer);"),
        ("migrations/2_b/up.sql", "ALTER TABLE a ADD b integer;"),
    ]);
    run(&project, database.url(), &["migrate", "--steps", "1"]).success();
    let blocker = PgBlocker::begin(&database, "SELECT count(*) FROM a");
    let first = dbkit(&project, &pooler.url(database.url()), &["migrate"]).spawn();
    std::thread::sleep(Duration::from_secs(2));
    run(&project, database.url(), &["migrate", "--lock-timeout", "1"])
        .code(5)
        .stderr_has("through a pooler");
    // A dead runner's row is believed for a while only.
    let pid = i32::try_from(first.pid()).unwrap();
    // SAFETY: a signal to a process this test has started.
    unsafe { libc::kill(pid, libc::SIGKILL) };
    first.wait();
    drop(blocker);
    run(&project, database.url(), &["migrate"]).success();
    assert_eq!(database.value("SELECT count(*) FROM __diesel_schema_migrations"), "2");
}

#[test]
fn migrations_take_the_direct_way() {
    let database = PgDatabase::create("direct");
    let pooler = Pgbouncer::start();
    let project = Project::with(&[("migrations/1_a/up.sql", "CREATE TABLE a (id integer);")]);
    let pooled = pooler.url(database.url());
    project
        .dbkit(["migrate"])
        .env("DATABASE_URL", &pooled)
        .env("DIRECT_URL", database.url())
        .run()
        .success()
        .stderr_has("DIRECT_URL");
    assert_eq!(database.value("SELECT to_regclass('__dbkit_lease') IS NULL"), "true");
    let settings = format!("[env.prod]\nurl = \"{pooled}\"\ndirect_url = \"{}\"\n", database.url());
    project.write("dbkit.toml", settings);
    project.dbkit(["rollback", "--env", "prod", "--yes"]).run().code(4).stderr_has("down.sql");
    project.write("migrations/1_a/down.sql", "DROP TABLE a;");
    project
        .dbkit(["rollback", "--env", "prod", "--yes"])
        .run()
        .success()
        .stderr_has("env.prod.direct_url");
    assert_eq!(database.value("SELECT to_regclass('__dbkit_lease') IS NULL"), "true");
}
