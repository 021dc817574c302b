//! Mistakes in schema files: a case is a file in `tests/cases/schema_rs/mistakes` with the files of
//! a schema and the reports on them. `DBKIT_UPDATE_CASES=1` writes what comes out.

use crate::support::Project;
use dbkit::model::Dialect;
use dbkit::source::files;
use std::fs;
use std::path::PathBuf;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/schema_rs/mistakes");

/// Headings and what stands below each.
pub fn sections(text: &str) -> Vec<(&str, &str)> {
    let mut out: Vec<(&str, &str)> = Vec::new();
    let mut rest = text;
    while let Some(body) = rest.strip_prefix("=== ") {
        let (heading, body) = body.split_once('\n').unwrap();
        let end = if body.starts_with("=== ") {
            0
        } else {
            body.find("\n=== ").map_or(body.len(), |at| at + 1)
        };
        out.push((heading, &body[..end]));
        rest = &body[end..];
    }
    out
}

/// What is told about the files: all mistakes, or that there are none.
fn report(project: &Project, names: &[&str], dialect: Dialect) -> String {
    let of = |ending: &str| -> Vec<PathBuf> {
        let chosen = names.iter().filter(|name| name.ends_with(ending));
        chosen.map(|name| project.join(name)).collect()
    };
    match files::load(&of(".rs"), &of(".sql"), dialect) {
        Ok(_) => "no mistakes\n".to_owned(),
        Err(found) => {
            for mistake in &found {
                // What is expected at a place is a way out, too.
                let way_out = mistake.help.is_some() || mistake.label.is_some();
                assert!(way_out, "no way out: {mistake:?}");
            }
            let shown = found.iter().map(|mistake| mistake.render(false) + "\n");
            let folder = format!("{}/", project.path().display());
            shown.collect::<Vec<_>>().join("\n").replace(&folder, "")
        }
    }
}

