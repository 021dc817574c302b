use super::{
    Check, Column, Exclusion, Expr, ForeignKey, Index, Options, PrimaryKey, QName, Unique,
};
use serde::{Deserialize, Serialize};

/// A table with everything that belongs to it alone. Triggers, policies and rules stand in the
/// model beside it, because they may be written in another file.
///
/// Lists of constraints and indexes are sorted by name, unnamed ones (SQLite) in table order after
/// them; columns keep the table's order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    pub name: QName,
    pub columns: Vec<Column>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_key: Option<PrimaryKey>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uniques: Vec<Unique>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKey>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclusions: Vec<Exclusion>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    #[serde(default, skip_serializing_if = "Persistence::is_logged")]
    pub persistence: Persistence,
    /// PostgreSQL storage parameters; those of the TOAST table begin with `toast.`.
    #[serde(default, skip_serializing_if = "Options::is_empty")]
    pub options: Options,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<String>,
    /// PostgreSQL: only where it is not `heap`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_method: Option<String>,
    /// PostgreSQL: `LIST (region)`, as `pg_get_partkeydef` prints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition_by: Option<Expr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition_of: Option<PartitionOf>,
    /// PostgreSQL: `INHERITS (…)`, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inherits: Vec<QName>,
    /// PostgreSQL: `CREATE TABLE … OF type`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_type: Option<QName>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub row_security: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force_row_security: bool,
    #[serde(default, skip_serializing_if = "ReplicaIdentity::is_default")]
    pub replica_identity: ReplicaIdentity,
    /// SQLite.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub strict: bool,
    /// SQLite.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_rowid: bool,
}

impl Table {
    /// A table with a name and nothing in it.
    #[must_use]
    pub fn new(name: QName) -> Self {
        Self {
            name,
            columns: Vec::new(),
            primary_key: None,
            uniques: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            exclusions: Vec::new(),
            indexes: Vec::new(),
            comment: None,
            persistence: Persistence::Logged,
            options: Options::new(),
            tablespace: None,
            access_method: None,
            partition_by: None,
            partition_of: None,
            inherits: Vec::new(),
            of_type: None,
            row_security: false,
            force_row_security: false,
            replica_identity: ReplicaIdentity::Default,
            strict: false,
            without_rowid: false,
        }
    }

    /// The column of that exact name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionOf {
    pub parent: QName,
    /// `FOR VALUES IN ('a')` or `DEFAULT`, as PostgreSQL prints it.
    pub bound: Expr,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Persistence {
    #[default]
    Logged,
    Unlogged,
}

impl Persistence {
    #[must_use]
    pub fn is_logged(&self) -> bool {
        matches!(self, Self::Logged)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplicaIdentity {
    #[default]
    Default,
    Nothing,
    Full,
    /// By the name of an index or of a constraint's index.
    Index(String),
}

impl ReplicaIdentity {
    #[must_use]
    pub fn is_default(&self) -> bool {
        matches!(self, Self::Default)
    }
}
