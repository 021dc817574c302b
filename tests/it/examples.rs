//! The projects under `examples/`, with the program itself: every history from an empty database to
//! the schema and back, over rows that were there before.

use crate::support::{Dbkit, Outcome, PgDatabase, Project, SqliteFile};
use std::path::{Path, PathBuf};
use std::process::Command;

struct Example {
    name: &'static str,
    /// Rows of the time before the last change.
    before: &'static str,
    /// What is asked when that has run, and the answer.
    after: (&'static str, &'static str),
}

const PLANNER: Example = Example {
    name: "product-planner",
    before: "INSERT INTO users (email, name) VALUES ('ada@example.org', 'Ada'); \
             INSERT INTO projects (owner_id, title, status) SELECT id, 'Garden', 'active' FROM users",
    after: (
        "SELECT u.display_name || ' ' || p.status || ' ' || ('completed' = ANY (enum_range(NULL::project_status)::text[])) \
         FROM users u JOIN projects p ON p.owner_id = u.id",
        "Ada active true",
    ),
};

const PUBLISHING: Example = Example {
    name: "publishing-platform",
    before: "INSERT INTO users (email, name) VALUES ('ada@example.org', 'Ada'); \
             INSERT INTO workspaces (user_id, slug) SELECT id, 'ada' FROM users; \
             INSERT INTO nodes (id, workspace_id, kind, path) SELECT gen_random_uuid(), id, 'page', '/b' FROM workspaces; \
             INSERT INTO nodes (id, workspace_id, kind, path) SELECT gen_random_uuid(), id, 'page', '/a' FROM workspaces",
    after: (
        "SELECT string_agg(path || position, ' ' ORDER BY position) || (SELECT is_nullable FROM information_schema.columns \
         WHERE table_name = 'nodes' AND column_name = 'position') FROM nodes",
        "/a1 /b2NO",
    ),
};

const EXTENSION: Example = Example {
    name: "extension",
    before: "INSERT INTO extension_instance (id, context, context_id, active, scopes) \
             VALUES ('i', 'project', 'p', true, '{comments:read}'); \
             INSERT INTO comments (extension_instance_id, user_id, text) VALUES ('i', 'ada', 'x')",
    after: (
        "SELECT i.consented_scopes[1] || ' ' || c.text FROM comments c \
         JOIN extension_instance i ON i.id = c.extension_instance_id",
        "comments:read x",
    ),
};

const DESIGNER: Example = Example {
    name: "schema-designer",
    before: "INSERT INTO users (id, name, email) VALUES ('ada', 'Ada', 'ada@example.org'); \
             INSERT INTO projects (id, user_id, title, design) VALUES ('shop', 'ada', 'A shop', '{}')",
    after: ("SELECT name FROM projects", "A shop"),
};

const BACKEND: Example = Example {
    name: "tenant-backend",
    before: "INSERT INTO tenants (slug, name, domain, status) \
             VALUES ('acme', 'Acme', 'acme.example', 'active')",
    after: (
        "SELECT slug || ' ' || status || ' ' || ('suspended' = ANY (enum_range(NULL::tenant_status)::text[])) \
         FROM tenants",
        "acme active true",
    ),
};

/// A database that an example is tried on.
trait Ground {
    fn url(&self) -> String;
    fn execute(&self, sql: &str);
    fn value(&self, sql: &str) -> String;
}

impl Ground for PgDatabase {
    fn url(&self) -> String {
        Self::url(self).to_owned()
    }

    fn execute(&self, sql: &str) {
        Self::execute(self, sql);
    }

    fn value(&self, sql: &str) -> String {
        Self::value(self, sql)
    }
}

impl Ground for SqliteFile {
    fn url(&self) -> String {
        Self::url(self)
    }

    fn execute(&self, sql: &str) {
        Self::execute(self, sql);
    }

    fn value(&self, sql: &str) -> String {
        Self::value(self, sql)
    }
}

