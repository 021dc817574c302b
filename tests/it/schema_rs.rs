//! `schema.rs`: what is written reads back as the same model.

use crate::support::PgDatabase;
use dbkit::database::Session;
use dbkit::database::postgres::{ConnectOptions, PgSession};
use dbkit::database::sqlite::{OpenMode, SqliteSession};
use dbkit::diagnostic::SourceFile;
use dbkit::model::{Dialect, Model};
use dbkit::source::{schema_rs, sql};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/schema_rs/pulled");

/// SQL files of the project's own cases, and those in `DBKIT_ROUND_TRIP/<dialect>`.
fn scripts(dialect: &str) -> Vec<PathBuf> {
    let folders = [
        Some(Path::new(CASES).join(dialect)),
        std::env::var_os("DBKIT_ROUND_TRIP").map(|folder| Path::new(&folder).join(dialect)),
    ];
    let mut out: Vec<PathBuf> = folders
        .iter()
        .flatten()
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "sql"))
        .collect();
    out.sort();
    out
}

/// What a text that stands for the model's tables and enums reads as, beside the model's other
/// objects.
pub fn read_back(model: &Model, text: &str) -> Result<Model, Vec<String>> {
    let file = Arc::new(SourceFile { path: "schema.rs".into(), text: text.to_owned() });
    let told = |mistakes: Vec<_>| {
        let told = mistakes.iter().map(|m: &dbkit::diagnostic::Diagnostic| m.render(false));
        told.chain([text.to_owned()]).collect::<Vec<_>>()
    };
    let mut read = schema_rs::read(&[file], model.dialect).map_err(told)?.model;
    let objects = sql::write(model);
    if !objects.is_empty() {
        let file = Arc::new(SourceFile { path: "schema.sql".into(), text: objects });
        let mistakes = sql::read(&file, model.dialect, &mut read);
        if !mistakes.is_empty() {
            return Err(told(mistakes));
        }
    }
    Ok(read)
}

/// Writes the model, reads it back and says what differs.
pub fn differences(model: &Model) -> Vec<String> {
    let text = schema_rs::write(model);
    let read = match read_back(model, &text) {
        Ok(read) => read,
        Err(mistakes) => return mistakes,
    };
    let mut out = Vec::new();
    for id in model.object_ids().chain(read.object_ids()) {
        if !model.same_object(&read, &id)
            && !out.iter().any(|o: &String| o.starts_with(&format!("{id}\n")))
        {
            let show = |model: &Model| serde_json::to_string(&model.object(&id)).unwrap();
            out.push(format!("{id}\nwas: {}\nnow: {}", show(model), show(&read)));
        }
    }
    if !out.is_empty() {
        out.push(text);
    }
    out
}

#[test]
fn a_pulled_postgres_database_reads_back_equal() {
    let mut failed = Vec::new();
    let scripts = scripts("postgres");
    let database = PgDatabase::create("roundtrip");
    let options = ConnectOptions::default();
    let mut session = PgSession::connect(database.url(), &options).unwrap();
    for path in &scripts {
        let sql = fs::read_to_string(path).unwrap();
        if sql.trim().is_empty() {
            continue;
        }
        // Rolled back: one database serves all.
        session.execute("BEGIN").unwrap();
        if session.execute(&sql).is_ok() {
            let model = session.introspect().unwrap();
            let differences = differences(&model);
            if !differences.is_empty() {
                failed.push(format!("{}\n{}", path.display(), differences.join("\n")));
            }
        } else {
            println!("does not run in a transaction: {}", path.display());
        }
        session.execute("ROLLBACK").unwrap();
    }
    assert!(
        failed.is_empty(),
        "{} of {}\n{}",
        failed.len(),
        scripts.len(),
        failed.join("\n----\n")
    );
}

#[test]
fn a_pulled_sqlite_database_reads_back_equal() {
    let mut failed = Vec::new();
    let scripts = scripts("sqlite");
    for path in &scripts {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.db");
        let mut session =
            SqliteSession::open(&file.display().to_string(), OpenMode::Create).unwrap();
        if session.execute(&fs::read_to_string(path).unwrap()).is_err() {
            println!("does not run: {}", path.display());
            continue;
        }
        let differences = differences(&session.introspect().unwrap());
        if !differences.is_empty() {
            failed.push(format!("{}\n{}", path.display(), differences.join("\n")));
        }
    }
    assert!(
        failed.is_empty(),
        "{} of {}\n{}",
        failed.len(),
        scripts.len(),
        failed.join("\n----\n")
    );
}

#[test]
fn an_empty_model_is_an_empty_block() {
    for dialect in [Dialect::Postgres, Dialect::Sqlite] {
        assert!(differences(&Model::new(dialect)).is_empty());
    }
}

const READ: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/schema_rs/read");

/// A case is a schema file; its snapshot is the mistakes found, or the model as `pull` writes it.
#[test]
fn every_case_reads_as_its_snapshot() {
    let mut names: Vec<String> = fs::read_dir(READ)
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".rs").map(str::to_owned))
        .collect();
    names.sort();
    assert!(!names.is_empty());
    for name in names {
        let text = fs::read_to_string(Path::new(READ).join(format!("{name}.rs"))).unwrap();
        let dialect = if text.starts_with("// dialect: sqlite") {
            Dialect::Sqlite
        } else {
            Dialect::Postgres
        };
        let file = Arc::new(SourceFile { path: format!("{name}.rs").into(), text });
        let shown = match schema_rs::read(&[file], dialect) {
            Ok(source) => {
                assert_eq!(differences(&source.model).join("\n"), "", "{name}");
                let renames = source.renames.iter().map(|rename| format!("// {rename:?}\n"));
                renames.collect::<String>()
                    + &schema_rs::write(&source.model)
                    + &sql::write(&source.model)
            }
            Err(mistakes) => mistakes.iter().map(|m| m.render(false) + "\n\n").collect::<String>(),
        };
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(READ);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name.as_str(), shown));
    }
}
