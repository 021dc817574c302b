//! Objects with bodies, planned and carried out on a real server. A case is
//! `tests/cases/objects/<name>.txt`: one state, a line `====`, the other state. Each is turned
//! into the other, both ways, and a second look must find nothing to do. A first line
//! `-- PostgreSQL 15` names the first version that knows what the case uses.

use crate::support::PgDatabase;
use dbkit::database::Session;
use dbkit::database::postgres::{ConnectOptions, PgSession};
use dbkit::dialect;
use dbkit::model::Model;
use dbkit::plan::{PlanOptions, Script, Style};
use std::path::Path;

struct State {
    database: PgDatabase,
    model: Model,
}

fn introspect(database: &PgDatabase) -> Model {
    let options = ConnectOptions::default();
    PgSession::connect(database.url(), &options).unwrap().introspect().unwrap()
}

fn state(sql: &str) -> State {
    let database = PgDatabase::create("objects");
    database.execute(sql);
    let model = introspect(&database);
    State { database, model }
}

fn plan(from: &Model, to: &Model) -> Script {
    let options = PlanOptions::new(Style::Fast);
    dialect::script(from, to, &[], &options).unwrap().0
}

fn carry_out(from: &State, to: &Model, name: &str) {
    let script = plan(&from.model, to);
    let mut session = PgSession::connect(from.database.url(), &ConnectOptions::default()).unwrap();
    let all: Vec<&str> = script.statements().map(|s| s.sql.as_str()).collect();
    let mut run = |sql: &str| {
        if let Err(error) = session.execute(sql) {
            panic!("{name}: {error}\nin {sql}\n\n{}", all.join("\n"));
        }
    };
    for part in &script.parts {
        if part.transactional {
            run("BEGIN");
        }
        part.statements.iter().for_each(|statement| run(&statement.sql));
        if part.transactional {
            run("COMMIT");
        }
    }
    let found = introspect(&from.database);
    let left: Vec<String> = plan(&found, to).statements().map(|s| s.sql.clone()).collect();
    assert!(left.is_empty(), "{name}: left\n{}\n\nafter\n{}", left.join("\n"), all.join("\n"));
    assert_eq!(found.unmodelled, from.model.unmodelled, "{name}: not managed, and not left alone");
}

/// True when the server is older than the version the case asks for.
fn wants_newer(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("-- PostgreSQL ") else { return false };
    let wanted: u32 = rest.lines().next().unwrap().trim().parse().unwrap();
    let database = PgDatabase::create("version");
    let number = database.values("SELECT current_setting('server_version_num')");
    let number: u32 = number[0].as_deref().unwrap().parse().unwrap();
    number / 10_000 < wanted
}

#[test]
fn every_pair_converges_both_ways() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/objects");
    let only = std::env::var("DBKIT_CASE").unwrap_or_default();
    let mut failed = Vec::new();
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if !name.contains(&only) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        if wants_newer(&text) {
            continue;
        }
        let (one, other) = text.split_once("\n====\n").unwrap();
        let both_ways = || {
            let (first, second) = (state(one), state(other));
            carry_out(&first, &second.model, &format!("{name} forth"));
            carry_out(&second, &first.model, &format!("{name} back"));
        };
        if std::panic::catch_unwind(both_ways).is_err() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "failed: {failed:?}");
}
