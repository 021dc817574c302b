//! `dbkit generate`: no database, both directions, the same bytes for the same input.

use crate::support::Project;

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
    outcome.stderr_has("\"exit_code\":4").stderr_has("--rename users.name:full_name");
    generate(&project, &["x", "--rename", "users.nam:full_name"])
        .code(2)
        .stderr_has("possible are");
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
    generate(&project, &["--check"]).stderr_has("two branches were merged");
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
