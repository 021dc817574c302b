//! What is left behind: no lock, no setting, no statement, no memory.

use super::visit::Visit;
use crate::support::{PgDatabase, Pgbouncer, Project};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[track_caller]
fn soon(wanted: &str, mut value: impl FnMut() -> String) {
    let began = Instant::now();
    loop {
        let found = value();
        if found == wanted {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{found}, never {wanted}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Resident memory in KiB.
fn memory(pid: u32) -> usize {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[test]
fn what_a_statement_returns_is_not_kept_whole() {
    let database = PgDatabase::create("studio_returning");
    database.execute("CREATE TABLE t (id integer, body text)");
    let project = Project::empty();
    project.sqlite("a.db").execute("CREATE TABLE t (id integer, body text)");
    let numbers = "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 40000) \
                   INSERT INTO t SELECT n, 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' FROM c RETURNING *";
    for url in [database.url(), "a.db"] {
        let visit = Visit::open(project.path(), &["--database-url", url]);
        visit.ask("query", &json!({ "sql": "select 1" }));
        let before = memory(visit.pid());
        let answer = visit.ask("query", &json!({ "sql": numbers, "limit": 10 }));
        let result = &answer["results"][0];
        assert_eq!(result["rows"].as_array().unwrap().len(), 10, "{url}");
        assert_eq!((&result["truncated"], &result["affected"]), (&json!(true), &json!(40_000)));
        let grown = memory(visit.pid()).saturating_sub(before);
        assert!(grown < 12 << 10, "{url}: {grown} KiB more");
        let count = visit.ask("count", &json!({ "table": { "name": "t" } }));
        assert_eq!(count["rows"], 40_000, "all rows are written: {url}");
    }
    // Few rows can be large, too.
    let visit = Visit::open(project.path(), &["--database-url", database.url()]);
    let sql = "select repeat('x', 1000000) from generate_series(1, 200)";
    let answer = visit.ask("query", &json!({ "sql": sql }));
    let rows = answer["results"][0]["rows"].as_array().unwrap().len();
    assert!((10..=20).contains(&rows), "{rows}");
    assert_eq!(answer["results"][0]["truncated"], true);
}

#[test]
fn nothing_is_left_on_the_server() {
    let database = PgDatabase::create("studio_left");
    database.execute("CREATE TABLE t (id integer PRIMARY KEY)");
    let project = Project::empty();
    let visit = Visit::open(project.path(), &["--database-url", database.url()]);
    visit.ask("query", &json!({ "sql": "select pg_advisory_lock(7)" }));
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' \
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    assert_eq!(database.value(locks), "0");
    // A download that is left before its first row.
    let slow = json!({ "sql": "select pg_sleep(58)", "format": "csv" }).to_string();
    let running = "SELECT count(*) FROM pg_stat_activity \
                   WHERE wait_event = 'PgSleep' AND datname = current_database()";
    let begin = || visit.begin("POST", "/api/export", &visit.headers(), slow.as_bytes());
    let streams: Vec<_> = (0..4).map(|_| begin()).collect();
    soon("4", || database.value(running));
    let more = visit.post("export", &json!({ "table": { "name": "t" }, "format": "csv" }));
    assert_eq!(more.status, 409, "{}", more.text());
    drop(streams);
    soon("0", || database.value(running));
    soon("200", || {
        visit
            .post("export", &json!({ "table": { "name": "t" }, "format": "csv" }))
            .status
            .to_string()
    });
    let open = "SELECT count(*) FROM pg_stat_activity \
                WHERE state LIKE 'idle in transaction%' AND datname = current_database()";
    assert_eq!(database.value(open), "0");
}

#[test]
fn through_a_pooler_nothing_stays_with_a_connection() {
    let database = PgDatabase::create("studio_pooled");
    database.execute(
        "CREATE TABLE t (id integer PRIMARY KEY, name text); \
         INSERT INTO t SELECT n, 'x' FROM generate_series(1, 500) n; \
         CREATE TABLE child (id integer PRIMARY KEY, t integer REFERENCES t)",
    );
    let pooler = Pgbouncer::start();
    let project = Project::empty();
    let visit = Visit::open(project.path(), &["--database-url", &pooler.url(database.url())]);
    let table = json!({ "name": "t" });
    let page = visit.ask("rows", &json!({ "table": table, "limit": 100 }));
    let next = visit.ask("rows", &json!({ "table": table, "limit": 100, "cursor": page["next"] }));
    assert_eq!(next["rows"][0][0], "101");
    let row = visit.ask("row", &json!({ "table": table, "key": ["7"] }));
    assert_eq!(row["children"][0]["rows"], 0);
    let change = json!([{ "kind": "update", "table": table, "key": ["7"], "old": { "name": "x" },
        "values": { "name": "y" } }]);
    assert_eq!(visit.ask("save", &json!({ "changes": change }))["saved"], 1);
    let found = visit.ask("query", &json!({ "sql": "set local work_mem = '7MB'; show work_mem" }));
    assert_eq!(found["results"][1]["rows"][0][0], "7MB");
    for sql in ["set work_mem = '9MB'", "reset all", "listen x"] {
        let refused = visit.post("query", &json!({ "sql": sql }));
        assert_eq!(refused.status, 403, "{sql}: {}", refused.text());
    }
    let shown = visit.ask("query", &json!({ "sql": "show work_mem; show search_path" }));
    assert_ne!(shown["results"][0]["rows"][0][0], "9MB");
    let csv = visit.post("export", &json!({ "table": table, "format": "csv" })).text();
    assert_eq!(csv.lines().count(), 501);
    let counted = visit.ask("count", &json!({ "table": table }));
    assert_eq!(counted["rows"], 500);
}

#[test]
fn a_parent_that_may_not_be_read_hides_nothing_else() {
    let database = PgDatabase::create("studio_hidden");
    let role = format!("{}_app", database.name);
    database.execute(&format!(
        "CREATE TABLE secret (id integer PRIMARY KEY); CREATE TABLE t (id integer PRIMARY KEY, s integer REFERENCES secret); \
         CREATE TABLE child (id integer PRIMARY KEY, t integer REFERENCES t); \
         INSERT INTO secret VALUES (1); INSERT INTO t VALUES (1, 1); INSERT INTO child VALUES (1, 1), (2, 1); \
         CREATE ROLE {role} LOGIN; GRANT SELECT ON t, child TO {role}"
    ));
    let mut url = url::Url::parse(database.url()).unwrap();
    url.set_username(&role).unwrap();
    // A role whose path is empty.
    url.set_query(Some("options=-csearch_path%3D"));
    let project = Project::empty();
    let visit = Visit::open(project.path(), &["--database-url", url.as_str()]);
    for tenant in [Value::Null, json!("a")] {
        visit.ask("tenant", &json!({ "id": tenant }));
        let row = visit.ask("row", &json!({ "table": { "name": "t" }, "key": ["1"] }));
        assert_eq!(row["parents"][0]["row"], Value::Null, "{tenant}");
        assert_eq!(row["children"][0]["rows"], 2, "{tenant}");
        let sql = row["sql"].as_str().unwrap();
        assert!(sql.contains("SELECT count(*) FROM child WHERE t = 1;"), "{sql}");
        let code = row["diesel"].as_str().unwrap();
        assert!(code.contains("child::table\n    .filter(child::t.eq(1))\n    .count()"), "{code}");
    }
    drop(visit);
    database.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn tables_that_change_meanwhile_are_noticed() {
    let database = PgDatabase::create("studio_changes");
    database.execute("CREATE TABLE t (id integer PRIMARY KEY)");
    let project = Project::empty();
    let file = project.sqlite("a.db");
    file.execute("CREATE TABLE t (id integer PRIMARY KEY)");
    let change = |url: &str, sql: &str| match url {
        "a.db" => file.execute(sql),
        _ => database.execute(sql),
    };
    for url in [database.url(), "a.db"] {
        let visit = Visit::open(project.path(), &["--database-url", url]);
        let version = || visit.ask("version", &json!({}))["version"].clone();
        let first = version();
        change(url, "INSERT INTO t VALUES (1)");
        assert_eq!(version(), first, "rows are no tables");
        for sql in [
            "ALTER TABLE t ADD COLUMN name text",
            "ALTER TABLE t RENAME COLUMN name TO label",
            "CREATE TABLE other (id integer PRIMARY KEY)",
            "DROP TABLE other",
        ] {
            let before = version();
            change(url, sql);
            assert_ne!(version(), before, "{sql}");
        }
        // Without asking for the schema again.
        let rows = visit.ask("rows", &json!({ "table": { "name": "t" } }));
        assert_eq!(rows["columns"][1]["name"], "label");
    }
}

#[test]
fn hundreds_of_tables_are_read_in_a_moment() {
    let database = PgDatabase::create("studio_many");
    let tables: String = (0..500)
        .map(|n| {
            let parent = n / 2;
            format!(
                "CREATE TABLE table_{n} (id integer PRIMARY KEY, parent integer REFERENCES table_{parent}, \
                 name text NOT NULL, at timestamptz DEFAULT now());"
            )
        })
        .collect();
    for part in tables.split_inclusive(';').collect::<Vec<_>>().chunks(100) {
        database.execute(&part.concat());
    }
    let project = Project::empty();
    let visit = Visit::open(project.path(), &["--database-url", database.url()]);
    let began = Instant::now();
    let schema = visit.ask("schema", &json!({}));
    let took = began.elapsed();
    assert_eq!(schema["tables"].as_array().unwrap().len(), 500);
    assert!(took < Duration::from_secs(10), "{took:?}");
    let began = Instant::now();
    visit.ask("version", &json!({}));
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    eprintln!("500 tables: schema in {took:?}, memory {} KiB", memory(visit.pid()));
}
