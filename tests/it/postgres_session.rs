//! The connection itself, on a real server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use dbkit::database::postgres::{ConnectOptions, PgSession, RetryPolicy, TransactionStatus};
use dbkit::database::{ErrorKind, Session, Value};
use std::time::{Duration, Instant};

fn url() -> String {
    std::env::var("DBKIT_TEST_POSTGRES").expect("DBKIT_TEST_POSTGRES names a PostgreSQL server")
}

fn session() -> PgSession {
    PgSession::connect(&url(), &ConnectOptions::default()).unwrap()
}

#[test]
fn values_travel_both_ways() {
    let mut session = session();
    let rows = session
        .query(
            "SELECT $1::int4 + 1 AS a, $2::bool AS b, $3::text AS c, $4::bytea AS d, $5::text AS c, 1.50::numeric",
            &[
                Value::Integer(41),
                Value::Bool(true),
                Value::Text("é'".into()),
                Value::Blob(vec![1, 254]),
                Value::Null,
            ],
        )
        .unwrap();
    assert_eq!(rows.columns, ["a", "b", "c", "d", "c", "numeric"]);
    assert_eq!(rows.types, ["integer", "boolean", "text", "bytea", "text", "numeric"]);
    assert_eq!(
        rows.rows[0],
        [
            Value::Integer(42),
            Value::Bool(true),
            Value::Text("é'".into()),
            Value::Text("\\x01fe".into()),
            Value::Null,
            Value::Text("1.50".into()),
        ]
    );
    assert_eq!(rows.affected, 0);
}

#[test]
fn errors_carry_code_and_byte_position() {
    let mut session = session();
    let error = session.execute("SELECT 'é'; SELECT nothere").unwrap_err();
    assert_eq!(error.code.as_deref(), Some("42703"));
    assert_eq!(error.position, Some("SELECT 'é'; SELECT ".len()));
    let error = session.query("SELECT 1; SELECT 2", &[]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Statement);
    session.execute("SELECT 1").unwrap();
}

#[test]
fn copy_takes_data_and_reports_bad_data() {
    let mut session = session();
    session.execute("CREATE TEMP TABLE c (a int)").unwrap();
    assert_eq!(session.copy_in("COPY c FROM STDIN", &mut "1\n2\n".as_bytes()).unwrap(), 2);
    let error = session.copy_in("COPY c FROM STDIN", &mut "x\n".as_bytes()).unwrap_err();
    assert_eq!(error.code.as_deref(), Some("22P02"));
    let error = session.execute("COPY c FROM STDIN").unwrap_err();
    assert!(error.message.contains("COPY"), "{error}");
    assert_eq!(session.transaction_status(), TransactionStatus::Idle);
    let error = session.copy_in("SELECT 1", &mut "".as_bytes()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Statement);
}

#[test]
fn a_statement_can_be_cancelled_from_another_thread() {
    let mut session = session();
    let handle = session.cancel_handle().unwrap();
    let other = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        handle.cancel()
    });
    let error = session.execute("SELECT pg_sleep(20)").unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cancelled);
    assert!(other.join().unwrap());
}

#[test]
fn notices_are_kept() {
    let mut session = session();
    session.execute("DO $$ BEGIN RAISE NOTICE 'hello'; END $$").unwrap();
    let notices = session.take_notices();
    assert_eq!((notices[0].severity.as_str(), notices[0].message.as_str()), ("NOTICE", "hello"));
}

#[test]
fn what_waiting_can_mend_is_told_from_what_it_cannot() {
    let options = ConnectOptions::default();
    let policy = RetryPolicy { wait_limit: Duration::from_millis(600), ..RetryPolicy::default() };
    let mut waits = 0;
    let refused = "postgres://u:secret@127.0.0.1:9/d";
    let start = Instant::now();
    let error = PgSession::connect_with_retry(refused, &options, &policy, &mut |_| waits += 1);
    let error = error.err().unwrap();
    assert_eq!(error.kind, ErrorKind::Unreachable);
    assert!(waits > 0 && start.elapsed() < Duration::from_secs(3));
    assert!(!format!("{error:?}").contains("secret"));

    let unknown = format!("{}_no_such_database", url());
    let mut waits = 0;
    let error = PgSession::connect_with_retry(&unknown, &options, &policy, &mut |_| waits += 1);
    let error = error.err().unwrap();
    assert_eq!((error.kind, error.code.as_deref(), waits), (ErrorKind::Rejected, Some("3D000"), 0));

    let with_tls = ConnectOptions {
        keywords: vec![("sslmode".into(), "require".into())],
        ..ConnectOptions::default()
    };
    let error = PgSession::connect(&url(), &with_tls).err().unwrap();
    assert_eq!(error.kind, ErrorKind::Rejected, "{error}");
}

#[test]
fn a_frozen_server_runs_into_the_limit() {
    // Accepts and never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("postgres://u@{}/d", listener.local_addr().unwrap());
    let options = ConnectOptions { timeout: Duration::from_millis(300), ..Default::default() };
    let start = Instant::now();
    let error = PgSession::connect(&target, &options).err().unwrap();
    assert_eq!(error.kind, ErrorKind::Unreachable);
    assert!(start.elapsed() < Duration::from_secs(2));
}
