//! The projects under `examples/`, with the program itself: every history from an empty database to
//! the schema and back, over rows that were there before.

use crate::support::{Dbkit, Outcome, PgDatabase, Project, SqliteFile};
use std::path::PathBuf;

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

#[allow(dead_code)]
enum Database {
    Postgres(PgDatabase),
    Sqlite(SqliteFile),
}

impl Database {
    fn url(&self) -> String {
        match self {
            Self::Postgres(database) => database.url().to_owned(),
            Self::Sqlite(file) => file.url(),
        }
    }

    fn execute(&self, sql: &str) {
        match self {
            Self::Postgres(database) => database.execute(sql),
            Self::Sqlite(file) => file.execute(sql),
        }
    }

    fn value(&self, sql: &str) -> String {
        match self {
            Self::Postgres(database) => database.value(sql),
            Self::Sqlite(file) => file.value(sql),
        }
    }
}

impl Example {
    fn folder(&self) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples").join(self.name)
    }

    /// Runs the program in the project's folder; it changes nothing there.
    fn run(&self, database: &Database, args: &[&str]) -> Outcome {
        let url = database.url();
        Dbkit::new(self.folder()).args(args).args(["--database-url", &url]).run()
    }

    fn walk(&self, database: &Database) {
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
    fn seed(&self, environment: &str, database: &Database) {
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
        let database = Database::Postgres(PgDatabase::create("example"));
        self.walk(&database);
        for environment in ["dev", "test"] {
            self.seed(environment, &Database::Postgres(PgDatabase::create("example")));
        }
        self.unchanged();
    }

    #[allow(dead_code)]
    fn on_sqlite(&self) {
        let folder = Project::empty();
        let file = |name: &str| Database::Sqlite(SqliteFile::new(folder.join(name)));
        self.walk(&file("walk.db"));
        for environment in ["dev", "test"] {
            self.seed(environment, &file(environment));
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
    let database = Database::Postgres(PgDatabase::create("example"));
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
