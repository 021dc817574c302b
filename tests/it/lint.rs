//! Rules: cases in `tests/cases/lint/*.txt`, one for each rule, named after it.
//!
//! A case is files, each behind a line `## NAME [sqlite] [alone] [generated]` (`schema.rs` is the
//! model's), a line `====`, and what the rule says of them. The other rules are off.
//! `DBKIT_BLESS=1` writes what comes out into the case.

use crate::support::Project;
use dbkit::diagnostic::{Diagnostic, Severity, SourceFile};
use dbkit::lint::{self, File, Levels, RULES, Scene};
use dbkit::model::Dialect;
use dbkit::source::schema_rs;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn only(name: &str) -> Levels {
    let chosen: BTreeMap<String, Option<Severity>> = RULES
        .iter()
        .map(|rule| (rule.name.to_owned(), (rule.name == name).then_some(Severity::Error)))
        .collect();
    Levels::new(chosen).unwrap()
}

fn outcome(text: &str, levels: &Levels) -> String {
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut scripts = Vec::new();
    for part in format!("\n{text}").split("\n## ").skip(1) {
        let (head, body) = part.split_once('\n').unwrap_or((part, ""));
        let mut words = head.split(' ');
        let path = PathBuf::from(words.next().unwrap());
        let words: Vec<&str> = words.collect();
        let dialect = if words.contains(&"sqlite") { Dialect::Sqlite } else { Dialect::Postgres };
        let is_schema = path.extension().is_some_and(|extension| extension == "rs");
        let source = Arc::new(SourceFile { path, text: format!("{body}\n") });
        if is_schema {
            let read = schema_rs::read(&[Arc::clone(&source)], dialect).unwrap();
            found.extend(lint::model(&Scene::new(&read.model, &[source]), levels));
        } else {
            scripts.push(File {
                source,
                dialect,
                transactional: !words.contains(&"alone"),
                generated: words.contains(&"generated"),
            });
        }
    }
    found.extend(lint::migrations(&scripts, 0, levels));
    found.iter().map(|d| d.render(false) + "\n\n").collect()
}

fn rule_names() -> Vec<&'static str> {
    RULES.iter().map(|rule| rule.name).collect()
}

