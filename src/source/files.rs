//! Schema files on disk: which ones, what is in them, and their union.

use super::{Source, schema_rs};
use crate::diagnostic::{Diagnostic, SourceFile};
use crate::model::Dialect;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Reads schema files and SQL files from disk as one model. Beside each `X.rs` a file `X.sql` is
/// read too when it exists.
///
/// # Errors
/// Every mistake found, in all files at once.
pub fn load(
    schema_files: &[PathBuf],
    _sql_files: &[PathBuf],
    dialect: Dialect,
) -> Result<Source, Vec<Diagnostic>> {
    let mut mistakes = Vec::new();
    let mut files = Vec::new();
    for path in schema_files {
        match read_text(path) {
            Ok(file) => files.push(file),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() { schema_rs::read(&files, dialect) } else { Err(mistakes) }
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
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes().iter().take(at).filter(|b| **b == b'\n').count() + 1;
        Diagnostic::error("not-utf8", format!("{shown} is not UTF-8 (line {line})"))
            .help("save the file as UTF-8")
    })?;
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    if let Some(at) = text.find('\0') {
        let line = text.get(..at).unwrap_or("").matches('\n').count() + 1;
        return Err(Diagnostic::error("nul-byte", format!("{shown} has a NUL byte (line {line})"))
            .help("remove it; is this a text file?"));
    }
    Ok(Arc::new(SourceFile { path: path.to_owned(), text }))
}
