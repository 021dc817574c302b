//! `dbkit pull` into files that are there. A case is a file in `tests/cases/schema_rs/updated`: the
//! schema files before, the database, the schema files after. Pulling again must change nothing,
//! and a push of the files must find nothing to do. `DBKIT_UPDATE_CASES=1` writes what comes out.

use crate::schema_mistakes::sections;
use crate::support::{PgDatabase, Project};
use std::fs;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/schema_rs/updated");

#[test]
fn what_a_database_cannot_know_stays() {
    let only = std::env::var("DBKIT_CASE").unwrap_or_default();
    let mut cases: Vec<_> =
        fs::read_dir(CASES).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty());
    let mut wrong = Vec::new();
    for case in cases {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        if !name.contains(&only) {
            continue;
        }
        let text = fs::read_to_string(&case).unwrap();
        let project = Project::empty();
        let postgres = PgDatabase::create("pull");
        let (mut url, mut out) = (String::new(), String::new());
        for (heading, body) in sections(&text) {
            match heading {
                "postgres" => {
                    postgres.execute(body);
                    url = postgres.url().to_owned();
                }
                "sqlite" => {
                    project.sqlite("live.db").execute(body);
                    url = "live.db".to_owned();
                }
                heading if heading.starts_with("after ") || heading == "told" => continue,
                file => project.write(file, body),
            }
            out += &format!("=== {heading}\n{body}");
        }
        let pull =
            || project.dbkit(["pull", "--database-url", &url, "--schema", "schema.rs"]).run();
        let told = pull().success().stdout;
        let files =
            || ["schema.rs", "schema.sql"].map(|f| project.exists(f).then(|| project.read(f)));
        let first = files();
        pull().success().stdout_has("nothing new");
        assert_eq!(first, files(), "{name}: a second pull");
        let push = ["push", "--database-url", &url, "--schema", "schema.rs", "--yes"];
        project.dbkit(push).run().success().stdout_has("nothing to do");
        out += &format!("=== told\n{told}");
        for (file, text) in ["schema.rs", "schema.sql"].iter().zip(&first) {
            if let Some(text) = text {
                out += &format!("=== after {file}\n{text}");
            }
        }
        if std::env::var_os("DBKIT_UPDATE_CASES").is_some() {
            fs::write(&case, out).unwrap();
        } else if out != text {
            wrong.push(format!("{name}\n{out}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_file_that_cannot_be_read_is_not_replaced() {
    let project = Project::empty();
    project.sqlite("live.db").execute("CREATE TABLE t (id INTEGER PRIMARY KEY)");
    let broken = "dbkit::schema! { table t (id) { id -> Intger } }\n";
    project.write("schema.rs", broken);
    let pull = ["pull", "--database-url", "live.db", "--schema", "schema.rs"];
    project.dbkit(pull).run().code(2).stderr_has("schema.rs:1:39").stderr_has("--overwrite");
    assert_eq!(project.read("schema.rs"), broken);
    project.dbkit(pull).arg("--overwrite").run().success();
    assert!(project.read("schema.rs").contains("id -> Integer"));
}
