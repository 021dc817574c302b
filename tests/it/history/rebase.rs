//! Two branches, each a copy of the project's folder, put together as git puts them together.

use super::check::{USERS, and, folder, start, with};
use super::{Stage, both};
use crate::support::Project;
use std::path::Path;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// A colleague's branch: the project as it is now, with another schema.rs and what `generate`
/// makes of it. Its folders are dated so that they come before or after mine.
struct Branch(Project);

impl Branch {
    fn of(stage: &Stage) -> Self {
        let project = Project::empty();
        copy(&stage.project.join("migrations"), &project.join("migrations"));
        copy(&stage.project.join("src"), &project.join("src"));
        project.write("dbkit.toml", stage.project.read("dbkit.toml"));
        Self(project)
    }

    fn generate(&self, schema: &str, args: &[&str]) {
        self.0.write("src/schema.rs", schema);
        self.0.dbkit([&["generate"], args].concat()).run().success();
    }

    /// What `git merge` does where no file is touched by both: the folders lie side by side.
    fn merge_into(&self, stage: &Stage, schema: &str) {
        for name in self.0.list("migrations") {
            let path = stage.project.join(&format!("migrations/{name}"));
            if !path.exists() {
                copy(&self.0.join(&format!("migrations/{name}")), &path);
            }
        }
        stage.project.write("src/schema.rs", schema);
    }
}

/// Gives the newest folder another date, before anything was made on it.
fn date(project: &Project, date: &str) {
    let newest = project.list("migrations").pop().unwrap();
    let title = newest.split_once('_').unwrap().1;
    let to = project.join(&format!("migrations/{date}_{title}"));
    std::fs::rename(project.join(&format!("migrations/{newest}")), to).unwrap();
}

fn titles(stage: &Stage) -> Vec<String> {
    let names = stage.project.list("migrations");
    names.iter().map(|name| name.split_once('_').unwrap().1.to_owned()).collect()
}

/// `users` with both columns.
fn together() -> String {
    with("age -> Nullable<Integer>,\n        nick -> Nullable<Text>,")
}

/// Mine adds `users.age`, theirs `users.nick`.
fn fork(stage: &Stage) {
    start(stage);
    let theirs = Branch::of(stage);
    theirs.generate(&with("nick -> Nullable<Text>,"), &["nick"]);
    date(&theirs.0, "2998-01-01-000000");
    stage.project.write("src/schema.rs", with("age -> Nullable<Integer>,"));
    stage.offline(&["generate", "age"]).success();
    date(&stage.project, "2999-01-01-000000");
    theirs.merge_into(stage, &together());
}

#[test]
fn my_migration_is_made_again_on_top_of_theirs() {
    both("rebase", |stage| {
        fork(stage);
        stage
            .offline(&["check"])
            .code(3)
            .stdout_has("fork: 2999-01-01-000000_age")
            .stdout_has("both change table users");
        stage.offline(&["generate", "more"]).code(4).stderr_has("--rebase");
        let before = stage.project.list("migrations");
        stage
            .offline(&["generate", "--rebase", "--dry-run"])
            .success()
            .stdout_has("ADD COLUMN age");
        assert_eq!(stage.project.list("migrations"), before);
        stage
            .offline(&["generate", "--rebase"])
            .success()
            .stderr_has("redoing 2999-01-01-000000_age on top of 2998-01-01-000000_nick")
            .stdout_has("_age");
        assert_eq!(titles(stage), ["first", "nick", "age"]);
        assert!(!stage.project.exists("migrations/2999-01-01-000000_age"));
        stage.offline(&["check"]).success();
        stage.run(&["migrate"]).success();
        stage.run(&["check"]).success();
        stage.run(&["rollback", "--yes"]).success();
        assert_eq!(
            stage.values("SELECT count(*) FROM (SELECT id, name, nick FROM users) t"),
            ["0"]
        );
        stage.offline(&["generate", "--rebase"]).success().stderr_has("nothing to do");
    });
}

#[test]
fn the_other_branch_where_it_is_named() {
    both("rebasenamed", |stage| {
        fork(stage);
        stage
            .offline(&["generate", "--rebase=2001"])
            .code(4)
            .stderr_has("possible are: 2998-01-01-000000_nick");
        stage.offline(&["generate", "--rebase=2998-01-01-000000_nick"]).success();
        assert_eq!(titles(stage), ["first", "age", "nick"]);
        stage.offline(&["check"]).success();
        stage.run(&["migrate"]).success();
        stage.run(&["check"]).success();
    });
}

