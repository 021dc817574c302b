//! `dbkit generate`: no database, both directions, the same bytes for the same input.

use crate::support::{END, INTERRUPT, Project, on_terminal};

const USERS: &str = "dbkit::schema! {
    table users (id) {
        id -> Int4,
        #[max_length = 50]
        name -> Varchar,
    }
}
";

fn generate(project: &Project, args: &[&str]) -> crate::support::Outcome {
    let mut all = vec!["generate", "--schema", "schema.rs", "--migration-dir", "migrations"];
    all.extend(args);
    project.dbkit(all).run()
}

fn folder(project: &Project, at: usize) -> String {
    format!("migrations/{}", project.list("migrations")[at])
}

#[test]
fn first_and_later_migrations_and_nothing_to_do() {
    let project = Project::with(&[("schema.rs", USERS)]);
    generate(&project, &["first"]).success();
    let first = folder(&project, 0);
    assert!(project.read(&format!("{first}/up.sql")).contains("CREATE TABLE users"));
    assert!(project.read(&format!("{first}/down.sql")).contains("DROP TABLE users"));
    assert_eq!(project.read(&format!("{first}/metadata.toml")), "run_in_transaction = true\n");

    generate(&project, &["again"]).success().stderr_has("nothing to do");
    assert_eq!(project.list("migrations").len(), 1);

    project.write(
        "schema.rs",
        USERS.replace("id -> Int4,", "id -> Int4,\n        age -> Nullable<Int4>,"),
    );
    generate(&project, &["--check"]).code(3).stdout_has("ADD COLUMN age");
    generate(&project, &["--dry-run"]).success().stdout_has("-- down");
    assert_eq!(project.list("migrations").len(), 1);
    generate(&project, &[]).success();
    let second = folder(&project, 1);
    assert!(second.ends_with("_alter_users"), "{second}");
    assert!(project.read(&format!("{second}/up.sql")).contains("ADD COLUMN age integer"));
    assert!(project.read(&format!("{second}/down.sql")).contains("DROP COLUMN age"));
    generate(&project, &["--check"]).success();
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let read = || {
        let project = Project::with(&[("schema.rs", USERS)]);
        generate(&project, &["first"]).success();
        let first = folder(&project, 0);
        ["up.sql", "down.sql", "snapshot.json"].map(|file| project.read(&format!("{first}/{file}")))
    };
    assert_eq!(read(), read());
}

#[test]
fn an_ambiguous_change_is_asked_about() {
    let project = Project::with(&[("schema.rs", USERS)]);
    generate(&project, &["first"]).success();
    project.write("schema.rs", USERS.replace("name -> Varchar", "full_name -> Varchar"));

    generate(&project, &["x"])
        .code(4)
        .stderr_has("is column users.full_name the old column users.name?")
        .stderr_has("--rename users.name:full_name");
    let outcome = generate(&project, &["x", "--format", "json"]).code(4);
    assert_eq!(
        outcome.error()["questions"],
        serde_json::json!([{
            "question": "is column users.full_name the old column users.name?",
            "flag": "--rename users.name:full_name",
        }])
    );
    generate(&project, &["x", "--rename", "users.nam:full_name"])
        .code(2)
        .stderr_has("did you mean --rename users.name:full_name?");
    generate(&project, &["x", "--rename", "other:thing"])
        .code(2)
        .stderr_has("possible are: users.name:full_name");
    // A check asks nothing: schema and migrations disagree whatever the answer.
    generate(&project, &["--check"]).code(3);
    assert_eq!(project.list("migrations").len(), 1);

    generate(&project, &["x", "--rename", "users.name:full_name"]).success();
    let second = folder(&project, 1);
    let up = project.read(&format!("{second}/up.sql"));
    assert!(up.contains("RENAME COLUMN name TO full_name"), "{up}");
    let down = project.read(&format!("{second}/down.sql"));
    assert!(down.contains("RENAME COLUMN full_name TO name"), "{down}");
    generate(&project, &["--check"]).success();
}

#[test]
fn a_declared_rename_needs_no_question() {
    let project = Project::with(&[("schema.rs", USERS)]);
    generate(&project, &["first"]).success();
    let renamed =
        USERS.replace("table users", "#[renamed_from = \"users\"]\n    table people").replace(
            "#[max_length = 50]\n        name",
            "#[renamed_from = \"name\"]\n        #[max_length = 50]\n        full_name",
        );
    project.write("schema.rs", renamed);
    generate(&project, &["x"]).success();
    let second = folder(&project, 1);
    let up = project.read(&format!("{second}/up.sql"));
    assert!(
        up.contains("RENAME TO people") && up.contains("RENAME COLUMN name TO full_name"),
        "{up}"
    );
    assert!(!up.contains("DROP"), "{up}");
    let down = project.read(&format!("{second}/down.sql"));
    assert!(down.contains("RENAME TO users") && down.contains("full_name TO name"), "{down}");
    // The attributes may stay.
    generate(&project, &["--check"]).success();
}

