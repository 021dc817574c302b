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

#[test]
fn every_folder_of_a_change_goes_back_by_itself() {
    // Only PostgreSQL has changes in several folders.
    both("replayfolders", |stage| {
        if !stage.is_postgres() {
            return;
        }
        let schema = |label: &str, table: &str, column: &str| {
            format!(
                "dbkit::schema! {{
    enum Mood {{ Sad, {label}Happy }}
    table team (id) {{
        id -> Integer,
        {table}
        name -> Text,
    }}
    {column}
        team_id -> Nullable<Integer>,
    }}
}}
"
            )
        };
        let plain = "table member (id) {\n        id -> Integer,\n        mood -> Mood,";
        stage.project.write("src/schema.rs", schema("", "", plain));
        stage.offline(&["generate", "first"]).success();
        stage.run(&["migrate"]).success();
        let after = "#[index(mood)]
    #[check(\"team_id > 0\")]
    table member (id) {
        id -> Integer,
        #[default = \"'ok'\"]
        mood -> Mood,
        #[references(team.id)]
        lead_of -> Nullable<Integer>,
        #[references(team.name)]
        team_name -> Nullable<Text>,
        #[references(team.id)]";
        let after = schema("Ok, ", "#[unique]", after)
            .replace("Nullable<Integer>,\n    }", "Integer,\n    }");
        stage.project.write("src/schema.rs", after);
        stage.offline(&["generate", "second", "--allow-destructive"]).success();
        let folders = stage.project.list("migrations").len();
        assert!(folders > 5, "{:?}", stage.project.list("migrations"));
        // The new label cannot go while rows have it; what came after it went back.
        stage
            .run(&["check", "--replay"])
            .success()
            .stderr_has("_second cannot be reverted while there are rows, as it says itself");
        stage.run(&["migrate"]).success();
        stage.run(&["check"]).success();
        for at in 1..folders {
            stage.run(&["redo", "--steps", "1"]).success();
            stage.run(&["rollback", "--steps", "1", "--yes"]).success();
            let halfway = stage.run(&["check"]).success().stderr;
            assert_eq!(halfway.contains("one change, of which a part has run"), at < folders - 1);
        }
        // The last one that is left is the whole first change.
        stage.run(&["redo"]).success();
        stage.run(&["migrate"]).success();
        stage.run(&["check"]).success();
        let undone = stage.run(&["rollback", "--yes"]).success().stdout;
        assert_eq!(undone.lines().filter(|line| line.contains("_second")).count(), folders - 1);
        stage.run(&["check"]).success();
    });
}
