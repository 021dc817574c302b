//! What stays when seeding is stopped, killed, out of room or not allowed: everything or nothing.

use crate::support::{PgDatabase, Project, SqliteFile};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SCHEMA: &str = "CREATE TABLE small (id integer PRIMARY KEY, n integer); \
    CREATE TABLE large (id integer PRIMARY KEY, body text NOT NULL, \
        small_id integer REFERENCES small (id));";

/// A small set that ends, and one that the test does not wait for.
fn project() -> Project {
    Project::with(&[
        ("seeds/dev/first.toml", "[[small]]\nid = 1\nn = 1\n"),
        (
            "seeds/dev/second.toml",
            "[generate.large]\nrows = 30_000_000\ncolumns.body = { fake = \"paragraph\" }\n\
             [[small]]\nid = 2\n",
        ),
    ])
}

fn start(project: &Project, url: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dbkit"));
    command.args(["seed", "--env", "dev", "--database-url", url]);
    command.current_dir(project.join(".")).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[allow(unsafe_code)]
fn signal(child: &Child, signal: i32) {
    // SAFETY: kill has no requirements on memory, and the child has not been waited for.
    let sent = unsafe { libc::kill(i32::try_from(child.id()).unwrap(), signal) };
    assert_eq!(sent, 0);
}

/// The first set stays with its line in the ledger, of the second there is nothing.
fn only_the_first(values: &dyn Fn(&str) -> Vec<String>) {
    assert_eq!(values("SELECT id FROM small"), ["1"]);
    assert_eq!(values("SELECT count(*) FROM large"), ["0"]);
    assert_eq!(values("SELECT set_name FROM __dbkit_seeds"), ["dev/first"]);
    assert_eq!(values("SELECT count(*) FROM __dbkit_seed_made"), ["0"]);
}

fn interrupted(child: Child) {
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{told}");
    for part in ["interrupted", "nothing of dev/second was written", "stays: dev/first"] {
        assert!(told.contains(part), "lacks {part}: {told}");
    }
}

fn postgres(label: &str) -> (PgDatabase, Project) {
    let database = PgDatabase::create(label);
    database.execute(SCHEMA);
    (database, project())
}

fn pg_values(database: &PgDatabase, sql: &str) -> Vec<String> {
    database.values(sql).into_iter().map(Option::unwrap_or_default).collect()
}

/// Waits until rows of the second set are on their way.
fn under_way_postgres(database: &PgDatabase) {
    until("COPY has begun", || {
        let sql = "SELECT count(*) FROM pg_stat_progress_copy WHERE datname = current_database() \
                   AND tuples_processed > 1000";
        pg_values(database, sql) == ["1"]
    });
}

/// Waits until the server has seen that its client is gone.
fn left_alone(database: &PgDatabase) {
    until("the server has rolled back", || {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                   AND pid <> pg_backend_pid()";
        pg_values(database, sql) == ["0"]
    });
}

#[test]
fn ctrl_c_takes_the_set_back_on_postgres() {
    let (database, project) = postgres("seed_int");
    let child = start(&project, database.url());
    under_way_postgres(&database);
    signal(&child, libc::SIGINT);
    interrupted(child);
    only_the_first(&|sql| pg_values(&database, sql));
}

#[test]
fn a_killed_run_leaves_nothing_half_written_on_postgres() {
    let (database, project) = postgres("seed_kill");
    let mut child = start(&project, database.url());
    under_way_postgres(&database);
    child.kill().unwrap();
    child.wait().unwrap();
    left_alone(&database);
    only_the_first(&|sql| pg_values(&database, sql));
}

fn sqlite() -> (Project, SqliteFile) {
    let project = project();
    let file = SqliteFile::new(project.join("seed.db"));
    file.execute(SCHEMA);
    (project, file)
}

fn file_values(file: &SqliteFile, sql: &str) -> Vec<String> {
    file.values(sql).into_iter().map(Option::unwrap_or_default).collect()
}

/// Waits until rows of the second set are in the file's journal.
fn under_way_sqlite(project: &Project) {
    until("rows are on their way", || {
        let grown = |name: &str, size| {
            std::fs::metadata(project.join(name)).is_ok_and(|file| file.len() > size)
        };
        grown("seed.db", 4 << 20) || grown("seed.db-wal", 4 << 20)
    });
}

#[test]
fn ctrl_c_takes_the_set_back_on_sqlite() {
    let (project, file) = sqlite();
    let child = start(&project, &file.url());
    under_way_sqlite(&project);
    signal(&child, libc::SIGINT);
    interrupted(child);
    only_the_first(&|sql| file_values(&file, sql));
}

#[test]
fn a_killed_run_leaves_nothing_half_written_on_sqlite() {
    let (project, file) = sqlite();
    let mut child = start(&project, &file.url());
    under_way_sqlite(&project);
    child.kill().unwrap();
    child.wait().unwrap();
    only_the_first(&|sql| file_values(&file, sql));
}

#[test]
fn a_full_disk_is_told_and_takes_the_set_back() {
    let (project, file) = sqlite();
    // As many blocks of 1 KiB as one file may have; the signal that comes with it is ignored, so
    // that writing fails as on a full disk.
    let script = format!(
        "trap '' XFSZ; ulimit -f 6000; exec \"$0\" seed --env dev --database-url '{}'",
        file.url()
    );
    let output = Command::new("bash")
        .args(["-c", &script, env!("CARGO_BIN_EXE_dbkit")])
        .current_dir(project.join("."))
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(6), "{told}");
    for part in ["generated rows of large", "nothing of dev/second was written", "stays: dev/first"]
    {
        assert!(told.contains(part), "lacks {part}: {told}");
    }
    only_the_first(&|sql| file_values(&file, sql));
}

