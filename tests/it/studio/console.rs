//! Reading only, cancelling, and what gets out of neither.

use super::visit::Visit;
use crate::support::{PgDatabase, Project};
use serde_json::json;
use std::time::{Duration, Instant};

const CONFIG: &str = "[env.prod]\nurl = \"URL\"\nprotected = true\ncolour = \"red\"\n";

fn role(database: &PgDatabase) -> String {
    let name = format!("{}_reader", database.name);
    database.execute(&format!(
        "CREATE ROLE {name} LOGIN; CREATE TABLE t (id integer PRIMARY KEY, name text); \
         INSERT INTO t VALUES (1, 'a'); GRANT ALL ON t TO {name}; GRANT CREATE ON SCHEMA public TO {name}"
    ));
    name
}

#[test]
fn postgres_holds_a_read_only_visit() {
    let database = PgDatabase::create("studio_console");
    let name = role(&database);
    let mut url = url::Url::parse(database.url()).unwrap();
    url.set_username(&name).unwrap();
    let project = Project::empty();
    let visit = Visit::open(project.path(), &["--read-only", "--database-url", url.as_str()]);
    let info = visit.ask("info", &json!({}));
    assert_eq!((&info["writable"], &info["warnings"]), (&json!(false), &json!([])));
    for sql in [
        "delete from t",
        "select 1; delete from t",
        "select 1; commit; delete from t",
        "commit; delete from t",
        "set transaction read write; delete from t",
        "select set_config('transaction_read_only', 'off', false); delete from t",
        "select set_config('transaction_read_only', 'off', false)",
        "set session characteristics as transaction read write",
        "with gone as (delete from t returning *) select * from gone",
        "select * into other from t",
        "explain analyze delete from t",
        "do $$ begin delete from t; end $$",
        "prepare transaction 'x'",
        "copy t to program 'true'",
        "copy t to '/tmp/dbkit_studio_copy'",
        "create table made (id int)",
        "select nextval('pg_catalog.pg_class')",
        "select * from t for update",
        "select pg_terminate_backend(pid) from pg_stat_activity",
        "select \"pg_cancel_backend\"(1)",
        "select * from dblink('dbname=x', 'delete from t') as t(a int)",
        "select lo_export(1, '/tmp/dbkit_studio_lo')",
        "select pg_read_file('/etc/passwd')",
        "select pg_logical_emit_message(false, 'a', 'b')",
        "lock table t",
        "select 1) ; delete from t; --",
        "\\! true",
    ] {
        let answer = visit.post("query", &json!({ "sql": sql }));
        assert!((400..500).contains(&answer.status), "{sql}: {} {}", answer.status, answer.text());
    }
    let change = json!([{ "kind": "delete", "table": { "name": "t" }, "key": ["1"] }]);
    for (route, body) in [
        ("save", json!({ "changes": change })),
        ("import", json!({ "table": { "name": "t" }, "csv": "id\n2\n" })),
        ("unlock", json!({ "name": "prod" })),
    ] {
        assert_eq!(visit.post(route, &body).status, 403, "{route}");
    }
    for sql in [
        "delete from t",
        "select 1; select 2",
        "select * from t; commit",
        "select pg_terminate_backend(1)",
    ] {
        let answer = visit.post("export", &json!({ "sql": sql, "format": "csv" }));
        assert!((400..500).contains(&answer.status), "{sql}: {}", answer.status);
    }
    assert_eq!(database.value("SELECT count(*) FROM t"), "1");
    assert_eq!(database.value("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "1");
    // What a function made is taken back.
    visit.post("query", &json!({ "sql": "select lo_create(0)" }));
    assert_eq!(database.value("SELECT count(*) FROM pg_largeobject_metadata"), "0");
    // It still reads.
    let found = visit.ask("query", &json!({ "sql": "table t; show transaction_read_only" }));
    assert_eq!(found["results"][0]["rows"], json!([["1", "a"]]));
    assert_eq!(found["results"][1]["rows"], json!([["on"]]));
    drop(visit);
    database.execute(&format!("DROP OWNED BY {name}; DROP ROLE {name}"));
}

#[test]
fn sqlite_holds_a_read_only_visit() {
    let project = Project::empty();
    let file = project.sqlite("shop.db");
    file.execute("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)");
    // Protected: the file itself is opened for writing.
    project.write("dbkit.toml", CONFIG.replace("URL", &file.url()));
    let visit = Visit::open(project.path(), &["--env", "prod"]);
    for sql in [
        "delete from t",
        "select 1; delete from t",
        "insert into t values (2) returning id",
        "create table made (id)",
        "create temp table made (id)",
        "attach 'other.db' as other",
        "vacuum into 'copy.db'",
        "vacuum",
        "pragma user_version = 7",
        "pragma journal_mode = wal",
        "pragma query_only = off",
        "pragma writable_schema = on",
        "select load_extension('x')",
        "commit",
        "begin; delete from t",
        "with a as (select 1) delete from t",
        "explain delete from t; delete from t",
        "reindex",
        "analyze",
    ] {
        let answer = visit.post("query", &json!({ "sql": sql }));
        assert!((400..500).contains(&answer.status), "{sql}: {} {}", answer.status, answer.text());
    }
    assert_eq!(file.value("SELECT count(*) FROM t"), "1");
    assert_eq!(file.value("PRAGMA user_version"), "0");
    assert_eq!(project.list("."), ["dbkit.toml", "shop.db"]);
    let told = visit.ask("query", &json!({ "sql": "pragma table_info(t); select 1" }));
    assert_eq!(told["results"][0]["rows"][0][1], "id");
}

#[test]
fn a_protected_environment_is_unlocked_by_its_name() {
    let project = Project::empty();
    let file = project.sqlite("shop.db");
    file.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)");
    project.write("dbkit.toml", CONFIG.replace("URL", &file.url()));
    let visit = Visit::open(project.path(), &["--env", "prod"]);
    let info = visit.ask("info", &json!({}));
    let environment = json!({ "name": "prod", "colour": "red", "protected": true });
    assert_eq!(info["environment"], environment);
    assert_eq!((&info["locked"], &info["writable"]), (&json!(true), &json!(false)));
    let change = json!({ "changes": [
        { "kind": "insert", "table": { "name": "t" }, "values": { "id": { "int": "1" } } },
    ] });
    let refused = visit.post("save", &change);
    assert_eq!((refused.status, &refused.json()["error"]["kind"]), (423, &json!("locked")));
    assert_eq!(visit.post("unlock", &json!({ "name": "Prod" })).status, 403);
    assert_eq!(visit.post("save", &change).status, 423);
    let info = visit.ask("unlock", &json!({ "name": "prod" }));
    assert_eq!((&info["locked"], &info["writable"]), (&json!(false), &json!(true)));
    assert_eq!(visit.ask("save", &change)["saved"], 1);
    // Only for this visit.
    let next = Visit::open(project.path(), &["--env", "prod"]);
    assert_eq!(next.ask("info", &json!({}))["locked"], true);
}

#[test]
fn a_running_statement_is_cancelled() {
    let database = PgDatabase::create("studio_cancel");
    database.execute("CREATE TABLE t (id integer PRIMARY KEY)");
    let project = Project::empty();
    let visit = Visit::open(project.path(), &["--database-url", database.url()]);
    assert!(visit.ask("info", &json!({}))["warnings"][0].as_str().unwrap().contains("superuser"));
    let began = Instant::now();
    let body = json!({ "request": "slow", "sql": "select pg_sleep(60)" });
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| visit.post("query", &body));
        while visit.ask("cancel", &json!({ "request": "slow" }))["cancelled"] == false {
            assert!(began.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(20));
        }
        let answer = slow.join().unwrap();
        assert_eq!((answer.status, &answer.json()["error"]["kind"]), (409, &json!("cancelled")));
        // The grid never waits for the console.
        let slow = scope.spawn(|| visit.post("query", &body));
        std::thread::sleep(Duration::from_millis(100));
        visit.ask("rows", &json!({ "table": { "name": "t" } }));
        while visit.ask("cancel", &json!({ "request": "slow" }))["cancelled"] == false {
            std::thread::sleep(Duration::from_millis(20));
        }
        slow.join().unwrap();
    });
    let late = visit.post("query", &json!({ "sql": "select pg_sleep(60)", "timeout_ms": 100 }));
    assert_eq!((late.status, &late.json()["error"]["kind"]), (408, &json!("timeout")));
    // Nobody waits any more: the statement ends, too.
    let body = json!({ "sql": "select pg_sleep(59)" }).to_string();
    let stream = visit.begin("POST", "/api/query", &visit.headers(), body.as_bytes());
    let running = "SELECT count(*) FROM pg_stat_activity \
                   WHERE wait_event = 'PgSleep' AND datname = current_database()";
    let until = |wanted: &str| {
        while database.value(running) != wanted {
            assert!(began.elapsed() < Duration::from_secs(40), "never {wanted}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    until("1");
    drop(stream);
    until("0");
    assert!(began.elapsed() < Duration::from_secs(40));
}

#[test]
fn a_lost_connection_is_opened_again() {
    let database = PgDatabase::create("studio_lost");
    database.execute("CREATE TABLE t (id integer PRIMARY KEY)");
    let project = Project::empty();
    let visit = Visit::open(project.path(), &["--database-url", database.url()]);
    let rows = json!({ "table": { "name": "t" } });
    visit.ask("rows", &rows);
    visit.ask("rows", &rows);
    database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    visit.ask("rows", &rows);
    visit.ask("rows", &rows);
    visit.ask("schema", &json!({}));
}

#[test]
fn ctrl_c_ends_it() {
    let project = Project::empty();
    project.sqlite("shop.db").execute("CREATE TABLE t (id INTEGER PRIMARY KEY)");
    let mut visit = Visit::open(project.path(), &["--database-url", "shop.db"]);
    // SAFETY: the process is a child of this one and has not been waited for.
    unsafe { libc::kill(visit.pid() as i32, libc::SIGINT) };
    assert_eq!(visit.ended(), Some(0));
}
