//! Collations made by the user, and COLLATE.

use super::comments;
use super::quote::qname;
use crate::model::{Collation, CollationObject};

/// ` COLLATE "C"`, with a space before it, or nothing.
#[must_use]
pub fn clause(collation: Option<&Collation>) -> String {
    collation.map(|c| format!(" COLLATE {}", qname(&c.0))).unwrap_or_default()
}

pub(super) fn create(collation: &CollationObject) -> Vec<String> {
    let name = qname(&collation.name);
    let mut out = vec![format!("CREATE COLLATION {name} ({});", collation.definition)];
    comments::new(&mut out, "COLLATION", &name, collation.comment.as_deref());
    out
}

pub(super) fn drop(collation: &CollationObject) -> String {
    format!("DROP COLLATION {};", qname(&collation.name))
}

pub(super) fn alter(from: &CollationObject, to: &CollationObject) -> Vec<String> {
    let mut out = Vec::new();
    let (old, new) = (from.comment.as_deref(), to.comment.as_deref());
    comments::change(&mut out, "COLLATION", &qname(&to.name), old, new);
    out
}