/// A role that owns its tables and obeys their policies all the same.
struct Guarded {
    database: PgDatabase,
    role: String,
    project: Project,
}

impl Guarded {
    fn new() -> Self {
        let database = PgDatabase::create("seed_rls");
        let name = database.url().rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
        let role = format!("{name}_role");
        database.execute(&format!(
            "CREATE ROLE {role} LOGIN; GRANT CREATE ON SCHEMA public TO {role}; \
             SET ROLE {role}; \
             CREATE TABLE orders (id integer PRIMARY KEY, shop text NOT NULL, n integer); \
             CREATE TABLE log (what text); \
             CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN INSERT INTO log VALUES (TG_OP); RETURN NEW; END $$; \
             CREATE TRIGGER noted AFTER INSERT OR UPDATE ON orders FOR EACH ROW \
                 EXECUTE FUNCTION note(); \
             ALTER TABLE orders ENABLE ROW LEVEL SECURITY; \
             ALTER TABLE orders FORCE ROW LEVEL SECURITY; \
             CREATE POLICY tenant ON orders \
                 USING (shop = current_setting('app.tenant_id', true)) \
                 WITH CHECK (shop = current_setting('app.tenant_id', true)); \
             RESET ROLE"
        ));
        let project = Project::with(&[
            ("seeds/dev/hand.toml", "[[orders]]\nid = 1\nshop = \"acme\"\n"),
            ("seeds/dev/made.toml", "[generate.orders]\nrows = 30\ncolumns.shop = \"acme\"\n"),
        ]);
        Self { database, role, project }
    }

    fn seed(&self, more: &[&str]) -> (Option<i32>, String) {
        let url = self.database.url();
        let joint = if url.contains('?') { '&' } else { '?' };
        let url = format!("{url}{joint}options=-c%20role%3D{}", self.role);
        let mut arguments = vec!["seed", "--env", "dev", "--database-url", &url];
        arguments.extend(more);
        let outcome = self.project.dbkit(arguments).run();
        let told = format!("{}{}", outcome.stdout, outcome.stderr);
        (outcome.code, told)
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.database.execute(&format!("DROP OWNED BY {0} CASCADE; DROP ROLE {0}", self.role));
    }
}

#[test]
fn policies_and_triggers_are_obeyed() {
    let bed = Guarded::new();
    let (code, told) = bed.seed(&[]);
    assert_eq!(code, Some(6), "{told}");
    assert!(told.contains("row-level security") && told.contains("--tenant NAME"), "{told}");
    let (code, told) = bed.seed(&["--tenant", "acme"]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(bed.database.value("SELECT count(*) FROM orders"), "31");
    assert_eq!(bed.database.value("SELECT count(*) FROM log WHERE what = 'INSERT'"), "31");
    let (code, told) = bed.seed(&["--tenant", "acme"]);
    assert_eq!(code, Some(0), "{told}");
    // Rows that do not change fire no trigger.
    assert_eq!(bed.database.value("SELECT count(*) FROM log"), "31");
    let (code, told) = bed.seed(&["--tenant", "other"]);
    assert_eq!(code, Some(6), "{told}");
    assert_eq!(bed.database.value("SELECT count(*) FROM orders"), "31");
}
