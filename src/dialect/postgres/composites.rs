//! Composite types.

use super::quote::ident;
use super::{collations, comments, types};
use crate::model::{Attribute, Composite, TypeName};

pub(super) fn create(composite: &Composite) -> Vec<String> {
    let name = types::user(&composite.name);
    let attributes: Vec<String> =
        composite.attributes.iter().map(|a| format!("\n    {}", attribute(a))).collect();
    let list = attributes.join(",");
    let end = if list.is_empty() { "" } else { "\n" };
    let mut out = vec![format!("CREATE TYPE {name} AS ({list}{end});")];
    comments::new(&mut out, "TYPE", &name, composite.comment.as_deref());
    for a in &composite.attributes {
        let target = format!("{name}.{}", ident(&a.name));
        comments::new(&mut out, "COLUMN", &target, a.comment.as_deref());
    }
    out
}

fn attribute(a: &Attribute) -> String {
    let collation = collations::clause(a.collation.as_ref());
    format!("{} {}{collation}", ident(&a.name), types::render(&a.ty))
}

pub(super) fn drop(composite: &Composite) -> String {
    format!("DROP TYPE {};", types::user(&composite.name))
}

/// CASCADE reaches the tables made `OF` the type; a type that columns use takes new and dropped
/// attributes, and no retyped ones (ALTER TYPE).
pub(super) fn alter(from: &Composite, to: &Composite) -> Vec<String> {
    let name = types::user(&to.name);
    let mut out = Vec::new();
    let mut actions = Vec::new();
    for old in &from.attributes {
        if !to.attributes.iter().any(|a| a.name == old.name) {
            actions.push(format!("DROP ATTRIBUTE {} CASCADE", ident(&old.name)));
        }
    }
    for new in &to.attributes {
        match from.attributes.iter().find(|a| a.name == new.name) {
            None => actions.push(format!("ADD ATTRIBUTE {} CASCADE", attribute(new))),
            Some(old) if old.ty != new.ty || old.collation != new.collation => {
                let (ty, collation) =
                    (types::render(&new.ty), collations::clause(new.collation.as_ref()));
                actions.push(format!(
                    "ALTER ATTRIBUTE {} TYPE {ty}{collation} CASCADE",
                    ident(&new.name)
                ));
            }
            Some(_) => {}
        }
    }
    if !actions.is_empty() {
        out.push(format!("ALTER TYPE {name} {};", actions.join(", ")));
    }
    let (old, new) = (from.comment.as_deref(), to.comment.as_deref());
    comments::change(&mut out, "TYPE", &name, old, new);
    for new in &to.attributes {
        let old = from.attributes.iter().find(|a| a.name == new.name);
        let old = old.and_then(|a| a.comment.as_deref());
        let target = format!("{name}.{}", ident(&new.name));
        comments::change(&mut out, "COLUMN", &target, old, new.comment.as_deref());
    }
    out
}

/// A column's value in the new version of its type, attribute by attribute; new ones are NULL.
pub(super) fn converted(from: &Composite, to: &Composite, column: &str) -> String {
    let fields = to.attributes.iter().map(|new| {
        match from.attributes.iter().find(|old| old.name == new.name) {
            // A type of the user's may be another one by now, under the same name.
            Some(old) if old.ty == new.ty && matches!(old.ty.name, TypeName::Builtin(_)) => {
                format!("({column}).{}", ident(&new.name))
            }
            Some(_) => {
                let ty = types::render(&new.ty);
                format!("({column}).{}::text::{ty}", ident(&new.name))
            }
            None => format!("NULL::{}", types::render(&new.ty)),
        }
    });
    let fields: Vec<String> = fields.collect();
    format!(
        "CASE WHEN {column} IS DISTINCT FROM NULL THEN ROW({})::{} END",
        fields.join(", "),
        types::user(&to.name)
    )
}
