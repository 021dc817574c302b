//! `tenant doctor` and `tenant erase`.

use super::{SCHEMA, Shops};
use crate::support::{Outcome, Project, SqliteFile};

fn project(shops: &Shops, tenancy: &str) -> Project {
    let project = Project::with(&[("src/schema.rs", SCHEMA)]);
    let role = &shops.role;
    project.write(
        "dbkit.toml",
        format!(
            "dialects = [\"postgres\"]\n[tenancy]\nmode = \"column\"\nrole = \"{role}\"\n{tenancy}"
        ),
    );
    project
}

fn tenant(project: &Project, shops: &Shops, args: &[&str]) -> Outcome {
    let mut all = vec!["tenant"];
    all.extend(args);
    all.extend(["--database-url", shops.database.url()]);
    project.dbkit(all).run()
}

#[test]
fn a_doctor_finds_every_hole() {
    let shops = Shops::create("tenant_doctor");
    let project = project(&shops, "");
    let before = shops.database.value("SELECT count(*) FROM lines");
    tenant(&project, &shops, &["doctor"])
        .success()
        .stdout_has("8 of 8 attempts")
        .stdout_has("0 broken");
    let (role, database) = (&shops.role, &shops.database);
    for (hole, told, mend) in [
        (
            "ALTER TABLE lines DISABLE ROW LEVEL SECURITY",
            "reads another tenant's rows: 1",
            "ALTER TABLE lines ENABLE ROW LEVEL SECURITY",
        ),
        (
            "CREATE POLICY more ON orders USING (true)",
            "permissive policy more",
            "DROP POLICY more ON orders",
        ),
        (
            "ALTER POLICY tenant_isolation ON orders WITH CHECK (true)",
            "writes a row for another tenant",
            "ALTER POLICY tenant_isolation ON orders WITH CHECK ((shop_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)))",
        ),
        (
            "CREATE VIEW every AS SELECT * FROM orders; GRANT SELECT ON every TO PUBLIC",
            "may read the view every",
            "DROP VIEW every",
        ),
        (
            "CREATE MATERIALIZED VIEW kept AS SELECT * FROM orders; GRANT SELECT ON kept TO PUBLIC",
            "may read the view kept",
            "DROP MATERIALIZED VIEW kept",
        ),
        (
            &format!("ALTER ROLE \"{role}\" BYPASSRLS"),
            "allowed BYPASSRLS",
            &format!("ALTER ROLE \"{role}\" NOBYPASSRLS"),
        ),
    ] {
        database.execute(hole);
        tenant(&project, &shops, &["doctor"]).code(3).stdout_has("BROKEN").stdout_has(told);
        database.execute(mend);
    }
    tenant(&project, &shops, &["doctor"]).success();
    assert_eq!(
        database.value("SELECT count(*) FROM lines"),
        before,
        "whatever is tried is rolled back"
    );
}

/// An error that is not the database's "no" proves nothing, and is told as that.
#[test]
fn a_doctor_does_not_take_any_error_for_a_refusal() {
    let shops = Shops::create("tenant_doctor_errors");
    let project = project(&shops, "");
    shops.database.execute(
        "CREATE FUNCTION closed() RETURNS trigger LANGUAGE plpgsql AS \
         'BEGIN RAISE EXCEPTION ''the books are closed''; END'; \
         CREATE TRIGGER closed BEFORE INSERT OR UPDATE ON lines \
         FOR EACH ROW EXECUTE FUNCTION closed()",
    );
    tenant(&project, &shops, &["doctor"])
        .success()
        .stdout_has("not known whether")
        .stdout_has("writes a row for another tenant: the books are closed")
        .stdout_has("6 of 8 attempts")
        .stdout_has("0 broken");
}

#[test]
fn erasing_wants_schema_files_without_mistakes() {
    let shops = Shops::create("tenant_erase_files");
    let project = project(&shops, "table = \"shops\"\n");
    project.write("src/schema.rs", SCHEMA.replace("id -> Text", "id -> Txt"));
    tenant(&project, &shops, &["erase", "a", "--yes"]).code(2).stderr_has("src/schema.rs:4:");
    assert_eq!(shops.database.value("SELECT count(*) FROM shops"), "2");
    // Without files the policies of the database say which tables there are.
    std::fs::remove_file(project.join("src/schema.rs")).unwrap();
    tenant(&project, &shops, &["erase", "a", "--yes"]).success();
    assert_eq!(shops.database.value("SELECT count(*) FROM shops"), "1");
}

#[test]
fn erasing_tells_what_goes_and_leaves_a_record() {
    let shops = Shops::create("tenant_erase");
    let database = &shops.database;
    database.execute(
        "CREATE TABLE remarks (line_id integer REFERENCES lines ON DELETE CASCADE); \
         INSERT INTO remarks VALUES (1), (1), (2)",
    );
    let project = project(&shops, "table = \"shops\"\n");
    tenant(&project, &shops, &["erase", "a", "--dry-run"])
        .success()
        .stdout_has("remarks")
        .stdout_has("with what they refer to")
        .stdout_has("5 rows would go");
    assert_eq!(database.value("SELECT count(*) FROM remarks"), "3");
    tenant(&project, &shops, &["erase", "a"]).code(4).stderr_has("--yes");
    let json =
        tenant(&project, &shops, &["erase", "a", "--yes", "--format", "json"]).success().json();
    assert_eq!(json["tables"][3]["table"], "remarks", "{json}");
    assert_eq!(json["tables"][3]["rows"], 2, "{json}");
    for table in ["shops", "orders", "lines", "remarks"] {
        assert_eq!(database.value(&format!("SELECT count(*) FROM {table}")), "1", "{table}");
    }
    assert_eq!(
        database.value("SELECT row_counts FROM __dbkit_erasures WHERE tenant = 'a'"),
        r#"{"lines":1,"orders":1,"shops":1,"remarks":2}"#
    );
    // What cannot go takes everything back, and is named.
    database.execute(
        "CREATE TABLE audits (order_id integer REFERENCES orders); INSERT INTO audits VALUES (2)",
    );
    tenant(&project, &shops, &["erase", "b", "--yes"]).code(6).stderr_has("audits");
    assert_eq!(database.value("SELECT count(*) FROM lines"), "1");
}

#[test]
fn erasing_on_sqlite_follows_the_schema_files() {
    let project = Project::with(&[("src/schema.rs", SCHEMA)]);
    project.write("dbkit.toml", "dialects = [\"sqlite\"]\n[tenancy]\nmode = \"column\"\n");
    let push = ["push", "--database-url", "app.db", "--yes"];
    project.dbkit(push).run().success();
    let file = SqliteFile::new(project.join("app.db"));
    file.execute(super::ROWS);
    let args = ["tenant", "erase", "a", "--yes", "--database-url", "app.db"];
    project.dbkit(args).run().success().stdout_has("3 rows deleted");
    assert_eq!(file.value("SELECT count(*) FROM lines"), "1");
    project
        .dbkit(["tenant", "doctor", "--database-url", "app.db"])
        .run()
        .code(2)
        .stderr_has("SQLite keeps no tenants apart");
}
