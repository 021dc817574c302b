//! `dbkit init`, and `dbkit seed` from the command line.

use crate::support::Project;

#[test]
fn a_new_project_gets_what_it_lacks() {
    let project = Project::empty();
    project
        .dbkit(["init", "--dialect", "sqlite"])
        .run()
        .success()
        .stdout_is("created  dbkit.toml\ncreated  src/schema.rs\ncreated  seeds/dev/users.toml\n");
    assert!(project.read("dbkit.toml").contains("url = \"sqlite://dev.db\""));
    project.dbkit(["config"]).run().success().stdout_has("env.dev.url in dbkit.toml");

    project.write("src/schema.rs", "// mine\n");
    project.dbkit(["init"]).run().success().stdout_is("kept     dbkit.toml\n");
    assert_eq!(project.read("src/schema.rs"), "// mine\n");
}

#[test]
fn a_folder_and_both_dialects() {
    let project = Project::empty();
    project
        .dbkit(["init", "sub/dir", "--dialect", "postgres", "--dialect", "sqlite"])
        .run()
        .success();
    assert!(project.read("sub/dir/dbkit.toml").contains("dialects = [\"postgres\", \"sqlite\"]"));
    project.dbkit(["init", "--dialect", "oracle"]).run().code(2).stderr_has("postgres and sqlite");
}

#[test]
fn a_diesel_project_is_taken_as_it_is() {
    let project = Project::with(&[
        (
            "diesel.toml",
            "[print_schema]\nfile = \"src/db/tables.rs\"\n[migrations_directory]\ndir = \"db/migrations\"\n",
        ),
        ("src/db/tables.rs", "diesel::table! { t (id) { id -> Integer, } }\n"),
        ("Cargo.toml", "[dependencies]\ndiesel = { version = \"2\", features = [\"postgres\"] }\n"),
        (".env", "DATABASE_URL=postgres://me:secret@localhost/app\n"),
    ]);
    project
        .dbkit(["init"])
        .run()
        .success()
        .nowhere("secret")
        .stdout_is("created  dbkit.toml\n")
        .stderr_has("overwrite src/db/tables.rs");
    let settings = project.read("dbkit.toml");
    for line in [
        "schema = [\"src/db/tables.rs\"]",
        "migrations = \"db/migrations\"",
        "dialects = [\"postgres\"]",
        "url = \"${DATABASE_URL}\"",
        // Not the variable developers set: a database they name is not to be taken for production.
        "url = \"${PRODUCTION_DATABASE_URL}\"",
    ] {
        assert!(settings.contains(line), "{line}\n{settings}");
    }
    assert!(!settings.contains("secret"));
}

#[test]
fn a_diesel_project_is_adopted_for_programs_too() {
    let up = "CREATE TABLE users (id INTEGER PRIMARY KEY NOT NULL);\n";
    let project = Project::with(&[
        ("diesel.toml", "[print_schema]\nfile = \"src/schema.rs\"\n"),
        ("src/schema.rs", "diesel::table! {\n    users (id) {\n        id -> Integer,\n    }\n}\n"),
        ("migrations/2024-01-01-000000_users/up.sql", up),
    ]);
    let told = project
        .dbkit(["init", "--dialect", "sqlite", "--format", "json"])
        .env("DATABASE_URL", "sqlite://app.db")
        .run()
        .success()
        .stdout;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let snapshot = "migrations/2024-01-01-000000_users/snapshot.json";
    assert_eq!(told["created"], serde_json::json!(["dbkit.toml", snapshot]));
    assert!(project.exists(snapshot));
}

#[test]
fn completions_are_written_for_each_shell() {
    let project = Project::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        project.dbkit(["completions", shell]).run().success().stdout_has("dbkit");
    }
    project.dbkit(["completions", "cmd"]).run().code(2);
}

#[test]
fn seeds_follow_the_environment() {
    let project = Project::with(&[
        (
            "dbkit.toml",
            "default_env = \"dev\"\n[env.dev]\nurl = \"sqlite://dev.db\"\n\
             [env.prod]\nurl = \"sqlite://prod.db\"\nprotected = true\n",
        ),
        ("seeds/common/t.toml", "[[t]]\nid = 1\ntags = [\"a\"]\n"),
        ("seeds/dev/t.toml", "[[t]]\nid = 2\nactive = true\n"),
        ("seeds/dev/notes.txt", "not a seed"),
    ]);
    for name in ["dev.db", "prod.db"] {
        project
            .sqlite(name)
            .execute("CREATE TABLE t (id integer PRIMARY KEY, tags text, active boolean)");
    }
    let seeded = project.dbkit(["seed", "--env", "dev", "--format", "json"]).run().success();
    let seeded = seeded.stderr_has("notes.txt is not a seed file");
    assert_eq!(seeded.json()["tables"][0]["inserted"], 1);
    assert_eq!(seeded.json()["tables"][1]["inserted"], 1);
    assert_eq!(project.sqlite("dev.db").value("SELECT tags FROM t WHERE id = 1"), "[\"a\"]");
    assert_eq!(project.sqlite("dev.db").value("SELECT active FROM t WHERE id = 2"), "1");
    let again = project.dbkit(["seed", "--format", "json"]).run().success();
    assert_eq!(again.json()["tables"][1]["unchanged"], 1);
    assert_eq!(again.json()["tables"][1]["rows"], 2);

    project.dbkit(["seed", "--env", "prod"]).run().code(4).stderr_has("protected");
    // The same database by its URL is no way round.
    project.dbkit(["seed", "--database-url", "sqlite://prod.db"]).run().code(4);
    assert_eq!(project.sqlite("prod.db").value("SELECT count(*) FROM t"), "0");
    project.dbkit(["seed", "--env", "pro"]).run().code(2).stderr_has("did you mean `prod`?");
    project.write("seeds/dev/t.toml", "[[t]]\nid = 2\nactve = true\n");
    project
        .dbkit(["seed"])
        .run()
        .code(6)
        .stderr_has("did you mean active?")
        .stderr_has("t.toml:3:1");
}
