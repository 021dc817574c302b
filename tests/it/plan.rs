//! Plans as text: a case is a file in `tests/cases/plan` with two schema files and the SQL that
//! leads from one to the other and back. `DBKIT_UPDATE_CASES=1` writes what comes out.

use dbkit::diagnostic::SourceFile;
use dbkit::dialect::{Stretch, script, stretches};
use dbkit::model::{Dialect, Model};
use dbkit::plan::{PlanOptions, Script, Style};
use dbkit::source::Source;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

fn section<'a>(text: &'a str, name: &str) -> &'a str {
    let start = format!("-- {name}\n");
    let Some(at) = text.find(&start) else { return "" };
    let rest = &text[at + start.len()..];
    let end = ["-- from\n", "-- to\n", "-- up\n", "-- down\n", "-- sql from\n", "-- sql to\n"]
        .iter()
        .filter_map(|mark| rest.find(mark))
        .min();
    &rest[..end.unwrap_or(rest.len())]
}

fn read(schema: &str, sql: &str) -> Source {
    let file =
        |name: &str, text: &str| Arc::new(SourceFile { path: name.into(), text: text.to_owned() });
    let mut source = if schema.trim().is_empty() {
        Source::of(Model::new(Dialect::Postgres))
    } else {
        dbkit::source::schema_rs::read(&[file("schema.rs", schema)], Dialect::Postgres)
            .unwrap_or_else(|found| panic!("{}", found[0].render(false)))
    };
    let found =
        dbkit::source::sql::read(&file("schema.sql", sql), Dialect::Postgres, &mut source.model);
    assert!(found.is_empty(), "{}", found[0].render(false));
    source
}

fn shown(script: &Script) -> String {
    let mut out = String::new();
    for (at, part) in script.parts.iter().enumerate() {
        if at > 0 {
            let words =
                if part.transactional { "in a transaction" } else { "outside a transaction" };
            writeln!(out, "-- part {}, {words}", at + 1).unwrap();
        }
        for statement in &part.statements {
            for hazard in &statement.hazards {
                writeln!(out, "-- ! {}: {}", hazard.kind, hazard.consequence).unwrap();
            }
            writeln!(out, "{}", statement.sql).unwrap();
        }
    }
    out
}

/// The way back of each folder, the last one first.
fn back(stretches: &[Stretch]) -> String {
    let folders: Vec<_> = stretches.iter().flat_map(Stretch::folders).collect();
    let mut out = String::new();
    for (at, folder) in folders.iter().enumerate().rev() {
        if folders.len() > 1 {
            writeln!(out, "-- of part {}", at + 1).unwrap();
        }
        let parts = folder.down.cloned().into_iter().collect();
        out += &shown(&Script { parts, notes: Vec::new() });
    }
    out
}

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/plan");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut failed = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let head = text.lines().next().unwrap_or_default();
        let style = if head.contains("safe") { Style::Safe } else { Style::Fast };
        let mut options = PlanOptions::new(style);
        let from = read(section(&text, "from"), section(&text, "sql from"));
        let to = read(section(&text, "to"), section(&text, "sql to"));
        options.conversions = to.conversions.clone();
        let (up, _) = script(&from.model, &to.model, &to.renames, &options).unwrap();
        let shown_up = shown(&up);
        let both = stretches(up, &from.model, &to.model, &to.renames, &options).unwrap();
        let given = &text[..text.find("-- up\n").unwrap_or(text.len())];
        let got = format!("{given}-- up\n{shown_up}-- down\n{}", back(&both));
        if got != text {
            if std::env::var_os("DBKIT_UPDATE_CASES").is_some() {
                std::fs::write(&path, got).unwrap();
            } else {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                failed.push(format!(
                    "{name}:\n{}",
                    similar::TextDiff::from_lines(&text, &got).unified_diff()
                ));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
