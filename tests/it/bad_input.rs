//! What people get wrong, each with a clear error, its own exit code, and nothing changed.

use crate::support::{Outcome, Project};

const UP: &str = "migrations/2026-01-01-000000_t/up.sql";
const DOWN: &str = "migrations/2026-01-01-000000_t/down.sql";

fn project() -> Project {
    Project::with(&[(UP, "CREATE TABLE t (id integer PRIMARY KEY);\n"), (DOWN, "DROP TABLE t;\n")])
}

fn run(project: &Project, args: &[&str]) -> Outcome {
    project.dbkit(args).args(["--database-url", "x.db", "--migration-dir", "migrations"]).run()
}

/// A second folder that must stop the first from running, too.
fn second(name: &str, text: impl AsRef<[u8]>) -> Project {
    let project = project();
    project.write(&format!("migrations/2026-02-01-000000_second/{name}"), text);
    project
}

#[test]
fn a_broken_file_stops_everything() {
    for (text, reason) in [
        (&b"SELECT 1;\n-- M\xfcller\n"[..], "up.sql:2 is not UTF-8"),
        (b"SELECT 1;\n-- M\0ller\n", "up.sql:2 contains a NUL"),
        (b"\xff\xfeS\0E\0", "up.sql:1 contains a NUL"),
        (b"SELECT 1;\nSELECT 'open;\n", "up.sql:2: a string opened here is never closed"),
        (b"SELECT (1;\n", "up.sql:1: a parenthesis opened here"),
        (b"SELECT 1;\nCOMMIT;\n", "up.sql:2: `COMMIT` begins or ends a transaction"),
    ] {
        let project = second("up.sql", text);
        let told = run(&project, &["migrate"]).code(2);
        told.stdout_is("").stderr_has(reason).stderr_has("help: ");
        assert!(!project.exists("x.db"));
        // A database that is there stays as it is.
        let file = project.sqlite("x.db");
        file.execute("CREATE TABLE other (id integer)");
        run(&project, &["migrate"]).code(2);
        assert_eq!(file.values("SELECT name FROM sqlite_schema").len(), 1, "{reason}");
    }
}

#[test]
fn a_broken_folder_needs_no_database() {
    let same = project();
    same.write("migrations/2026-01-01-000000_u/up.sql", "SELECT 1;");
    let empty = project();
    std::fs::create_dir(empty.join("migrations/2026-02-01-000000_empty")).unwrap();
    let nothing = Project::empty();
    std::fs::create_dir(nothing.join("migrations")).unwrap();
    let link = project();
    std::fs::create_dir(link.join("elsewhere")).unwrap();
    link.write("elsewhere/up.sql", "SELECT 1;");
    std::os::unix::fs::symlink(link.join("elsewhere"), link.join("migrations/2026-02-01-000000_l"))
        .unwrap();
    for (project, reason) in [
        (same, "have the same version 20260101000000"),
        (second("down.sql", "SELECT 1;"), "has no up.sql"),
        (empty, "_empty is empty"),
        (nothing, "there is no migration in migrations"),
        (link, "leads out of migrations"),
        (Project::empty(), "there is no folder migrations"),
        (second("metadata.toml", "run_in_transaction = \"yes\""), "has no up.sql"),
    ] {
        let told = run(&project, &["migrate"]).code(2);
        told.stdout_is("").stderr_has(reason).stderr_has("help: ");
        assert!(!project.exists("x.db"), "{reason}");
    }
}

#[test]
fn line_endings_and_marks_are_no_change() {
    let project = project();
    project.write(UP, "\u{feff}CREATE TABLE t (id integer PRIMARY KEY);\r\n");
    run(&project, &["migrate"]).success();
    project.write(UP, "CREATE TABLE t (id integer PRIMARY KEY);\n");
    run(&project, &["status", "--check"]).success();
}

