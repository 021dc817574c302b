//! `dbkit check`, offline and with a database.

use super::{Stage, both};

pub const USERS: &str = "dbkit::schema! {
    table users (id) {
        id -> BigInt,
        name -> Text,
    }
}
";

/// A column after `name`.
pub fn with(column: &str) -> String {
    USERS.replace("name -> Text,", &format!("name -> Text,\n        {column}"))
}

/// A further table at the end.
pub fn and(table: &str) -> String {
    let table = format!("    table {table} (id) {{\n        id -> BigInt,\n    }}\n}}\n");
    USERS.strip_suffix("}\n").unwrap().to_owned() + &table
}

/// A project whose first migration makes `users`; the settings name the dialect.
pub fn start(stage: &Stage) {
    let dialect = if stage.is_postgres() { "postgres" } else { "sqlite" };
    stage.project.write("dbkit.toml", format!("dialects = [\"{dialect}\"]\n"));
    stage.project.write("src/schema.rs", USERS);
    stage.offline(&["generate", "first"]).success();
}

/// The newest folder, or the one at a place.
pub fn folder(stage: &Stage, at: usize) -> String {
    format!("migrations/{}", stage.project.list("migrations")[at])
}

fn codes(stage: &Stage, args: &[&str]) -> Vec<String> {
    let outcome = stage.run(&[&["check", "--format", "json"], args].concat());
    let json = outcome.json();
    let found = json["findings"].as_array().unwrap();
    assert_eq!(outcome.code, Some(if found.is_empty() { 0 } else { 3 }), "{outcome}");
    found.iter().map(|f| f["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_healthy_project_has_no_findings() {
    both("healthy", |stage| {
        start(stage);
        stage
            .offline(&["check"])
            .success()
            .stdout_is("no findings: 1 migration and the schema agree\n");
        stage.run(&["check"]).success().stderr_has("1 migration pending");
        stage.run(&["migrate"]).success();
        stage.run(&["check"]).success().stdout_has("and the database is what they say");
    });
}

#[test]
fn schema_and_migrations_that_disagree() {
    both("disagree", |stage| {
        start(stage);
        stage.project.write("src/schema.rs", with("age -> Nullable<Integer>,"));
        let outcome = stage.offline(&["check"]).code(3);
        outcome
            .stdout_has("schema-differs: schema")
            .stdout_has("schema and migrations disagree about table users")
            .stdout_has("ADD COLUMN age")
            .stdout_has("help: `dbkit generate` writes the migration");
        stage
            .offline(&["check", "--format", "github"])
            .code(3)
            .stdout_has("::error file=src/schema.rs,title=schema-differs::schema: ");
        stage.project.write("src/schema.rs", USERS.replace("Text", "Txt"));
        stage
            .offline(&["check", "--format", "github"])
            .code(3)
            .stdout_has("::error file=")
            .stdout_has("file=src/schema.rs,line=4,col=17,title=");
    });
}

#[test]
fn a_missing_way_back() {
    both("noway", |stage| {
        start(stage);
        stage.offline(&["generate", "--custom", "fill"]).success();
        let folder = folder(stage, 1);
        let down = format!("{folder}/down.sql");
        stage
            .offline(&["check"])
            .code(3)
            .stdout_has("no-way-back")
            .stdout_has("holds no statement");
        std::fs::remove_file(stage.project.join(&down)).unwrap();
        stage.offline(&["check"]).code(3).stdout_has("it has no down.sql");
        stage.project.write(&down, "-- irreversible: the old values are gone\n");
        stage.offline(&["check"]).success();
    });
}

#[test]
fn edited_deleted_and_renamed_after_they_ran() {
    both("changed", |stage| {
        start(stage);
        for name in ["one", "two", "three"] {
            stage.offline(&["generate", "--custom", name]).success();
        }
        for (at, text) in [(1, "SELECT 1;\n"), (2, "SELECT 2;\n"), (3, "SELECT 3;\n")] {
            for file in ["up.sql", "down.sql"] {
                stage.project.write(&format!("{}/{file}", folder(stage, at)), text);
            }
        }
        stage.run(&["migrate"]).success();
        assert!(codes(stage, &[]).is_empty());
        let (one, two, three) = (folder(stage, 1), folder(stage, 2), folder(stage, 3));
        stage.project.write(&format!("{one}/up.sql"), "SELECT 4;\n");
        std::fs::rename(
            stage.project.join(&three),
            stage.project.join("migrations/2999-01-01-000000_three"),
        )
        .unwrap();
        std::fs::remove_dir_all(stage.project.join(&two)).unwrap();
        assert_eq!(codes(stage, &["--offline"]), ["parent-missing"]);
        assert_eq!(codes(stage, &[]), ["parent-missing", "edited", "deleted", "renamed"]);
        stage.run(&["check"]).code(3).stdout_has("-SELECT 1;").stdout_has("+SELECT 4;");
    });
}

#[test]
fn a_history_that_was_renamed_or_forgotten_on_purpose_is_whole_again() {
    both("whole", |stage| {
        start(stage);
        stage.project.write("src/schema.rs", with("age -> Nullable<Integer>,"));
        stage.offline(&["generate", "--custom", "fill"]).success();
        let fill = folder(stage, 1);
        for file in ["up.sql", "down.sql"] {
            stage.project.write(&format!("{fill}/{file}"), "SELECT 1;\n");
        }
        stage.offline(&["generate", "age"]).success();
        stage.run(&["migrate"]).success();
        let renamed = stage.project.join("migrations/2001-01-01-000000_first");
        std::fs::rename(stage.project.join(&folder(stage, 0)), renamed).unwrap();
        stage.offline(&["check"]).success();
        stage.run(&["repair", "20010101000000", "--renamed", "--yes"]).success();
        stage.run(&["check"]).success();

        std::fs::remove_dir_all(stage.project.join(&fill)).unwrap();
        let version = fill.split(['/', '_']).nth(1).unwrap().replace('-', "");
        stage
            .offline(&["check"])
            .code(3)
            .stdout_has("parent-missing")
            .stdout_has(&format!("`dbkit repair {version} --forget`"));
        stage.run(&["repair", &version, "--forget", "--yes"]).success();
        stage.run(&["check"]).success();
        stage.run(&["repair", &version, "--forget", "--yes"]).code(2);
    });
}

#[test]
fn drift_is_told_object_by_object() {
    both("drift", |stage| {
        start(stage);
        stage.run(&["migrate"]).success();
        stage.execute("ALTER TABLE users ADD COLUMN nick TEXT");
        stage.execute("CREATE TABLE stray (id INTEGER PRIMARY KEY)");
        stage.execute("CREATE INDEX by_name ON users (name)");
        assert_eq!(codes(stage, &[]), ["drift", "drift"]);
        stage
            .run(&["check"])
            .code(3)
            .stdout_has("drift: table stray")
            .stdout_has("the database has it, the migrations do not")
            .stdout_has("column nick")
            .stdout_has("index by_name added");
        // What it says puts it back.
        let sql =
            stage.run(&["diff", "--from", "database", "--to", "migrations", "--format", "sql"]);
        stage.execute(&sql.success().stdout);
        assert!(codes(stage, &[]).is_empty());
    });
}

#[test]
fn an_older_migration_that_came_with_a_merge() {
    both("older", |stage| {
        start(stage);
        stage.run(&["migrate"]).success();
        let text = stage.project.read(&format!("{}/up.sql", folder(stage, 0)));
        assert!(text.contains("CREATE TABLE"));
        stage.project.write("migrations/2001-01-01-000000_late/up.sql", "SELECT 1;\n");
        stage.project.write("migrations/2001-01-01-000000_late/down.sql", "SELECT 1;\n");
        assert_eq!(codes(stage, &[]), ["older"]);
        let settings = stage.project.read("dbkit.toml");
        stage.project.write("dbkit.toml", format!("{settings}older_migrations = \"apply\"\n"));
        assert!(codes(stage, &[]).is_empty());
    });
}

#[test]
fn unreadable_folders_are_findings() {
    both("unreadable", |stage| {
        start(stage);
        stage.project.write(&format!("{}/snapshot.json", folder(stage, 0)), "{");
        assert_eq!(codes(stage, &[]), ["unreadable-snapshot"]);
        std::fs::remove_file(stage.project.join(&format!("{}/up.sql", folder(stage, 0)))).unwrap();
        assert_eq!(codes(stage, &[]), ["unreadable-migrations"]);
    });
}
