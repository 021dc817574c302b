use crate::model::{Object, RoutineKind, ViewKind};

/// True when an object (not a table, enum or sequence) can be brought to its new version without
/// dropping it. Otherwise it is dropped and created anew, and with it what depends on it.
pub(super) fn in_place(from: &Object, to: &Object) -> bool {
    match (from, to) {
        (Object::Collation(a), Object::Collation(b)) => a.definition == b.definition,
        (Object::Domain(a), Object::Domain(b)) => a.base == b.base && a.collation == b.collation,
        (Object::Range(a), Object::Range(b)) => {
            let mut plain = a.clone();
            plain.comment.clone_from(&b.comment);
            plain == *b
        }
        // ALTER TYPE adds at the end, and changes no attribute of a type that columns have.
        (Object::Composite(a), Object::Composite(b)) => {
            let stay: Vec<_> = a
                .attributes
                .iter()
                .filter(|old| b.attributes.iter().any(|new| new.name == old.name))
                .collect();
            stay.len() <= b.attributes.len()
                && stay.iter().zip(&b.attributes).all(|(old, new)| {
                    old.name == new.name && old.ty == new.ty && old.collation == new.collation
                })
        }
        (Object::View(a), Object::View(b)) => {
            a.kind == b.kind
                && a.query == b.query
                && (a.columns == b.columns || a.columns.is_empty() || b.columns.is_empty())
                && (a.kind == ViewKind::View || a.tablespace == b.tablespace)
        }
        (Object::Routine(a), Object::Routine(b)) => {
            a.kind == b.kind
                && (a.definition == b.definition
                    || (a.kind != RoutineKind::Aggregate
                        && a.arguments == b.arguments
                        && a.result == b.result))
        }
        (Object::Trigger(a), Object::Trigger(b)) => a.definition == b.definition,
        (Object::Policy(a), Object::Policy(b)) => {
            let gone = |old: bool, new: bool| old && !new;
            a.permissive == b.permissive
                && a.command == b.command
                && !gone(a.using.is_some(), b.using.is_some())
                && !gone(a.with_check.is_some(), b.with_check.is_some())
        }
        (Object::Statistics(a), Object::Statistics(b)) => a.definition == b.definition,
        _ => true,
    }
}