#[test]
fn every_kind_of_mistake_is_told_as_in_its_case() {
    let mut wrong = Vec::new();
    let mut cases: Vec<_> =
        fs::read_dir(CASES).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty());
    for case in cases {
        let text = fs::read_to_string(&case).unwrap();
        let project = Project::empty();
        let (reports, given): (Vec<_>, Vec<_>) =
            sections(&text).into_iter().partition(|(heading, _)| heading.starts_with("report "));
        let mut out = String::new();
        for (name, body) in &given {
            fs::write(project.join(name), body).unwrap();
            out += &format!("=== {name}\n{body}");
        }
        let names: Vec<&str> = given.iter().map(|(name, _)| *name).collect();
        for (heading, _) in &reports {
            let dialect = match heading.strip_prefix("report ").unwrap() {
                "postgres" => Dialect::Postgres,
                _ => Dialect::Sqlite,
            };
            out += &format!("=== {heading}\n{}", report(&project, &names, dialect));
        }
        if std::env::var_os("DBKIT_UPDATE_CASES").is_some() {
            fs::write(&case, out).unwrap();
        } else if out != text {
            wrong.push(format!("{}\n{out}", case.file_name().unwrap().display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The place and the text of the first mistake in a file of those bytes.
fn first(bytes: &[u8]) -> (String, String) {
    let project = Project::empty();
    fs::write(project.join("schema.rs"), bytes).unwrap();
    let found = files::load(&[project.join("schema.rs")], &[], Dialect::Postgres).unwrap_err();
    let place = found[0].place.as_ref().unwrap();
    let (line, column) = place.line_column();
    (format!("{}:{line}:{column}", found[0].code), found[0].render(false))
}

const WRONG: &str = "dbkit::schema! {\n    table t (id) {\n        id -> Intger,\n    }\n}\n";

#[test]
fn a_place_is_the_same_however_the_file_was_saved() {
    let expected = first(WRONG.as_bytes());
    assert_eq!(expected.0, "unknown-type:3:15");
    assert!(expected.1.contains("               ^^^^^^"), "{}", expected.1);
    let strip = |shown: String| shown.lines().skip(2).map(str::to_owned).collect::<Vec<_>>();
    for bytes in [
        WRONG.replace('\n', "\r\n"),
        format!("\u{feff}{WRONG}"),
        format!("\u{feff}{}", WRONG.replace('\n', "\r\n")),
    ] {
        let (place, shown) = first(bytes.as_bytes());
        assert_eq!(place, expected.0);
        assert_eq!(strip(shown), strip(expected.1.clone()));
    }
}

#[test]
fn line_endings_do_not_change_what_a_schema_says() {
    let text = "dbkit::schema! {\n    /** Two\n    lines. */\n    #[check(\"a\n> 0\")]\n    table t (id) {\n        id -> Integer,\n        /// One\n        /// two\n        a -> Integer,\n    }\n}\n";
    let read = |text: &str| {
        let project = Project::empty();
        fs::write(project.join("schema.rs"), text).unwrap();
        let sql = "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$\nSELECT 1\n$$;\n";
        let sql = if text.contains('\r') { sql.replace('\n', "\r\n") } else { sql.to_owned() };
        fs::write(project.join("schema.sql"), sql).unwrap();
        files::load(&[project.join("schema.rs")], &[], Dialect::Postgres).unwrap().model
    };
    assert_eq!(read(text), read(&text.replace('\n', "\r\n")));
}

#[test]
fn what_is_no_text_is_shown_where_it_begins() {
    let latin = "dbkit::schema! {\n    /// Gr\u{fc}n\n}\n";
    let latin: Vec<u8> = latin.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let (place, shown) = first(&latin);
    assert_eq!(place, "not-utf8:2:11");
    assert!(shown.contains("schema.rs is not UTF-8") && shown.contains("save the file"), "{shown}");
    let (place, shown) = first(b"dbkit::schema! {\n  \0\n}\n");
    assert_eq!(place, "nul-byte:2:3");
    assert!(shown.contains("has a NUL byte"), "{shown}");
}

#[test]
fn deep_nesting_is_a_mistake_and_told_quickly() {
    const LEVELS: usize = 5_000;
    let nest = |open: &str, inner: &str, close: &str| {
        format!("{}{inner}{}", open.repeat(LEVELS), close.repeat(LEVELS))
    };
    let table = |attribute: &str, ty: &str| {
        format!("dbkit::schema! {{ {attribute} table t (id) {{ id -> {ty} }} }}")
    };
    let texts = [
        table("", &nest("Nullable<", "Text", ">")),
        table("", &nest("Nullable <", "Text", ">")),
        table("", &nest("Array<\n", "Text", ">")),
        table(&format!("#[check{}]", nest("(", "\"a\"", ")")), "Text"),
        table(&format!("#[index({})]", nest("a(", "b", ")")), "Text"),
        table(&nest("#[", "", "]"), "Text"),
        nest("mod m {", &table("", "Text"), "}"),
        format!("fn f() {{ {} }} {}", nest("(", "1", ")"), table("", "Text")),
        format!("fn f() {{ {} }} {}", nest("if x {", "", "}"), table("", "Text")),
        format!("{} {}", nest("/*", "", "*/"), table("", "Text")),
        "(".repeat(LEVELS),
        "dbkit::schema!{".repeat(LEVELS),
    ];
    for text in texts {
        let begin: String = text.chars().take(60).collect();
        assert_eq!(first(text.as_bytes()).0.split(':').next(), Some("nested-too-deep"), "{begin}");
    }
    // Nesting that is no bracket: comparisons, and strings that hold brackets.
    let fine = format!(
        "fn f() {{ let x = {}1; let y = \"{}\"; }} {}",
        "a<".repeat(LEVELS),
        "(".repeat(LEVELS),
        table("", "Intger")
    );
    assert_eq!(first(fine.as_bytes()).0.split(':').next(), Some("unknown-type"));
}

#[test]
fn eight_megabytes_are_read_in_seconds() {
    const SIZE: usize = 8 << 20;
    let comments = "// ((((((((((((((((((((((((((((((((((((((((((((((((((\n".repeat(SIZE / 54);
    let text = format!("const X: &str = \"{}\";\n", "(".repeat(SIZE));
    // Tokens take their time where nothing is optimised.
    let tokens = "fn f() { g(h(i(1))); }\n".repeat(SIZE / 23 / 16);
    let deep = "(".repeat(SIZE);
    let quotes = "'\\".repeat(SIZE / 2);
    let started = std::time::Instant::now();
    for (text, code) in [
        (comments.clone() + &deep, "nested-too-deep"),
        (comments + WRONG, "unknown-type"),
        (text + WRONG, "unknown-type"),
        (tokens + WRONG, "unknown-type"),
        (deep, "nested-too-deep"),
        (quotes, "not-rust"),
    ] {
        assert_eq!(first(text.as_bytes()).0.split(':').next(), Some(code));
    }
    let took = started.elapsed();
    // Unoptimised code on a busy machine; what grows with the square takes hours.
    assert!(took.as_secs() < 60, "{took:?}");
}
