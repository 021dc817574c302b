//! Every hazard has its place in the documentation, and what is claimed about rewriting, reading
//! and locking a table is what the server does.

use crate::support::PgDatabase;
use dbkit::database::{Connection, Session, postgres::PgSession};
use dbkit::diagnostic::SourceFile;
use dbkit::dialect::script;
use dbkit::model::Dialect;
use dbkit::plan::{HazardKind, LockMode, PlanOptions, Script, Statement, Style};
use dbkit::source::Source;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

#[test]
fn the_documentation_lists_exactly_the_hazards_there_are() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/hazards.md");
    let text = std::fs::read_to_string(file).unwrap();
    let known: Vec<&str> = HazardKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(headings, known);
    for kind in HazardKind::ALL {
        let row = format!(
            "| [`{kind}`](#{kind}) |{}",
            if kind.refused_by_default() { " refused |" } else { " |" }
        );
        assert!(text.contains(&row), "no row {row}");
        let section = text.split(&format!("\n## {kind}\n")).nth(1).unwrap();
        let section = section.split("\n## ").next().unwrap();
        assert!(section.contains("**When.**") && section.contains("**Instead.**"), "{kind}");
    }
}

fn read(schema: &str, sql: &str) -> Source {
    let file =
        |name: &str, text: &str| Arc::new(SourceFile { path: name.into(), text: text.to_owned() });
    let mut source =
        dbkit::source::schema_rs::read(&[file("schema.rs", schema)], Dialect::Postgres)
            .unwrap_or_else(|found| panic!("{}", found[0].render(false)));
    let found =
        dbkit::source::sql::read(&file("schema.sql", sql), Dialect::Postgres, &mut source.model);
    assert!(found.is_empty(), "{}", found[0].render(false));
    source
}

fn plan(from: &Source, to: &Source, style: Style) -> Script {
    let options = PlanOptions { style, conversions: to.conversions.clone() };
    script(&from.model, &to.model, &to.renames, &options).unwrap().0
}

fn connect(database: &PgDatabase) -> Connection {
    Connection::Postgres(PgSession::connect(database.url(), &Default::default()).unwrap())
}

fn run_all(connection: &mut Connection, script: &Script) {
    for statement in script.statements() {
        connection.execute(&statement.sql).unwrap_or_else(|e| panic!("{e}\n{}", statement.sql));
    }
}

fn column(connection: &mut Connection, sql: &str) -> Vec<String> {
    let rows = connection.query(sql, &[]).unwrap_or_else(|e| panic!("{e}\n{sql}")).rows;
    rows.iter().map(|row| row[0].as_text().unwrap_or("NULL").to_owned()).collect()
}

/// Old type, new type: as a type is written behind `sql_type`, `!` where the value must be another.
const TYPES: &[(&str, &str, &str)] = &[
    ("varchar(10)", "varchar(20)", "'a'"),
    ("varchar(20)", "varchar(10)", "'a'"),
    ("varchar(10)", "varchar", "'a'"),
    ("varchar", "varchar(10)", "'a'"),
    ("varchar(10)", "text", "'a'"),
    ("text", "varchar", "'a'"),
    ("text", "varchar(10)", "'a'"),
    ("char(5)", "text", "'a'"),
    ("char(5)", "char(10)", "'a'"),
    ("text", "bytea", "'a'"),
    ("numeric(10,2)", "numeric(12,2)", "1.5"),
    ("numeric(10,2)", "numeric(12,3)", "1.5"),
    ("numeric(10,2)", "numeric(8,2)", "1.5"),
    ("numeric(10,2)", "numeric", "1.5"),
    ("numeric", "numeric(10,2)", "1.5"),
    ("integer", "bigint", "1"),
    ("bigint", "integer", "1"),
    ("smallint", "integer", "1"),
    ("integer", "numeric", "1"),
    ("integer", "oid", "1"),
    ("real", "double precision", "1"),
    ("timestamp(3)", "timestamp(6)", "now()"),
    ("timestamp(3)", "timestamp", "now()"),
    ("timestamp", "timestamp(6)", "now()"),
    ("timestamp", "timestamp(3)", "now()"),
    ("timestamptz(0)", "timestamptz(3)", "now()"),
    ("time(3)", "time(6)", "'10:00'"),
    ("interval(3)", "interval", "'1 day'"),
    ("timestamp", "date", "now()"),
    ("bit varying(4)", "bit varying(8)", "B'101'"),
    ("bit varying(8)", "bit varying(4)", "B'101'"),
    ("cidr", "inet", "'10.0.0.0/8'"),
    ("inet", "cidr", "'10.0.0.0/8'"),
    ("varchar(10)[]", "varchar(20)[]", "'{a}'"),
    ("varchar(10)[]", "varchar[]", "'{a}'"),
    ("varchar[]", "text[]", "'{a}'"),
    ("integer[]", "bigint[]", "'{1}'"),
    ("json", "jsonb", "'{}'"),
    ("text", "jsonb", "'{}'"),
    ("boolean", "integer", "true"),
    ("boolean", "bigint", "true"),
    ("bigint", "boolean", "1"),
    ("text", "uuid", "'11111111-1111-1111-1111-111111111111'"),
    ("xml", "text", "'<a/>'"),
];

