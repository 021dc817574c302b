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

/// Collects what is logged.
struct Log(Arc<Mutex<String>>);

impl tracing::Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("dbkit")
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        struct Text<'t>(&'t mut String);
        impl Visit for Text<'_> {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                self.0.push_str(&format!("{field}={value:?} "));
            }
        }
        let mut text = self.0.lock().unwrap();
        event.record(&mut Text(&mut text));
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
            for id in [41, 42, 43] {
                accounts::table.find(id).first::<(i32, i32)>(c).optional()?;
            }
            diesel::sql_query("SELECT 'secret' AS a, 4711 AS b").execute(c)?;
            Ok(())
        })
        .unwrap();
    });
    let log = log.lock().unwrap();
    assert!(!log.contains("42") && !log.contains("secret") && !log.contains("4711"), "{log}");
    assert!(log.contains("slow query"), "{log}");
    assert_eq!(log.matches("again and again").count(), 1, "{log}");
    assert!(log.contains("WHERE (`accounts`.`id` = ?)"), "{log}");
    assert!(metric(&db, "queries_total") >= 4.0);
    assert!(metric(&db, "slow_queries_total") >= 4.0);
}