#[test]
fn destructive_on_purpose() {
    let project = Project::with(&[("schema.rs", USERS)]);
    generate(&project, &["first"]).success();
    project.write("schema.rs", USERS.replace("name -> Varchar", "full_name -> Varchar"));
    generate(&project, &["x", "--allow-destructive"]).success().stderr_has("hazard data-loss");
    let second = folder(&project, 1);
    let up = project.read(&format!("{second}/up.sql"));
    assert!(up.contains("DROP COLUMN name"), "{up}");
    let down = project.read(&format!("{second}/down.sql"));
    assert!(down.contains("Cannot bring back"), "{down}");
}

#[test]
fn custom_and_names() {
    let project = Project::with(&[("schema.rs", USERS)]);
    generate(&project, &["--custom", "--name", "Fill the Names"]).success();
    assert!(folder(&project, 0).ends_with("_fill_the_names"));
    generate(&project, &["../../evil"]).code(2).stderr_has("leads to another folder");
    generate(&project, &["///"]).code(2);
    generate(&project, &["first"]).success();
    assert_eq!(project.list("migrations").len(), 2);
    generate(&project, &["--check"]).success();
    // Also where there is nothing to write.
    generate(&project, &["../../evil"]).code(2).stderr_has("leads to another folder");
}

#[test]
fn two_dialects_get_a_folder_each() {
    let project = Project::with(&[
        ("src/schema.rs", USERS),
        ("dbkit.toml", "dialects = [\"postgres\", \"sqlite\"]\n"),
    ]);
    project.dbkit(["generate", "first"]).run().success();
    assert_eq!(project.list("migrations"), ["postgres", "sqlite"]);
    for dialect in ["postgres", "sqlite"] {
        assert_eq!(project.list(&format!("migrations/{dialect}")).len(), 1);
    }
    project.dbkit(["generate", "--check"]).run().success();
}

#[test]
fn a_fork_is_seen_without_a_database() {
    let project = Project::with(&[("schema.rs", USERS)]);
    generate(&project, &["first"]).success();
    project.write(
        "schema.rs",
        USERS.replace("id -> Int4,", "id -> Int4,\n        age -> Nullable<Int4>,"),
    );
    generate(&project, &["mine"]).success();
    let mine = folder(&project, 1);
    let text = project.read(&format!("{mine}/snapshot.json"));
    for (file, content) in [("up.sql", "SELECT 1;"), ("snapshot.json", text.as_str())] {
        project.write(&format!("migrations/2999-01-01-000000_theirs/{file}"), content);
    }
    generate(&project, &["--check"])
        .code(3)
        .stdout_has("two branches were merged, and both change table users");
    generate(&project, &["x"]).code(4).stderr_has("dbkit generate --rebase");
}

#[test]
fn a_broken_snapshot_is_named() {
    let project = Project::with(&[("schema.rs", USERS)]);
    generate(&project, &["first"]).success();
    let first = folder(&project, 0);
    project.write(&format!("{first}/snapshot.json"), "{ \"format\": 1,");
    generate(&project, &["x"]).code(2).stderr_has("snapshot.json:1:");
    project.write(
        &format!("{first}/snapshot.json"),
        "{\"format\":9,\"dialect\":\"postgres\",\"parent\":null}",
    );
    generate(&project, &["x"]).code(2).stderr_has("newer dbkit");
}

const RENAMED: &str = "dbkit::schema! {
    table people (id) { id -> Integer, full_name -> Text, }
}
";

/// A table and one of its columns renamed at once.
fn renamed_twice(dialects: &str) -> Project {
    let project = Project::with(&[
        ("src/schema.rs", "dbkit::schema! { table persons (id) { id -> Integer, name -> Text, } }"),
        ("dbkit.toml", &format!("dialects = [{dialects}]\n")),
    ]);
    project.dbkit(["generate", "first"]).run().success();
    project.write("src/schema.rs", RENAMED);
    project
}

#[test]
fn a_renamed_table_brings_up_its_columns() {
    let project = renamed_twice("\"sqlite\"");
    project.dbkit(["generate"]).run().code(4).stderr_has("is table people the old table persons?");
    project
        .dbkit(["generate", "--rename", "persons:people"])
        .run()
        .code(4)
        .stderr_has("(--rename people.name:full_name)");
    let both = ["--rename", "persons:people", "--rename", "people.name:full_name"];
    let sql = project.dbkit(["generate", "--dry-run"]).args(both).run().success();
    sql.stdout_has("RENAME COLUMN name TO full_name").nowhere("DROP");
    // Two that exclude each other are no answer.
    project
        .dbkit(["generate", "--rename", "persons:people", "--rename", "persons:folk"])
        .run()
        .code(2)
        .stderr_has("--rename persons:folk names no");
    assert_eq!(project.list("migrations").len(), 1);
}

