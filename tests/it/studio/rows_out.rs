//! Exports, and values on their way.

use super::visit::Visit;
use crate::support::{PgDatabase, Project};
use serde_json::json;

#[test]
fn many_rows_leave_in_pieces() {
    let database = PgDatabase::create("studio_export");
    database.execute(
        "CREATE TABLE t (id integer PRIMARY KEY, body text, plus integer GENERATED ALWAYS AS (id + 1) STORED); \
         INSERT INTO t SELECT n, repeat('x', 200) FROM generate_series(1, 200000) n",
    );
    let project = Project::empty();
    let visit = Visit::open(project.path(), &["--database-url", database.url()]);
    let before = memory(visit.pid());
    let answer = visit.post("export", &json!({ "table": { "name": "t" }, "format": "csv" }));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"t.csv\""));
    let text = answer.text();
    assert_eq!(text.lines().count(), 200_001);
    assert!(text.starts_with("id,body,plus\n1,xxx") && text.ends_with(",200001\n"));
    let grown = memory(visit.pid()).saturating_sub(before);
    assert!(grown < 20 << 10, "{grown} KiB more after {} KiB", text.len() >> 10);
    let filter = json!({ "column": "id", "op": "<=", "value": "2" });
    let export = |format: &str| {
        let order = json!([{ "column": "id", "desc": true }]);
        let body = json!({ "table": { "name": "t" }, "format": format, "filter": filter,
            "order": order, "columns": ["id", "plus"] });
        visit.post("export", &body).text()
    };
    assert_eq!(export("ndjson"), "{\"id\": 2, \"plus\": 3}\n{\"id\": 1, \"plus\": 2}\n");
    assert_eq!(export("json"), "[\n  {\"id\": 2, \"plus\": 3},\n  {\"id\": 1, \"plus\": 2}\n]\n");
    assert_eq!(export("sql"), "INSERT INTO t (id) VALUES (2);\nINSERT INTO t (id) VALUES (1);\n");
    let query = json!({ "sql": "select id from t where id < 3 order by 1;", "format": "csv" });
    assert_eq!(visit.post("export", &query).text(), "id\n1\n2\n");
    let wrong = visit.post("export", &json!({ "sql": "select nothing from t", "format": "csv" }));
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    // Whoever stops reading lets the database stop, too.
    let body = json!({ "table": { "name": "t" }, "format": "json" }).to_string();
    drop(visit.begin("POST", "/api/export", &visit.headers(), body.as_bytes()));
    visit.ask("rows", &json!({ "table": { "name": "t" } }));
}

