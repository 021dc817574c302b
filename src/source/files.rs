//! Schema files on disk: which ones, what is in them, and their union.

use super::{Source, schema_rs, sql as sql_source};
use crate::diagnostic::{Diagnostic, Place, Severity, SourceFile};
use crate::model::{Dialect, Model};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Reads schema files and SQL files from disk as one model. Beside each `X.rs` a file `X.sql` is
/// read too when it exists; a file named twice is read once.
///
/// # Errors
/// Every mistake found, in all files at once.
pub fn load(
    schema_files: &[PathBuf],
    sql_files: &[PathBuf],
    dialect: Dialect,
) -> Result<Source, Vec<Diagnostic>> {
    let source = load_undecided(schema_files, sql_files, dialect)?;
    match source.declared.undecided.is_empty() {
        true => Ok(source),
        false => Err(source.declared.undecided.into_values().collect()),
    }
}

/// The same for whoever knows what is there already: see [`schema_rs::completed`].
///
/// # Errors
/// Every mistake found, in all files at once.
pub fn load_undecided(
    schema_files: &[PathBuf],
    sql_files: &[PathBuf],
    dialect: Dialect,
) -> Result<Source, Vec<Diagnostic>> {
    if schema_files.is_empty() && sql_files.is_empty() {
        return Err(vec![
            Diagnostic::error("no-schema", "there is no schema file")
                .help("name one with --schema FILE, or check the patterns in dbkit.toml"),
        ]);
    }
    let mut mistakes = Vec::new();
    let mut read_all = |paths: Vec<PathBuf>| {
        let mut files = Vec::new();
        let mut seen = BTreeSet::new();
        for path in paths {
            if !seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())) {
                continue;
            }
            match read_text(&path) {
                Ok(file) => files.push(file),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        files
    };
    let companions =
        schema_files.iter().map(|path| path.with_extension("sql")).filter(|path| path.is_file());
    let sql = read_all(companions.chain(sql_files.iter().cloned()).collect());
    let schemas = read_all(schema_files.to_vec());
    let (mut source, found) = schema_rs::read_all(&schemas, dialect);
    mistakes.extend(found);
    if source.declared.plain {
        let mut beside = Model::new(dialect);
        for file in &sql {
            // Its mistakes are told when it is read for good.
            drop(sql_source::read(file, dialect, &mut beside));
        }
        schema_rs::without_views(&mut source, &beside.views.keys().cloned().collect());
    }
    for file in &sql {
        mistakes.extend(sql_source::read(file, dialect, &mut source.model));
    }
    if mistakes.iter().any(|mistake| mistake.severity == Severity::Error) {
        // Each before what follows it in its own file.
        for mistake in source.declared.undecided.into_values() {
            let later = |other: &Diagnostic| match (&other.place, &mistake.place) {
                (Some(a), Some(b)) => a.file.path == b.file.path && a.span.start > b.span.start,
                _ => false,
            };
            let files = |other: &Diagnostic| {
                let of = |found: &Diagnostic| {
                    let path = &found.place.as_ref()?.file.path;
                    schemas.iter().position(|file| file.path == *path)
                };
                of(other).is_none_or(|at| of(&mistake).is_some_and(|own| at > own))
            };
            let at = mistakes.iter().position(|other| later(other) || files(other));
            mistakes.insert(at.unwrap_or(mistakes.len()), mistake);
        }
        return Err(mistakes);
    }
    source.files = schemas.into_iter().chain(sql).collect();
    Ok(source)
}

/// A file's text: UTF-8, a byte order mark taken off, no NUL.
///
/// # Errors
/// The file cannot be read or is not text; the message names it and says what to do.
pub fn read_text(path: &Path) -> Result<Arc<SourceFile>, Diagnostic> {
    let shown = path.display();
    let bytes = std::fs::read(path).map_err(|error| {
        let help = match error.kind() {
            std::io::ErrorKind::NotFound => {
                "name the schema file with --schema FILE or in dbkit.toml"
            }
            _ => "check that it is a file and may be read",
        };
        Diagnostic::error("unreadable-file", format!("cannot read {shown}: {error}")).help(help)
    })?;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let message = format!("{shown} is not UTF-8");
            return Err(Diagnostic::error("not-utf8", message)
                .at(place(path, text, at..at + char::REPLACEMENT_CHARACTER.len_utf8()))
                .help("save the file as UTF-8"));
        }
    };
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    if let Some(at) = text.find('\0') {
        return Err(Diagnostic::error("nul-byte", format!("{shown} has a NUL byte"))
            .at(place(path, text, at..at + 1))
            .help("remove it; is this a text file?"));
    }
    Ok(Arc::new(SourceFile { path: path.to_owned(), text: unix_lines(text) }))
}

fn place(path: &Path, text: String, span: std::ops::Range<usize>) -> Place {
    Place { file: Arc::new(SourceFile { path: path.to_owned(), text }), span }
}

/// Where every line ends in CR LF the file as a whole was converted, by an editor or by git, and
/// means what it meant before. Where only some do, they belong to a text in it.
fn unix_lines(text: String) -> String {
    let lines = text.matches('\n').count();
    if lines > 0 && text.matches("\r\n").count() == lines {
        return text.replace("\r\n", "\n");
    }
    text
}
