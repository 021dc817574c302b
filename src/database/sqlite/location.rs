//! Which file a target means.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use std::fmt;
use std::path::{Path, PathBuf};

/// What may happen to the file when it is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OpenMode {
    /// Made when it is missing.
    Create,
    /// Read and written; it must be there.
    #[default]
    ReadWrite,
    /// Only read; it must be there, and nothing is written, not even beside it.
    ReadOnly,
}

/// Where a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    Memory,
    File(PathBuf),
    /// A `file:` URI with parameters, for SQLite to read (uri.html).
    Uri(String),
}

/// What a path in a `file:` URI cannot hold as it is.
const IN_URI: &AsciiSet = &CONTROLS.add(b' ').add(b'?').add(b'#').add(b'%');

impl Location {
    /// Reads `sqlite://PATH`, `sqlite:PATH`, `file:` URIs, `:memory:` and bare paths. Paths after
    /// `sqlite:` are percent-decoded; a bare path is taken as it is. A relative path is relative
    /// to the working directory: `sqlite://dev.db` is `dev.db`, `sqlite:///srv/dev.db` is
    /// `/srv/dev.db`.
    #[must_use]
    pub fn parse(target: &str) -> Self {
        if target.starts_with("file:") {
            return Self::Uri(target.to_owned());
        }
        let Some(rest) = target.strip_prefix("sqlite:") else {
            return if target == ":memory:" || target.is_empty() {
                Self::Memory
            } else {
                Self::File(target.into())
            };
        };
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        let path = percent_decode_str(path).decode_utf8_lossy();
        match query {
            _ if path == ":memory:" || path.is_empty() => Self::Memory,
            None | Some("") => Self::File(path.into_owned().into()),
            Some(query) => {
                Self::Uri(format!("file:{}?{query}", utf8_percent_encode(&path, IN_URI)))
            }
        }
    }

    /// The file, where there is one.
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        match self {
            Self::Memory => None,
            Self::File(path) => Some(path.clone()),
            Self::Uri(uri) => {
                let rest = uri.strip_prefix("file:").unwrap_or(uri);
                let rest = rest.split(['?', '#']).next().unwrap_or(rest);
                // `file://host/path`: SQLite takes only an empty host or `localhost`, and says so.
                let rest = match rest.strip_prefix("//") {
                    Some(rest) => rest.strip_prefix("localhost").unwrap_or(rest),
                    None => rest,
                };
                if uri.starts_with("file://") && !rest.starts_with('/') {
                    return None;
                }
                let path = percent_decode_str(rest).decode_utf8_lossy();
                (!path.is_empty() && path != ":memory:" && !uri.contains("mode=memory"))
                    .then(|| Path::new(path.as_ref()).to_owned())
            }
        }
    }

    /// What SQLite is given to open.
    pub(super) fn name(&self) -> PathBuf {
        match self {
            Self::Memory => PathBuf::from(":memory:"),
            // A path that looks like a URI or like `:memory:` is a file all the same.
            Self::File(path) if path.is_relative() => Path::new(".").join(path),
            Self::File(path) => path.clone(),
            Self::Uri(uri) => PathBuf::from(uri),
        }
    }
}

/// For messages.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str(":memory:"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Uri(uri) => f.write_str(uri),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Location;

    #[test]
    fn every_spelling_of_a_file() {
        for (target, path) in [
            ("dev.db", Some("dev.db")),
            ("sqlite://dev.db", Some("dev.db")),
            ("sqlite:dev.db", Some("dev.db")),
            ("sqlite:///srv/a%20b.db", Some("/srv/a b.db")),
            ("a%20b.db", Some("a%20b.db")),
            ("sqlite://./x/../y.db", Some("./x/../y.db")),
            ("file:/srv/a%3Fb.db?mode=ro", Some("/srv/a?b.db")),
            ("file:///srv/x.db", Some("/srv/x.db")),
            ("file://localhost/srv/x.db", Some("/srv/x.db")),
            ("file://elsewhere/srv/x.db", None),
            ("sqlite:a b%25.db", Some("a b%.db")),
            ("sqlite://dev.db?mode=ro", Some("dev.db")),
            (":memory:", None),
            ("sqlite://:memory:", None),
            ("file:x?mode=memory&cache=shared", None),
        ] {
            let found = Location::parse(target).path();
            assert_eq!(found.as_deref().and_then(|p| p.to_str()), path, "{target}");
        }
    }
}
