//! What the default name of each constraint and index is made from.

use super::mentions;
use super::names::{addition, expression_column, index_columns, object_name};
use crate::model::{
    Check, Dialect, Exclusion, ForeignKey, Index, IndexKey, PrimaryKey, Table, Unique,
};

/// The parts of a default name: `<table>_<second>_<label>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    pub second: Option<String>,
    pub label: &'static str,
}

impl Parts {
    /// The name when nothing else has it.
    #[must_use]
    pub fn name(&self, table: &str) -> String {
        object_name(table, self.second.as_deref(), self.label)
    }
}

#[must_use]
pub fn primary_key(_: &PrimaryKey) -> Parts {
    Parts { second: None, label: "pkey" }
}

#[must_use]
pub fn unique(unique: &Unique) -> Parts {
    let columns: Vec<String> = unique.columns.iter().chain(&unique.include).cloned().collect();
    indexed(&columns, "key")
}

#[must_use]
pub fn exclusion(exclusion: &Exclusion) -> Parts {
    indexed(&elements(&exclusion.index), "excl")
}

#[must_use]
pub fn index(index: &Index) -> Parts {
    indexed(&elements(index), "idx")
}

#[must_use]
pub fn foreign_key(key: &ForeignKey) -> Parts {
    Parts { second: Some(addition(key.columns.iter().map(String::as_str))), label: "fkey" }
}

/// A check that mentions one column has it in its name.
#[must_use]
pub fn check(check: &Check, table: &Table, dialect: Dialect) -> Parts {
    let names: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
    let second = match mentions::columns(check.expr.as_str(), &names, dialect).as_slice() {
        [only] => names.get(*only).map(|name| (*name).to_owned()),
        _ => None,
    };
    Parts { second, label: "check" }
}

fn indexed(columns: &[String], label: &'static str) -> Parts {
    Parts { second: Some(addition(index_columns(columns).iter().map(String::as_str))), label }
}

fn elements(index: &Index) -> Vec<String> {
    let keys = index.elements.iter().map(|element| match &element.key {
        IndexKey::Column(name) => name.clone(),
        IndexKey::Expr(expr) => expression_column(expr.as_str()),
    });
    keys.chain(index.include.iter().cloned()).collect()
}
