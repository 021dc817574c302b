use super::{DataType, Expr, Options, QName, SequenceOptions};
use serde::{Deserialize, Serialize};

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    pub ty: DataType,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nullable: bool,
    #[serde(default, skip_serializing_if = "ColumnValue::is_none")]
    pub value: ColumnValue,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<Collation>,
    /// PostgreSQL: only where it differs from the type's own (CREATE TABLE, `STORAGE`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<Storage>,
    /// PostgreSQL: `pglz` or `lz4`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression: Option<String>,
    /// PostgreSQL: `ALTER COLUMN … SET STATISTICS`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistics: Option<i32>,
    /// PostgreSQL: `ALTER COLUMN … SET (n_distinct = …)`.
    #[serde(default, skip_serializing_if = "Options::is_empty")]
    pub options: Options,
    /// PostgreSQL: the column comes only from a parent table (`attislocal` is false). Columns of a
    /// partition are always inherited.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inherited: bool,
    /// SQLite: the conflict clause of `NOT NULL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_null_conflict: Option<super::OnConflict>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A named collation; the schema is `pg_catalog` (written `None`) for PostgreSQL's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Collation(pub QName);

/// Where a column's value comes from when the client gives none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnValue {
    #[default]
    None,
    Default(Expr),
    Identity(Identity),
    Generated {
        expr: Expr,
        kind: GeneratedKind,
    },
}

impl ColumnValue {
    #[must_use]
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GeneratedKind {
    Stored,
    Virtual,
}

/// `GENERATED … AS IDENTITY` on PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub mode: IdentityMode,
    /// Name of the sequence behind it; `None` for the default `<table>_<column>_seq`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<QName>,
    #[serde(default)]
    pub options: SequenceOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityMode {
    Always,
    ByDefault,
    /// SQLite's `INTEGER PRIMARY KEY AUTOINCREMENT`.
    Autoincrement,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Storage {
    Plain,
    External,
    Extended,
    Main,
}
