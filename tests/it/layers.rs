//! Imports point one way. The order is told in `docs/architecture.md`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each stage with everything it may use. A stage may always use itself.
const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("diagnostic", &[]),
    ("terminal", &[]),
    ("sql", &["model", "diagnostic"]),
    ("config", &["model", "diagnostic"]),
    ("diff", &["model"]),
    ("plan", &["model", "sql", "diff"]),
    ("dialect", &["model", "sql", "diff", "plan"]),
    ("json", &["dialect"]),
    ("lint", &["model", "diagnostic", "sql", "diff", "plan", "dialect"]),
    ("migration", &["model", "diagnostic", "sql", "diff", "plan", "dialect"]),
    ("database", &["model", "sql", "config", "diff", "plan", "dialect"]),
    ("source", &["model", "diagnostic", "sql", "diff", "dialect", "migration"]),
    ("ledger", &["model", "sql", "config", "dialect", "migration", "database"]),
    ("history", BELOW_COMMANDS),
    ("apply", BELOW_COMMANDS),
    ("seed", BELOW_COMMANDS),
    ("inspect", BELOW_COMMANDS),
    ("studio", BELOW_STUDIO),
    ("tenants", BELOW_COMMANDS),
    ("health", &["app", "migration"]),
    ("app", BELOW_COMMANDS),
    ("testing", &["config", "database", "dialect", "migration", "apply", "seed", "app"]),
];

/// What the page shows is what the other stages tell.
const BELOW_STUDIO: &[&str] = &[
    "model",
    "sql",
    "config",
    "diff",
    "plan",
    "dialect",
    "migration",
    "database",
    "source",
    "ledger",
    "diagnostic",
    "terminal",
    "lint",
    "history",
    "inspect",
    "seed",
];

const BELOW_COMMANDS: &[&str] = &[
    "model",
    "diagnostic",
    "terminal",
    "sql",
    "config",
    "diff",
    "plan",
    "dialect",
    "lint",
    "migration",
    "database",
    "source",
    "ledger",
    "history",
];

#[test]
fn imports_point_one_way() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let may_use: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let mut wrong = Vec::new();
    for file in rust_files(&root) {
        let relative = file.strip_prefix(&root).unwrap().to_path_buf();
        let stage = relative.components().next().unwrap().as_os_str().to_string_lossy();
        let stage = stage.trim_end_matches(".rs").to_owned();
        // The root of the library and of the program see everything, and so do the commands;
        // schema.rs is the starter project's.
        if matches!(stage.as_str(), "lib" | "main" | "cli" | "schema") {
            continue;
        }
        let Some(allowed) = may_use.get(stage.as_str()) else {
            wrong.push(format!("src/{stage}: a stage without a place in tests/it/layers.rs"));
            continue;
        };
        let text = fs::read_to_string(&file).unwrap();
        for (number, used) in used_stages(&text) {
            if used != stage && !allowed.contains(&used.as_str()) && is_stage(&root, &used) {
                let place = format!("src/{}:{number}", relative.display());
                wrong.push(format!("{place}: {stage} may not use {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "imports against the order:\n{}", wrong.join("\n"));
}

/// The names after `crate::`, with their line numbers; comments do not count.
fn used_stages(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or("");
        let mut rest = code;
        while let Some(at) = rest.find("crate::") {
            rest = &rest[at + "crate::".len()..];
            let names = match rest.strip_prefix('{') {
                Some(list) => list.split('}').next().unwrap_or(""),
                None => rest,
            };
            for name in names.split(", ") {
                let end = name.find(|c: char| !c.is_alphanumeric() && c != '_');
                found.push((index + 1, name[..end.unwrap_or(name.len())].to_owned()));
            }
        }
    }
    found
}

fn is_stage(root: &Path, name: &str) -> bool {
    !name.is_empty() && (root.join(name).is_dir() || root.join(format!("{name}.rs")).is_file())
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}
