use super::{Dbkit, SqliteFile};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder that is gone with the value.
pub struct Project {
    directory: TempDir,
}

impl Project {
    /// An empty folder outside any other project.
    pub fn empty() -> Self {
        let directory = tempfile::Builder::new().prefix("dbkit-").tempdir();
        Self { directory: directory.expect("a temporary folder") }
    }

    /// A folder with these files.
    pub fn with(files: &[(&str, &str)]) -> Self {
        let project = Self::empty();
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Writes a file, and the folders on its way.
    #[track_caller]
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.join(name);
        let parent = path.parent().expect("a file stands in a folder");
        std::fs::create_dir_all(parent).expect("the folder is made");
        std::fs::write(&path, text).expect("the file is written");
    }

    #[track_caller]
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub fn exists(&self, name: &str) -> bool {
        self.join(name).exists()
    }

    /// Names in a folder, sorted.
    #[track_caller]
    pub fn list(&self, name: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("a folder entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    pub fn sqlite(&self, name: &str) -> SqliteFile {
        SqliteFile::new(self.join(name))
    }

    /// The binary, ready to run in this folder.
    pub fn dbkit<I, S>(&self, args: I) -> Dbkit
    where
        I: IntoIterator<Item = S>,
        S: AsRef<std::ffi::OsStr>,
    {
        Dbkit::new(self.path()).args(args)
    }
}
