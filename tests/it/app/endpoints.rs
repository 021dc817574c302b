use super::{postgres, small};
use crate::support::{PgDatabase, postgres_url};
use axum::Router;
use dbkit::EmbeddedMigration;
use dbkit::app::Db;
use dbkit::health::Checks;
use diesel::PgConnection;
use diesel::prelude::*;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
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
    health().success().stdout_has("found in cache").stdout_has("\nready");
    let gone = ["health", "--wait", "0", "--database-url", "postgres://127.0.0.1:1/x"];
    project.dbkit(gone).run().code(7);
}
