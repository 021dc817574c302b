use super::MigrationError;
use crate::diagnostic::line_column;
use std::path::{Path, PathBuf};

/// A SQL file, read and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlFile {
    pub path: PathBuf,
    /// Without a byte order mark.
    pub text: String,
}

impl SqlFile {
    /// Reads a file that must be UTF-8 without NUL characters.
    ///
    /// # Errors
    /// Unreadable, not UTF-8, or with a NUL; with the line.
    pub fn read(path: &Path) -> Result<Self, MigrationError> {
        let bytes = std::fs::read(path)
            .map_err(|source| MigrationError::Read { path: path.to_owned(), source })?;
        if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
            return Err(MigrationError::Nul { path: path.to_owned(), line: line_at(&bytes, at) });
        }
        match String::from_utf8(bytes) {
            Ok(mut text) => {
                if text.starts_with('\u{feff}') {
                    text.drain(..'\u{feff}'.len_utf8());
                }
                Ok(Self { path: path.to_owned(), text })
            }
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let bytes = error.as_bytes();
                let byte = bytes.get(at).copied().unwrap_or_default();
                Err(MigrationError::NotUtf8 {
                    path: path.to_owned(),
                    line: line_at(bytes, at),
                    byte,
                })
            }
        }
    }

    /// A file that is part of the program.
    pub(super) fn of_text(path: &Path, text: &str) -> Result<Self, MigrationError> {
        if let Some(at) = text.find('\0') {
            let line = line_at(text.as_bytes(), at);
            return Err(MigrationError::Nul { path: path.to_owned(), line });
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        Ok(Self { path: path.to_owned(), text })
    }

    /// Line and column (from 1, in characters) of a byte offset.
    #[must_use]
    pub fn line_column(&self, at: usize) -> (usize, usize) {
        line_column(&self.text, at)
    }
}

fn line_at(bytes: &[u8], at: usize) -> usize {
    bytes.get(..at).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count() + 1
}
