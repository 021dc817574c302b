//! Commands beside the tenants' own schemas and files.

use crate::support::{Outcome, PgDatabase, Project};

const SCHEMA: &str = "dbkit::schema! {\n    table plans (id) {\n        id -> Integer,\n        name -> Text,\n    }\n}\n";

fn project(tenancy: &str) -> Project {
    let project = Project::with(&[("src/schema.rs", SCHEMA)]);
    project.write(
        "dbkit.toml",
        format!("dialects = [\"postgres\"]\n[tenancy]\nmode = \"schema\"\nmigrations = \"tenants\"\nseeds = \"their/seeds\"\n{tenancy}"),
    );
    let folder = "tenants/2026-01-01-000000_first";
    project.write(
        &format!("{folder}/up.sql"),
        "CREATE TYPE mood AS ENUM ('good', 'bad');\n\
         CREATE TABLE notes (id integer PRIMARY KEY, text text NOT NULL, mood mood NOT NULL DEFAULT 'good', \
             plan_id integer REFERENCES public.plans);\n\
         CREATE VIEW loud AS SELECT upper(text) AS text FROM notes;\n\
         CREATE OPERATOR === (LEFTARG = anyenum, RIGHTARG = anyenum, FUNCTION = enum_eq);\n",
    );
    project.write(&format!("{folder}/metadata.toml"), "run_in_transaction = true\n");
    project
}

fn run(project: &Project, url: &str, args: &[&str]) -> Outcome {
    let mut all = args.to_vec();
    all.extend(["--database-url", url]);
    project.dbkit(all).run()
}

#[test]
fn a_schema_of_a_tenant_is_left_alone() {
    for (label, tenancy, names) in [
        ("tenant_left", "", ["a", "b"]),
        // Nothing but the list tells a tenant's schema from others.
        ("tenant_bare_name", "schema = \"{}\"\n", ["acme", "bob"]),
    ] {
        let database = PgDatabase::create(label);
        let (project, url) = (project(tenancy), database.url());
        run(&project, url, &["push", "--yes"]).success().stdout_has("1 statement");
        for name in names {
            run(&project, url, &["tenant", "create", name]).success();
        }
        run(&project, url, &["push", "--dry-run"]).success().nowhere("DROP");
        run(&project, url, &["push", "--yes", "--allow-destructive"])
            .success()
            .stdout_has("nothing to do")
            .stderr_has("and 1 more");
        run(&project, url, &["diff", "--from", "database", "--to", "schema", "--check"]).success();
        run(&project, url, &["pull", "--schema", "pulled.rs"])
            .success()
            .stdout_has("1 table, 0 enums");
        assert!(!project.exists("pulled.sql"));
        // Anything else is still the schema files' business.
        database.execute("CREATE SCHEMA other");
        run(&project, url, &["push", "--dry-run"]).success().stdout_has("DROP SCHEMA other");
    }
}

#[test]
fn seeds_land_in_the_tenants_schema() {
    let database = PgDatabase::create("tenant_seeds");
    let (project, url) = (project(""), database.url());
    project.write("seeds/common/plans.toml", "[[plans]]\nid = 1\nname = \"small\"\n");
    project.write(
        "their/seeds/common/notes.toml",
        "[[notes]]\nid = 1\ntext = \"hello\"\nmood = \"bad\"\nplan_id = 1\n",
    );
    project.write(
        "their/seeds/common/more.sql",
        "INSERT INTO notes (id, text) VALUES (2, 'x') ON CONFLICT DO NOTHING;",
    );
    run(&project, url, &["push", "--yes"]).success();
    for name in ["a", "b"] {
        run(&project, url, &["tenant", "create", name]).success();
    }
    // A ledger in public is nobody else's.
    run(&project, url, &["seed"]).success();
    run(&project, url, &["seed", "status"]).success();
    run(&project, url, &["seed", "status", "--tenant", "a"]).code(3).stdout_has("new");
    run(&project, url, &["seed", "--tenant", "a"]).success();
    run(&project, url, &["seed", "status", "--tenant", "a"]).success();
    run(&project, url, &["seed", "status", "--tenant", "b"]).code(3);
    let value = |sql: &str| database.value(sql);
    assert_eq!(
        value("SELECT string_agg(text || mood, ' ' ORDER BY id) FROM tenant_a.notes"),
        "hellobad xgood"
    );
    assert_eq!(value("SELECT count(*) FROM tenant_b.notes"), "0");
    assert_eq!(value("SELECT count(*) FROM tenant_a.__dbkit_seeds"), "2");
    assert_eq!(value("SELECT to_regclass('tenant_b.__dbkit_seeds') IS NULL"), "true");
    run(&project, url, &["seed", "--tenant", "a"]).success().stdout_has("0");
    // A row that no file has any more goes from this tenant alone.
    run(&project, url, &["seed", "--tenant", "b"]).success();
    project.write("their/seeds/common/notes.toml", "notes = []\n");
    run(&project, url, &["seed", "--tenant", "a", "--prune"]).success();
    assert_eq!(value("SELECT count(*) FROM tenant_a.notes"), "1");
    assert_eq!(value("SELECT count(*) FROM tenant_b.notes"), "2");
    run(&project, url, &["seed", "dump", "notes", "--tenant", "b"]).success().stdout_has("hello");
    run(&project, url, &["seed", "--tenant", "c"]).code(2).stderr_has("there is no tenant c");
    database.execute("DROP SCHEMA tenant_b CASCADE");
    run(&project, url, &["seed", "--tenant", "b"]).code(6).stderr_has("schema tenant_b is missing");
}