#[test]
fn what_has_run_here_must_be_reverted_first() {
    both("rebaseran", |stage| {
        start(stage);
        let theirs = Branch::of(stage);
        theirs.generate(&with("nick -> Nullable<Text>,"), &["nick"]);
        date(&theirs.0, "2998-01-01-000000");
        stage.project.write("src/schema.rs", with("age -> Nullable<Integer>,"));
        stage.offline(&["generate", "age"]).success();
        date(&stage.project, "2999-01-01-000000");
        stage.run(&["migrate"]).success();
        theirs.merge_into(stage, &together());
        stage.run(&["generate", "--rebase"]).code(4).stderr_has("dbkit rollback --steps 1");
        stage.run(&["rollback", "--steps", "1", "--yes"]).success();
        stage.run(&["generate", "--rebase"]).success();
        stage.run(&["migrate"]).success().stdout_has("2 migrations applied");
        stage.run(&["check"]).success();
    });
}

#[test]
fn branches_that_touch_different_tables_may_stay_side_by_side() {
    both("rebasedisjoint", |stage| {
        start(stage);
        let theirs = Branch::of(stage);
        theirs.generate(&and("posts"), &["posts"]);
        date(&theirs.0, "2998-01-01-000000");
        stage.project.write("src/schema.rs", with("age -> Nullable<Integer>,"));
        stage.offline(&["generate", "age"]).success();
        date(&stage.project, "2999-01-01-000000");
        let merged = and("posts")
            .replace("name -> Text,", "name -> Text,\n        age -> Nullable<Integer>,");
        theirs.merge_into(stage, &merged);
        stage.offline(&["check"]).code(3).stdout_has("they change different objects");
        stage.run(&["migrate"]).success();
        // The next migration joins both.
        stage.project.write(
            "src/schema.rs",
            merged.replace(
                "age -> Nullable<Integer>,",
                "age -> Nullable<Integer>,\n        nick -> Nullable<Text>,",
            ),
        );
        stage.offline(&["generate", "nick"]).success().stderr_has("two branches were merged");
        stage.offline(&["check"]).success();
        stage.run(&["migrate"]).success();
        stage.run(&["check"]).success();
    });
}

#[test]
fn sql_by_hand_is_kept() {
    both("rebasehand", |stage| {
        start(stage);
        let theirs = Branch::of(stage);
        theirs.generate(&with("nick -> Nullable<Text>,"), &["nick"]);
        date(&theirs.0, "2998-01-01-000000");
        stage.project.write("src/schema.rs", with("age -> Nullable<Integer>,"));
        stage.offline(&["generate", "age"]).success();
        date(&stage.project, "2999-01-01-000000");
        let age = format!("{}/up.sql", folder(stage, 1));
        let text = stage.project.read(&age);
        stage.project.write(&age, format!("{text}UPDATE users SET age = 1;\n"));
        stage.offline(&["generate", "--custom", "fill"]).success();
        let fill = folder(stage, 2);
        for (file, sql) in [
            ("up.sql", "INSERT INTO users (id, name) VALUES (1, 'Ada');\n"),
            ("down.sql", "DELETE FROM users;\n"),
        ] {
            stage.project.write(&format!("{fill}/{file}"), sql);
        }
        theirs.merge_into(stage, &together());
        stage.offline(&["generate", "--rebase"]).success();
        assert_eq!(titles(stage), ["first", "nick", "age", "fill"]);
        let age = stage.project.read(&format!("{}/up.sql", folder(stage, 2)));
        assert!(
            age.contains("ADD COLUMN age") && age.contains("UPDATE users SET age = 1;"),
            "{age}"
        );
        let fill = stage.project.read(&format!("{}/up.sql", folder(stage, 3)));
        assert_eq!(fill, "INSERT INTO users (id, name) VALUES (1, 'Ada');\n");
        stage.offline(&["check"]).success();
        stage.run(&["migrate"]).success();
        stage.run(&["check"]).success();
        assert_eq!(stage.values("SELECT name FROM users"), ["Ada"]);
    });
}

