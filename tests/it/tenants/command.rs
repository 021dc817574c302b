use crate::support::{Outcome, PgDatabase, Project};

const FIRST: &str = "CREATE TYPE mood AS ENUM ('good', 'bad');\n\
    CREATE TABLE notes (id serial PRIMARY KEY, text text NOT NULL, mood mood NOT NULL DEFAULT 'good');\n";

fn project(mode: &str) -> Project {
    let project = Project::empty();
    project.write("dbkit.toml", format!("dialects = [\"postgres\"]\n[tenancy]\n{mode}\n"));
    migration(&project, "2026-01-01-000000_first", FIRST, "DROP TABLE notes; DROP TYPE mood;");
    project
}

fn migration(project: &Project, name: &str, up: &str, down: &str) {
    project.write(&format!("migrations/{name}/up.sql"), up);
    project.write(&format!("migrations/{name}/down.sql"), down);
    project.write(&format!("migrations/{name}/metadata.toml"), "run_in_transaction = true\n");
}

fn tenant(project: &Project, url: &str, args: &[&str]) -> Outcome {
    let mut all = vec!["tenant"];
    all.extend(args);
    all.extend(["--database-url", url]);
    project.dbkit(all).run()
}

#[test]
fn each_tenant_has_a_schema_and_a_ledger() {
    let database = PgDatabase::create("tenant_fleet");
    let project = project("mode = \"schema\"");
    let url = database.url();
    // A ledger in public must not be taken for the tenants'.
    project.dbkit(["migrate", "--database-url", url]).run().success();
    for id in ["acme", "Bob-2", "carl"] {
        tenant(&project, url, &["create", id]).success().stdout_has("1 migration applied");
    }
    tenant(&project, url, &["create", "acme"]).success().stdout_has("nothing to do");
    tenant(&project, url, &["list"]).success().stdout_has("3 tenants");
    tenant(&project, url, &["create", "a b"]).code(2).stderr_has("cannot name a schema");
    tenant(&project, url, &["create", "../x"]).code(2).stderr_has("cannot name a schema");
    assert_eq!(database.value("SELECT count(*) FROM \"tenant_Bob-2\".notes"), "0");
    assert_eq!(
        database.value("SELECT udt_schema FROM information_schema.columns WHERE table_schema = 'tenant_carl' AND column_name = 'mood'"),
        "tenant_carl"
    );

    migration(&project, "2026-01-02-000000_more", "ALTER TABLE notes ADD COLUMN more integer;", "");
    tenant(&project, url, &["status"]).success().stdout_has("1 pending").stdout_has("3 not ready");
    tenant(&project, url, &["status", "--check"]).code(3);
    let args = ["migrate", "--all-tenants", "--jobs", "2", "--database-url", url];
    project.dbkit(args).run().success().stdout_has("3 tenants migrated");
    project.dbkit(args).run().success().stdout_has("3 up to date");
    tenant(&project, url, &["status", "--check"]).success().stdout_has("20260102000000: 3 tenants");
    assert_eq!(
        database
            .value("SELECT count(*) FROM information_schema.columns WHERE column_name = 'more'"),
        "3",
        "public has not run it"
    );

    tenant(&project, url, &["drop", "carl"]).code(4).stderr_has("--yes");
    tenant(&project, url, &["drop", "karl", "--yes"]).code(2).stderr_has("did you mean `carl`?");
    tenant(&project, url, &["drop", "carl", "--yes"]).success();
    assert_eq!(database.value("SELECT to_regnamespace('tenant_carl') IS NULL"), "true");
    tenant(&project, url, &["list"]).success().stdout_has("2 tenants");
}

#[test]
fn a_tenant_that_fails_is_named_and_the_rest_follows_by_choice() {
    let database = PgDatabase::create("tenant_failing");
    let project = project("mode = \"schema\"\nschema = \"t_{}\"");
    let url = database.url();
    for id in ["a", "b", "c", "d"] {
        tenant(&project, url, &["create", id]).success();
    }
    database.execute("INSERT INTO t_b.notes (text) VALUES ('x'), ('x')");
    let unique = "ALTER TABLE notes ADD CONSTRAINT one UNIQUE (text);";
    migration(&project, "2026-01-02-000000_unique", unique, "");
    // The canary is the one that fails: nobody else is reached.
    tenant(&project, url, &["migrate", "--canary", "b"])
        .code(6)
        .stderr_has("tenant b:")
        .stderr_has("could not create unique index")
        .stdout_has("0 tenants migrated, 0 up to date, 1 failed, 3 not begun");
    tenant(&project, url, &["migrate"])
        .code(6)
        .stdout_has("1 tenant migrated, 0 up to date, 1 failed, 2 not begun");
    let json =
        tenant(&project, url, &["migrate", "--keep-going", "--jobs", "3", "--format", "json"])
            .code(6)
            .json();
    assert_eq!(json["migrated"], 2, "{json}");
    assert_eq!(json["failed"], 1, "{json}");
    tenant(&project, url, &["status"])
        .success()
        .stdout_has("20260102000000: 3 tenants")
        .stdout_has("20260101000000: 1 tenant");
    database.execute("DELETE FROM t_b.notes");
    tenant(&project, url, &["migrate"]).success().stdout_has("1 tenant migrated, 3 up to date");
}