#[test]
fn what_is_marked_as_protected_is_so_for_its_tenants() {
    let database = PgDatabase::create("tenant_protected");
    let (project, url) = (project(""), database.url());
    project.write("their/seeds/dev/notes.toml", "[[notes]]\nid = 1\ntext = \"hello\"\n");
    run(&project, url, &["push", "--yes"]).success();
    run(&project, url, &["tenant", "create", "a"]).success();
    database.execute(
        "CREATE TABLE __dbkit_environment (name TEXT PRIMARY KEY NOT NULL, protected INTEGER NOT NULL); \
         INSERT INTO __dbkit_environment VALUES ('prod', 1)",
    );
    project.write("seeds/dev/x.toml", "");
    run(&project, url, &["seed", "--env", "dev", "--tenant", "a"]).code(4).stderr_has("protected");
    assert_eq!(database.value("SELECT count(*) FROM tenant_a.notes"), "0");
}

#[test]
fn seeds_land_in_the_tenants_file() {
    let project = Project::empty();
    project.write(
        "dbkit.toml",
        "dialects = [\"sqlite\"]\n[tenancy]\nmode = \"database\"\ndatabase = \"tenants/{}.db\"\n",
    );
    project.write(
        "migrations/2026-01-01-000000_first/up.sql",
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL);",
    );
    project
        .write("migrations/2026-01-01-000000_first/metadata.toml", "run_in_transaction = true\n");
    project.write("seeds/common/notes.toml", "[[notes]]\nid = 1\ntext = \"hello\"\n");
    for name in ["a", "b"] {
        run(&project, "main.db", &["tenant", "create", name]).success();
    }
    run(&project, "main.db", &["seed", "--tenant", "a"]).success();
    assert_eq!(project.sqlite("tenants/a.db").value("SELECT text FROM notes"), "hello");
    assert_eq!(project.sqlite("tenants/b.db").value("SELECT count(*) FROM notes"), "0");
    run(&project, "main.db", &["seed", "status", "--tenant", "a"]).success();
    // The mark of the main database counts for the tenants' files.
    project.sqlite("main.db").execute(
        "CREATE TABLE __dbkit_environment (name TEXT PRIMARY KEY NOT NULL, protected INTEGER NOT NULL); \
         INSERT INTO __dbkit_environment VALUES ('prod', 1)",
    );
    run(&project, "main.db", &["seed", "--tenant", "b"]).code(4).stderr_has("protected");
}