#[test]
fn what_both_change_differently_is_what_schema_rs_says() {
    both("rebaseboth", |stage| {
        start(stage);
        let theirs = Branch::of(stage);
        theirs.generate(&with("size -> Nullable<Integer>,"), &["theirs"]);
        date(&theirs.0, "2998-01-01-000000");
        stage.project.write("src/schema.rs", with("size -> Nullable<SmallInt>,"));
        stage.offline(&["generate", "mine"]).success();
        date(&stage.project, "2999-01-01-000000");
        theirs.merge_into(stage, &with("size -> Nullable<BigInt>,"));
        stage.offline(&["generate", "--rebase"]).success();
        stage.offline(&["check"]).success();
        stage.run(&["migrate"]).success();
        stage.run(&["check"]).success();
    });
}

#[test]
fn a_branch_from_before_a_squash() {
    both("rebasesquash", |stage| {
        start(stage);
        let theirs = Branch::of(stage);
        stage.project.write("src/schema.rs", with("age -> Nullable<Integer>,"));
        stage.offline(&["generate", "age"]).success();
        stage.offline(&["squash", "--yes"]).success();
        theirs.generate(&with("nick -> Nullable<Text>,"), &["nick"]);
        date(&theirs.0, "2998-01-01-000000");
        // git takes the old folder away again: it is deleted on one side and unchanged on the other.
        let first = theirs.0.list("migrations")[0].clone();
        std::fs::remove_dir_all(theirs.0.join(&format!("migrations/{first}"))).unwrap();
        theirs.merge_into(stage, &together());
        stage.offline(&["check"]).code(3).stdout_has("fork");
        stage.offline(&["generate", "--rebase"]).success();
        assert_eq!(titles(stage), ["squashed", "nick"]);
        stage.offline(&["check"]).success();
        stage.run(&["migrate"]).success();
        stage.run(&["check"]).success();
    });
}

#[test]
fn parts_of_one_change_stay_together() {
    // Only PostgreSQL has changes in several parts.
    both("rebaseparts", |stage| {
        if !stage.is_postgres() {
            return;
        }
        start(stage);
        let theirs = Branch::of(stage);
        theirs.generate(&with("nick -> Nullable<Text>,"), &["nick"]);
        date(&theirs.0, "2998-01-01-000000");
        let indexed =
            |schema: &str| schema.replace("    table users", "    #[index(name)]\n    table users");
        stage.project.write("src/schema.rs", indexed(&with("age -> Nullable<Integer>,")));
        stage.offline(&["generate", "mine"]).success();
        assert_eq!(titles(stage), ["first", "mine", "mine_2"]);
        theirs.merge_into(stage, &indexed(&together()));
        stage.offline(&["generate", "--rebase=2999"]).code(4);
        let second = stage.project.list("migrations").into_iter().find(|n| n.ends_with("_2"));
        let second = format!("migrations/{}/up.sql", second.unwrap());
        let text = stage.project.read(&second);
        stage.project.write(&second, format!("{text}SELECT 1;\n"));
        let whole = stage.project.list("migrations")[1].clone();
        stage
            .offline(&["generate", &format!("--rebase={whole}")])
            .code(4)
            .stderr_has("one change in several parts, and one of them was edited");
        stage.project.write(&second, text);
        let mine = stage.project.list("migrations")[1].clone();
        stage.offline(&["generate", &format!("--rebase={mine}")]).success();
        assert_eq!(titles(stage), ["first", "nick", "mine", "mine_2"]);
        stage.offline(&["check"]).success();
        stage.run(&["migrate"]).success();
        stage.run(&["check"]).success();
        // Parts cannot be cut by a squash; all of them can be folded.
        let cut = stage.project.list("migrations")[2].clone();
        stage
            .offline(&["squash", "--to", &cut, "--yes"])
            .code(4)
            .stderr_has("one change in several parts");
        stage.offline(&["squash", "--yes"]).success();
        let up = stage.project.read(&format!("{}/up.sql", folder(stage, 0)));
        assert!(up.contains("CREATE INDEX") && !up.contains("CONCURRENTLY"), "{up}");
        stage.run(&["migrate"]).success();
        stage.run(&["check"]).success();
        assert!(USERS.contains("users"));
    });
}
