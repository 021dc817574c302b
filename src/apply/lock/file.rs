use super::{Attempt, Kind};
use crate::apply::ApplyError;
use crate::database::{DatabaseError, ErrorKind};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// A file beside an SQLite database, locked by the operating system: when its process dies, by
/// whatever end, the lock is gone. The database's own locks last no longer than a transaction.
#[derive(Debug)]
pub(super) struct LockFile {
    path: PathBuf,
    /// Closing it gives the lock back.
    file: Option<File>,
}

impl LockFile {
    pub(super) fn try_take(database: &Path) -> Result<Attempt, ApplyError> {
        // Two spellings of one path must meet at one lock.
        let database = database.canonicalize().unwrap_or_else(|_| database.to_owned());
        let mut name = database.into_os_string();
        name.push("-dbkit-lock");
        let path = PathBuf::from(name);
        let failed = |error: &std::io::Error| ApplyError::from(cannot(&path, error));
        loop {
            let mut options = OpenOptions::new();
            let mut file = options
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .map_err(|error| failed(&error))?;
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => {
                    let mut text = String::new();
                    file.read_to_string(&mut text).ok();
                    return Ok(Attempt::Held(holder(&text)));
                }
                Err(TryLockError::Error(error)) => return Err(failed(&error)),
                Ok(()) => {}
            }
            // The holder before us may have removed the file between our opening and locking it.
            if !is_same(&file, &path) {
                continue;
            }
            let text = format!("{} {}", std::process::id(), seconds());
            file.set_len(0)
                .and_then(|()| file.seek(SeekFrom::Start(0)))
                .and_then(|_| file.write_all(text.as_bytes()))
                .map_err(|error| failed(&error))?;
            return Ok(Attempt::Got(Kind::File { _held: Self { path, file: Some(file) } }));
        }
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        // Removed while it is locked, so that nobody else can have it; one that cannot be removed
        // does no harm.
        if cfg!(unix) {
            std::fs::remove_file(&self.path).ok();
        }
        drop(self.file.take());
    }
}

#[cfg(unix)]
fn is_same(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(ours), Ok(there)) => ours.dev() == there.dev() && ours.ino() == there.ino(),
        _ => false,
    }
}

/// An open file cannot be removed here.
#[cfg(not(unix))]
fn is_same(_: &File, _: &Path) -> bool {
    true
}

fn holder(text: &str) -> String {
    let mut words = text.split_whitespace();
    let (process, since) = (words.next(), words.next().and_then(|at| at.parse::<u64>().ok()));
    match (process, since) {
        (Some(process), Some(since)) => {
            format!("pid {process}, dbkit, for {} s", seconds().saturating_sub(since))
        }
        _ => "it has just begun".to_owned(),
    }
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

fn cannot(path: &Path, error: &std::io::Error) -> DatabaseError {
    let message = format!("cannot lock {}: {error}", path.display());
    DatabaseError {
        hint: Some("make the database's folder writable: SQLite needs that, too".to_owned()),
        ..DatabaseError::new(ErrorKind::Denied, message)
    }
}
