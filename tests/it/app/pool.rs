use super::{accounts, metric, postgres, small, sqlite};
use crate::support::PgDatabase;
use dbkit::app::{Db, Error, PoolSettings};
use diesel::prelude::*;
use diesel::sql_types::Text;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing::field::{Field, Visit};

#[derive(QueryableByName)]
struct Shown {
    #[diesel(sql_type = Text)]
    value: String,
}

fn shown(db: &Db<PgConnection>, setting: &str) -> String {
    let sql = format!("SELECT current_setting('{setting}') AS value");
    let rows = db.read(|c| -> Result<Vec<Shown>, Error> { Ok(diesel::sql_query(&sql).load(c)?) });
    rows.unwrap().remove(0).value
}

#[test]
fn connections_have_the_settings() {
    let mut settings = small();
    settings.statement_timeout = Some(Duration::from_millis(1500));
    settings.application_name = Some("o'clock".to_owned());
    let (_database, db) = postgres("settings", settings);
    assert_eq!(shown(&db, "statement_timeout"), "1500ms");
    assert_eq!(shown(&db, "application_name"), "o'clock");
    assert_eq!(shown(&db, "idle_in_transaction_session_timeout"), "1min");
}

#[test]
fn sizes_follow_the_environment() {
    let size = |name| PoolSettings::for_environment(name).max_size;
    assert_eq!([size("dev"), size("test"), size("prod"), size("else")], [10, 3, 20, 10]);
}

#[test]
fn a_pool_in_use_says_so() {
    let mut settings = small();
    settings.max_size = 1;
    settings.connect_timeout = Duration::from_millis(100);
    let (_database, db) = postgres("busy", settings);
    let held = db.connection().unwrap();
    let told = db.run(|_| -> Result<(), Error> { Ok(()) }).unwrap_err();
    assert!(matches!(told, Error::PoolExhausted { size: 1, .. }), "{told}");
    assert_eq!(metric(&db, "pool_timeouts_total"), 1.0);
    drop(held);
    db.run(|_| -> Result<(), Error> { Ok(()) }).unwrap();
}

#[test]
fn what_cannot_be_opened_is_told_without_the_password() {
    let mut settings = small();
    settings.start_timeout = Duration::ZERO;
    for url in [
        "postgres://app:secret@127.0.0.1:1/shop",
        "postgres://app:secret@h:port/shop",
        "app:secret@h/shop",
    ] {
        let told = Db::<PgConnection>::open(url, settings.clone()).unwrap_err();
        assert!(matches!(told, Error::Unreachable(_)), "{told:?}");
        assert!(!format!("{told} {told:?}").contains("secret"), "{told}");
    }
}

/// The server ends the connections; the next unit of work gets a new one.
#[test]
fn a_lost_connection_is_replaced() {
    let (database, db) = postgres("lost", small());
    db.run(|_| -> Result<(), Error> { Ok(()) }).unwrap();
    database.value(
        "SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    let count = db.run(|c| -> Result<i64, Error> { Ok(accounts::table.count().get_result(c)?) });
    assert_eq!(count.unwrap(), 2);
}

#[test]
fn a_database_in_memory_is_one() {
    let db = Db::<SqliteConnection>::open("sqlite::memory:", small()).unwrap();
    db.run(|c| -> Result<(), Error> {
        diesel::sql_query("CREATE TABLE t (id integer)").execute(c)?;
        Ok(())
    })
    .unwrap();
    db.run(|c| -> Result<(), Error> {
        diesel::sql_query("INSERT INTO t VALUES (1)").execute(c)?;
        Ok(())
    })
    .unwrap();
}

#[test]
fn reads_go_to_the_replica() {
    let (_first, second) = (PgDatabase::create("main"), PgDatabase::create("replica"));
    second.execute("CREATE TABLE here (id integer)");
    let db = Db::<PgConnection>::open_with_replica(_first.url(), second.url(), small()).unwrap();
    let there = |c: &mut PgConnection| -> Result<usize, Error> {
        Ok(diesel::sql_query("SELECT * FROM here").execute(c)?)
    };
    db.read(there).unwrap();
    assert!(db.run(there).is_err());
}

struct Line<'t>(&'t mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.push_str(&format!("{field}={value:?} "));
    }
}