#[test]
fn without_a_way_back_nothing_is_reverted() {
    for down in ["", "-- nothing\n/* here */\n", ";\n"] {
        let project = project();
        run(&project, &["migrate"]).success();
        project.write(DOWN, down);
        for command in [&["rollback", "--yes"][..], &["redo"]] {
            run(&project, command).code(4).stderr_has("no down.sql for it, or only comments");
        }
        run(&project, &["status", "--check"]).success().stdout_has("t ");
    }
    // What cannot run again is not reverted first.
    let project = project();
    run(&project, &["migrate"]).success();
    project.write(UP, "SELECT 'open");
    run(&project, &["redo"]).code(2).stderr_has("never closed");
    run(&project, &["inspect", "t"]).success();
}

#[test]
fn passwords_show_nowhere() {
    let project = project();
    for url in [
        "postgres://u:hush@127.0.0.1:1/d",
        "postgres://u:hu@sh/hush?hush#hush@127.0.0.1:1/d",
        "postgres://u:1/hush@h/d",
        "postgres://u:1?hush@h/d",
        "postgres://u:1#hush@h/d",
        "postgres://u:%zzhush@127.0.0.1:1/d",
        "postgres://127.0.0.1:1/d?user=u&password=hush&sslpassword=hush",
        "postgres:u:hush@h/d",
        "mysql://u:hush@h/d",
        "u:hush@h/d",
        "host=127.0.0.1 port=1 password=hush",
        "postgres://u:hush@h:port/d",
    ] {
        for args in [
            &["migrate", "--verbose"][..],
            &["status", "--format", "json"],
            &["config"],
            &["reset", "--yes"],
            &["pull"],
        ] {
            let told = project
                .dbkit(args)
                .args(["--database-url", url, "--wait", "0"])
                .run()
                .nowhere("hush");
            assert!(args[0] == "config" || matches!(told.code, Some(2 | 7)), "{told}");
        }
    }
    for settings in [
        "[env.x]\nurl = \"postgres://u:hush@h/d\nprotected = true\n",
        "[env.x]\npassword = \"hush\"\n",
        "[env.x]\nurl = \"postgres://u:hush@h/d\" oops\n",
    ] {
        project.write("dbkit.toml", settings);
        project.dbkit(["config"]).run().code(2).stderr_has("dbkit.toml:2").nowhere("hush");
    }
    project.write("dbkit.toml", "");
    project.write(".env", "DATABASE_URL='postgres://u:hush@h/d\n");
    project.dbkit(["config"]).run().code(2).stderr_has(".env").nowhere("hush");
}

#[test]
fn files_that_are_no_database() {
    let project = project();
    project.write("text.db", "this is a text and no database at all");
    std::fs::create_dir(project.join("folder.db")).unwrap();
    for (url, reason) in [
        ("text.db", "file is not a database"),
        ("folder.db", "folder.db is a folder"),
        ("sqlite://folder.db", "folder.db is a folder"),
        ("file:none.db?mode=rw", "none.db"),
        ("sqlite:none.db?mode=ro", "none.db"),
    ] {
        let told = project.dbkit(["migrate", "--database-url", url]).run().code(7);
        told.stderr_has(reason).stderr_has("help: ");
    }
    assert_eq!(project.list("."), ["folder.db", "migrations", "text.db"]);
    assert_eq!(project.read("text.db"), "this is a text and no database at all");
    // Readable is enough to look, not to write.
    project.dbkit(["migrate", "--database-url", "sqlite:a%20b.db"]).run().success();
    let read_only = ["--database-url", "sqlite:a%20b.db?mode=ro"];
    project.dbkit(["status", "--check"]).args(read_only).run().success();
    let told = project.dbkit(["rollback", "--yes"]).args(read_only).run().code(6);
    told.stderr_has("readonly").stderr_has("help: ");
    assert!(project.exists("a b.db"));
}

