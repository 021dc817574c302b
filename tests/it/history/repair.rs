//! Edited, deleted and renamed migrations: found by `status`, mended by `repair`.

use super::{Stage, both, three};

const A: &str = "migrations/2024-01-01-000000_a";
const B: &str = "migrations/2024-01-02-000000_b";

fn rename(stage: &Stage, from: &str, to: &str) {
    std::fs::rename(stage.project.join(from), stage.project.join(to)).unwrap();
}

fn state(stage: &Stage, at: usize) -> String {
    let json = stage.run(&["status", "--format", "json"]).success().json();
    json["migrations"][at]["state"].as_str().unwrap().to_owned()
}

#[test]
fn line_endings_and_byte_order_marks_are_no_edit() {
    both("endings", |stage| {
        three(stage);
        stage.run(&["migrate"]).success();
        let text = stage.project.read(&format!("{A}/up.sql")).replace('\n', "\r\n");
        stage.project.write(&format!("{A}/up.sql"), format!("\u{feff}{text}"));
        stage.run(&["status", "--check"]).success();
        stage.run(&["repair"]).success().stdout_is("nothing to repair\n");
    });
}

#[test]
fn an_edited_migration_is_shown_as_a_difference_and_restored() {
    both("edited", |stage| {
        three(stage);
        stage.run(&["migrate"]).success();
        let up = stage.project.read(&format!("{A}/up.sql"));
        stage.project.write(&format!("{A}/up.sql"), up.replace("id INTEGER", "id BIGINT"));
        stage.run(&["status", "--check"]).code(3).stdout_has("applied, changed since");
        stage
            .run(&["repair"])
            .code(3)
            .stdout_has("edited after it had run")
            .stdout_has("dbkit repair 20240101000000 --restore");
        // Nothing happens without an answer.
        stage
            .run(&["repair", "20240101000000", "--restore"])
            .code(4)
            .stderr_has("-    id BIGINT PRIMARY KEY")
            .stderr_has("+    id INTEGER PRIMARY KEY")
            .stderr_has("--yes");
        assert_eq!(state(stage, 0), "changed");
        stage.run(&["repair", "20240101000000", "--restore", "--yes"]).success();
        assert_eq!(stage.project.read(&format!("{A}/up.sql")), up);
        stage.run(&["status", "--check"]).success();

        stage.project.write(&format!("{A}/up.sql"), format!("-- a remark\n{up}"));
        stage.run(&["repair", A.trim_start_matches("migrations/"), "--accept", "--yes"]).success();
        stage.run(&["status", "--check"]).success();
        // What is accepted is what a later edit is compared with.
        stage.project.write(&format!("{A}/up.sql"), "SELECT 1;\n");
        stage.run(&["repair", "20240101000000", "--accept"]).code(4).stderr_has("-- a remark");
        stage.run(&["repair", "20240101000000", "--forget", "--yes"]).code(2);
    });
}

#[test]
fn a_deleted_migration_is_restored_or_forgotten() {
    both("deleted", |stage| {
        three(stage);
        stage.project.write(&format!("{B}/metadata.toml"), "run_in_transaction = true\n");
        stage.run(&["migrate"]).success();
        let up = stage.project.read(&format!("{B}/up.sql"));
        std::fs::remove_dir_all(stage.project.join(B)).unwrap();
        assert_eq!(state(stage, 1), "missing");
        stage.run(&["repair"]).code(3).stdout_has("its folder is gone");
        stage.run(&["repair", "20240102000000", "--restore", "--yes"]).success();
        assert_eq!(stage.project.read(&format!("{B}/up.sql")), up);
        assert_eq!(
            stage.project.list(B),
            ["down.sql", "metadata.toml", "up.sql"],
            "every file that was there"
        );
        stage.run(&["status", "--check"]).success();

        std::fs::remove_dir_all(stage.project.join(B)).unwrap();
        stage.run(&["repair", "20240102000000", "--forget", "--yes"]).success();
        assert_eq!(stage.ledger(), ["20240101000000", "20240103000000"]);
        stage.run(&["status", "--check"]).success();
        assert_eq!(stage.values("SELECT count(*) FROM b"), ["0"], "the database stays as it is");
    });
}