/// Resident memory in KiB.
fn memory(pid: u32) -> usize {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[test]
fn a_tenant_sees_its_rows() {
    let database = PgDatabase::create("studio_tenant");
    let role = format!("{}_app", database.name);
    database.execute(&format!(
        "CREATE TABLE t (id integer PRIMARY KEY, tenant text NOT NULL); \
         INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'b'); ALTER TABLE t ENABLE ROW LEVEL SECURITY; \
         CREATE POLICY own ON t USING (tenant = nullif(current_setting('app.tenant_id', true), '')); \
         CREATE FUNCTION other() RETURNS text LANGUAGE sql AS \
           $$ SELECT set_config('app.tenant_id', 'a', true) $$; \
         CREATE ROLE {role} LOGIN; GRANT ALL ON t TO {role}"
    ));
    let mut url = url::Url::parse(database.url()).unwrap();
    url.set_username(&role).unwrap();
    let project = Project::empty();
    let visit = Visit::open(project.path(), &["--database-url", url.as_str()]);
    let info = visit.ask("info", &json!({}));
    assert_eq!((&info["tenancy"], &info["tenant"]), (&json!(true), &json!(null)));
    let seen = || {
        let rows = visit.ask("rows", &json!({ "table": { "name": "t" }, "columns": ["id"] }));
        let counted = visit.ask("count", &json!({ "table": { "name": "t" } }));
        let typed = visit.ask("query", &json!({ "sql": "select count(*) from t" }));
        let exported =
            visit.post("export", &json!({ "table": { "name": "t" }, "format": "ndjson" })).text();
        assert_eq!(typed["results"][0]["rows"][0][0], counted["rows"].to_string());
        assert_eq!(exported.lines().count() as u64, counted["rows"].as_u64().unwrap());
        rows["rows"].clone()
    };
    assert_eq!(seen(), json!([]));
    assert_eq!(visit.ask("tenant", &json!({ "id": "b" }))["tenant"], "b");
    assert_eq!(seen(), json!([["2"], ["3"]]));
    for sql in [
        "select set_config('app.tenant_id', 'a', true), (select count(*) from t)",
        "set app.tenant_id = 'a'",
        "set role postgres",
        "reset all",
        "select other(); select count(*) from t",
        "do $$ begin perform set_config('app.tenant_id', 'a', false); end $$; select count(*) from t",
    ] {
        let left = visit.post("query", &json!({ "sql": sql }));
        assert_eq!(left.status, 403, "{sql}: {}", left.text());
    }
    let sql = "select set_config('app.tenant_id', 'a', true), id from t";
    assert_eq!(visit.post("export", &json!({ "sql": sql, "format": "csv" })).status, 403);
    assert_eq!(seen(), json!([["2"], ["3"]]));
    let foreign = json!({ "changes": [
        { "kind": "update", "table": { "name": "t" }, "key": ["1"], "values": { "tenant": "b" } },
    ] });
    assert_eq!(visit.post("save", &foreign).status, 409);
    visit.ask("tenant", &json!({ "id": null }));
    assert_eq!(seen(), json!([]));
    drop(visit);
    database.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn staged_changes_become_files_of_the_project() {
    let project = Project::empty();
    let file = project.sqlite("shop.db");
    file.execute(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, meta JSON); \
         INSERT INTO users VALUES (1, 'ada', NULL), (2, 'bob', NULL)",
    );
    let visit = Visit::open(project.path(), &["--database-url", "shop.db"]);
    let rows = json!([
        { "kind": "insert", "table": { "name": "users" },
          "values": { "id": { "int": "3" }, "name": "@home", "meta": "{\"a\": [1, 2]}" } },
        { "kind": "update", "table": { "name": "users" }, "key": [{ "int": "1" }],
          "old": { "name": "ada" }, "values": { "name": "it's" } },
    ]);
    let made = visit.ask("save-as-seed", &json!({ "name": "New users", "changes": rows }));
    assert_eq!(made["file"], "seeds/common/new_users.toml");
    assert_eq!(
        project.read("seeds/common/new_users.toml"),
        "[[users]]\nid = 3\nname = \"@@home\"\nmeta = { a = [1, 2] }\n\n[[users]]\nid = 1\nname = \"it's\"\n"
    );
    // Nothing is written over.
    let again = visit.post("save-as-seed", &json!({ "name": "New users", "changes": rows }));
    assert_eq!(again.status, 400, "{}", again.text());
    let mut all = rows.as_array().unwrap().clone();
    all.push(json!({ "kind": "delete", "table": { "name": "users" }, "key": [{ "int": "2" }],
        "old": { "name": "bob", "meta": null } }));
    let made = visit.ask("save-as-migration", &json!({ "name": "Fix users", "changes": all }));
    let folder = made["folder"].as_str().unwrap().to_owned();
    assert!(folder.starts_with("migrations/") && folder.ends_with("_fix_users"), "{folder}");
    assert_eq!(
        project.read(&format!("{folder}/down.sql")),
        "INSERT INTO users (id, name, meta) VALUES (2, 'bob', NULL);\n\
         UPDATE users SET name = 'ada' WHERE id = 1;\nDELETE FROM users WHERE id = 3;\n"
    );
    let listed = visit.ask("migrations", &json!({}));
    assert_eq!(listed["migrations"][0]["state"], "pending");
    let version = &listed["migrations"][0]["version"];
    let shown = visit.ask("migration", &json!({ "version": version }));
    assert!(shown["up"].as_str().unwrap().starts_with("INSERT INTO users"), "{shown}");
    drop(visit);
    // Both do what was staged.
    for (args, names) in [
        (vec!["migrate"], vec!["it's", "@home"]),
        (vec!["rollback", "--yes"], vec!["ada", "bob"]),
        (vec!["seed"], vec!["it's", "bob", "@home"]),
    ] {
        project.dbkit(args).args(["--database-url", "shop.db"]).run().success();
        let found: Vec<String> =
            file.values("SELECT name FROM users ORDER BY id").into_iter().flatten().collect();
        assert_eq!(found, names);
    }
}
