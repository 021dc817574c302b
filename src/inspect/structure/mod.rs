//! What one table is made of: columns, keys, indexes, and what hangs on it.

mod postgres;
mod show;
mod sqlite;

use super::{InspectError, TableInfo, overview};
use crate::database::Session;
use crate::model::{Dialect, QName};

/// One table or view in every detail a person asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure {
    /// With its rows and size.
    pub table: TableInfo,
    pub comment: Option<String>,
    pub columns: Vec<ColumnDetail>,
    /// In the order of [`PartKind`], then by name.
    pub parts: Vec<Part>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnDetail {
    pub name: String,
    pub ty: String,
    pub nullable: bool,
    /// An expression; with `generated` the one that makes the value.
    pub default: Option<String>,
    pub generated: bool,
    /// `always` or `by default`.
    pub identity: Option<&'static str>,
    pub comment: Option<String>,
}

/// Something that belongs to a table beside its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub kind: PartKind,
    /// `None` where the database gives it none.
    pub name: Option<String>,
    /// Of this table; of the other one where that refers to this.
    pub columns: Vec<String>,
    /// As the database says it in SQL.
    pub definition: String,
    /// The other table of a foreign key with the columns there; a partition.
    pub other: Option<(QName, Vec<String>)>,
    /// Of an index, where the database tells.
    pub bytes: Option<u64>,
    pub comment: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartKind {
    PrimaryKey,
    Unique,
    ForeignKey,
    Check,
    Exclusion,
    Index,
    ReferencedBy,
    Trigger,
    Policy,
    Partition,
}

impl PartKind {
    /// What programs call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PrimaryKey => "primary_key",
            Self::Unique => "unique",
            Self::ForeignKey => "foreign_key",
            Self::Check => "check",
            Self::Exclusion => "exclusion",
            Self::Index => "index",
            Self::ReferencedBy => "referenced_by",
            Self::Trigger => "trigger",
            Self::Policy => "policy",
            Self::Partition => "partition",
        }
    }
}

/// Everything about one table, read in one transaction in which the database refuses to write.
///
/// # Errors
/// The database's own.
pub fn structure(session: &mut dyn Session, table: &QName) -> Result<Structure, InspectError> {
    super::begin_read_only(session)?;
    let read = read(session, table);
    let ended = super::end_read_only(session);
    let found = read?;
    ended?;
    Ok(found)
}

fn read(session: &mut dyn Session, table: &QName) -> Result<Structure, InspectError> {
    let known = overview::measured(session, table)?;
    let Some(table) = known else {
        return Err(InspectError::UnknownTable { name: table.to_string(), nearest: None });
    };
    let mut found = match session.dialect() {
        Dialect::Postgres => postgres::structure(session, table)?,
        Dialect::Sqlite => sqlite::structure(session, table)?,
    };
    found.parts.sort_by(|a, b| {
        let key = |part: &Part| (part.kind, part.other.as_ref().map(|(name, _)| name.clone()));
        (key(a), &a.name).cmp(&(key(b), &b.name))
    });
    Ok(found)
}
