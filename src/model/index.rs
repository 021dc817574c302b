use super::{Collation, Expr, Options, QName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An index that is not the implementation of a constraint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    pub name: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unique: bool,
    /// PostgreSQL access method; `btree` is the default and on SQLite the only one.
    #[serde(default = "btree", skip_serializing_if = "is_btree")]
    pub method: String,
    pub elements: Vec<IndexElement>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nulls_not_distinct: bool,
    /// The partial index's condition, without `WHERE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicate: Option<Expr>,
    #[serde(default, skip_serializing_if = "Options::is_empty")]
    pub options: Options,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<String>,
    /// PostgreSQL: `CREATE INDEX … ON ONLY parent`: children are not covered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only: bool,
    /// PostgreSQL: this partition's index is attached to that index of the parent table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attached_to: Option<QName>,
    /// PostgreSQL: left `INVALID` by a failed concurrent build.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub invalid: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub clustered: bool,
    /// PostgreSQL: `ALTER INDEX … ALTER COLUMN n SET STATISTICS`, by column number.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub statistics: BTreeMap<u16, i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Index {
    /// A plain b-tree over these; whatever else there is, is set on it.
    #[must_use]
    pub fn new(name: impl Into<String>, elements: Vec<IndexElement>) -> Self {
        Self {
            name: name.into(),
            unique: false,
            method: btree(),
            elements,
            include: Vec::new(),
            nulls_not_distinct: false,
            predicate: None,
            options: Options::new(),
            tablespace: None,
            only: false,
            attached_to: None,
            invalid: false,
            clustered: false,
            statistics: BTreeMap::new(),
            comment: None,
        }
    }
}

fn btree() -> String {
    "btree".to_owned()
}

fn is_btree(method: &str) -> bool {
    method == "btree"
}

/// One key column of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexElement {
    pub key: IndexKey,
    /// Only where it differs from the column's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<Collation>,
    /// Only where it is not the type's default; with parameters as `gist_trgm_ops(siglen=32)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opclass: Option<String>,
    #[serde(default, skip_serializing_if = "Order::is_asc")]
    pub order: Order,
    /// Only where it differs from the order's default (PostgreSQL: last for ASC, first for DESC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nulls: Option<Nulls>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndexKey {
    Column(String),
    /// Without outer parentheses.
    Expr(Expr),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    #[default]
    Asc,
    Desc,
}

impl Order {
    #[must_use]
    pub fn is_asc(&self) -> bool {
        matches!(self, Self::Asc)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nulls {
    First,
    Last,
}
