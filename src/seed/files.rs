//! Which files make up an environment's seeds.

use super::SeedError;
use crate::diagnostic::{Diagnostic, Place, SourceFile};
use crate::model::Dialect;
use crate::source::files::read_text;
use crate::sql::{classify, split};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder whose rows every environment gets.
pub const COMMON: &str = "common";

/// The files of one run: `common` first, then the environment's own, each by name.
#[derive(Clone, Debug, Default)]
pub struct Sets {
    pub(super) toml: Vec<SetFile>,
    pub(super) sql: Vec<SetFile>,
    /// Files with an ending that is not a seed's, for a note.
    pub ignored: Vec<PathBuf>,
}

impl Sets {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.toml.is_empty() && self.sql.is_empty()
    }

    /// How many files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.toml.len() + self.sql.len()
    }
}

#[derive(Clone, Debug)]
pub(super) struct SetFile {
    /// `common` or the environment.
    pub set: String,
    pub file: Arc<SourceFile>,
}

/// Reads the files of `directory/common` and `directory/<environment>`.
///
/// # Errors
/// An unreadable file, text that is not UTF-8, or neither folder.
pub fn load(directory: &Path, environment: &str) -> Result<Sets, SeedError> {
    let mut sets = Sets::default();
    let own = directory.join(environment);
    if !own.is_dir() && !directory.join(COMMON).is_dir() {
        let known = environments(directory);
        let nearest = dbkit_syntax::nearest(environment, known.iter().map(String::as_str));
        return Err(SeedError::NoEnvironment {
            path: directory.to_owned(),
            environment: environment.to_owned(),
            nearest: nearest.map(str::to_owned),
        });
    }
    let mut mistakes = Vec::new();
    for set in [COMMON, environment] {
        if set == COMMON || environment != COMMON {
            read_set(&directory.join(set), set, &mut sets, &mut mistakes)?;
        }
    }
    if mistakes.is_empty() { Ok(sets) } else { Err(SeedError::Mistakes(mistakes)) }
}

/// Names of the folders in the seeds' folder, `common` left out.
#[must_use]
pub fn environments(directory: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name != COMMON)
        .collect();
    names.sort();
    names
}

fn read_set(
    folder: &Path,
    set: &str,
    sets: &mut Sets,
    mistakes: &mut Vec<Diagnostic>,
) -> Result<(), SeedError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| SeedError::Read { path, source }
    };
    if !folder.is_dir() {
        return Ok(());
    }
    let entries = fs::read_dir(folder).map_err(unreadable(folder))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(unreadable(folder))?.path());
    }
    paths.sort();
    for path in paths {
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
        let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        if hidden || path.is_dir() || !matches!(ending.as_str(), "toml" | "sql") {
            if !hidden {
                sets.ignored.push(path);
            }
            continue;
        }
        let file = match read_text(&path) {
            Ok(file) => file,
            Err(found) => {
                mistakes.push(found);
                continue;
            }
        };
        let file = SetFile { set: set.to_owned(), file };
        if ending == "toml" { sets.toml.push(file) } else { sets.sql.push(file) }
    }
    Ok(())
}

/// An SQL file, cut into statements.
#[derive(Clone, Debug)]
pub(super) struct SqlScript {
    pub file: Arc<SourceFile>,
    pub statements: Vec<Range<usize>>,
}

/// Cuts the SQL files into statements and refuses what cannot run inside the one transaction.
pub(super) fn scripts(sets: &Sets, dialect: Dialect) -> Result<Vec<SqlScript>, SeedError> {
    let mut scripts = Vec::new();
    let mut mistakes = Vec::new();
    for SetFile { file, .. } in &sets.sql {
        let place = |span: Range<usize>| Place { file: Arc::clone(file), span };
        let spans = match split::statements(&file.text, dialect) {
            Ok(spans) => spans,
            Err(error) => {
                let found = Diagnostic::error("seed-sql", error.to_string());
                mistakes.push(found.at(place(error.at..error.at + 1)));
                continue;
            }
        };
        let mut statements = Vec::new();
        for span in spans {
            let sql = span.sql(&file.text);
            let refused = if !matches!(span.kind, split::StatementKind::Sql) {
                Some("COPY data and psql's commands cannot stand in a seed file")
            } else if classify::is_transaction_control(sql, dialect) {
                Some("seeds run in one transaction, which this statement would end")
            } else if classify::cannot_run_in_transaction(sql, dialect) {
                Some("this statement cannot run inside a transaction")
            } else {
                None
            };
            match refused {
                Some(message) => {
                    let end = span.range.start + sql.lines().next().map_or(1, str::len);
                    let found = Diagnostic::error("seed-sql", message);
                    mistakes.push(found.at(place(span.range.start..end)));
                }
                None => statements.push(span.range),
            }
        }
        scripts.push(SqlScript { file: Arc::clone(file), statements });
    }
    if mistakes.is_empty() { Ok(scripts) } else { Err(SeedError::Mistakes(mistakes)) }
}
