//! Declarative `.sql` files: cases in `tests/cases/sql/*.txt`.
//!
//! A case is the dialect on the first line, the file, a line `====`, and what comes out: the
//! findings as people see them, then the file as dbkit writes it. What is written is read again
//! and must give an equal model. `DBKIT_BLESS=1` writes what comes out into the case.

use dbkit::diagnostic::{Severity, SourceFile};
use dbkit::model::{Dialect, Model};
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
            std::fs::write(&path, format!("{}\n{script}\n====\n{found}", dialect.as_str())).unwrap();
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
