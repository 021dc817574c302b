//! Random pairs of schemas: the plan is carried out on rows, forth and back, and no row is lost.

use super::plan::{open, plan, run, text};
use dbkit::database::sqlite::SqliteSession;
use dbkit::database::{Session, Value};
use proptest::prelude::*;

/// A column besides the key.
#[derive(Clone, Debug)]
enum Kind {
    Plain { not_null: bool, default: Option<&'static str>, collate: bool },
    Unique,
    Checked,
    Parent { table: usize, action: &'static str, named: bool },
    Generated { stored: bool },
}

#[derive(Clone, Debug)]
struct Spec {
    columns: Vec<Option<(&'static str, Kind)>>,
    autoincrement: bool,
    strict: bool,
    index: Option<(usize, bool, bool)>,
    trigger: bool,
    view: bool,
}

const TABLES: usize = 3;

fn kind() -> impl Strategy<Value = Kind> {
    let default = prop_oneof![Just("1"), Just("'7'"), Just("(1 + 2)"), Just("-1.5")];
    let action = prop_oneof![Just(""), Just("ON DELETE CASCADE"), Just("ON DELETE SET NULL")];
    prop_oneof![
        3 => (any::<bool>(), prop::option::of(default), any::<bool>()).prop_map(
            |(not_null, default, collate)| Kind::Plain {
                // A new column without a default cannot be NOT NULL where there are rows.
                not_null: not_null && default.is_some(),
                default,
                collate,
            }
        ),
        1 => Just(Kind::Unique),
        1 => Just(Kind::Checked),
        2 => (0..TABLES, action, any::<bool>())
            .prop_map(|(table, action, named)| Kind::Parent { table, action, named }),
        1 => any::<bool>().prop_map(|stored| Kind::Generated { stored }),
    ]
}

fn spec() -> impl Strategy<Value = Option<Spec>> {
    let ty = prop_oneof![Just("INTEGER"), Just("TEXT"), Just("REAL"), Just("ANY")];
    let columns = prop::collection::vec(prop::option::of((ty, kind())), 4);
    let index = prop::option::of((0..4_usize, any::<bool>(), any::<bool>()));
    let table = (columns, any::<bool>(), any::<bool>(), index, any::<bool>(), any::<bool>())
        .prop_map(|(columns, autoincrement, strict, index, trigger, view)| Spec {
            columns,
            autoincrement,
            strict,
            index,
            trigger,
            view,
        });
    prop::option::weighted(0.85, table)
}

fn schema() -> impl Strategy<Value = Vec<Option<Spec>>> {
    prop::collection::vec(spec(), TABLES)
}

/// Only tables that are in both schemas have rows in both, and are referred to.
fn sql(schema: &[Option<Spec>], other: &[Option<Spec>]) -> String {
    let mut out = String::new();
    for (number, spec) in schema.iter().enumerate() {
        let Some(spec) = spec else { continue };
        let auto = if spec.autoincrement { " AUTOINCREMENT" } else { "" };
        let mut items = vec![format!("id INTEGER PRIMARY KEY{auto}")];
        for (at, column) in spec.columns.iter().enumerate() {
            let Some((ty, kind)) = column else { continue };
            // A STRICT table would refuse what the rows hold.
            let ty = if spec.strict { "ANY" } else { *ty };
            items.push(match kind {
                Kind::Plain { not_null, default, collate } => {
                    let null = if *not_null { " NOT NULL" } else { "" };
                    let default = default.map(|d| format!(" DEFAULT {d}")).unwrap_or_default();
                    let collate = if *collate { " COLLATE NOCASE" } else { "" };
                    format!("c{at} {ty}{null}{default}{collate}")
                }
                Kind::Unique => format!("c{at} {ty} UNIQUE"),
                Kind::Checked => {
                    format!("c{at} {ty} CHECK (t{number}.c{at} IS NULL OR c{at} <> 'x')")
                }
                Kind::Parent { table, action, named }
                    if schema[*table].is_some() && other[*table].is_some() =>
                {
                    let name =
                        if *named { format!("CONSTRAINT k{number}_{at} ") } else { String::new() };
                    let ty = if spec.strict { "ANY" } else { "INTEGER" };
                    format!("c{at} {ty} {name}REFERENCES t{table} (id) {action}")
                }
                Kind::Parent { .. } => format!("c{at} {ty}"),
                Kind::Generated { stored } => {
                    format!("c{at} {ty} AS (id) {}", if *stored { "STORED" } else { "" })
                }
            });
        }
        let strict = if spec.strict { " STRICT" } else { "" };
        out.push_str(&format!("CREATE TABLE t{number} ({}){strict};\n", items.join(", ")));
        if let Some((at, expression, partial)) = spec.index
            && spec.columns[at].is_some()
        {
            let key = if expression { format!("lower(c{at})") } else { format!("c{at} DESC") };
            let partial = if partial { format!(" WHERE c{at} IS NOT NULL") } else { String::new() };
            out.push_str(&format!("CREATE INDEX i{number} ON t{number} ({key}){partial};\n"));
        }
        if spec.view {
            out.push_str(&format!(
                "CREATE VIEW v{number} AS SELECT t{number}.id FROM t{number};\n"
            ));
        }
        if spec.trigger {
            out.push_str(&format!(
                "CREATE TRIGGER g{number} AFTER DELETE ON t{number} BEGIN DELETE FROM t{number} WHERE id = old.id + 1000; END;\n"
            ));
        }
    }
    out
}

fn fill(session: &mut SqliteSession, schema: &[Option<Spec>]) {
    session.execute("PRAGMA foreign_keys = OFF").unwrap();
    for (number, spec) in schema.iter().enumerate() {
        let Some(spec) = spec else { continue };
        for row in 1..=3 {
            let mut names = vec!["id".to_owned()];
            for (at, column) in spec.columns.iter().enumerate() {
                if !matches!(column, None | Some((_, Kind::Generated { .. }))) {
                    names.push(format!("c{at}"));
                }
            }
            let values = vec![row.to_string(); names.len()].join(", ");
            let sql = format!("INSERT INTO t{number} ({}) VALUES ({values})", names.join(", "));
            session.execute(&sql).unwrap();
        }
        // The highest key ever given is not there any more.
        let sql =
            format!("INSERT INTO t{number} (id) VALUES (9); DELETE FROM t{number} WHERE id = 9");
        session.execute(&sql).unwrap();
    }
    session.execute("PRAGMA foreign_keys = ON").unwrap();
}

/// The values of what both schemas have, as text: types may differ.
fn values(
    session: &mut SqliteSession,
    a: &[Option<Spec>],
    b: &[Option<Spec>],
) -> Vec<Vec<Vec<Value>>> {
    let mut out = Vec::new();
    for (number, pair) in a.iter().zip(b).enumerate() {
        let (Some(a), Some(b)) = pair else { continue };
        let mut names = vec!["CAST(id AS TEXT)".to_owned()];
        for at in 0..4 {
            let stays =
                |s: &Spec| !matches!(s.columns[at], None | Some((_, Kind::Generated { .. })));
            if stays(a) && stays(b) {
                names.push(format!("CAST(CAST(c{at} AS INTEGER) AS TEXT)"));
            }
        }
        let sql = format!("SELECT {} FROM t{number} ORDER BY id", names.join(", "));
        out.push(session.query(&sql, &[]).unwrap().rows);
    }
    out
}

fn next_keys(session: &mut SqliteSession, a: &[Option<Spec>], b: &[Option<Spec>]) {
    for (number, pair) in a.iter().zip(b).enumerate() {
        if let (Some(a), Some(b)) = pair
            && a.autoincrement
            && b.autoincrement
        {
            let sql = format!("SELECT seq FROM sqlite_sequence WHERE name = 't{number}'");
            assert_eq!(session.query(&sql, &[]).unwrap().rows, [[Value::Integer(9)]]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rows_survive(a in schema(), b in schema()) {
        let mut session = open(&sql(&a, &b));
        fill(&mut session, &a);
        let from = session.introspect().unwrap();
        let to = open(&sql(&b, &a)).introspect().unwrap();
        let before = values(&mut session, &a, &b);
        run(&mut session, &plan(&from, &to, &[]));
        let reached = session.introspect().unwrap();
        prop_assert_eq!(text(&plan(&reached, &to, &[])), "");
        prop_assert_eq!(&values(&mut session, &a, &b), &before);
        next_keys(&mut session, &a, &b);
        run(&mut session, &plan(&reached, &from, &[]));
        let back = session.introspect().unwrap();
        prop_assert_eq!(text(&plan(&back, &from, &[])), "");
        prop_assert_eq!(&values(&mut session, &a, &b), &before);
    }
}
