//! Which files make up an environment's seeds.

use super::SeedError;
use crate::diagnostic::{Diagnostic, Place, SourceFile};
use crate::model::Dialect;
use crate::source::files::read_text;
use crate::sql::{classify, split};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder whose rows every environment gets.
pub const COMMON: &str = "common";

/// The files of one run: `common` first, then the environment's own, each by name.
#[derive(Clone, Debug, Default)]
pub struct Sets {
    /// The environment they were read for.
    pub environment: String,
    pub(super) files: Vec<SetFile>,
    /// Files with an ending that is not a seed's, for a note.
    pub ignored: Vec<PathBuf>,
}

impl Sets {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// How many files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// The names of the sets, as `common/comments`, in the order of the files.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for file in &self.files {
            if !names.contains(&file.set) {
                names.push(file.set.clone());
            }
        }
        names
    }

    /// Keeps the sets of these names: `comments` for those of either folder, or `dev/comments`.
    ///
    /// # Errors
    /// [`SeedError::NoSet`] for a name that no set has.
    pub fn keep(&mut self, wanted: &[String]) -> Result<(), SeedError> {
        let is = |set: &str, name: &str| {
            set == name || set.split_once('/').is_some_and(|(_, rest)| rest == name)
        };
        for name in wanted {
            if !self.files.iter().any(|file| is(&file.set, name)) {
                let names = self.names();
                let nearest = dbkit_syntax::nearest(name, names.iter().map(String::as_str))
                    .or_else(|| {
                        let short = names.iter().filter_map(|n| n.split_once('/')).map(|n| n.1);
                        dbkit_syntax::nearest(name, short)
                    });
                let nearest = nearest.map(str::to_owned);
                return Err(SeedError::NoSet { set: name.clone(), nearest });
            }
        }
        if !wanted.is_empty() {
            self.files.retain(|file| wanted.iter().any(|name| is(&file.set, name)));
        }
        Ok(())
    }

    /// The checksum of each set: its files' names and texts.
    ///
    /// # Errors
    /// A large file that cannot be read any more.
    pub(super) fn checksums(&self) -> Result<BTreeMap<String, String>, SeedError> {
        let mut hashes: BTreeMap<String, Sha256> = BTreeMap::new();
        for file in &self.files {
            let hash = hashes.entry(file.set.clone()).or_default();
            let path = &file.file.path;
            hash.update(path.file_name().unwrap_or_default().as_encoded_bytes());
            hash.update([0]);
            if file.format == Format::LargeCsv {
                let unreadable = |source| SeedError::Read { path: path.clone(), source };
                let mut reader = fs::File::open(path).map_err(unreadable)?;
                let mut buffer = vec![0; 1 << 18];
                loop {
                    let length = reader.read(&mut buffer).map_err(unreadable)?;
                    if length == 0 {
                        break;
                    }
                    hash.update(buffer.get(..length).unwrap_or_default());
                }
            } else {
                hash.update(file.file.text.as_bytes());
            }
            hash.update([0]);
        }
        let hex = |hash: Sha256| hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(hashes.into_iter().map(|(set, hash)| (set, hex(hash))).collect())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Toml,
    Json,
    Csv,
    /// Not held in memory: the file's text is empty.
    LargeCsv,
    Sql,
}

#[derive(Clone, Debug)]
pub(super) struct SetFile {
    /// `common` or the environment.
    pub layer: String,
    /// `common/comments`: the file without its ending, or the folder it is in.
    pub set: String,
    pub format: Format,
    pub file: Arc<SourceFile>,
}

/// From this size on a CSV file is read piece by piece.
const LARGE: u64 = 8 << 20;

/// Reads the files of `directory/common` and `directory/<environment>`.
///
/// # Errors
/// An unreadable file, text that is not UTF-8, or neither folder.
pub fn load(directory: &Path, environment: &str) -> Result<Sets, SeedError> {
    let mut sets = Sets { environment: environment.to_owned(), ..Sets::default() };
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
    read_set(&directory.join(COMMON), COMMON, &mut sets, &mut mistakes)?;
    if environment != COMMON {
        read_set(&own, environment, &mut sets, &mut mistakes)?;
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
    layer: &str,
    sets: &mut Sets,
    mistakes: &mut Vec<Diagnostic>,
) -> Result<(), SeedError> {
    if !folder.is_dir() {
        return Ok(());
    }
    for path in entries(folder)? {
        if path.is_dir() {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let set = format!("{layer}/{}", name.unwrap_or_default());
            for file in entries(&path)? {
                read_file(file, layer, &set, sets, mistakes)?;
            }
        } else {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let name = name.unwrap_or_default();
            let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
            let set = format!("{layer}/{stem}");
            read_file(path, layer, &set, sets, mistakes)?;
        }
    }
    Ok(())
}

/// What is in a folder, by name; hidden files left out.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, SeedError> {
    let unreadable = |source| SeedError::Read { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn read_file(
    path: PathBuf,
    layer: &str,
    set: &str,
    sets: &mut Sets,
    mistakes: &mut Vec<Diagnostic>,
) -> Result<(), SeedError> {
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
    let format = match ending.as_str() {
        "toml" => Format::Toml,
        "json" => Format::Json,
        "csv" => Format::Csv,
        "sql" => Format::Sql,
        _ => {
            sets.ignored.push(path);
            return Ok(());
        }
    };
    if path.is_dir() {
        sets.ignored.push(path);
        return Ok(());
    }
    let size = fs::metadata(&path).map(|data| data.len());
    let size = size.map_err(|source| SeedError::Read { path: path.clone(), source })?;
    let (format, file) = if format == Format::Csv && size >= LARGE {
        (Format::LargeCsv, Arc::new(SourceFile { path, text: String::new() }))
    } else {
        match read_text(&path) {
            Ok(file) => (format, file),
            Err(found) => {
                mistakes.push(found);
                return Ok(());
            }
        }
    };
    sets.files.push(SetFile { layer: layer.to_owned(), set: set.to_owned(), format, file });
    Ok(())
}

/// An SQL file, cut into statements.
#[derive(Clone, Debug)]
pub(super) struct SqlScript {
    pub set: String,
    pub file: Arc<SourceFile>,
    pub statements: Vec<Range<usize>>,
}

/// Cuts the SQL files into statements and refuses what cannot run inside the one transaction.
pub(super) fn scripts(sets: &Sets, dialect: Dialect) -> Result<Vec<SqlScript>, SeedError> {
    let mut scripts = Vec::new();
    let mut mistakes = Vec::new();
    for SetFile { file, set, .. } in sets.files.iter().filter(|f| f.format == Format::Sql) {
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
        scripts.push(SqlScript { set: set.clone(), file: Arc::clone(file), statements });
    }
    if mistakes.is_empty() { Ok(scripts) } else { Err(SeedError::Mistakes(mistakes)) }
}
