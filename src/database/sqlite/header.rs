//! What the first hundred bytes of a database file say (fileformat2.html, "The Database Header"),
//! where SQLite's own messages say less.

use crate::database::{DatabaseError, ErrorKind};
use std::path::Path;

const MAGIC: &[u8] = b"SQLite format 3\0";
/// The greatest version of the file format there is: 1 is a rollback journal, 2 a write-ahead log.
const KNOWN_FORMAT: u8 = 2;

/// The fields that decide who can open the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// What a program must understand to write.
    write_format: u8,
    /// What a program must understand to read.
    read_format: u8,
    /// The SQLite that wrote last, as `3050004`; 0 where it did not say.
    written_by: u32,
}

/// On Unix a process loses all its locks on a file when it closes any handle of it
/// (howtocorrupt.html, 2.2), and other connections of this process may hold some: the handle that
/// the header is read with stays open, one for each file.
#[cfg(unix)]
fn first_bytes(path: &Path) -> Option<Vec<u8>> {
    use std::collections::HashMap;
    use std::fs::File;
    use std::os::unix::fs::{FileExt, MetadataExt};
    use std::sync::{Mutex, PoisonError};

    static OPEN: Mutex<Option<HashMap<(u64, u64), File>>> = Mutex::new(None);
    let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    let file = match open.get_or_insert_default().entry((metadata.dev(), metadata.ino())) {
        std::collections::hash_map::Entry::Occupied(kept) => kept.into_mut(),
        std::collections::hash_map::Entry::Vacant(place) => place.insert(File::open(path).ok()?),
    };
    let mut bytes = vec![0; 100];
    let read = file.read_at(&mut bytes, 0).ok()?;
    bytes.truncate(read);
    Some(bytes)
}

#[cfg(not(unix))]
fn first_bytes(path: &Path) -> Option<Vec<u8>> {
    use std::io::Read;

    let mut bytes = Vec::with_capacity(100);
    std::fs::File::open(path).ok()?.take(100).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

impl Header {
    /// `None` where the file cannot be read, is too short, or is no SQLite database.
    pub fn read(path: &Path) -> Option<Self> {
        Self::parse(&first_bytes(path)?)
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        bytes.starts_with(MAGIC).then_some(())?;
        let version: [u8; 4] = bytes.get(96..100)?.try_into().ok()?;
        Some(Self {
            write_format: *bytes.get(18)?,
            read_format: *bytes.get(19)?,
            written_by: u32::from_be_bytes(version),
        })
    }

    fn is_wal(self) -> bool {
        self.write_format == 2 || self.read_format == 2
    }

    /// The SQLite that wrote the file, when it is newer than the one in this program.
    pub fn newer(self) -> Option<String> {
        let own = u32::try_from(rusqlite::version_number()).ok()?;
        (self.written_by / 1000 > own / 1000).then(|| version(self.written_by))
    }

    /// An error because a newer SQLite must be used, for writing too.
    pub fn refusal(self, writes: bool) -> Option<DatabaseError> {
        let needs = if writes { self.write_format.max(self.read_format) } else { self.read_format };
        if needs <= KNOWN_FORMAT {
            return None;
        }
        let what = if self.read_format > KNOWN_FORMAT { "read" } else { "written" };
        Some(DatabaseError {
            code: Some("SQLITE_NOTADB".to_owned()),
            hint: Some(format!(
                "use a dbkit with a newer SQLite than {}, or copy the data with the `sqlite3` that made it",
                rusqlite::version()
            )),
            ..DatabaseError::new(
                ErrorKind::Corrupt,
                format!("the file is in format {needs} of a newer SQLite and cannot be {what}"),
            )
        })
    }
}

/// Says more where the file explains an error of opening it.
pub(super) fn explain(path: Option<&Path>, mut error: DatabaseError) -> DatabaseError {
    let own = rusqlite::version();
    let header = path.and_then(Header::read);
    if error.message.contains("malformed database schema") {
        error.hint = Some(match header.and_then(Header::newer) {
            Some(newer) => format!(
                "SQLite {newer} wrote the file, the one in this program is {own} and does not understand \
                 all of it: use a newer dbkit"
            ),
            None => format!(
                "the schema has a statement that SQLite {own} does not understand: the file is damaged, \
                 or a newer SQLite made it"
            ),
        });
    }
    let refused = matches!(error.kind, ErrorKind::Denied | ErrorKind::Unreachable);
    if refused && let Some((path, header)) = path.zip(header) {
        let beside = |suffix: &str| {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            Path::new(&name).exists()
        };
        // A reader makes the shared memory of a write-ahead log, and rolls a journal back.
        if header.is_wal() {
            error.hint = Some(
                "the database has a write-ahead log, which a reader must be able to write beside it: make \
                 the folder writable, or open a copy that nobody writes as `file:PATH?immutable=1`"
                    .to_owned(),
            );
        } else if beside("-journal") {
            error.hint = Some(
                "another process was stopped in the middle of writing, which must be rolled back first: make \
                 the file and its folder writable for this user"
                    .to_owned(),
            );
        }
    }
    error
}

/// `3050004` as `3.50.4`.
fn version(number: u32) -> String {
    format!("{}.{}.{}", number / 1_000_000, number / 1000 % 1000, number % 1000)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn header(write: u8, read: u8, version: u32) -> Vec<u8> {
        let mut bytes = vec![0; 100];
        bytes[..16].copy_from_slice(MAGIC);
        bytes[18] = write;
        bytes[19] = read;
        bytes[96..].copy_from_slice(&version.to_be_bytes());
        bytes
    }

    #[test]
    fn newer_formats_are_refused_for_what_they_prevent() {
        let told = |write, read, writes| {
            let found = Header::parse(&header(write, read, 0)).unwrap().refusal(writes);
            found.map(|error| error.message)
        };
        assert_eq!(told(2, 2, true), None);
        assert_eq!(told(3, 1, false), None);
        assert!(told(3, 1, true).unwrap().ends_with("cannot be written"));
        assert!(told(3, 3, false).unwrap().ends_with("cannot be read"));
    }

    #[test]
    fn a_newer_writer_is_known_by_its_number() {
        let newer = |version| Header::parse(&header(1, 1, version)).unwrap().newer();
        assert_eq!(newer(3_008_002), None);
        assert_eq!(newer(3_999_001).as_deref(), Some("3.999.1"));
        assert_eq!(Header::parse(&header(1, 1, 0)[..40]), None);
        assert_eq!(Header::parse(b"SQLite format 4\0"), None);
    }

    #[test]
    fn a_refusal_is_explained_by_what_lies_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let hint = |bytes: Vec<u8>| {
            std::fs::write(&path, bytes).unwrap();
            let error = DatabaseError::new(ErrorKind::Denied, "readonly");
            explain(Some(&path), error).hint
        };
        assert_eq!(hint(header(1, 1, 0)), None);
        assert!(hint(header(2, 2, 0)).unwrap().contains("write-ahead log"));
        std::fs::write(folder.path().join("a.db-journal"), "x").unwrap();
        assert!(hint(header(1, 1, 0)).unwrap().contains("rolled back first"));
        assert_eq!(hint(b"none".to_vec()), None);
    }
}
