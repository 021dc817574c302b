//! SQLite: a template is a file, a copy of it another. All are in one folder for temporary files.

use super::Error;
use super::name::{COPY, next_copy, process, process_of};
use crate::config::{Location, Target};
use crate::database::drop_database;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

/// The folder with what this process holds in it as long as it lives: the lock on a file of its own.
struct Folder {
    path: PathBuf,
    _alive: File,
}

/// A copy of the template, made by `make` first where it is missing.
pub(super) fn copy(
    target: &Target,
    template: &str,
    make: &mut dyn FnMut(&str) -> Result<(), Error>,
) -> Result<(Target, String, String), Error> {
    let folder = folder()?;
    let template = folder.join(format!("{template}.db"));
    let name = next_copy();
    let path = folder.join(format!("{name}.db"));
    if !template.is_file() {
        let _guard = locked(&folder)?;
        // Somebody else may have been faster.
        if !template.is_file() {
            let made = place(target, &path);
            // An empty file is an empty database.
            File::create(&path).map_err(Error::file(&path))?;
            let outcome = make(&path.to_string_lossy());
            if outcome.is_err() {
                let _ = remove(&made);
            }
            outcome?;
            std::fs::rename(&path, &template).map_err(Error::file(&template))?;
        }
    }
    std::fs::copy(&template, &path).map_err(Error::file(&path))?;
    let url = path.to_string_lossy().into_owned();
    Ok((place(target, &path), url, format!("{name}.db")))
}

pub(super) fn remove(target: &Target) -> Result<(), Error> {
    drop_database(target).map_err(Error::database("removing a test's database"))
}

fn place(target: &Target, path: &Path) -> Target {
    let location = Location::Sqlite { path: path.to_string_lossy().into_owned() };
    Target { location, ..target.clone() }
}

fn folder() -> Result<PathBuf, Error> {
    static FOLDER: OnceLock<Folder> = OnceLock::new();
    static FIRST: Mutex<()> = Mutex::new(());
    let _one = FIRST.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(folder) = FOLDER.get() {
        return Ok(folder.path.clone());
    }
    let path = std::env::temp_dir().join(format!("dbkit-testing{}", user()));
    std::fs::create_dir_all(&path).map_err(Error::file(&path))?;
    let _guard = locked(&path)?;
    let own = path.join(format!("{COPY}{:08x}_.alive", process()));
    let alive = File::create(&own).map_err(Error::file(&own))?;
    alive.lock().map_err(Error::file(&own))?;
    clear(&path)?;
    Ok(FOLDER.get_or_init(|| Folder { path, _alive: alive }).path.clone())
}

/// Other users' temporary files are not ours to write.
fn user() -> String {
    #[cfg(unix)]
    // SAFETY: no preconditions, cannot fail (POSIX, geteuid).
    return format!("-{}", unsafe { libc::geteuid() });
    #[cfg(not(unix))]
    String::new()
}

/// Held while a template is made and while leftovers are looked for.
fn locked(folder: &Path) -> Result<File, Error> {
    let path = folder.join("lock");
    let file = File::create(&path).map_err(Error::file(&path))?;
    file.lock().map_err(Error::file(&path))?;
    Ok(file)
}

/// Removes what dead processes left, and templates that nobody has asked for in a week.
fn clear(folder: &Path) -> Result<(), Error> {
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::file(folder))? {
        files.push(entry.map_err(Error::file(folder))?.path());
    }
    for path in &files {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if process_of(&name) == Some(process()) || name == "lock" {
            continue;
        }
        let over = match process_of(&name) {
            Some(other) => {
                let alive = folder.join(format!("{COPY}{other:08x}_.alive"));
                File::open(&alive).map_or(true, |file| file.try_lock().is_ok())
            }
            None => is_old(path),
        };
        if over {
            // Another test's folder of temporary files may be cleared by the system meanwhile.
            let _ = std::fs::remove_file(path);
        }
    }
    Ok(())
}

fn is_old(path: &Path) -> bool {
    let week = std::time::Duration::from_secs(7 * 24 * 3600);
    let used = std::fs::metadata(path).and_then(|data| data.accessed().or(data.modified()));
    used.ok().and_then(|time| time.elapsed().ok()).is_some_and(|age| age > week)
}
