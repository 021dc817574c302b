//! Schemas.

use super::comments;
use super::quote::ident;
use crate::model::SchemaObject;

pub(super) fn create(schema: &SchemaObject) -> Vec<String> {
    let name = ident(&schema.name);
    let mut out = vec![format!("CREATE SCHEMA {name};")];
    comments::new(&mut out, "SCHEMA", &name, schema.comment.as_deref());
    out
}

pub(super) fn drop(schema: &SchemaObject) -> String {
    format!("DROP SCHEMA {};", ident(&schema.name))
}

pub(super) fn alter(from: &SchemaObject, to: &SchemaObject) -> Vec<String> {
    let mut out = Vec::new();
    let (old, new) = (from.comment.as_deref(), to.comment.as_deref());
    comments::change(&mut out, "SCHEMA", &ident(&to.name), old, new);
    out
}
