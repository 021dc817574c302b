//! Enums.

use super::quote::literal;
use super::{comments, types};
use crate::model::{EnumType, QName};
use crate::plan::EnumPlace;

/// The statements that make the enum.
#[must_use]
pub fn create(ty: &EnumType) -> Vec<String> {
    let name = types::user(&ty.name);
    let labels: Vec<String> = ty.labels.iter().map(|label| literal(label)).collect();
    let mut out = vec![format!("CREATE TYPE {name} AS ENUM ({});", labels.join(", "))];
    comments::new(&mut out, "TYPE", &name, ty.comment.as_deref());
    out
}

pub(super) fn drop(ty: &EnumType) -> String {
    format!("DROP TYPE {};", types::user(&ty.name))
}

pub(super) fn alter(from: &EnumType, to: &EnumType) -> Vec<String> {
    let mut out = Vec::new();
    let (old, new) = (from.comment.as_deref(), to.comment.as_deref());
    comments::change(&mut out, "TYPE", &types::user(&to.name), old, new);
    out
}

pub(super) fn add_value(ty: &QName, label: &str, place: &EnumPlace) -> String {
    let place = match place {
        EnumPlace::End => String::new(),
        EnumPlace::Before(other) => format!(" BEFORE {}", literal(other)),
        EnumPlace::After(other) => format!(" AFTER {}", literal(other)),
    };
    format!("ALTER TYPE {} ADD VALUE {}{place};", types::user(ty), literal(label))
}
