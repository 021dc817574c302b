//! dbkit and Diesel on the same folders and ledgers: what one has run, the other knows, and each
//! reverts what the other ran.

use crate::support::{PgDatabase, Project, SqliteFile, diesel};
use diesel_migrations::{
    EmbeddedMigrations, FileBasedMigrations, MigrationHarness, embed_migrations,
};

/// One of the two databases, behind what the tests need.
trait Peer {
    fn url(&self) -> String;
    fn values(&self, sql: &str) -> Vec<Option<String>>;
    /// Runs the folder's pending migrations through Diesel's library.
    fn run_embedded(&self, migrations: FileBasedMigrations) -> usize;

    /// The versions in Diesel's ledger.
    fn ledger(&self) -> Vec<String> {
        let sql = "SELECT version FROM __diesel_schema_migrations ORDER BY version";
        self.values(sql).into_iter().flatten().collect()
    }
}

impl Peer for PgDatabase {
    fn url(&self) -> String {
        PgDatabase::url(self).to_owned()
    }

    fn values(&self, sql: &str) -> Vec<Option<String>> {
        PgDatabase::values(self, sql)
    }

    fn run_embedded(&self, migrations: FileBasedMigrations) -> usize {
        use diesel::Connection;
        let mut connection = diesel::PgConnection::establish(PgDatabase::url(self)).unwrap();
        connection.run_pending_migrations(migrations).unwrap().len()
    }
}

impl Peer for SqliteFile {
    fn url(&self) -> String {
        SqliteFile::url(self)
    }

    fn values(&self, sql: &str) -> Vec<Option<String>> {
        SqliteFile::values(self, sql)
    }

    fn run_embedded(&self, migrations: FileBasedMigrations) -> usize {
        use diesel::Connection;
        let path = self.path.to_string_lossy();
        let mut connection = diesel::SqliteConnection::establish(&path).unwrap();
        connection.run_pending_migrations(migrations).unwrap().len()
    }
}

const VERSIONS: [&str; 2] = ["20260101000000", "20260102000000"];

/// Two migrations as diesel_cli would write them.
fn project() -> Project {
    Project::with(&[
        ("diesel.toml", "[migrations_directory]\ndir = \"migrations\"\n"),
        (
            "migrations/2026-01-01-000000_first/up.sql",
            "CREATE TABLE first (id integer PRIMARY KEY, name text NOT NULL);\n\
             INSERT INTO first VALUES (1, 'semi;colon');\n",
        ),
        ("migrations/2026-01-01-000000_first/down.sql", "DROP TABLE first;\n"),
        (
            "migrations/2026-01-02-000000_second/up.sql",
            "CREATE TABLE second (id integer PRIMARY KEY REFERENCES first (id));\n",
        ),
        ("migrations/2026-01-02-000000_second/down.sql", "DROP TABLE second;\n"),
    ])
}

fn dbkit(project: &Project, peer: &dyn Peer, args: &[&str]) -> crate::support::Outcome {
    let (url, directory) = (peer.url(), project.join("migrations"));
    project.dbkit(args).args(["--database-url", &url, "--migration-dir"]).arg(directory).run()
}

/// diesel_cli takes a SQLite file by its bare path.
fn diesel_url(peer: &dyn Peer) -> String {
    let url = peer.url();
    url.strip_prefix("sqlite://").map(str::to_owned).unwrap_or(url)
}

fn dbkit_runs_and_diesel_reverts(peer: &dyn Peer) {
    let project = project();
    dbkit(&project, peer, &["migrate"]).success();
    assert_eq!(peer.ledger(), VERSIONS);

    let url = diesel_url(peer);
    let listed = diesel(project.path(), &url, &["migration", "list"]).success();
    assert!(!listed.stdout.contains("[ ]"), "{listed}");
    diesel(project.path(), &url, &["migration", "pending"]).success().stdout_has("false");

    diesel(project.path(), &url, &["migration", "redo"]).success();
    diesel(project.path(), &url, &["migration", "revert"]).success();
    assert_eq!(peer.ledger(), VERSIONS[..1]);

    dbkit(&project, peer, &["status", "--check"]).code(3);
    dbkit(&project, peer, &["migrate"]).success();
    assert_eq!(peer.ledger(), VERSIONS);
    dbkit(&project, peer, &["status", "--check"]).success();

    diesel(project.path(), &url, &["migration", "revert", "--all"]).success();
    assert!(peer.ledger().is_empty());
    dbkit(&project, peer, &["migrate"]).success();
    assert_eq!(peer.values("SELECT name FROM first"), [Some("semi;colon".to_owned())]);
}