impl Example {
    fn folder(&self) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples").join(self.name)
    }

    /// Runs the program in the project's folder; it changes nothing there.
    fn run(&self, database: &impl Ground, args: &[&str]) -> Outcome {
        Dbkit::new(self.folder()).args(args).args(["--database-url", &database.url()]).run()
    }

    fn walk(&self, database: &impl Ground) {
        let run = |args: &[&str]| self.run(database, args);
        // As a newcomer finds it: nothing is left to generate, and nothing is wrong.
        run(&["generate", "--check"]).success();
        run(&["check", "--offline"]).success().stdout_has("no findings");

        run(&["migrate", "--steps", "1"]).success();
        database.execute(self.before);
        run(&["migrate"]).success();
        assert_eq!(database.value(self.after.0), self.after.1, "{}", self.name);
        run(&["status", "--check"]).success();
        // Includes every way back, over made-up rows, on a database of its own.
        run(&["check", "--replay"]).success().stdout_has("every way back works");

        run(&["redo", "--yes"]).success();
        assert_eq!(database.value(self.after.0), self.after.1, "{} after redo", self.name);
        run(&["diff", "--from", "database", "--to", "schema", "--check"]).success();
    }

    /// Both environments' seeds: a second run changes nothing.
    fn seed(&self, environment: &str, database: &impl Ground) {
        let run = |args: &[&str]| {
            let args: Vec<&str> = args.iter().copied().chain(["--env", environment]).collect();
            self.run(database, &args)
        };
        run(&["prepare"]).success();
        let again = run(&["seed", "--format", "json"]).success().json();
        let tables = again["tables"].as_array().unwrap();
        assert!(!tables.is_empty(), "{again}");
        for table in tables {
            assert_eq!((&table["inserted"], &table["updated"]), (&0.into(), &0.into()), "{again}");
        }
        run(&["seed", "diff"]).success();
    }

    /// Nothing of a run may be left in the repository.
    fn unchanged(&self) {
        let left = std::fs::read_dir(self.folder()).unwrap();
        for entry in left {
            let name = entry.unwrap().file_name().to_string_lossy().into_owned();
            assert!(!name.contains(".db"), "{name} was left in {}", self.name);
        }
    }

    fn on_postgres(&self) {
        let database = PgDatabase::create("example");
        self.walk(&database);
        for environment in ["dev", "test"] {
            self.seed(environment, &PgDatabase::create("example"));
        }
        self.unchanged();
    }

    fn on_sqlite(&self) {
        let project = Project::empty();
        self.walk(&project.sqlite("walk.db"));
        for environment in ["dev", "test"] {
            self.seed(environment, &project.sqlite(&format!("{environment}.db")));
        }
        self.unchanged();
    }
}

#[test]
fn product_planner() {
    PLANNER.on_postgres();
}

#[test]
fn publishing_platform() {
    PUBLISHING.on_postgres();
}

#[test]
fn extension() {
    EXTENSION.on_postgres();
    // A tenant of the project, with what the schema, the settings and the role are.
    let database = PgDatabase::create("example");
    let run = |args: &[&str]| EXTENSION.run(&database, args);
    run(&["migrate"]).success();
    run(&["seed", "--env", "test"]).success();
    run(&["tenant", "erase", "theirs", "--yes"]).success().stdout_has("comments");
    assert_eq!(database.value("SELECT count(*) FROM comments"), "0");
    assert_eq!(database.value("SELECT string_agg(id, '') FROM extension_instance"), "mine");
    run(&["seed", "--env", "test"]).success();
    database.execute(
        "INSERT INTO comments (extension_instance_id, user_id, text) VALUES ('mine', 'ada', 'x')",
    );
    run(&["tenant", "doctor"]).success().stdout_has("0 broken");
}

/// The same project in a file: its history, its seeds, and drawings that can be looked into.
#[test]
fn schema_designer_in_a_file() {
    DESIGNER.on_sqlite();
    let project = Project::empty();
    let file = project.sqlite("designer.db");
    DESIGNER.run(&file, &["prepare", "--env", "dev"]).success();
    assert_eq!(
        file.value("SELECT design ->> '$.tables[0].name' FROM projects WHERE id = 'shop'"),
        "orders"
    );
    let shown = ["inspect", "projects", "--where", "id = 'shop'", "--format", "json"];
    DESIGNER.run(&file, &shown).success().stdout_has("{\"tables\":[{\"name\":\"orders\"");
}

