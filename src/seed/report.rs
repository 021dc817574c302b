use crate::model::QName;
use serde::Serialize;
use std::path::PathBuf;

/// What a run did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub environment: String,
    pub dry_run: bool,
    /// By set, in the order they were written.
    pub tables: Vec<TableReport>,
    pub scripts: Vec<SqlReport>,
    /// Rows an earlier run wrote that no file has any more.
    pub removed: Vec<RemovedReport>,
    /// What is or would be written, row by row, where that was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    pub milliseconds: u64,
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
    /// As `common/comments`.
    pub set: String,
    #[serde(serialize_with = "as_text")]
    pub table: QName,
    pub inserted: u64,
    pub updated: u64,
    pub unchanged: u64,
    /// Rows in the table afterwards.
    pub rows: u64,
    pub milliseconds: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SqlReport {
    pub set: String,
    pub file: PathBuf,
    pub statements: usize,
    /// Rows its statements inserted, updated or deleted.
    pub rows: u64,
}

/// Rows of a table that an earlier run wrote and no file has any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RemovedReport {
    pub set: String,
    #[serde(serialize_with = "as_text")]
    pub table: QName,
    pub rows: u64,
    /// They were deleted (`--prune`).
    pub deleted: bool,
}

/// One row and what happens to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    pub set: String,
    #[serde(serialize_with = "as_text")]
    pub table: QName,
    /// `(id) = (7)`
    pub row: String,
    pub kind: ChangeKind,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<ColumnChange>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    Insert,
    Update,
    /// No file has the row any more.
    Remove,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ColumnChange {
    pub column: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

fn as_text<S: serde::Serializer>(name: &QName, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(name)
}
