//! `dbkit check --replay`: a scratch database, there and back again with rows in it.

use super::check::{folder, start, with};
use super::{Stage, both};

/// The target itself is not touched.
fn target_is_empty(stage: &Stage) {
    let diff = stage.run(&["diff", "--from", "empty", "--to", "database"]);
    assert_eq!(diff.stdout, "no differences\n");
}

#[test]
fn a_healthy_history_goes_there_and_back() {
    both("replay", |stage| {
        start(stage);
        stage.project.write("src/schema.rs", with("age -> Nullable<Integer>,"));
        stage.offline(&["generate", "age"]).success();
        stage
            .run(&["check", "--replay"])
            .success()
            .stdout_has("no findings: 2 migrations and the schema agree, and every way back works");
        target_is_empty(stage);
    });
}

#[test]
fn an_edit_that_leaves_the_schema() {
    both("replaydiffers", |stage| {
        start(stage);
        let up = format!("{}/up.sql", folder(stage, 0));
        let text = stage.project.read(&up);
        stage.project.write(&up, format!("{text}CREATE TABLE extra (id INTEGER PRIMARY KEY);\n"));
        stage.offline(&["check"]).success();
        stage.run(&["check", "--replay"]).code(3).stdout_has("replay-differs: table extra");
        stage
            .project
            .write(&up, "CREATE TABLE users (id INTEGER PRIMARY KEY);\nSELECT nonsense;\n");
        stage
            .run(&["check", "--replay"])
            .code(3)
            .stdout_has("replay-fails")
            .stdout_has("up.sql:2:")
            .stdout_has("nonsense");
        target_is_empty(stage);
    });
}

#[test]
fn a_way_back_that_does_not_lead_back() {
    both("replayback", |stage| {
        start(stage);
        stage.project.write(
            "src/schema.rs",
            with("age -> Nullable<Integer>,\n        nick -> Nullable<Text>,"),
        );
        stage.offline(&["generate", "two"]).success();
        let down = format!("{}/down.sql", folder(stage, 1));
        stage.project.write(&down, "ALTER TABLE users DROP COLUMN nick;\n");
        stage
            .run(&["check", "--replay"])
            .code(3)
            .stdout_has("again-fails")
            .stdout_has("have down.sql take back everything that up.sql makes");
        stage.project.write(&down, "ALTER TABLE users DROP COLUMN nick;\nALTER TABLE users DROP COLUMN age;\nCREATE TABLE left_over (id INTEGER PRIMARY KEY);\n");
        stage
            .run(&["check", "--replay"])
            .code(3)
            .stdout_has("way-back-differs")
            .stdout_has("table left_over added");
        target_is_empty(stage);
    });
}

#[test]
fn a_way_back_that_fails_only_where_there_are_rows() {
    both("replayrows", |stage| {
        start(stage);
        stage.project.write("src/schema.rs", with("age -> Nullable<Integer>,"));
        stage.offline(&["generate", "age"]).success();
        let down = format!("{}/down.sql", folder(stage, 1));
        let sql = "ALTER TABLE users DROP COLUMN age;\nCREATE TABLE once (users_id INTEGER NOT NULL);\nINSERT INTO once SELECT NULL FROM users;\nDROP TABLE once;\n";
        stage.project.write(&down, sql);
        stage
            .run(&["check", "--replay"])
            .code(3)
            .stdout_has("way-back-fails")
            .stdout_has("its down.sql fails on a database with rows")
            .stdout_has("down.sql:3:");
    });
}