#[test]
fn a_renamed_migration_does_not_run_twice() {
    both("renamed", |stage| {
        three(stage);
        stage.run(&["migrate"]).success();
        rename(stage, B, "migrations/2024-02-02-000000_b");
        stage
            .run(&["status", "--check"])
            .code(3)
            .stdout_has("applied as 2024-01-02-000000_b, renamed since");
        stage.run(&["migrate"]).code(4).stderr_has("dbkit repair 2024-02-02-000000_b --renamed");
        stage.run(&["rollback", "--yes"]).code(4).stderr_has("its folder was renamed");
        stage.run(&["repair", "2024-02-02-000000_b", "--renamed", "--yes"]).success();
        assert_eq!(stage.ledger(), ["20240101000000", "20240103000000", "20240202000000"]);
        stage.run(&["status", "--check"]).success();
        stage.run(&["rollback", "--yes"]).success().stdout_has("2024-02-02-000000_b");
    });
}

/// The title alone says that it is the same: better asked than run twice.
#[test]
fn renamed_and_edited_at_once() {
    both("both", |stage| {
        three(stage);
        stage.run(&["migrate"]).success();
        rename(stage, B, "migrations/2024-02-02-000000_b");
        let up = "migrations/2024-02-02-000000_b/up.sql";
        let text = stage.project.read(up);
        stage.project.write(up, format!("{text}\nSELECT 5;\n"));
        stage
            .run(&["status", "--check"])
            .code(3)
            .stdout_has("applied as 2024-01-02-000000_b, renamed and edited since");
        stage
            .run(&["migrate"])
            .code(4)
            .stderr_has("its folder was renamed and edited")
            .stderr_has("dbkit repair 2024-02-02-000000_b --renamed");
        stage.run(&["check", "--database"]).code(3).stdout_has("with another text");
        stage
            .run(&["repair", "2024-02-02-000000_b", "--renamed", "--yes"])
            .success()
            .stderr_has("+SELECT 5;");
        stage.run(&["status", "--check"]).success();

        // Another migration of the same title is one after the old one is forgotten.
        rename(stage, "migrations/2024-02-02-000000_b", "migrations/2024-03-03-000000_b");
        stage.project.write("migrations/2024-03-03-000000_b/up.sql", "SELECT 6;\n");
        stage.run(&["migrate"]).code(4).stderr_has("`--forget`");
        stage.run(&["repair", "2024-03-03-000000_b", "--forget", "--yes"]).success();
        stage.run(&["migrate"]).success().stdout_has("1 migration applied");
        assert_eq!(stage.ledger(), ["20240101000000", "20240103000000", "20240303000000"]);
    });
}

#[test]
fn a_folder_with_another_title_is_the_same_migration() {
    both("title", |stage| {
        three(stage);
        stage.run(&["migrate"]).success();
        rename(stage, B, "migrations/2024-01-02-000000_better");
        stage.run(&["status", "--check"]).success().stdout_has("applied as 2024-01-02-000000_b");
        stage.run(&["migrate"]).success().stdout_has("nothing to do");
    });
}

#[test]
fn what_diesel_ran_cannot_be_restored_and_says_so() {
    both("diesel", |stage| {
        three(stage);
        stage.run(&["migrate"]).success();
        stage.execute("DROP TABLE __dbkit_migrations");
        stage.execute("DROP TABLE __dbkit_files");
        std::fs::remove_dir_all(stage.project.join(B)).unwrap();
        stage
            .run(&["repair", "20240102000000", "--restore", "--yes"])
            .code(4)
            .stderr_has("restore the folder from version control");
    });
}
