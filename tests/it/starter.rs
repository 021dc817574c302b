//! The starter project at the repository's root, on both databases.

use crate::support::{PgDatabase, Project};
use dbkit::database::Session;
use dbkit::database::postgres::{ConnectOptions, PgSession};
use dbkit::database::sqlite::{OpenMode, SqliteSession};
use dbkit::diagnostic::SourceFile;
use dbkit::model::{Dialect, Model};
use dbkit::plan::PlanOptions;
use dbkit::seed::{self, Options};
use dbkit::{dialect, source};
use std::path::Path;
use std::sync::Arc;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn build(session: &mut dyn Session) {
    let path = root().join("src/schema.rs");
    let text = std::fs::read_to_string(&path).unwrap();
    let file = Arc::new(SourceFile { path, text });
    let wanted = match source::schema_rs::read(&[file], session.dialect()) {
        Ok(source) => source.model,
        Err(found) => {
            panic!("{}", found.iter().map(|d| d.render(false)).collect::<Vec<_>>().join("\n"))
        }
    };
    let empty = Model::new(session.dialect());
    let (script, ambiguous) =
        dialect::script(&empty, &wanted, &[], &PlanOptions::default()).unwrap();
    assert!(ambiguous.is_empty());
    for statement in script.statements() {
        if let Err(error) = session.execute(&statement.sql) {
            panic!("{error}\n{}", statement.sql);
        }
    }
}

fn fill(session: &mut dyn Session, environment: &str) {
    let sets = seed::load(&root().join("seeds"), environment).unwrap();
    let first = seed::run(session, &sets, Options::default()).unwrap_or_else(|e| panic!("{e}"));
    assert!(!first.is_unchanged());
    let second = seed::run(session, &sets, Options::default()).unwrap_or_else(|e| panic!("{e}"));
    assert!(second.is_unchanged(), "{second:?}");
    // The database keeps updated_at.
    let at = "SELECT updated_at FROM extension_instance WHERE active ORDER BY id LIMIT 1";
    session.execute("UPDATE extension_instance SET updated_at = '2000-01-01 00:00:00'").unwrap();
    let before = session.query(at, &[]).unwrap().rows;
    session.execute("UPDATE extension_instance SET context_id = 'moved'").unwrap();
    let after = session.query(at, &[]).unwrap().rows;
    assert_ne!(format!("{before:?}"), "[]");
    assert!(format!("{after:?}").as_str() > "[[Text(\"2001", "{before:?} {after:?}");
}

#[test]
fn postgres_is_built_and_seeded() {
    for environment in ["dev", "test"] {
        let database = PgDatabase::create("starter");
        let mut session = PgSession::connect(database.url(), &ConnectOptions::default()).unwrap();
        assert_eq!(session.dialect(), Dialect::Postgres);
        build(&mut session);
        fill(&mut session, environment);
    }
}

#[test]
fn sqlite_is_built_and_seeded() {
    for environment in ["dev", "test"] {
        let project = Project::empty();
        let path = project.join("starter.db");
        let mut session = SqliteSession::open(&path.to_string_lossy(), OpenMode::Create).unwrap();
        build(&mut session);
        fill(&mut session, environment);
    }
}