/// Collects what is logged: spans, what is recorded in them, events.
struct Log(Arc<Mutex<String>>);

impl tracing::Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("dbkit")
    }
    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        let mut text = self.0.lock().unwrap();
        text.push_str(&format!("span {} ", span.metadata().name()));
        span.record(&mut Line(&mut text));
        text.push('\n');
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        let mut text = self.0.lock().unwrap();
        text.push_str("recorded ");
        values.record(&mut Line(&mut text));
        text.push('\n');
    }
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = self.0.lock().unwrap();
        event.record(&mut Line(&mut text));
        text.push('\n');
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn queries_are_logged_without_values_and_loops_are_noticed() {
    let mut settings = small();
    settings.repeated_query = Some(3);
    settings.slow_query = Duration::ZERO;
    let (_project, db) = sqlite(settings);
    let log = Arc::new(Mutex::new(String::new()));
    tracing::subscriber::with_default(Log(Arc::clone(&log)), || {
        db.run(|c| -> Result<(), Error> {
            for id in [918_273_641, 918_273_642, 918_273_643] {
                accounts::table.find(id).first::<(i32, i32)>(c).optional()?;
            }
            diesel::sql_query("SELECT 'secret' AS a, 918273644 AS b").execute(c)?;
            Ok(())
        })
        .unwrap();
    });
    let log = log.lock().unwrap();
    assert!(!log.contains("918273") && !log.contains("secret"), "{log}");
    assert!(log.contains("slow query"), "{log}");
    assert!(log.contains("span unit scope=\"plain\" attempt=1"), "{log}");
    assert!(log.contains("span query db.system=\"sqlite\" query=\"SELECT"), "{log}");
    assert!(log.contains("recorded micros=") && log.contains("recorded slow=true"), "{log}");
    assert!(log.contains("recorded outcome=\"committed\""), "{log}");
    assert_eq!(log.matches("again and again").count(), 1, "{log}");
    assert!(log.contains("WHERE (`accounts`.`id` = ?)"), "{log}");
    assert!(metric(&db, "queries_total") >= 4.0);
    assert!(metric(&db, "slow_queries_total") >= 4.0);
}

/// Errors of the driver hold values; nothing of them is logged, on PostgreSQL either.
#[test]
fn nothing_of_a_value_or_a_password_is_logged() {
    let mut settings = small();
    settings.slow_query = Duration::ZERO;
    settings.tenancy = None;
    let log = Arc::new(Mutex::new(String::new()));
    tracing::subscriber::with_default(Log(Arc::clone(&log)), || {
        let (database, db) = postgres("logged", settings.clone());
        database
            .execute("CREATE TABLE cards (number text PRIMARY KEY CHECK (number <> 'geheim-3'))");
        let insert = |number: &'static str| {
            db.run(|c| -> Result<_, Error> {
                let sql = diesel::sql_query("INSERT INTO cards VALUES ($1)");
                Ok(sql.bind::<Text, _>(number).execute(c)?)
            })
        };
        assert!(insert("geheim-1").is_ok());
        assert!(insert("geheim-1").unwrap_err().to_string().contains("duplicate"));
        assert!(insert("geheim-3").is_err());
        let raw =
            "SELECT 'geheim-4 -- binds: geheim-5', E'geheim\\-6', $$geheim-7$$ /* geheim-8 */";
        db.run(|c| -> Result<_, Error> { Ok(diesel::sql_query(raw).execute(c)?) }).unwrap();
        let mut url = url::Url::parse(database.url()).unwrap();
        url.set_password(Some("geheim-9")).unwrap();
        settings.start_timeout = Duration::ZERO;
        drop(Db::<PgConnection>::open(url.as_str(), settings));
    });
    let log = log.lock().unwrap();
    assert!(log.contains("INSERT INTO cards VALUES (?)") && log.contains("failed=true"), "{log}");
    assert!(!log.contains("geheim"), "{log}");
}