#[test]
fn questions_are_asked_once_for_both_dialects() {
    let project = renamed_twice("\"postgres\", \"sqlite\"");
    let told = on_terminal(project.path(), &["generate", "second"], &["maybe\n", "y\n", "yes\n"]);
    let told = told.success().stdout_has("please answer y or n");
    assert_eq!(told.stdout.matches("is table people the old").count(), 2, "{told}");
    for dialect in ["postgres", "sqlite"] {
        let folders = project.list(&format!("migrations/{dialect}"));
        let up = project.read(&format!("migrations/{dialect}/{}/up.sql", folders[1]));
        assert!(up.contains("RENAME COLUMN name TO full_name") && !up.contains("DROP"), "{up}");
    }
    // One moment for both.
    assert_eq!(project.list("migrations/postgres"), project.list("migrations/sqlite"));
}

#[test]
fn a_question_left_open_writes_nothing() {
    let project = renamed_twice("\"postgres\", \"sqlite\"");
    let before = project.list("migrations/postgres");
    let told = on_terminal(project.path(), &["generate"], &["y\n", INTERRUPT]);
    assert_eq!(told.code, None, "{told}");
    // A hidden cursor would stay hidden.
    let told = told.nowhere("\u{1b}[?25l");
    let ended = on_terminal(project.path(), &["generate"], &[END]).code(4);
    ended.stdout_has("nothing was done");
    for dialect in ["postgres", "sqlite"] {
        assert_eq!(project.list(&format!("migrations/{dialect}")), before, "{told}");
    }
}

#[test]
fn json_for_programs() {
    let project = renamed_twice("\"sqlite\"");
    let check = project.dbkit(["generate", "--check", "--format", "json"]).run().code(3).json();
    assert_eq!(
        (&check["differs"], &check["dialects"][0]["dialect"]),
        (&true.into(), &"sqlite".into())
    );
    let made = ["generate", "--allow-destructive", "--format", "json", "second"];
    let made = project.dbkit(made).run().success().json();
    let hazards: Vec<&serde_json::Value> = made["dialects"][0]["up"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|statement| statement["hazards"].as_array().unwrap())
        .map(|hazard| &hazard["kind"])
        .collect();
    assert_eq!(hazards, ["data-loss"]);
    assert!(project.exists(made["dialects"][0]["folders"][0].as_str().unwrap()));
    let nothing = project.dbkit(["generate", "--format", "json"]).run().success().json();
    assert_eq!(
        (&nothing["differs"], &nothing["dialects"][0]["up"]),
        (&false.into(), &serde_json::json!([]))
    );
}

#[test]
fn migrations_of_others_can_be_the_baseline() {
    let project = Project::with(&[
        ("src/schema.rs", "diesel::table! { t (id) { id -> Integer, } }"),
        ("dbkit.toml", "dialects = [\"sqlite\"]\n"),
        (
            "migrations/2026-01-01-000000_by_diesel/up.sql",
            "CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL);",
        ),
    ]);
    let told = project.dbkit(["generate", "--dry-run"]).run().success();
    told.stdout_has("CREATE TABLE t").stderr_has("`dbkit generate --baseline`");
    project.dbkit(["generate", "--baseline"]).run().success().stdout_has("_baseline\n");
    project.dbkit(["generate", "--check"]).run().success().stderr_has("nothing to do");
    let url = project.sqlite("a.db").url();
    project.dbkit(["migrate", "--database-url", &url]).run().success().stdout_has("2 migrations");
    project.dbkit(["rollback", "--yes", "--database-url", &url]).run().success();
}

#[test]
fn same_input_same_bytes() {
    let text = "dbkit::schema! {
        enum Mood { Sad, Ok }
        table b (id) { id -> Integer, #[references(a.id)] a -> Integer, mood -> Mood, }
        #[index(x, y)]
        table a (id) { id -> Integer, x -> Text, y -> Text, }
    }";
    let files = |project: &Project| -> Vec<String> {
        let mut all = Vec::new();
        for dialect in ["postgres", "sqlite"] {
            for folder in project.list(&format!("migrations/{dialect}")) {
                for file in ["up.sql", "down.sql", "metadata.toml", "snapshot.json"] {
                    all.push(project.read(&format!("migrations/{dialect}/{folder}/{file}")));
                }
            }
        }
        all
    };
    let make = || {
        let project = Project::with(&[
            ("src/schema.rs", text),
            ("dbkit.toml", "dialects = [\"postgres\", \"sqlite\"]\n"),
        ]);
        project.dbkit(["generate", "x"]).run().success();
        files(&project)
    };
    let first = make();
    assert!(first.len() >= 8);
    assert_eq!(first, make());
}
