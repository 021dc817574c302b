//! Range types.

use super::quote::{ident, qname};
use super::{comments, types};
use crate::model::{DataType, QName, RangeType};

pub(super) fn create(range: &RangeType) -> Vec<String> {
    let name = types::user(&range.name);
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
    format!("DROP TYPE {};", types::user(&range.name))
}

pub(super) fn alter(from: &RangeType, to: &RangeType) -> Vec<String> {
    let mut out = Vec::new();
    let (old, new) = (from.comment.as_deref(), to.comment.as_deref());
    comments::change(&mut out, "TYPE", &types::user(&to.name), old, new);
    out
}

/// Renames the type out of the way of its successor, and with it all that would keep its name: the
/// multirange type (PostgreSQL 14) and the constructor functions of both.
pub(super) fn set_aside(range: &RangeType, aside: &QName) -> Vec<String> {
    let subtype = types::render(&DataType { modifier: None, ..range.subtype.clone() });
    let to = ident(&aside.name);
    let (name, old) = (types::user(&range.name), types::user(aside));
    let multirange = range.multirange_name();
    let short: String = multirange.name.chars().take(30).collect();
    let many_to = ident(&format!("{short}__dbkit_many"));
    let many = types::user(&multirange);
    let constructor = |name: &QName| match &name.schema {
        None => format!("public.{}", ident(&name.name)),
        Some(_) => qname(name),
    };
    let (one_call, many_call) = (constructor(&range.name), constructor(&multirange));
    vec![
        format!("ALTER TYPE {name} RENAME TO {to};"),
        format!("ALTER FUNCTION {one_call}({subtype}, {subtype}) RENAME TO {to};"),
        format!("ALTER FUNCTION {one_call}({subtype}, {subtype}, text) RENAME TO {to};"),
        format!(
            "DO $$ BEGIN
    IF current_setting('server_version_num')::integer >= 140000 THEN
        ALTER TYPE {many} RENAME TO {many_to};
        ALTER FUNCTION {many_call}() RENAME TO {many_to};
        ALTER FUNCTION {many_call}({old}) RENAME TO {many_to};
        ALTER FUNCTION {many_call}(VARIADIC {old}[]) RENAME TO {many_to};
    END IF;
END $$;"
        ),
    ]
}
