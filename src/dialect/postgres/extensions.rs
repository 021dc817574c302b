//! Extensions.

use super::comments;
use super::quote::{ident, literal};
use crate::model::Extension;

pub(super) fn create(extension: &Extension) -> Vec<String> {
    let name = ident(&extension.name);
    let mut sql = format!("CREATE EXTENSION IF NOT EXISTS {name}");
    if let Some(schema) = &extension.schema {
        sql.push_str(&format!(" WITH SCHEMA {}", ident(schema)));
    }
    if let Some(version) = &extension.version {
        sql.push_str(&format!(" VERSION {}", literal(version)));
    }
    let mut out = vec![format!("{sql};")];
    comments::new(&mut out, "EXTENSION", &name, extension.comment.as_deref());
    out
}

pub(super) fn drop(extension: &Extension) -> String {
    format!("DROP EXTENSION {};", ident(&extension.name))
}

pub(super) fn alter(from: &Extension, to: &Extension) -> Vec<String> {
    let name = ident(&to.name);
    let mut out = Vec::new();
    if from.schema != to.schema {
        let schema = to.schema.as_deref().unwrap_or("public");
        out.push(format!("ALTER EXTENSION {name} SET SCHEMA {};", ident(schema)));
    }
    // An unpinned version is whatever is installed.
    if let Some(version) = to.version.as_deref().filter(|v| from.version.as_deref() != Some(v)) {
        out.push(format!("ALTER EXTENSION {name} UPDATE TO {};", literal(version)));
    }
    let (old, new) = (from.comment.as_deref(), to.comment.as_deref());
    comments::change(&mut out, "EXTENSION", &name, old, new);
    out
}
