//! Cases of `tests/cases/sqlite`: two schemas with rows; the plan between them is carried out on a
//! database and back, with foreign keys enforced.
//!
//! A case has the sections `-- from`, `-- to`, and if wanted `-- rows` (run after `from`),
//! `-- renames` (`table.old:new` or `old:new`), `-- expect` (a query with its rows as JSON arrays
//! below it, after `=>`), `-- before back` (run before the way back), and `-- sql` (the plan; written by `DBKIT_UPDATE_CASES=1`).

use dbkit::database::sqlite::{OpenMode, SqliteSession};
use dbkit::database::{Session, Value};
use dbkit::dialect;
use dbkit::diff::Rename;
use dbkit::model::{Model, ObjectKind, QName};
use dbkit::plan::{PlanOptions, Script};
use std::fs;
use std::path::Path;

fn section<'t>(text: &'t str, name: &str) -> &'t str {
    let mark = format!("-- {name}\n");
    let Some(at) = text.find(&mark) else { return "" };
    let rest = &text[at + mark.len()..];
    let ends = ["from", "to", "rows", "renames", "expect", "before back", "sql"]
        .iter()
        .filter_map(|next| rest.find(&format!("\n-- {next}\n")));
    rest[..ends.min().unwrap_or(rest.len())].trim()
}

fn renames(text: &str) -> Vec<Rename> {
    text.lines()
        .map(|line| {
            let (old, new) = line.split_once(':').unwrap();
            match old.split_once('.') {
                Some((table, old)) => {
                    Rename::Column { table: QName::bare(table), from: old.into(), to: new.into() }
                }
                None => Rename::Object {
                    kind: ObjectKind::Table,
                    from: QName::bare(old),
                    to: QName::bare(new),
                },
            }
        })
        .collect()
}

fn backwards(renames: &[Rename]) -> Vec<Rename> {
    let back = |rename: &Rename| match rename {
        Rename::Object { kind, from, to } => {
            Rename::Object { kind: *kind, from: to.clone(), to: from.clone() }
        }
        Rename::Column { table, from, to } => {
            let old = renames.iter().find_map(|r| match r {
                Rename::Object { from, to, .. } if to == table => Some(from.clone()),
                _ => None,
            });
            Rename::Column {
                table: old.unwrap_or_else(|| table.clone()),
                from: to.clone(),
                to: from.clone(),
            }
        }
        other => other.clone(),
    };
    renames.iter().map(back).collect()
}

pub fn open(sql: &str) -> SqliteSession {
    let mut session = SqliteSession::open(":memory:", OpenMode::Create).unwrap();
    session.execute(sql).unwrap();
    session
}

pub fn plan(from: &Model, to: &Model, renames: &[Rename]) -> Script {
    dialect::script(from, to, renames, &PlanOptions::default()).unwrap().0
}

pub fn text(script: &Script) -> String {
    let mut out = String::new();
    for part in &script.parts {
        if !part.transactional {
            out.push_str("-- outside a transaction\n");
        }
        for statement in &part.statements {
            for hazard in &statement.hazards {
                out.push_str(&format!("-- {}: {}\n", hazard.kind, hazard.consequence));
            }
            out.push_str(&statement.sql);
            out.push('\n');
        }
    }
    out
}

pub fn run(session: &mut SqliteSession, script: &Script) {
    for part in &script.parts {
        let sql: Vec<&str> = part.statements.iter().map(|s| s.sql.as_str()).collect();
        let mut sql = sql.join("\n");
        if part.transactional {
            sql = format!("BEGIN;\n{sql}\nCOMMIT;");
        }
        if let Err(error) = session.execute(&sql) {
            panic!("{error}\n{sql}");
        }
    }
}

fn json(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Integer(n) => n.to_string(),
        Value::Real(n) => format!("{n:?}"),
        Value::Text(t) => format!("{t:?}"),
        other => format!("{other:?}"),
    }
}

fn expect(session: &mut SqliteSession, text: &str) {
    for block in text.split("\n\n").filter(|b| !b.trim().is_empty()) {
        let (query, rows) = block.split_once("=>").unwrap();
        let found = session.query(query.trim(), &[]).unwrap();
        let found: Vec<String> = found
            .rows
            .iter()
            .map(|row| row.iter().map(json).collect::<Vec<_>>().join(", "))
            .collect();
        assert_eq!(found.join("\n"), rows.trim(), "{query}");
    }
}

fn run_case(path: &Path) {
    let case = fs::read_to_string(path).unwrap();
    let part = |name| section(&case, name);
    let renames = renames(part("renames"));
    let to = open(part("to")).introspect().unwrap();
    let mut session = open(part("from"));
    let from = session.introspect().unwrap();
    session.execute(part("rows")).unwrap();
    let script = plan(&from, &to, &renames);
    run(&mut session, &script);
    expect(&mut session, part("expect"));
    let reached = session.introspect().unwrap();
    assert_eq!(text(&plan(&reached, &to, &[])), "", "a second look");
    let count = |session: &mut SqliteSession| {
        session.query("SELECT * FROM pragma_foreign_key_check", &[]).unwrap().rows.len()
    };
    assert_eq!(count(&mut session), 0, "rows lost their parents");
    session.execute(part("before back")).unwrap();
    run(&mut session, &plan(&reached, &from, &backwards(&renames)));
    let back = session.introspect().unwrap();
    assert_eq!(text(&plan(&back, &from, &[])), "", "the way back");

    let written = text(&script);
    if std::env::var_os("DBKIT_UPDATE_CASES").is_some() {
        let head = case.split("\n-- sql\n").next().unwrap().trim_end();
        fs::write(path, format!("{head}\n\n-- sql\n{written}")).unwrap();
    } else {
        assert_eq!(part("sql"), written.trim(), "DBKIT_UPDATE_CASES=1 writes it anew");
    }
}

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/sqlite");
    let mut failed = Vec::new();
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        let result = std::panic::catch_unwind(|| run_case(&path));
        if result.is_err() {
            failed.push(path.file_name().unwrap().to_owned());
        }
    }
    assert!(failed.is_empty(), "failed: {failed:?}");
}
