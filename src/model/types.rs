use super::{Check, Collation, Expr, QName};
use serde::{Deserialize, Serialize};

/// A column's type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DataType {
    pub name: TypeName,
    /// What stands in the parentheses, canonical: `36`, `10,2`, `Point,4326`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modifier: Option<String>,
    /// PostgreSQL arrays; the server ignores the number of dimensions, so it is 0 or 1.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub array: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TypeName {
    /// PostgreSQL: the spelling of `format_type` without modifier (`character varying`,
    /// `timestamp with time zone`, `interval day to second`). SQLite: the declared words in
    /// capitals (their case means nothing), empty for a column without a type: `VARCHAR(36)` is
    /// name `VARCHAR`, modifier `36`.
    Builtin(String),
    /// An enum, domain, composite, range, table row type or a type of an extension.
    User(QName),
}

impl DataType {
    /// A built-in type without modifier.
    #[must_use]
    pub fn builtin(name: impl Into<String>) -> Self {
        Self { name: TypeName::Builtin(name.into()), modifier: None, array: false }
    }

    /// A type made by the user or by an extension.
    #[must_use]
    pub fn user(name: QName) -> Self {
        Self { name: TypeName::User(name), modifier: None, array: false }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaObject {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    pub name: String,
    /// Where its objects are; `None`: the default schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Only when the user pins it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollationObject {
    pub name: QName,
    /// The list in parentheses of CREATE COLLATION: `provider = icu, locale = 'de'`.
    pub definition: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnumType {
    pub name: QName,
    pub labels: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    pub name: QName,
    pub base: DataType,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_null: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Expr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<Collation>,
    /// Sorted by name; always named on PostgreSQL.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Composite {
    pub name: QName,
    pub attributes: Vec<Attribute>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    pub name: String,
    pub ty: DataType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<Collation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeType {
    pub name: QName,
    pub subtype: DataType,
    /// Only what is not the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opclass: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<Collation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canonical: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtype_diff: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multirange: Option<QName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl RangeType {
    /// The name of the multirange type that comes with it.
    #[must_use]
    pub fn multirange_name(&self) -> QName {
        self.multirange.clone().unwrap_or_else(|| Self::default_multirange(&self.name))
    }

    /// The name that CREATE TYPE gives a multirange (CREATE TYPE, "Range Types").
    #[must_use]
    pub fn default_multirange(range: &QName) -> QName {
        let name = match range.name.find("range") {
            Some(at) => {
                let (before, after) = range.name.split_at(at);
                format!("{before}multi{after}")
            }
            None => format!("{}_multirange", range.name),
        };
        let fits = name.chars().scan(0, |bytes, c| {
            *bytes += c.len_utf8();
            (*bytes <= 63).then_some(c)
        });
        range.sibling(fits.collect::<String>())
    }
}

/// An extended-statistics object (CREATE STATISTICS).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    pub name: QName,
    pub table: QName,
    /// The whole CREATE STATISTICS statement, as PostgreSQL prints it.
    pub definition: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}
