//! Projects of other tools, and of Diesel, taken over by `dbkit init`. A case is a file in
//! `tests/cases/adopt`: the project's files, the database as the other tool left it (`{sha256 FILE}`
//! and `{sha384 FILE}` stand for a file's hash), the arguments of `init`, what it prints, and files
//! that it writes. Afterwards nothing is pending but what the case says, `pull` writes the schema, and
//! `generate` and `check` find nothing. `DBKIT_UPDATE_CASES=1` writes what comes out.

use crate::schema_mistakes::sections;
use crate::support::{PgDatabase, Project};
use sha2::{Digest, Sha256, Sha384};
use std::fs;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/adopt");

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The text with the hashes of files in the place of their names.
fn hashed(project: &Project, text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{sha") {
        let (inside, tail) = after.split_once('}').unwrap();
        let (kind, file) = inside.split_once(' ').unwrap();
        let text = project.read(file);
        out += before;
        out += &match kind {
            "256" => hex(&Sha256::digest(text.as_bytes())),
            _ => hex(&Sha384::digest(text.as_bytes())),
        };
        rest = tail;
    }
    out + rest
}

#[test]
fn histories_of_other_tools_are_taken_over() {
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
        let out = one(&name, &text);
        if std::env::var_os("DBKIT_UPDATE_CASES").is_some() {
            fs::write(&case, out).unwrap();
        } else if out != text {
            wrong.push(format!("{name}\n{out}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is told, without this run's database.
fn shown(text: &str, url: &str) -> String {
    if url.is_empty() { text.to_owned() } else { text.replace(url, "URL") }
}

fn one(name: &str, text: &str) -> String {
    let project = Project::empty();
    let mut postgres = None;
    let (mut url, mut out, mut after) = (String::new(), String::new(), Vec::new());
    let (mut arguments, mut pulled) = (Vec::new(), Vec::new());
    let mut refused = false;
    for (heading, body) in sections(text) {
        match heading {
            "postgres" => {
                let database = PgDatabase::create("adopt");
                database.execute(&hashed(&project, body));
                url = database.url().to_owned();
                postgres = Some(database);
            }
            "sqlite" => {
                project.sqlite("live.db").execute(&hashed(&project, body));
                url = "sqlite://live.db".to_owned();
            }
            "init" => arguments = body.split_whitespace().map(str::to_owned).collect(),
            "refused" => {
                refused = true;
                continue;
            }
            "told" => continue,
            _ if heading.starts_with("pulled ") => {
                pulled.push(heading.trim_start_matches("pulled ").to_owned());
                continue;
            }
            _ if heading.starts_with("after ") => {
                after.push(heading.trim_start_matches("after ").to_owned());
                continue;
            }
            file => project.write(file, body),
        }
        out += &format!("=== {heading}\n{body}");
    }
    let dbkit = |words: &[&str]| {
        let mut command = project.dbkit(words);
        if !url.is_empty() {
            command = command.env("DATABASE_URL", &url);
        }
        command.run()
    };
    let mut words = vec!["init"];
    words.extend(arguments.iter().map(String::as_str));
    let told = dbkit(&words);
    if refused {
        assert_ne!(told.code, Some(0), "{name}");
        out += &format!("=== refused\n{}", shown(&told.stderr, &url));
        assert!(!project.exists("dbkit.toml"), "{name}: nothing is written");
        return out;
    }
    let told = told.success();
    out += &format!("=== told\n{}", told.stdout);
    for file in after {
        out += &format!("=== after {file}\n{}", project.read(&file));
    }
    if words.contains(&"--dry-run") {
        assert!(!project.exists("dbkit.toml"), "{name}: nothing is written");
        return out;
    }
    // A second run finds everything done.
    dbkit(&words).success();
    if project.exists("diesel.toml") {
        dbkit(&["generate", "nothing", "--check"]).success();
    }
    dbkit(&["migrate"]).success();
    dbkit(&["status", "--check"]).success();
    dbkit(&["pull"]).success();
    dbkit(&["pull"]).success().stdout_has("nothing new");
    dbkit(&["generate", "nothing"]).success().stderr_has("nothing to do");
    dbkit(&["check", "--database"]).success();
    for file in pulled {
        out += &format!("=== pulled {file}\n{}", project.read(&file));
    }
    drop(postgres);
    out
}
