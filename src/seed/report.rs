use crate::model::QName;
use serde::Serialize;
use std::path::PathBuf;

/// What a run did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub dry_run: bool,
    /// In the order they were written.
    pub tables: Vec<TableReport>,
    pub scripts: Vec<SqlReport>,
}

impl Report {
    /// True when nothing was inserted, updated or touched by an SQL file.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.tables.iter().all(|table| table.inserted == 0 && table.updated == 0)
            && self.scripts.iter().all(|script| script.rows == 0)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableReport {
    #[serde(serialize_with = "as_text")]
    pub table: QName,
    pub inserted: u64,
    pub updated: u64,
    pub unchanged: u64,
    /// Rows in the table afterwards.
    pub rows: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SqlReport {
    pub file: PathBuf,
    pub statements: usize,
    /// Rows its statements inserted, updated or deleted.
    pub rows: u64,
}

fn as_text<S: serde::Serializer>(name: &QName, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(name)
}
