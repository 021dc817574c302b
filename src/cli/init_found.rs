//! What `dbkit init` finds in a project that is there: schema files and folders of migrations.

use crate::config::backend_names;
use crate::migration::{Migration, SNAPSHOT_FILE};
use crate::model::Dialect;
use crate::source::schema_rs::is_schema;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold no source of the project's own.
const ELSEWHERE: [&str; 3] = ["target", "node_modules", "tests"];

/// The files with `diesel::table!` or `schema!`: those that diesel.toml names where they are there,
/// else src/schema.rs, else every Rust file that holds any.
pub(super) fn schema_files(named: &[PathBuf]) -> Vec<PathBuf> {
    if !named.is_empty() {
        return named.to_vec();
    }
    let usual = PathBuf::from("src/schema.rs");
    if usual.exists() {
        return vec![usual];
    }
    let mut found = Vec::new();
    collect(Path::new(""), 0, &mut found);
    found.sort();
    if found.is_empty() { vec![usual] } else { found }
}

fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let here = if depth == 0 { Path::new(".") } else { folder };
    // What cannot be read holds nothing that could be named.
    let Ok(entries) = fs::read_dir(here) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = folder.join(&name);
        let kind = entry.file_type();
        if kind.as_ref().is_ok_and(fs::FileType::is_dir) {
            if depth < 12 && !name.starts_with('.') && !ELSEWHERE.contains(&name.as_str()) {
                collect(&path, depth + 1, found);
            }
        } else if name.ends_with(".rs")
            && let Ok(text) = fs::read_to_string(&path)
            && text.contains("table!")
            && is_schema(&path, &text)
        {
            found.push(path);
        }
    }
}

/// The folders of a project that keeps migrations for each database apart.
#[derive(Clone, Debug, Default)]
pub(super) struct Backends {
    pub known: Vec<(Dialect, String)>,
    /// Those of databases that dbkit does not know.
    pub others: Vec<String>,
}

/// Looks for `migrations/postgres`, `migrations/sqlite` and the like.
pub(super) fn backends(dir: &Path) -> Backends {
    let mut out = Backends::default();
    let holds_migrations = |name: &str| {
        let folders = fs::read_dir(dir.join(name)).into_iter().flatten().flatten();
        folders.into_iter().any(|entry| entry.path().join("up.sql").is_file())
    };
    for dialect in [Dialect::Postgres, Dialect::Sqlite] {
        let name = backend_names(dialect).iter().find(|name| holds_migrations(name));
        out.known.extend(name.map(|name| (dialect, (*name).to_owned())));
    }
    for name in ["mysql", "mariadb"] {
        if holds_migrations(name) {
            out.others.push(name.to_owned());
        }
    }
    out
}

/// The newest of migrations that are none of dbkit's, where all are so.
pub(super) fn newest_of_others(dir: &Path) -> Option<Migration> {
    let migrations = crate::migration::read(dir).unwrap_or_default();
    let ours = |m: &Migration| m.path.join(SNAPSHOT_FILE).exists();
    if migrations.iter().any(ours) {
        return None;
    }
    migrations.into_iter().next_back()
}

/// The backends Cargo.toml switches on in Diesel.
pub(super) fn diesel_features() -> Vec<Dialect> {
    let text = fs::read_to_string("Cargo.toml").unwrap_or_default();
    let Ok(manifest) = toml::from_str::<toml::Table>(&text) else { return Vec::new() };
    let of = |table: Option<&toml::Value>| -> Vec<String> {
        let features = table
            .and_then(|table| table.get("dependencies"))
            .and_then(|dependencies| dependencies.get("diesel"))
            .and_then(|diesel| diesel.get("features"))
            .and_then(toml::Value::as_array);
        let names = features.into_iter().flatten().filter_map(toml::Value::as_str);
        names.map(str::to_owned).collect()
    };
    let own = of(Some(&toml::Value::Table(manifest.clone())));
    let names = own.into_iter().chain(of(manifest.get("workspace")));
    names
        .filter_map(|name| match name.as_str() {
            "postgres" | "postgres_backend" => Some(Dialect::Postgres),
            "sqlite" | "returning_clauses_for_sqlite_3_35" => Some(Dialect::Sqlite),
            _ => None,
        })
        .collect()
}

/// diesel_cli sets a PostgreSQL project up with functions that SQLite has nothing like.
pub(super) fn set_up_for(dir: &Path) -> Option<Dialect> {
    let setup = dir.join("00000000000000_diesel_initial_setup/up.sql");
    setup.is_file().then_some(Dialect::Postgres)
}
