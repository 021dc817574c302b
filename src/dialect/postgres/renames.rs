//! Renames.

use super::quote::{ident, literal, qname};
use super::types;
use crate::diff::Rename;
use crate::model::{Model, ObjectKind, QName};

/// The statements of one rename. An object that moves to another schema keeps everything, too.
pub(super) fn render(rename: &Rename, to: &Model) -> Vec<String> {
    match rename {
        Rename::Object { kind, from, to: new } => object(*kind, from, new, to),
        Rename::Column { table, from, to } => vec![format!(
            "ALTER TABLE {} RENAME COLUMN {} TO {};",
            qname(table),
            ident(from),
            ident(to)
        )],
        Rename::EnumLabel { ty, from, to } => vec![format!(
            "ALTER TYPE {} RENAME VALUE {} TO {};",
            types::user(ty),
            literal(from),
            literal(to)
        )],
        Rename::Index { table, from, to } => {
            vec![format!("ALTER INDEX {} RENAME TO {};", qname(&table.sibling(from)), ident(to))]
        }
        Rename::Constraint { table, from, to } => vec![format!(
            "ALTER TABLE {} RENAME CONSTRAINT {} TO {};",
            qname(table),
            ident(from),
            ident(to)
        )],
    }
}

fn object(kind: ObjectKind, from: &QName, new: &QName, model: &Model) -> Vec<String> {
    let words = match kind {
        ObjectKind::Table => "TABLE",
        ObjectKind::View => match model.views.get(new).map(|v| v.kind) {
            Some(crate::model::ViewKind::Materialized) => "MATERIALIZED VIEW",
            _ => "VIEW",
        },
        ObjectKind::Sequence => "SEQUENCE",
        ObjectKind::Domain => "DOMAIN",
        ObjectKind::Schema => "SCHEMA",
        ObjectKind::Collation => "COLLATION",
        ObjectKind::Statistics => "STATISTICS",
        _ => "TYPE",
    };
    let spelled = |name: &QName| match words {
        "TYPE" | "DOMAIN" => types::user(name),
        _ => qname(name),
    };
    let mut out = Vec::new();
    let mut name = from.clone();
    if from.schema != new.schema {
        let schema = new.schema.as_deref().unwrap_or("public");
        out.push(format!("ALTER {words} {} SET SCHEMA {};", spelled(from), ident(schema)));
        name.schema.clone_from(&new.schema);
    }
    if from.name != new.name {
        out.push(format!("ALTER {words} {} RENAME TO {};", spelled(&name), ident(&new.name)));
    }
    out
}