#[test]
fn erasing_a_tenant_takes_its_schema_and_leaves_a_record() {
    let database = PgDatabase::create("tenant_gone");
    let (project, url) = (project("table = \"customers\"\n"), database.url());
    database.execute(
        "CREATE TABLE customers (id text PRIMARY KEY); INSERT INTO customers VALUES ('a'), ('b'); \
         CREATE TABLE plans (id integer PRIMARY KEY, name text NOT NULL); \
         CREATE TABLE invoices (customer_id text REFERENCES customers ON DELETE CASCADE); INSERT INTO invoices VALUES ('a'), ('b')",
    );
    for name in ["a", "b"] {
        run(&project, url, &["tenant", "create", name]).success();
        database.execute(&format!(
            "INSERT INTO tenant_{name}.notes (id, text) VALUES (1, 'x'), (2, 'y')"
        ));
    }
    run(&project, url, &["tenant", "erase", "a", "--dry-run"])
        .success()
        .stdout_has("tenant_a.notes")
        .stdout_has("invoices")
        .stdout_has("would go");
    assert_eq!(database.value("SELECT count(*) FROM tenant_a.notes"), "2");
    run(&project, url, &["tenant", "erase", "a"]).code(4).stderr_has("--yes");
    run(&project, url, &["tenant", "erase", "a", "--yes"]).success();
    assert_eq!(database.value("SELECT to_regnamespace('tenant_a') IS NULL"), "true");
    assert_eq!(database.value("SELECT string_agg(id, ' ') FROM customers"), "b");
    assert_eq!(database.value("SELECT count(*) FROM invoices"), "1");
    assert_eq!(database.value("SELECT count(*) FROM tenant_b.notes"), "2");
    let record = database.value("SELECT row_counts FROM __dbkit_erasures WHERE tenant = 'a'");
    assert!(
        record.contains(r#""tenant_a.notes":2"#) && record.contains(r#""invoices":1"#),
        "{record}"
    );
    run(&project, url, &["tenant", "erase", "a", "--yes"]).code(2).stderr_has("no tenant a");
}

#[test]
fn schemas_under_one_role_are_told_to_be_apart_by_name_only() {
    let database = PgDatabase::create("tenant_names");
    let role = format!("{}_app", database.name);
    let (project, url) = (project(&format!("role = \"{role}\"\n")), database.url());
    database.execute(&format!("CREATE ROLE \"{role}\" LOGIN"));
    run(&project, url, &["push", "--yes"]).success();
    for name in ["a", "b"] {
        run(&project, url, &["tenant", "create", name]).success();
    }
    run(&project, url, &["tenant", "doctor"]).success().stdout_has("tenancy.tenant_role");
    // A table that one lacks and all share would be written to by everybody.
    database.execute("CREATE TABLE notes (id integer); DROP TABLE tenant_b.notes CASCADE");
    run(&project, url, &["tenant", "doctor"]).code(3).stdout_has("b has none");
    database.execute(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\""));
}

#[test]
fn a_doctor_looks_for_ways_out_of_databases_and_files() {
    let database = PgDatabase::create("tenant_ways");
    let name = &database.name;
    let role = format!("{name}_app");
    let pattern = database.url().replace(name.as_str(), &format!("{name}_{{}}"));
    let project = Project::empty();
    project.write(
        "dbkit.toml",
        format!("dialects = [\"postgres\"]\n[tenancy]\nmode = \"database\"\ndatabase = \"{pattern}\"\nrole = \"{role}\"\n"),
    );
    project.write(
        "migrations/2026-01-01-000000_first/up.sql",
        "CREATE TABLE notes (id integer PRIMARY KEY);",
    );
    project
        .write("migrations/2026-01-01-000000_first/metadata.toml", "run_in_transaction = true\n");
    let url = database.url();
    database.execute(&format!("CREATE ROLE \"{role}\" LOGIN"));
    run(&project, url, &["tenant", "create", "a"]).success();
    run(&project, url, &["tenant", "doctor"]).success().stdout_has("3 of 3 attempts");
    database.execute(&format!("GRANT pg_read_server_files TO \"{role}\""));
    run(&project, url, &["tenant", "doctor"]).code(3).stdout_has("may read files of the server");
    run(&project, url, &["tenant", "erase", "a", "--dry-run"]).success().stdout_has("notes");
    run(&project, url, &["tenant", "erase", "a", "--yes"]).success();
    assert_eq!(
        database.value(&format!("SELECT count(*) FROM pg_database WHERE datname = '{name}_a'")),
        "0"
    );
    assert_eq!(database.value("SELECT row_counts FROM __dbkit_erasures"), r#"{"notes":0}"#);
    database.execute(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\""));

    let files = Project::empty();
    files.write(
        "dbkit.toml",
        "dialects = [\"sqlite\"]\n[tenancy]\nmode = \"database\"\ndatabase = \"{}.db\"\n",
    );
    files.write(
        "migrations/2026-01-01-000000_first/up.sql",
        "CREATE TABLE notes (id INTEGER PRIMARY KEY);",
    );
    files.write("migrations/2026-01-01-000000_first/metadata.toml", "run_in_transaction = true\n");
    for tenant in ["a", "b"] {
        run(&files, "main.db", &["tenant", "create", tenant]).success();
    }
    run(&files, "main.db", &["tenant", "doctor"]).success().stdout_has("0 broken");
    std::fs::remove_file(files.join("b.db")).unwrap();
    std::os::unix::fs::symlink(files.join("a.db"), files.join("b.db")).unwrap();
    run(&files, "main.db", &["tenant", "doctor"]).code(3).stdout_has("have the same file");
    run(&files, "main.db", &["tenant", "erase", "a", "--yes"]).success();
    assert!(!files.exists("a.db"));
    assert_eq!(files.sqlite("main.db").value("SELECT tenant FROM __dbkit_erasures"), "a");
}