#[test]
fn a_session_takes_nothing_from_one_tenant_to_the_next() {
    let database = PgDatabase::create("tenant_shuttle");
    let role = database.name.clone();
    database.execute(&format!("CREATE ROLE \"{role}\" LOGIN"));
    let project = project(&format!("mode = \"schema\"\nrole = \"{role}\""));
    let url = database.url();
    for id in ["a", "b", "c"] {
        tenant(&project, url, &["create", id]).success();
    }
    let may = format!(
        "SELECT string_agg(DISTINCT privilege_type, ' ' ORDER BY privilege_type) FROM information_schema.role_table_grants \
         WHERE grantee = '{role}' AND table_schema = 'tenant_a' AND table_name"
    );
    assert_eq!(database.value(&format!("{may} ~ '^__'")), "SELECT", "ledgers are read only");
    assert_eq!(database.value(&format!("{may} = 'notes'")), "DELETE INSERT SELECT UPDATE");
    // Whatever a migration does to its session, the next tenant's begins as a fresh one would.
    let up = "CREATE TEMP TABLE seen AS SELECT current_setting('statement_timeout') AS t;
              CREATE TABLE saw AS SELECT * FROM seen;
              SET statement_timeout = '11min'; SET search_path = public;
              SELECT pg_advisory_lock(4711);";
    migration(&project, "2026-01-02-000000_leaves", up, "");
    tenant(&project, url, &["migrate"]).success().stdout_has("3 tenants migrated");
    for schema in ["tenant_a", "tenant_b", "tenant_c"] {
        let saw = database.value(&format!("SELECT t FROM {schema}.saw"));
        assert_eq!(saw, "0", "{schema}");
    }
    assert_eq!(database.value("SELECT to_regclass('public.saw') IS NULL"), "true");
    database.execute(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\""));
}

#[test]
fn a_schema_that_is_missing_lets_nothing_into_public() {
    let database = PgDatabase::create("tenant_missing");
    let project = project("mode = \"schema\"");
    let url = database.url();
    tenant(&project, url, &["create", "a"]).success();
    database.execute("DROP SCHEMA tenant_a CASCADE");
    tenant(&project, url, &["migrate"]).code(6).stderr_has("its schema tenant_a is missing");
    assert_eq!(database.value("SELECT to_regclass('public.notes') IS NULL"), "true");
    tenant(&project, url, &["status"]).success().stdout_has("schema tenant_a is missing");
    tenant(&project, url, &["create", "a"]).success();
    assert_eq!(database.value("SELECT count(*) FROM tenant_a.notes"), "0");
}

#[test]
fn the_projects_own_table_names_the_tenants() {
    let database = PgDatabase::create("tenant_own");
    let project = project("mode = \"schema\"\ntable = \"public.Customers\"\nkey = \"Slug\"");
    database.execute(
        "CREATE TABLE \"Customers\" (\"Slug\" varchar(20)); INSERT INTO \"Customers\" VALUES ('x')",
    );
    let url = database.url();
    tenant(&project, url, &["create", "x"]).success();
    tenant(&project, url, &["list"]).success().stdout_has("1 tenant");
    tenant(&project, url, &["status", "--check"]).success();
    assert_eq!(database.value("SELECT to_regclass('__dbkit_tenants') IS NULL"), "true");
}

#[test]
fn each_tenant_has_a_database() {
    let database = PgDatabase::create("tenant_databases");
    let pattern = database.url().replace(&database.name, &format!("{}_{{}}", database.name));
    let project = project(&format!("mode = \"database\"\ndatabase = \"{pattern}\""));
    let url = database.url();
    tenant(&project, url, &["create", "a"]).success().stdout_has("1 migration applied");
    tenant(&project, url, &["create", "b"]).success();
    tenant(&project, url, &["status", "--check"]).success().stdout_has("20260101000000: 2 tenants");
    tenant(&project, url, &["migrate", "--jobs", "2"]).success().stdout_has("2 up to date");
    for id in ["a", "b"] {
        tenant(&project, url, &["drop", id, "--yes"]).success();
    }
    let left =
        format!("SELECT count(*) FROM pg_database WHERE datname LIKE '{}\\_%'", database.name);
    assert_eq!(database.value(&left), "0");
}

#[test]
fn each_tenant_has_a_file() {
    let project = Project::empty();
    project.write(
        "dbkit.toml",
        "dialects = [\"sqlite\"]\n[tenancy]\nmode = \"database\"\ndatabase = \"tenants/{}.db\"\n",
    );
    migration(
        &project,
        "2026-01-01-000000_first",
        "CREATE TABLE notes (id INTEGER PRIMARY KEY);",
        "",
    );
    let url = "main.db";
    tenant(&project, url, &["create", "a"]).success();
    tenant(&project, url, &["create", "b"]).success();
    assert!(project.join("tenants/a.db").exists());
    tenant(&project, url, &["migrate", "--jobs", "2"]).success().stdout_has("2 up to date");
    tenant(&project, url, &["status", "--check"]).success();
    tenant(&project, url, &["drop", "a", "--yes"]).success();
    assert!(!project.join("tenants/a.db").exists());
}

#[test]
fn without_settings_there_is_a_help() {
    let project = Project::empty();
    tenant(&project, "x.db", &["list"]).code(2).stderr_has("[tenancy]");
    project.write("dbkit.toml", "[tenancy]\nmode = \"colum\"\n");
    tenant(&project, "x.db", &["list"]).code(2).stderr_has("column");
}