fn diesel_runs_and_dbkit_reverts(peer: &dyn Peer) {
    let project = project();
    let url = diesel_url(peer);
    diesel(project.path(), &url, &["migration", "run"]).success();
    dbkit(&project, peer, &["status", "--check"]).success();
    dbkit(&project, peer, &["migrate"]).success();
    assert_eq!(peer.ledger(), VERSIONS);

    dbkit(&project, peer, &["rollback", "--steps", "1", "--yes"]).success();
    assert_eq!(peer.ledger(), VERSIONS[..1]);
    let listed = diesel(project.path(), &url, &["migration", "list"]).success();
    assert_eq!(listed.stdout.matches("[X]").count(), 1, "{listed}");
    diesel(project.path(), &url, &["migration", "run"]).success();
    dbkit(&project, peer, &["redo", "--yes"]).success();
    dbkit(&project, peer, &["rollback", "--steps", "2", "--yes"]).success();
    assert!(peer.ledger().is_empty());
    diesel(project.path(), &url, &["migration", "pending"]).success().stdout_has("true");
}

fn embedded_migrations_and_dbkit_agree(peer: &dyn Peer) {
    let project = project();
    let migrations = || FileBasedMigrations::from_path(project.join("migrations")).unwrap();
    assert_eq!(peer.run_embedded(migrations()), 2);
    dbkit(&project, peer, &["status", "--check"]).success();
    dbkit(&project, peer, &["rollback", "--steps", "1", "--yes"]).success();
    assert_eq!(peer.run_embedded(migrations()), 1);
    assert_eq!(peer.ledger(), VERSIONS);
    assert_eq!(peer.run_embedded(migrations()), 0);
}

/// dbkit's own folders, compiled into a program as an application does it.
fn compiled_in<DB: diesel::backend::Backend>(
    project: &Project,
    peer: &dyn Peer,
    folder: &str,
    embedded: impl Fn() -> EmbeddedMigrations,
    connection: &mut impl MigrationHarness<DB>,
) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let dbkit = |args: &[&str]| {
        project
            .dbkit(args)
            .args(["--database-url", &peer.url(), "--migration-dir"])
            .arg(&folder)
            .run()
    };
    let all = connection.run_pending_migrations(embedded()).unwrap().len();
    assert!(all > 0);
    dbkit(&["status", "--check"]).success().stdout_has("0 migrations pending");
    dbkit(&["migrate"]).success().stdout_has("nothing to do");
    dbkit(&["rollback", "--yes", "--steps", &all.to_string()]).success();
    dbkit(&["migrate"]).success();
    assert!(!connection.has_pending_migration(embedded()).unwrap());
    connection.revert_last_migration(embedded()).unwrap();
    dbkit(&["status", "--check"]).code(3).stdout_has("1 migration pending");
    assert_eq!(connection.run_pending_migrations(embedded()).unwrap().len(), 1);
    dbkit(&["status", "--check"]).success();
}