/// Whatever a plain connection is left with, the next user of it finds none of that.
#[test]
fn a_connection_that_was_left_dirty_is_clean_again() {
    use diesel::connection::SimpleConnection;
    let mut settings = small();
    settings.max_size = 1;
    settings.statement_timeout = Some(Duration::from_secs(9));
    let (_database, db) = postgres("dirty", settings);
    for dirt in [
        "SET statement_timeout = 5000; SET default_transaction_read_only = on; SET TIME ZONE 'Asia/Tokyo'",
        "SELECT pg_advisory_lock(7)",
        "BEGIN; INSERT INTO accounts VALUES (9, 9)",
        "BEGIN; SELECT 1/0",
        "SET SESSION AUTHORIZATION pg_monitor",
    ] {
        let pid = |c: &mut PgConnection| -> Result<String, Error> {
            let rows: Shown =
                diesel::sql_query("SELECT pg_backend_pid()::text AS value").get_result(c)?;
            Ok(rows.value)
        };
        let before = db.run(pid).unwrap();
        let _ = db.connection().unwrap().batch_execute(dirt);
        let after = db.run(pid).unwrap();
        // An open transaction cannot be told from a caller's: that connection goes.
        assert_eq!(before != after, dirt.starts_with("BEGIN"), "{dirt}");
        assert_eq!(shown(&db, "statement_timeout"), "9s");
        assert_eq!(shown(&db, "TimeZone"), "UTC");
        db.run(|c| -> Result<_, Error> { Ok(diesel::sql_query("CREATE TABLE t ()").execute(c)?) })
            .unwrap();
        db.run(|c| -> Result<_, Error> { Ok(diesel::sql_query("DROP TABLE t").execute(c)?) })
            .unwrap();
        assert_eq!(shown(&db, "session_authorization"), "postgres");
        let locks = "SELECT count(*)::text AS value FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()";
        let held: Shown = db
            .run(|c| -> Result<_, Error> { Ok(diesel::sql_query(locks).get_result(c)?) })
            .unwrap();
        assert_eq!(held.value, "0", "{dirt}");
        let count =
            db.run(|c| -> Result<i64, Error> { Ok(accounts::table.count().get_result(c)?) });
        assert_eq!(count.unwrap(), 2, "{dirt}");
    }
}

#[test]
fn a_sqlite_connection_that_was_left_dirty_is_clean_again() {
    use diesel::connection::SimpleConnection;
    let mut settings = small();
    settings.max_size = 1;
    let (project, db) = sqlite(settings);
    let other = project.join("other.db");
    for dirt in [
        "BEGIN; INSERT INTO accounts VALUES (9, 9)".to_owned(),
        "CREATE TEMP TABLE mine AS SELECT * FROM accounts".to_owned(),
        format!("ATTACH '{}' AS other", other.display()),
        "PRAGMA foreign_keys = OFF".to_owned(),
    ] {
        db.connection().unwrap().batch_execute(&dirt).unwrap();
        let count = |sql: &'static str| -> Result<i64, Error> {
            #[derive(QueryableByName)]
            struct Count {
                #[diesel(sql_type = diesel::sql_types::BigInt)]
                n: i64,
            }
            db.run(|c| Ok(diesel::sql_query(sql).get_result::<Count>(c)?.n))
        };
        assert_eq!(count("SELECT count(*) AS n FROM accounts").unwrap(), 2, "{dirt}");
        assert!(count("SELECT count(*) AS n FROM mine").is_err(), "{dirt}");
        assert_eq!(
            count("SELECT count(*) AS n FROM pragma_database_list WHERE name = 'other'").unwrap(),
            0,
            "{dirt}"
        );
        assert_eq!(
            count("SELECT foreign_keys AS n FROM pragma_foreign_keys").unwrap(),
            1,
            "{dirt}"
        );
    }
}

/// The only connection is free when a hook runs.
#[test]
fn a_hook_can_begin_a_unit_of_work() {
    let mut settings = small();
    settings.max_size = 1;
    settings.connect_timeout = Duration::from_millis(500);
    let (_project, db) = sqlite(settings);
    let again = db.clone();
    db.unit()
        .run(|work| -> Result<(), Error> {
            let again = again.clone();
            work.after_commit(move || {
                again
                    .run(|c| -> Result<_, Error> {
                        Ok(diesel::sql_query("DELETE FROM accounts WHERE id = 2").execute(c)?)
                    })
                    .unwrap();
            });
            Ok(())
        })
        .unwrap();
    let count = db.run(|c| -> Result<i64, Error> { Ok(accounts::table.count().get_result(c)?) });
    assert_eq!(count.unwrap(), 1);
}