#[test]
fn words_that_are_wrong() {
    let project = project();
    project.dbkit(["migrat"]).run().code(2).stderr_has("'migrate'");
    project.dbkit(["migrate", "--stesp", "2"]).run().code(2).stderr_has("'--steps'");
    run(&project, &["status", "--format", "csv"]).code(2).stderr_has("is for `dbkit inspect`");
    run(&project, &["migrate", "--to", "2020"]).code(2).stderr_has("help: `dbkit status");
    // Every line on stderr is an object, and the error is one of them.
    let told = project.dbkit(["status", "--bogus", "--format", "json"]).run().code(2);
    assert_eq!(told.error()["exit_code"], 2);
    assert!(!project.exists("x.db"));
    let told = run(&project, &["rollback", "--format", "json"]).code(7);
    assert_eq!(told.error()["exit_code"], 7);
    run(&project, &["migrate", "--format", "json"]).success();
    let told = run(&project, &["rollback", "--format", "json"]).code(4);
    assert_eq!(told.error()["questions"][0]["flag"], "--yes");
    project.write("src/schema.rs", "dbkit::schema! { table t (id) { id -> Intger, } }");
    let told = run(&project, &["generate", "--format", "json"]).code(2);
    let finding = &told.error()["findings"][0];
    assert_eq!((&finding["file"], &finding["line"]), (&"src/schema.rs".into(), &1.into()));
}

#[test]
fn a_message_cannot_drive_the_terminal() {
    let project = project();
    let told = run(&project, &["inspect", "\u{1b}[2Jx"]).code(7);
    told.nowhere("\u{1b}");
    run(&project, &["migrate"]).success();
    let told = run(&project, &["inspect", "\u{1b}[2Jx"]).code(2);
    told.nowhere("\u{1b}").stderr_has("\\u{1b}[2Jx");
}

#[test]
fn a_protected_database_is_asked_about() {
    let project = project();
    project.write("dbkit.toml", "[env.prod]\nurl = \"sqlite://x.db\"\nprotected = true\n");
    let prod = |args: &[&str]| project.dbkit(args).args(["--env", "prod"]).run();
    prod(&["migrate"]).success();
    let told = prod(&["redo"]).code(4);
    told.stderr_has("is protected").stderr_has("use --yes");
    prod(&["redo", "--yes"]).success().stdout_has("1 migration redone");
    prod(&["reset", "--yes"]).code(4).stderr_has("resets are");
    prod(&["seed"]).code(4).stderr_has("type its name").stderr_has("use --yes prod");
    prod(&["seed", "--yes", "production"]).code(4).stderr_has("--yes names production");
    project.dbkit(["seed", "--env", "prod", "--yes", "prod"]).run().success();
    // The mark is in the database now: no other name for it lets other seeds in.
    project.dbkit(["seed", "--database-url", "sqlite://./x.db"]).run().code(4);
    prod(&["status", "--check"]).success();
}

#[test]
fn what_the_database_refuses_of_a_seed_has_its_place() {
    let project = project();
    project.write(UP, "CREATE TABLE t (id integer PRIMARY KEY, name text UNIQUE);\n");
    project.write("dbkit.toml", "default_env = \"dev\"\n[env.dev]\nurl = \"sqlite://x.db\"\n");
    project.dbkit(["migrate"]).run().success();
    project.write("seeds/dev/a.sql", "INSERT INTO t VALUES (1, 'a');\nSELEC 1;\n");
    let told = project.dbkit(["seed"]).run().code(6);
    told.stderr_has("seeds/dev/a.sql:2:1")
        .stderr_has("| SELEC 1;\n  | ^^^^^")
        .stderr_has("rolled back");
    project.write("seeds/dev/a.sql", "");
    project.write("seeds/dev/t.toml", "[[t]]\nid = 1\nname = 'a'\n\n[[t]]\nid = 2\nname = 'a'\n");
    let told = project.dbkit(["seed", "--format", "json"]).run().code(6);
    let finding = &told.error()["findings"][0];
    assert_eq!((&finding["file"], &finding["line"]), (&"seeds/dev/t.toml".into(), &7.into()));
    project.dbkit(["inspect", "t", "--format", "csv"]).run().success().stdout_is("id,name\n");
}
