//! `dbkit diff` and `dbkit export`.

use super::both;
use super::check::{USERS, and, start, with};

#[test]
fn any_two_sides() {
    both("sides", |stage| {
        start(stage);
        stage.run(&["diff", "--check"]).success().stdout_is("no differences\n");
        stage.run(&["diff", "--from", "database"]).success().stdout_has("table users  added");
        stage.run(&["migrate"]).success();
        stage.project.write("src/schema.rs", with("age -> Nullable<Integer>,"));
        stage.project.write("other.rs", and("posts"));
        stage.run(&["diff", "--check"]).code(3).stdout_has("column age");
        for side in ["database", "migrations"] {
            let sql = stage.run(&["diff", "--from", side, "--to", "schema", "--format", "sql"]);
            sql.success().stdout_has("ALTER TABLE users ADD COLUMN age");
            let sql = stage.run(&["diff", "--from", "schema", "--to", side, "--format", "sql"]);
            sql.success().stdout_has("DROP COLUMN age");
        }
        stage
            .run(&["diff", "--from", "migrations", "--to", "database"])
            .stdout_is("no differences\n");
        stage
            .run(&["diff", "--from", &stage.url(), "--to", "other.rs"])
            .stdout_has("table posts  added");
        stage
            .run(&["diff", "--from", "migrations", "--to", "other.rs"])
            .stdout_has("table posts  added");
        let json = stage.run(&["diff", "--from", "empty", "--format", "json"]).success().json();
        assert_eq!(json[0]["differences"][0]["object"], "table users");
        assert_eq!(json[0]["differences"][0]["change"], "added");
        assert!(json[0]["sql"][0].as_str().unwrap().starts_with("CREATE TABLE users"));
        stage.run(&["diff", "--from", "nonsense"]).code(2).stderr_has("sides are schema");
    });
}

#[test]
fn two_dialects_cannot_be_compared() {
    both("dialects", |stage| {
        start(stage);
        let other = if stage.is_postgres() { "sqlite://a.db" } else { "postgres://localhost/a" };
        stage
            .run(&["diff", "--from", "database", "--to", other])
            .code(2)
            .stderr_has("one side is PostgreSQL and the other SQLite");
    });
}

#[test]
fn export_prints_a_script_that_makes_the_schema() {
    both("export", |stage| {
        start(stage);
        let script = stage.offline(&["export"]).success().stdout;
        assert!(script.contains("CREATE TABLE users"), "{script}");
        stage.execute(&script);
        stage.run(&["diff", "--from", "database", "--check"]).success();
        let json = stage.offline(&["export", "--format", "json"]).success().json();
        assert_eq!(json["changed"][0]["table"]["name"]["name"], "users");
        let sqlite = stage.offline(&["export", "--dialect", "sqlite"]).success();
        sqlite.stdout_has("CREATE TABLE users");
        stage.project.write("src/schema.rs", USERS.replace("Text", "Txt"));
        stage.offline(&["export"]).code(2).stderr_has("Txt");
    });
}
