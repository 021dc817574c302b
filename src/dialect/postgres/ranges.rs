//! Range types.

use super::quote::qname;
use super::{comments, types};
use crate::model::RangeType;

pub(super) fn create(range: &RangeType) -> Vec<String> {
    let name = qname(&range.name);
    let mut parts = vec![format!("subtype = {}", types::render(&range.subtype))];
    parts.extend(range.opclass.iter().map(|opclass| format!("subtype_opclass = {opclass}")));
    parts.extend(range.collation.iter().map(|c| format!("collation = {}", qname(&c.0))));
    parts.extend(range.canonical.iter().map(|function| format!("canonical = {function}")));
    parts.extend(range.subtype_diff.iter().map(|function| format!("subtype_diff = {function}")));
    parts.extend(range.multirange.iter().map(|m| format!("multirange_type_name = {}", qname(m))));
    let mut out = vec![format!("CREATE TYPE {name} AS RANGE ({});", parts.join(", "))];
    comments::new(&mut out, "TYPE", &name, range.comment.as_deref());
    out
}

pub(super) fn drop(range: &RangeType) -> String {
    format!("DROP TYPE {};", qname(&range.name))
}

pub(super) fn alter(from: &RangeType, to: &RangeType) -> Vec<String> {
    let mut out = Vec::new();
    let (old, new) = (from.comment.as_deref(), to.comment.as_deref());
    comments::change(&mut out, "TYPE", &qname(&to.name), old, new);
    out
}
