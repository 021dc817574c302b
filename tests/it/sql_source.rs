//! Declarative `.sql` files: cases in `tests/cases/sql/*.txt`.
//!
//! A case is the dialect on the first line, the file, a line `====`, and what comes out: the
//! findings as people see them, then the file as dbkit writes it. What is written is read again
//! and must give an equal model. `DBKIT_BLESS=1` writes what comes out into the case.

use crate::support::PgDatabase;
use dbkit::database::Session;
use dbkit::database::postgres::{ConnectOptions, PgSession};
use dbkit::diagnostic::{Severity, SourceFile};
use dbkit::model::{Dialect, Model};
use dbkit::source::schema_rs::is_serial;
use dbkit::source::sql::{read, write};
use proptest::prelude::*;
use std::path::Path;
use std::sync::Arc;

fn model(text: &str, dialect: Dialect) -> (Model, Vec<dbkit::diagnostic::Diagnostic>) {
    let file = Arc::new(SourceFile { path: "schema.sql".into(), text: text.to_owned() });
    let mut model = Model::new(dialect);
    let found = read(&file, dialect, &mut model);
    (model, found)
}

fn outcome(text: &str, dialect: Dialect) -> String {
    let (first, found) = model(text, dialect);
    let mut out: String = found.iter().map(|d| d.render(false) + "\n\n").collect();
    if found.iter().all(|d| d.severity < Severity::Error) {
        let written = write(&first);
        let (second, again) = model(&written, dialect);
        assert!(again.is_empty(), "{written}\n{again:#?}");
        assert_eq!(second, first, "{written}");
        out.push_str(&written);
    }
    out
}

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/sql");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let (dialect, rest) = text.split_once('\n').unwrap();
        let dialect = if dialect == "sqlite" { Dialect::Sqlite } else { Dialect::Postgres };
        let (script, expected) = rest.split_once("\n====\n").unwrap();
        let found = outcome(script, dialect);
        if std::env::var_os("DBKIT_BLESS").is_some() {
            std::fs::write(&path, format!("{}\n{script}\n====\n{found}", dialect.as_str()))
                .unwrap();
        } else {
            assert_eq!(found, expected, "{}", path.display());
        }
        seen += 1;
    }
    assert!(seen >= 8, "only {seen} cases");
}

proptest! {
    /// Whatever a file holds, reading it ends with findings, not with a crash.
    #[test]
    fn reading_never_panics(words in prop::collection::vec(prop::sample::select(vec![
        "CREATE", "OR REPLACE", "VIEW", "MATERIALIZED VIEW", "FUNCTION", "f", "(", ")", "AS", "$$", "'x'", ";",
        "TRIGGER", "ON", "t", "EXECUTE", "POLICY", "DOMAIN", "TYPE", "RANGE", "ENUM", "SEQUENCE", "OWNED BY", "a.b",
        "COMMENT ON", "COLUMN", "IS", "ALTER", "INDEX", "=", ",", "1", "-", "\"é\"", "CHECK", "NOT VALID", "WITH",
        "CONSTRAINT", "AGGREGATE", "ORDER BY", "*", "RETURNS", "LANGUAGE", "sql", ".", "SCHEMA", "STATISTICS",
    ]), 0..14), postgres: bool) {
        let dialect = if postgres { Dialect::Postgres } else { Dialect::Sqlite };
        let text = words.join(" ");
        for finding in model(&text, dialect).1 {
            let _ = finding.render(false);
        }
    }
}

/// What is read from a real server, written as a file and read again is the same.
#[test]
fn introspected_objects_survive_the_file() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/introspect");
    for entry in std::fs::read_dir(cases).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "sql") {
            continue;
        }
        let database = PgDatabase::create("file");
        database.execute(&std::fs::read_to_string(&path).unwrap());
        let options = ConnectOptions::default();
        let mut session = PgSession::connect(database.url(), &options).unwrap();
        let mut wanted = session.introspect().unwrap();
        wanted.unmodelled.clear();
        survives(&wanted, &path);
    }
}

fn survives(wanted: &Model, path: &Path) {
    let written = write(wanted);
    let mut found = Model::new(Dialect::Postgres);
    // schema.rs brings these.
    found.tables = wanted.tables.clone();
    found.enums = wanted.enums.clone();
    found.schemas = wanted.schemas.clone();
    found.schemas.retain(|_, schema| schema.comment.is_none());
    for sequence in wanted.sequences.values().filter(|s| is_serial(wanted, s)) {
        found.sequences.insert(sequence.name.clone(), sequence.clone());
    }
    let file = Arc::new(SourceFile { path: path.with_extension("out.sql"), text: written });
    let findings = read(&file, Dialect::Postgres, &mut found);
    let rendered: Vec<String> = findings.iter().map(|d| d.render(false)).collect();
    assert!(findings.is_empty(), "{}", rendered.join("\n"));
    for id in wanted.object_ids() {
        let (a, b) = (wanted.object(&id), found.object(&id));
        assert_eq!(a, b, "{}\n{}", path.display(), file.text);
    }
    assert_eq!(found, *wanted, "{}", path.display());
}
