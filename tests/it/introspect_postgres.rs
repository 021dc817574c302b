//! Databases built by SQL, read back as models. A case is `tests/cases/introspect/<name>.sql`
//! with the objects of its model beside it.

use crate::support::PgDatabase;
use dbkit::database::Session;
use dbkit::database::postgres::{ConnectOptions, PgSession};
use dbkit::model::Model;
use std::fs;
use std::path::Path;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/introspect");

fn introspect(database: &PgDatabase) -> Model {
    let options = ConnectOptions::default();
    PgSession::connect(database.url(), &options).unwrap().introspect().unwrap()
}

/// One JSON object a line, so that a difference is a line.
fn text(model: &Model) -> String {
    let objects = model.object_ids().filter_map(|id| model.object(&id));
    let mut lines: Vec<String> =
        objects.map(|object| serde_json::to_string_pretty(&object).unwrap()).collect();
    lines.extend(model.unmodelled.iter().map(|object| format!("not managed: {object}")));
    lines.join("\n") + "\n"
}

#[test]
fn every_case_reads_back_as_its_snapshot() {
    let mut names: Vec<String> = fs::read_dir(CASES)
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".sql").map(str::to_owned))
        .collect();
    names.sort();
    assert!(!names.is_empty());
    for name in names {
        let database = PgDatabase::create("introspect");
        database
            .execute(&fs::read_to_string(Path::new(CASES).join(format!("{name}.sql"))).unwrap());
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(CASES);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name.as_str(), text(&introspect(&database))));
    }
}

#[test]
fn an_empty_database_is_an_empty_model() {
    let database = PgDatabase::create("introspect");
    assert!(introspect(&database).is_empty());
}

#[test]
fn the_callers_transaction_is_seen_and_its_settings_stay() {
    let database = PgDatabase::create("introspect");
    let mut session = PgSession::connect(database.url(), &ConnectOptions::default()).unwrap();
    session
        .execute("BEGIN; SET LOCAL search_path = pg_temp; CREATE TABLE public.t (a int)")
        .unwrap();
    assert_eq!(session.introspect().unwrap().tables.len(), 1);
    let path = session.query("SHOW search_path", &[]).unwrap();
    assert_eq!(path.rows[0][0].as_text(), Some("pg_temp"));
    session.execute("ROLLBACK").unwrap();
    assert!(session.introspect().unwrap().is_empty());
}

#[test]
fn settings_of_the_session_do_not_change_what_is_printed() {
    let database = PgDatabase::create("introspect");
    database.execute(
        "CREATE TABLE t (a timestamptz DEFAULT '2020-01-01 00:00+00', b interval DEFAULT '1 day')",
    );
    let plain = introspect(&database);
    let mut session = PgSession::connect(database.url(), &ConnectOptions::default()).unwrap();
    session
        .execute(
            "SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German'; SET IntervalStyle = 'iso_8601'",
        )
        .unwrap();
    assert_eq!(session.introspect().unwrap(), plain);
}