/// What dbkit generates, Diesel runs; the other way round it lands on the same schema.
fn generated_migrations_run_in_diesel(peer: &dyn Peer, dialect: &str) {
    let project = Project::with(&[
        ("diesel.toml", "[migrations_directory]\ndir = \"migrations\"\n"),
        ("schema.rs", "dbkit::schema! { table thing (id) { id -> Integer, } }\n"),
    ]);
    project.write("dbkit.toml", format!("dialects = [{dialect:?}]\n"));
    let generate = |name: &str| {
        let directory = project.join("migrations");
        project
            .dbkit(["generate", name, "--schema", "schema.rs"])
            .arg("--migration-dir")
            .arg(directory)
            .run()
            .success();
    };
    generate("first");
    project.write(
        "schema.rs",
        "dbkit::schema! {\n#[index(name)]\ntable thing (id) { id -> Integer, \
         #[default = \"'x'\"] name -> Text, } }\n",
    );
    generate("second");
    // On PostgreSQL the index is made concurrently, in a migration of its own.
    let folders = project.list("migrations").len();
    assert_eq!(folders, if dialect == "postgres" { 3 } else { 2 });

    let url = diesel_url(peer);
    diesel(project.path(), &url, &["migration", "run"]).success();
    dbkit(&project, peer, &["status", "--check"]).success();
    diesel(project.path(), &url, &["migration", "redo", "--all"]).success();
    diesel(project.path(), &url, &["migration", "revert", "--all"]).success();
    dbkit(&project, peer, &["migrate"]).success();
    assert_eq!(peer.values("SELECT name FROM thing").len(), 0);
}

macro_rules! on_both {
    ($($test:ident),*) => {
        mod postgres {
            use super::*;
            $(#[test]
            fn $test() {
                super::$test(&PgDatabase::create("interchange"));
            })*
        }

        mod sqlite {
            use super::*;
            $(#[test]
            fn $test() {
                let folder = Project::empty();
                super::$test(&folder.sqlite("test.db"));
            })*
        }
    };
}

on_both!(
    dbkit_runs_and_diesel_reverts,
    diesel_runs_and_dbkit_reverts,
    embedded_migrations_and_dbkit_agree
);

#[test]
fn postgres_generated_migrations_run_in_diesel() {
    generated_migrations_run_in_diesel(&PgDatabase::create("interchange"), "postgres");
}

#[test]
fn sqlite_generated_migrations_run_in_diesel() {
    let folder = Project::empty();
    generated_migrations_run_in_diesel(&folder.sqlite("test.db"), "sqlite");
}

#[test]
fn postgres_migrations_compiled_in() {
    const STARTER: EmbeddedMigrations = embed_migrations!("migrations/postgres");
    let database = PgDatabase::create("interchange");
    let mut connection = diesel::Connection::establish(PgDatabase::url(&database)).unwrap();
    let (project, folder) = (Project::empty(), "migrations/postgres");
    compiled_in::<diesel::pg::Pg>(
        &project,
        &database,
        folder,
        || STARTER,
        &mut connection as &mut diesel::PgConnection,
    );
}

#[test]
fn sqlite_migrations_compiled_in() {
    const STARTER: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
    let project = Project::empty();
    let file = project.sqlite("test.db");
    let path = file.path.to_string_lossy().into_owned();
    let mut connection = diesel::Connection::establish(&path).unwrap();
    let folder = "migrations/sqlite";
    compiled_in::<diesel::sqlite::Sqlite>(
        &project,
        &file,
        folder,
        || STARTER,
        &mut connection as &mut diesel::SqliteConnection,
    );
}

/// Diesel reverts and runs again what was edited in between: nothing was changed after it had run.
#[test]
fn a_second_run_by_diesel_is_no_change_of_the_first() {
    let project = project();
    let file = project.sqlite("test.db");
    let url = diesel_url(&file);
    dbkit(&project, &file, &["migrate"]).success();
    diesel(project.path(), &url, &["migration", "revert"]).success();
    project.write(
        "migrations/2026-01-02-000000_second/up.sql",
        "CREATE TABLE second (id integer PRIMARY KEY, more text);\n",
    );
    // SQLite's clock counts seconds.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    diesel(project.path(), &url, &["migration", "run"]).success();
    dbkit(&project, &file, &["status", "--check"]).success().stdout_has("applied");
    // An edit after that is one.
    project.write("migrations/2026-01-01-000000_first/up.sql", "SELECT 1;\n");
    dbkit(&project, &file, &["status", "--check"]).code(3).stdout_has("changed since");
}
