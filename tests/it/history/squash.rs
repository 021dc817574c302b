//! `dbkit squash`: on databases that have everything, a part, or nothing of it; with Diesel.

use super::check::{USERS, folder, start, with};
use super::{Stage, both};
use crate::support::diesel;

/// Three generated migrations and one by hand that fills a table in between.
fn past(stage: &Stage) {
    start(stage);
    stage.project.write("src/schema.rs", with("age -> Nullable<Integer>,"));
    stage.offline(&["generate", "age"]).success();
    stage.offline(&["generate", "--custom", "people"]).success();
    let people = folder(stage, 2);
    // The last statement has no semicolon.
    stage.project.write(
        &format!("{people}/up.sql"),
        "INSERT INTO users (id, name, age) VALUES (1, 'Ada', 36);\nINSERT INTO users (id, name) VALUES (2, 'Bob')",
    );
    stage.project.write(&format!("{people}/down.sql"), "DELETE FROM users;\n");
    stage.project.write(
        "src/schema.rs",
        with("age -> Nullable<Integer>,\n        #[default = \"''\"]\n        email -> Text,"),
    );
    stage.offline(&["generate", "email"]).success();
}

fn versions(stage: &Stage) -> Vec<String> {
    let names = stage.project.list("migrations");
    names.iter().map(|name| name.split('_').next().unwrap().replace('-', "")).collect()
}

fn url(stage: &Stage) -> String {
    match stage.is_postgres() {
        true => stage.url(),
        false => stage.url().trim_start_matches("sqlite://").to_owned(),
    }
}

#[test]
fn a_database_that_has_everything_follows() {
    both("squashall", |stage| {
        past(stage);
        stage.run(&["migrate"]).success();
        let last = versions(stage).pop().unwrap();
        stage.offline(&["squash", "--dry-run"]).success().stdout_has("INSERT INTO users");
        stage.offline(&["squash"]).code(4).stderr_has("--yes");
        assert_eq!(stage.project.list("migrations").len(), 4);
        stage.offline(&["squash", "--yes"]).success().stdout_has("4 migrations squashed into one");
        assert_eq!(versions(stage), std::slice::from_ref(&last));
        stage.offline(&["check"]).success();

        stage.run(&["status", "--check"]).success().stdout_has("applied, as what it replaces");
        stage.run(&["check"]).success();
        stage
            .run(&["migrate"])
            .success()
            .stdout_has("nothing to do")
            .stderr_has("takes the place of the migrations it replaces");
        assert_eq!(stage.ledger(), [last]);
        stage.run(&["status", "--check"]).success();
        assert_eq!(stage.values("SELECT name FROM users ORDER BY id"), ["Ada", "Bob"]);

        // Work goes on from there.
        let schema = stage
            .project
            .read("src/schema.rs")
            .replace("email -> Text,", "email -> Text,\n        nick -> Nullable<Text>,");
        stage.project.write("src/schema.rs", schema);
        stage.offline(&["generate", "nick"]).success();
        stage.run(&["migrate"]).success().stdout_has("1 migration applied");
        stage.run(&["check"]).success();
        stage.run(&["rollback", "--steps", "2", "--yes"]).success();
        assert!(stage.ledger().is_empty());
        stage.run(&["migrate"]).success().stdout_has("2 migrations applied");
        stage.run(&["check"]).success();
    });
}

#[test]
fn a_fresh_database_runs_just_the_one() {
    both("squashfresh", |stage| {
        past(stage);
        stage.offline(&["squash", "--yes"]).success();
        stage.run(&["migrate"]).success().stdout_has("1 migration applied");
        stage.run(&["check"]).success();
        assert_eq!(stage.values("SELECT name FROM users ORDER BY id"), ["Ada", "Bob"]);
        assert_eq!(stage.values("SELECT email FROM users WHERE id = 1"), [""]);
        stage.run(&["rollback", "--yes"]).success();
        assert_eq!(
            stage.run(&["diff", "--from", "empty", "--to", "database"]).stdout,
            "no differences\n"
        );
    });
}

#[test]
fn a_database_that_has_a_part_is_refused() {
    both("squashpart", |stage| {
        past(stage);
        stage.run(&["migrate", "--steps", "3"]).success();
        let all = versions(stage);
        let url = stage.url();
        stage
            .offline(&["squash", "--yes", "--database-url", &url])
            .code(4)
            .stderr_has("not all of them have run");
        stage.offline(&["squash", "--yes"]).success();
        stage.run(&["migrate"]).code(4).stderr_has(&format!("lacking: {}", all[3]));
        stage
            .run(&["status", "--check"])
            .code(3)
            .stdout_has("refused: of what it replaces, 1 did not run");
        stage.run(&["check"]).code(3).stdout_has("partly-replaced");
        assert_eq!(stage.ledger(), all[..3]);
    });
}

