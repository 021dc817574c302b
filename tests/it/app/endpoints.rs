use super::{postgres, small};
use crate::support::{PgDatabase, Server, postgres_url};
use axum::Router;
use dbkit::EmbeddedMigration;
use dbkit::app::{Db, Error};
use dbkit::health::Checks;
use diesel::PgConnection;
use diesel::prelude::*;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

static PROGRAM: &[EmbeddedMigration] = &[EmbeddedMigration {
    name: "2026-01-01-000000_first",
    up: "SELECT 1;",
    down: None,
    metadata: None,
}];

const LEDGER: &str = "CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY, \
    run_on timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP); \
    CREATE TABLE __dbkit_migrations (version varchar(50) PRIMARY KEY, checksum text, state text)";

fn serve(router: Router) -> SocketAddr {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    told.recv().unwrap()
}

/// Status and body.
fn get(address: SocketAddr, path: &str, token: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let code = text.split(' ').nth(1).unwrap().parse().unwrap();
    (code, text.split_once("\r\n\r\n").unwrap().1.to_owned())
}

fn checks(db: &Db<PgConnection>) -> Checks<PgConnection> {
    Checks::new(db.clone()).cache(Duration::ZERO).limit(Duration::from_millis(700))
}

#[test]
fn ready_follows_the_migrations_and_strangers_learn_nothing() {
    let (database, db) = postgres("ready", small());
    let address = serve(checks(&db).migrations(PROGRAM).details("token").router());
    assert_eq!(get(address, "/live", ""), (200, r#"{"status":"live"}"#.to_owned()));
    assert_eq!(get(address, "/ready", "").0, 503, "no ledger: all is pending");
    database.execute(LEDGER);
    database.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('20260101000000')");
    assert_eq!(get(address, "/ready", ""), (200, r#"{"status":"ready"}"#.to_owned()));
    for (path, token) in [("/ready?details", "wrong"), ("/ready?details", ""), ("/ready", "token")]
    {
        assert!(!get(address, path, token).1.contains("latency"), "{path} {token}");
    }
    let details = get(address, "/ready?details", "token").1;
    for word in [
        "latency",
        "max_size",
        "cache_hit_ratio",
        "longest_transaction",
        "replication_lag",
        "20260101000000",
    ] {
        assert!(details.contains(word), "{word}: {details}");
    }
    database
        .execute("INSERT INTO __dbkit_migrations VALUES ('20260101000000', 'another', 'finished')");
    let (code, body) = get(address, "/ready?details", "token");
    assert_eq!(code, 503);
    assert!(body.contains("were changed after they had run"), "{body}");
    database.execute(
        "DELETE FROM __dbkit_migrations; \
         INSERT INTO __diesel_schema_migrations (version) VALUES ('20260102000000')",
    );
    assert_eq!(get(address, "/ready", "").0, 503, "one that this program does not know");
    let newer = serve(checks(&db).migrations(PROGRAM).allow_newer().router());
    assert_eq!(get(newer, "/ready", "").0, 200);
}

#[test]
fn a_pool_that_is_exhausted_is_not_ready_and_recovers() {
    let mut settings = small();
    settings.max_size = 1;
    settings.connect_timeout = Duration::from_millis(200);
    let (_database, db) = postgres("exhausted", settings);
    let address = serve(checks(&db).router());
    assert_eq!(get(address, "/ready", "").0, 200);
    let taken = db.connection().unwrap();
    let begun = Instant::now();
    assert_eq!(get(address, "/ready", "").0, 503);
    assert_eq!(get(address, "/live", "").0, 200);
    assert!(begun.elapsed() < Duration::from_secs(3));
    drop(taken);
    assert_eq!(get(address, "/ready", "").0, 200);
}

#[test]
fn a_database_that_comes_back_is_ready_again() {
    let mut settings = small();
    settings.connect_timeout = Duration::from_millis(300);
    let (database, db) = postgres("comes_back", settings);
    let address = serve(checks(&db).router());
    assert_eq!(get(address, "/ready", "").0, 200);
    let mut admin = PgConnection::establish(&postgres_url()).unwrap();
    let allow = |admin: &mut PgConnection, connections: bool| {
        let sql = format!("ALTER DATABASE \"{}\" ALLOW_CONNECTIONS {connections}", database.name);
        diesel::sql_query(sql).execute(admin).unwrap();
    };
    allow(&mut admin, false);
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
    diesel::sql_query(end)
        .bind::<diesel::sql_types::Text, _>(&database.name)
        .execute(&mut admin)
        .unwrap();
    assert_eq!(get(address, "/ready", "").0, 503);
    assert_eq!(get(address, "/live", "").0, 200);
    allow(&mut admin, true);
    let begun = Instant::now();
    while get(address, "/ready", "").0 != 200 {
        assert!(begun.elapsed() < Duration::from_secs(20), "never ready again");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn an_answer_is_kept_for_a_while() {
    let (database, db) = postgres("kept", small());
    let address = serve(Checks::new(db).cache(Duration::from_secs(60)).router());
    assert_eq!(get(address, "/ready", "").0, 200);
    drop(database);
    assert_eq!(get(address, "/ready", "").0, 200);
}

#[test]
fn the_command_tells_the_same() {
    let database = PgDatabase::create("health_command");
    let project = crate::support::Project::empty();
    project.write("dbkit.toml", "dialects = [\"postgres\"]\n");
    project.write("migrations/2026-01-01-000000_first/up.sql", "SELECT 1;");
    project.write("migrations/2026-01-01-000000_first/down.sql", "");
    let health = || project.dbkit(["health", "--database-url", database.url()]).run();
    health().code(3).stdout_has("pending").stdout_has("not ready");
    project.dbkit(["migrate", "--database-url", database.url()]).run().success();
    // Up to PostgreSQL 14 statistics of a new database come a moment later.
    health().success().stdout_has("connections").stdout_has("\nready");
    let gone = ["health", "--wait", "0", "--database-url", "postgres://127.0.0.1:1/x"];
    project.dbkit(gone).run().code(7);
}

struct Ended<'e>(&'e AtomicBool);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// What was told to be committed is there, and everything works again by itself.
#[test]
fn a_server_that_falls_over_under_load_comes_back() {
    let server = Server::start();
    server.execute("CREATE TABLE kept (id bigint PRIMARY KEY)");
    let mut settings = small();
    settings.connect_timeout = Duration::from_millis(300);
    let db = Db::<PgConnection>::open(
        &server.url("postgres", "", "options=-c%20synchronous_commit%3Don"),
        settings,
    )
    .unwrap();
    let address = serve(checks(&db).router());
    assert_eq!(get(address, "/ready", "").0, 200);
    let (next, told, failed, end) =
        (AtomicI64::new(0), AtomicI64::new(0), AtomicI64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        // Also when something below fails.
        let ended = Ended(&end);
        for _ in 0..3 {
            scope.spawn(|| {
                while !end.load(Ordering::SeqCst) {
                    let id = next.fetch_add(1, Ordering::SeqCst);
                    let sql = format!("INSERT INTO kept VALUES ({id})");
                    let done =
                        db.run(|c| -> Result<_, Error> { Ok(diesel::sql_query(&sql).execute(c)?) });
                    let counter = if done.is_ok() { &told } else { &failed };
                    counter.fetch_add(1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(2));
                }
            });
        }
        let until = |wanted: u16| {
            let begun = Instant::now();
            while get(address, "/ready", "").0 != wanted {
                assert!(begun.elapsed() < Duration::from_secs(30), "/ready is never {wanted}");
                assert_eq!(get(address, "/live", "").0, 200);
                std::thread::sleep(Duration::from_millis(50));
            }
        };
        server.crash(1);
        until(503);
        until(200);
        let before = told.load(Ordering::SeqCst);
        let begun = Instant::now();
        while told.load(Ordering::SeqCst) < before + 20 && begun.elapsed() < Duration::from_secs(20)
        {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(told.load(Ordering::SeqCst) >= before + 20, "units of work fail for ever");
        drop(ended);
    });
    assert!(failed.load(Ordering::SeqCst) > 0);
    let kept: i64 = server.value("SELECT count(*) FROM kept").parse().unwrap();
    let told = told.load(Ordering::SeqCst);
    // A commit whose answer was lost may have happened; one that was told must have.
    assert!((told..=told + 3).contains(&kept), "{kept} rows of {told}");
}

/// A probe of an orchestrator gives up before the limit, again and again: one question is under way.
#[test]
fn a_database_that_hangs_holds_up_one_thread() {
    let (database, db) = postgres("hangs", small());
    database.execute(
        "CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY, run_on timestamp)",
    );
    let _lock = database.hold("BEGIN; LOCK TABLE __diesel_schema_migrations");
    let router = Checks::new(db).cache(Duration::ZERO).limit(Duration::from_secs(20)).router();
    let address = serve(router);
    for _ in 0..5 {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET /ready HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(150))).unwrap();
        assert!(stream.read(&mut [0; 16]).is_err(), "it waits");
    }
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    assert_eq!(database.value(waiting), "1");
    assert_eq!(get(address, "/live", "").0, 200);
}