/// The prototype: pushed, and a column with rows in it is not lost by the way.
#[test]
fn schema_designer() {
    DESIGNER.on_postgres();
    let project = Project::empty();
    copy(&DESIGNER.folder(), project.path());
    let database = PgDatabase::create("example");
    let run = |args: &[&str]| project.dbkit(args).args(["--database-url", database.url()]).run();
    run(&["push", "--yes"]).success();
    run(&["seed", "--env", "test"]).success();
    let schema = project.read("src/schema.rs");
    let without: String = schema
        .lines()
        .filter(|line| !line.contains("design -> Jsonb"))
        .map(|l| format!("{l}\n"))
        .collect();
    project.write("src/schema.rs", without);
    let loss = "data-loss: drops column projects.design and its values (projects has 1 row)";
    run(&["push", "--yes"]).code(4).stderr_has(loss).stderr_has("--allow data-loss");
    assert_eq!(database.value("SELECT design->>'tables' FROM projects"), "[]");
    run(&["push", "--yes", "--allow", "data-loss"]).success();
    // The schema again, and from now on migrations: the database has them already.
    project.write("src/schema.rs", schema);
    database.execute("ALTER TABLE projects ADD COLUMN design jsonb NOT NULL DEFAULT '{}'");
    database.execute("ALTER TABLE projects ALTER COLUMN design DROP DEFAULT");
    run(&["push", "--yes"]).success();
    run(&["baseline", "--yes"]).success();
    run(&["status", "--check"]).success();
}

/// Not without TLS, and not without a backup.
#[test]
fn schema_designer_goes_to_production() {
    let database = PgDatabase::create("example");
    let refused = Dbkit::new(DESIGNER.folder()).args(["status", "--env", "prod"]);
    refused
        .env("PRODUCTION_DATABASE_URL", database.url())
        .run()
        .code(7)
        .stderr_has("SSL was required");
    let folder = Project::empty();
    let backup = folder.join("before.dump");
    let deploy = || {
        let program = Path::new(env!("CARGO_BIN_EXE_dbkit"));
        let tools = [Some(program.parent().unwrap().to_owned()), postgres_programs()];
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = tools.into_iter().flatten().chain(std::env::split_paths(&path));
        let output = Command::new("./deploy.sh")
            .arg(&backup)
            .current_dir(DESIGNER.folder())
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("PRODUCTION_DATABASE_URL", database.url())
            .env("DATABASE_SSLMODE", "disable")
            .output()
            .unwrap();
        Outcome::new("./deploy.sh".to_owned(), output)
    };
    let run = |args: &[&str]| DESIGNER.run(&database, args);
    run(&["migrate", "--steps", "1"]).success();
    database.execute(DESIGNER.before);
    deploy().success().stdout_has("backed up to");
    assert_eq!(database.value(DESIGNER.after.0), DESIGNER.after.1);
    assert!(std::fs::read(&backup).unwrap().starts_with(b"PGDMP"));
    deploy().success().stdout_has("nothing is pending");
    // The database knows what it is now.
    run(&["seed", "--env", "dev"]).code(4).stderr_has("prod");
}

/// Where pg_dump is, if it is not in the PATH.
fn postgres_programs() -> Option<PathBuf> {
    let named = ["DBKIT_TEST_POSTGRES_BIN", "PGBIN"].into_iter().find_map(std::env::var_os);
    named.map(PathBuf::from)
}

#[test]
fn tenant_backend() {
    BACKEND.on_postgres();
    let database = PgDatabase::create("example");
    let run = |args: &[&str]| BACKEND.run(&database, args);
    let tenants = ["--schema", "src/tenant/schema.rs", "--migration-dir", "migrations/tenants"];
    run(&[&["generate", "--check"], &tenants[..]].concat()).success();
    run(&["prepare", "--env", "test"]).success();
    for tenant in ["acme", "globex"] {
        run(&["tenant", "create", tenant]).success();
    }
    run(&["tenant", "migrate", "--jobs", "2"]).success();
    run(&["tenant", "status", "--check"]).success().stdout_has("2 tenants");
    database.execute("INSERT INTO tenant_acme.members (email, name) VALUES ('a', 'A')");
    assert_eq!(database.value("SELECT count(*) FROM tenant_globex.members"), "0");
    // What all share is looked at without what each has.
    run(&["check", "--database"]).success();
}

/// Every command of the pipeline is one that there is.
#[test]
fn pipelines_hold_real_commands() {
    let text = std::fs::read_to_string(BACKEND.folder().join("deploy.yml")).unwrap();
    let commands: Vec<&str> =
        text.lines().filter_map(|line| line.trim().strip_prefix("- run: dbkit ")).collect();
    assert!(commands.len() >= 6, "{commands:?}");
    let project = Project::empty();
    for command in commands {
        let words: Vec<&str> = command.split_whitespace().collect();
        let outcome = project.dbkit(words).arg("--help").run();
        assert!(outcome.code == Some(0), "{outcome}");
    }
}

/// The text files that a project is, without its program.
fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
