use rusqlite::Connection;
use rusqlite::types::ValueRef;
use std::path::{Path, PathBuf};

/// A SQLite file in a project's folder, opened anew for each look, so that no lock stays.
pub struct SqliteFile {
    pub path: PathBuf,
}

impl SqliteFile {
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_owned() }
    }

    pub fn url(&self) -> String {
        format!("sqlite://{}", self.path.display())
    }

    #[track_caller]
    pub fn execute(&self, sql: &str) {
        if let Err(error) = self.open().execute_batch(sql) {
            panic!("{error}\n{sql}");
        }
    }

    /// The first column of a query as text; NULL is `None`.
    #[track_caller]
    pub fn values(&self, sql: &str) -> Vec<Option<String>> {
        let connection = self.open();
        let mut statement = connection.prepare(sql).unwrap_or_else(|e| panic!("{e}\n{sql}"));
        let rows = statement
            .query_map([], |row| {
                Ok(match row.get_ref(0)? {
                    ValueRef::Null => None,
                    ValueRef::Integer(number) => Some(number.to_string()),
                    ValueRef::Real(number) => Some(number.to_string()),
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                        Some(String::from_utf8_lossy(bytes).into_owned())
                    }
                })
            })
            .unwrap_or_else(|e| panic!("{e}\n{sql}"));
        rows.map(|row| row.unwrap_or_else(|e| panic!("{e}\n{sql}"))).collect()
    }

    /// The only value of a query as text.
    #[track_caller]
    pub fn value(&self, sql: &str) -> String {
        let values = self.values(sql);
        assert!(values.len() == 1, "{} rows instead of one\n{sql}", values.len());
        values.into_iter().flatten().next().unwrap_or_else(|| panic!("NULL\n{sql}"))
    }

    fn open(&self) -> Connection {
        Connection::open(&self.path).unwrap_or_else(|e| panic!("{}: {e}", self.path.display()))
    }
}
