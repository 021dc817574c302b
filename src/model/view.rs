use super::{Expr, Index, Options, QName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A view or materialized view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    pub name: QName,
    pub kind: ViewKind,
    /// Output column names. Empty when the file gives none; introspection always fills it on
    /// PostgreSQL, and diff ignores it where one side is empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The query, without `CREATE VIEW … AS` and without a final semicolon.
    pub query: String,
    /// PostgreSQL: `security_barrier`, `security_invoker`, `check_option`, or storage parameters.
    #[serde(default, skip_serializing_if = "Options::is_empty")]
    pub options: Options,
    /// PostgreSQL: `ALTER VIEW … ALTER COLUMN … SET DEFAULT`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub column_defaults: BTreeMap<String, Expr>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub column_comments: BTreeMap<String, String>,
    /// Materialized views only; sorted by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_method: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViewKind {
    View,
    Materialized,
}