#[test]
fn only_the_past_up_to_a_version() {
    both("squashto", |stage| {
        past(stage);
        stage.run(&["migrate"]).success();
        let all = versions(stage);
        stage.offline(&["squash", "--to", &all[1], "--yes", "--name", "beginning"]).success();
        assert_eq!(versions(stage), [&all[1][..], &all[2], &all[3]]);
        let up = stage.project.read(&format!("{}/up.sql", folder(stage, 0)));
        assert!(up.contains("age") && !up.contains("ALTER"), "one CREATE TABLE:\n{up}");
        stage.offline(&["check"]).success();
        stage.run(&["migrate"]).success();
        stage.run(&["check"]).success();
        assert_eq!(stage.ledger(), all[1..]);
        // And once more, over the first squash.
        stage.offline(&["squash", "--yes"]).success();
        stage.run(&["migrate"]).success();
        assert_eq!(stage.ledger(), all[3..]);
        stage.run(&["check"]).success();
        stage.offline(&["squash", "--yes"]).code(4).stderr_has("nothing to squash");
    });
}

#[test]
fn two_squashes_in_a_row_before_a_database_follows() {
    both("squashtwice", |stage| {
        past(stage);
        stage.run(&["migrate"]).success();
        let all = versions(stage);
        stage.offline(&["squash", "--to", &all[1], "--yes"]).success();
        stage.offline(&["squash", "--yes"]).success();
        stage.run(&["migrate"]).success();
        assert_eq!(stage.ledger(), all[3..]);
        stage.run(&["check"]).success();
    });
}

#[test]
fn what_is_gone_by_now_can_be_left_out() {
    both("squashleave", |stage| {
        past(stage);
        let people = versions(stage)[2].clone();
        stage
            .project
            .write(&format!("{}/metadata.toml", folder(stage, 2)), "run_in_transaction = false\n");
        stage.offline(&["squash", "--yes"]).code(4).stderr_has(&format!("--leave-out {people}"));
        stage.offline(&["squash", "--yes", "--leave-out", &people]).success();
        let up = stage.project.read(&format!("{}/up.sql", folder(stage, 0)));
        assert!(!up.contains("INSERT") && !up.contains("ALTER"), "{up}");
        stage.run(&["migrate"]).success();
        stage.run(&["check"]).success();
    });
}

#[test]
fn diesel_takes_it_as_applied_and_runs_it_afresh() {
    both("squashdiesel", |stage| {
        past(stage);
        stage.project.write("diesel.toml", "[migrations_directory]\ndir = \"migrations\"\n");
        let directory = stage.project.path();
        diesel(directory, &url(stage), &["migration", "run"]).success();
        stage.offline(&["squash", "--yes"]).success();
        diesel(directory, &url(stage), &["migration", "run"]).success();
        assert_eq!(stage.values("SELECT count(*) FROM users"), ["2"]);
        stage.run(&["status", "--check"]).success();
        stage.run(&["migrate"]).success();
        diesel(directory, &url(stage), &["migration", "revert"]).success();
        diesel(directory, &url(stage), &["migration", "run"]).success();
        stage.run(&["check"]).success();
        assert_eq!(stage.ledger(), versions(stage));
    });
}

#[test]
fn an_edited_migration_is_kept_as_it_is() {
    both("squashedited", |stage| {
        past(stage);
        let age = format!("{}/up.sql", folder(stage, 1));
        let text = stage.project.read(&age);
        stage
            .project
            .write(&age, format!("{text}INSERT INTO users (id, name) VALUES (7, 'Zoe');\n"));
        stage.offline(&["squash", "--yes"]).success().stderr_has("kept as it is: ");
        stage.run(&["migrate"]).success();
        stage.run(&["check"]).success();
        assert_eq!(stage.values("SELECT name FROM users WHERE id = 7"), ["Zoe"]);
    });
}

#[test]
fn a_folder_that_comes_back_with_a_merge_is_named() {
    both("squashback", |stage| {
        past(stage);
        let first = stage.project.list("migrations")[0].clone();
        let up = stage.project.read(&format!("migrations/{first}/up.sql"));
        stage.offline(&["squash", "--yes"]).success();
        stage.project.write(&format!("migrations/{first}/up.sql"), up);
        stage
            .run(&["migrate"])
            .code(2)
            .stderr_has("is one of those that")
            .stderr_has("remove its folder");
    });
}

#[test]
fn a_rename_keeps_rows_that_a_migration_by_hand_wrote() {
    both("squashrename", |stage| {
        past(stage);
        let renamed =
            stage.project.read("src/schema.rs").replace("name -> Text", "full_name -> Text");
        stage.project.write("src/schema.rs", renamed);
        stage.offline(&["generate", "rename", "--rename", "users.name:full_name"]).success();
        stage.offline(&["squash", "--yes"]).success();
        stage.run(&["migrate"]).success();
        assert_eq!(stage.values("SELECT full_name FROM users ORDER BY id"), ["Ada", "Bob"]);
        stage.run(&["check"]).success();
        assert!(USERS.contains("name -> Text"));
    });
}