#[test]
fn every_rule_has_a_case_and_keeps_to_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/lint");
    let mut wrong = Vec::new();
    for name in rule_names() {
        let path = folder.join(format!("{name}.txt"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("no case {name}"));
        let (files, expected) = text.split_once("\n====\n").unwrap();
        let found = outcome(files, &only(name));
        assert!(found.contains(&format!("error[{name}]")), "{name} finds nothing in its case");
        if std::env::var_os("DBKIT_BLESS").is_some() {
            std::fs::write(&path, format!("{files}\n====\n{found}")).unwrap();
        } else if found != expected {
            wrong.push(format!("{}:\n{found}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_has_a_page_and_a_line_in_the_list() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/lint");
    let list = std::fs::read_to_string(folder.join("README.md")).unwrap();
    for rule in RULES {
        let (name, level) = (rule.name, rule.level);
        let level = match level {
            None => "off",
            Some(Severity::Error) => "error",
            Some(_) => "warn",
        };
        let page = std::fs::read_to_string(folder.join(format!("{name}.md")))
            .unwrap_or_else(|_| panic!("no page docs/lint/{name}.md"));
        for part in [&format!("# {name}\n"), "## Why", "## Instead", "## Silence"] {
            assert!(page.contains(part), "docs/lint/{name}.md lacks `{part}`");
        }
        assert!(page.contains(&format!("Level: `{level}`")), "docs/lint/{name}.md: {level}");
        let line = format!("| [`{name}`]({name}.md) | {level} |");
        assert!(list.contains(&line), "docs/lint/README.md lacks `{line}`");
    }
    let pages = std::fs::read_dir(folder).unwrap().count();
    assert_eq!(pages, RULES.len() + 1, "a page without a rule in docs/lint");
    assert!(rule_names().is_sorted());
}

/// A project with a table in use, and a second migration by hand.
fn by_hand(sql: &str) -> Project {
    let project = Project::empty();
    project.write("dbkit.toml", "dialects = [\"postgres\"]\n");
    let schema = "dbkit::schema! {\n    table users (id) {\n        id -> BigInt,\n        name -> Text,\n    }\n}\n";
    project.write("src/schema.rs", schema);
    project.dbkit(["generate", "first"]).run().success();
    for file in ["up.sql", "down.sql"] {
        project.write(&format!("migrations/2999-01-01-000000_hand/{file}"), sql);
    }
    project
}

#[test]
fn levels_silence_and_a_start_come_from_the_project() {
    let project = by_hand("CREATE INDEX i ON users (name);\nDROP TABLE other;\n");
    let check = |args: &[&str]| project.dbkit([&["check", "--offline"], args].concat()).run();
    let settings = |text: &str| {
        project.write("dbkit.toml", format!("dialects = [\"postgres\"]\n{text}"));
    };
    check(&[])
        .code(3)
        .stdout_has("error[index-not-concurrent]: no row of users can be written")
        .stdout_has("up.sql:1:1")
        .stdout_has("warning[drop-table]");
    check(&["--format", "github"])
        .code(3)
        .stdout_has("::error file=migrations/2999-01-01-000000_hand/up.sql,line=1,col=1,title=index-not-concurrent::")
        .stdout_has("::warning file=migrations/2999-01-01-000000_hand/up.sql,line=2,col=1,title=drop-table::");
    let json = check(&["--format", "json"]).code(3).json();
    let finding = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["code"] == "index-not-concurrent")
        .unwrap();
    assert_eq!((&finding["level"], &finding["line"]), (&"error".into(), &1.into()));

    // Hand-written without a snapshot is a finding of its own; only the rules matter here.
    let codes = |args: &[&str]| -> Vec<String> {
        let json = check(&[args, &["--format", "json"]].concat()).json();
        let found = json["findings"].as_array().unwrap().clone();
        let codes = found.iter().map(|f| f["code"].as_str().unwrap().to_owned());
        codes.filter(|code| code != "no-snapshot").collect()
    };
    settings("[lint]\nindex-not-concurrent = \"off\"\ndrop-table = \"error\"\n");
    assert_eq!(codes(&[]), ["drop-table"]);
    settings("[lint]\nstart_after = \"2999-01-01-000000\"\n");
    assert!(codes(&[]).is_empty());
    settings("[lint]\nstart_after = \"2998-01-01-000000\"\n");
    assert_eq!(codes(&[]).len(), 2);
    settings("[lint]\nindex-not-concurent = \"off\"\n");
    check(&[])
        .code(2)
        .stderr_has("there is no rule `index-not-concurent`")
        .stderr_has("did you mean `index-not-concurrent`?");
    settings("[lint]\ndrop-table = \"loud\"\n");
    check(&[]).code(2).stderr_has("dbkit.toml");

    settings("");
    let up = "migrations/2999-01-01-000000_hand/up.sql";
    project.write(up, "-- dbkit: allow index-not-concurrent, drop-table (nobody there yet)\n\nCREATE INDEX i ON users (name);\nDROP TABLE other;\n");
    assert!(codes(&[]).is_empty());
    project.write(
        up,
        "CREATE INDEX i ON users (name);\n-- dbkit: allow drop-table\nDROP TABLE other;\n",
    );
    assert_eq!(codes(&[]), ["index-not-concurrent"]);
    project.write(up, "-- dbkit: allow drop-tabel\nDROP TABLE other;\n");
    assert_eq!(codes(&[]), ["unknown-rule", "drop-table"]);
}

#[test]
fn warnings_leave_the_exit_code_alone_unless_strict() {
    let project = Project::empty();
    project.write("dbkit.toml", "dialects = [\"postgres\"]\n");
    project.write(
        "src/schema.rs",
        "dbkit::schema! {\n    table users (id) {\n        id -> Integer,\n    }\n}\n",
    );
    project.dbkit(["generate", "first"]).run().success();
    project
        .dbkit(["check"])
        .run()
        .success()
        .stdout_has("warning[integer-primary-key]: users.id ends at 2,147,483,647")
        .stdout_has("src/schema.rs:3:9")
        .stdout_has("no findings (1 warning): 1 migration and the schema agree");
    project.dbkit(["check", "--strict"]).run().code(3);
}

/// What `generate` writes in its safe form, and the starter, please every rule's own level.
#[test]
fn what_generate_writes_is_fine() {
    let project = Project::empty();
    project.write("dbkit.toml", "dialects = [\"postgres\", \"sqlite\"]\n");
    let first = "dbkit::schema! {
    table parent (id) { id -> BigInt, note -> Nullable<Text>, }
    table child (id) { id -> BigInt, parent_id -> Nullable<BigInt>, code -> Varchar, gone -> Nullable<Text>, }
}
";
    let second = "dbkit::schema! {
    enum Mood { Good, Bad }
    table parent (id) { id -> BigInt, note -> Text, #[default = \"'good'\"] mood -> Mood, }
    #[index(code, parent_id)]
    #[check(\"code <> ''\")]
    table child (id) {
        id -> BigInt,
        #[index, references(parent.id)]
        parent_id -> BigInt,
        #[unique]
        code -> Varchar,
    }
}
";
    for (name, schema) in [("first", first), ("second", second), ("third", first)] {
        project.write("src/schema.rs", schema);
        project.dbkit(["generate", name, "--allow-destructive"]).run().success();
        let outcome = project.dbkit(["check", "--offline", "--format", "json"]).run();
        let json = outcome.success().json();
        assert_eq!(json["findings"].as_array().unwrap().len(), 0, "{name}: {json:#}");
    }
    project.write("src/schema.rs", second);
    project.dbkit(["generate", "fast", "--fast", "--allow-destructive"]).run().success();
    project
        .dbkit(["check", "--offline"])
        .run()
        .success()
        .stdout_has("warning[index-not-concurrent]");
}