#[test]
fn a_change_of_type_rewrites_the_table_where_it_says_so() {
    let database = PgDatabase::create("hazard_types");
    let mut connection = connect(&database);
    // PostgreSQL skips the rewrite between the two kinds of timestamp where the zone is UTC.
    connection.execute("SET TimeZone = 'America/New_York'").unwrap();
    let schema = |ty: &str| {
        read(
            &format!(
                "dbkit::schema! {{ table t (id) {{ id -> Integer, #[sql_type = \"{ty}\"] c -> Nullable<Text>, }} }}"
            ),
            "",
        )
    };
    let empty = read("dbkit::schema! {}", "");
    let mut wrong = Vec::new();
    for (old, new, value) in TYPES {
        let (from, to) = (schema(old), schema(new));
        run_all(&mut connection, &plan(&empty, &from, Style::Fast));
        connection.execute(&format!("INSERT INTO t VALUES (1, {value})")).unwrap();
        let node = "SELECT pg_relation_filenode('t')::text";
        let before = column(&mut connection, node);
        let change = plan(&from, &to, Style::Fast);
        run_all(&mut connection, &change);
        let rewritten = before != column(&mut connection, node);
        let told = has(&change, HazardKind::TableRewrite);
        if told != rewritten {
            wrong.push(format!("{old} to {new}: rewritten {rewritten}, told {told}"));
        }
        assert_eq!(column(&mut connection, "SELECT count(c)::text FROM t"), ["1"], "{old} {new}");
        connection.execute("DROP TABLE t").unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn has(script: &Script, kind: HazardKind) -> bool {
    script.statements().flat_map(|s| &s.hazards).any(|hazard| hazard.kind == kind)
}

/// A column's attributes and type, added to a table with rows.
const ADDED: &[&str] = &[
    "#[default = \"1\"] c -> Integer",
    "#[default = \"'a'\"] #[max_length = 10] c -> Varchar",
    "#[default = \"now()\"] c -> Timestamptz",
    "#[default = \"CURRENT_TIMESTAMP\"] c -> Timestamptz",
    "#[default = \"(now() + '1 day'::interval)\"] c -> Timestamptz",
    "#[default = \"lower('A')\"] c -> Text",
    "#[default = \"'{}'::jsonb\"] c -> Jsonb",
    "#[default = \"gen_random_uuid()\"] c -> Uuid",
    "#[default = \"clock_timestamp()\"] c -> Timestamptz",
    "#[default = \"random()\"] c -> Double",
    "#[default = \"f()\"] c -> Integer",
    "#[generated = \"id + 1\"] c -> Nullable<Integer>",
    "#[identity] c -> Integer",
    "#[serial] c -> Integer",
    "c -> Nullable<Integer>",
    "#[sql_type = \"positive\"] #[default = \"1\"] c -> Integer",
    "#[sql_type = \"positive\"] c -> Nullable<Integer>",
    "#[sql_type = \"plain\"] c -> Nullable<Integer>",
];

#[test]
fn a_new_column_rewrites_the_table_where_it_says_so() {
    let database = PgDatabase::create("hazard_columns");
    let mut connection = connect(&database);
    let sql = "CREATE FUNCTION f() RETURNS integer LANGUAGE plpgsql VOLATILE AS $$ BEGIN RETURN 1; END $$;
               CREATE DOMAIN positive AS integer CONSTRAINT p CHECK (VALUE > 0);
               CREATE DOMAIN plain AS integer;";
    let schema = |more: &str| {
        read(&format!("dbkit::schema! {{ table t (id) {{ id -> Integer, {more} }} }}"), sql)
    };
    let empty = read("dbkit::schema! {}", "");
    let mut wrong = Vec::new();
    for added in ADDED {
        let (from, to) = (schema(""), schema(&format!("{added},")));
        run_all(&mut connection, &plan(&empty, &from, Style::Fast));
        connection.execute("INSERT INTO t VALUES (1)").unwrap();
        let node = "SELECT pg_relation_filenode('t')::text";
        let before = column(&mut connection, node);
        let change = plan(&from, &to, Style::Fast);
        run_all(&mut connection, &change);
        let rewritten = before != column(&mut connection, node);
        let told = has(&change, HazardKind::TableRewrite);
        if told != rewritten {
            wrong.push(format!("{added}: rewritten {rewritten}, told {told}"));
        }
        connection
            .execute("DROP TABLE t CASCADE; DROP FUNCTION f(); DROP DOMAIN positive, plain")
            .unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn section<'a>(text: &'a str, name: &str) -> &'a str {
    let start = format!("-- {name}\n");
    let Some(at) = text.find(&start) else { return "" };
    let rest = &text[at + start.len()..];
    &rest[..rest.find("\n-- ").map_or(rest.len(), |n| n + 1)]
}

/// What the statement waits for or lets others wait for, as the server sees it.
fn observed(connection: &mut Connection, statement: &Statement) -> BTreeMap<String, LockMode> {
    let tables = column(
        connection,
        "SELECT oid || ' ' || relname FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm') AND oid >= 16384",
    );
    connection.execute("BEGIN").unwrap();
    connection.execute(&statement.sql).unwrap_or_else(|e| panic!("{e}\n{}", statement.sql));
    let sql = "SELECT l.relation || ' ' || l.mode FROM pg_locks l WHERE l.locktype = 'relation' AND l.pid = pg_backend_pid() AND l.granted";
    let held = column(connection, sql);
    connection.execute("COMMIT").unwrap();
    let mut out = BTreeMap::new();
    for line in held {
        let (oid, mode) = line.split_once(' ').unwrap();
        let mode = match mode {
            "ShareUpdateExclusiveLock" => LockMode::ShareUpdateExclusive,
            "ShareLock" => LockMode::Share,
            "ShareRowExclusiveLock" => LockMode::ShareRowExclusive,
            "AccessExclusiveLock" => LockMode::AccessExclusive,
            _ => continue,
        };
        let Some(name) = tables.iter().find_map(|t| t.strip_prefix(&format!("{oid} "))) else {
            continue;
        };
        let entry = out.entry(name.to_owned()).or_insert(mode);
        *entry = (*entry).max(mode);
    }
    out
}

/// Runs every case of `tests/cases/rows` and `tests/cases/plan` statement by statement and looks
/// at the locks each leaves behind.
#[test]
fn statements_lock_what_they_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut wrong = Vec::new();
    for folder in ["plan", "rows"] {
        let mut files: Vec<_> =
            std::fs::read_dir(root.join(folder)).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        for path in files {
            let text = std::fs::read_to_string(&path).unwrap();
            let on = section(&text, "on");
            if !(on.is_empty() || on.contains("postgres")) || section(&text, "from").is_empty() {
                continue;
            }
            let from = read(section(&text, "from"), section(&text, "sql from"));
            let to = read(section(&text, "to"), section(&text, "sql to"));
            let database = PgDatabase::create("hazard_locks");
            let mut connection = connect(&database);
            let empty = read("dbkit::schema! {}", "");
            run_all(&mut connection, &plan(&empty, &from, Style::Fast));
            let rows = section(&text, "rows");
            if !rows.trim().is_empty() {
                connection.execute(rows).unwrap();
            }
            let script = plan(&from, &to, Style::Fast);
            let made = |name: &str| {
                script.statements().any(|s| s.sql.starts_with(&format!("CREATE TABLE {name} ")))
            };
            for statement in script.statements() {
                let seen = observed(&mut connection, statement);
                let told: BTreeMap<String, LockMode> =
                    statement.locks.iter().map(|l| (l.table.name.clone(), l.mode)).collect();
                let names = seen.keys().chain(told.keys());
                for name in names {
                    let (a, b) = (seen.get(name), told.get(name));
                    // Nobody waits for what the plan itself makes.
                    let own = made(name) || name.contains("__dbkit_old");
                    if a != b && !own {
                        let show =
                            |m: Option<&LockMode>| m.map_or("none".to_owned(), ToString::to_string);
                        wrong.push(format!(
                            "{}: {}\n    {name}: server {}, told {}",
                            path.file_stem().unwrap().to_string_lossy(),
                            statement.sql.lines().next().unwrap_or_default(),
                            show(a),
                            show(b)
                        ));
                    }
                }
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
