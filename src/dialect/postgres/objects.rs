//! CREATE, DROP and ALTER of whole objects, by kind. Each statement ends with a semicolon;
//! comments are part of an object.
//!
//! Tables, enums and sequences have modules of their own and give nothing here.

use super::{
    collations, composites, domains, extensions, policies, ranges, routines, rules, schemas,
    statistics, triggers, views,
};
use crate::model::Object;

/// The statements that make the object.
#[must_use]
pub fn create(object: &Object) -> Vec<String> {
    match object {
        Object::Schema(o) => schemas::create(o),
        Object::Extension(o) => extensions::create(o),
        Object::Collation(o) => collations::create(o),
        Object::Domain(o) => domains::create(o),
        Object::Composite(o) => composites::create(o),
        Object::Range(o) => ranges::create(o),
        Object::View(o) => views::create(o),
        Object::Routine(o) => routines::create(o),
        Object::Trigger(o) => triggers::create(o),
        Object::Policy(o) => policies::create(o),
        Object::Rule(o) => rules::create(o),
        Object::Statistics(o) => statistics::create(o),
        Object::Enum(_) | Object::Sequence(_) | Object::Table(_) => Vec::new(),
    }
}

/// The statements that take the object away.
#[must_use]
pub fn drop(object: &Object) -> Vec<String> {
    let statement = match object {
        Object::Schema(o) => schemas::drop(o),
        Object::Extension(o) => extensions::drop(o),
        Object::Collation(o) => collations::drop(o),
        Object::Domain(o) => domains::drop(o),
        Object::Composite(o) => composites::drop(o),
        Object::Range(o) => ranges::drop(o),
        Object::View(o) => views::drop(o),
        Object::Routine(o) => routines::drop(o),
        Object::Trigger(o) => triggers::drop(o),
        Object::Policy(o) => policies::drop(o),
        Object::Rule(o) => rules::drop(o),
        Object::Statistics(o) => statistics::drop(o),
        Object::Enum(_) | Object::Sequence(_) | Object::Table(_) => return Vec::new(),
    };
    vec![statement]
}

/// The statements that bring the object from one version to the other in place. Only for pairs
/// that the plan found alterable; both have one name and kind.
#[must_use]
pub fn alter(from: &Object, to: &Object) -> Vec<String> {
    match (from, to) {
        (Object::Schema(a), Object::Schema(b)) => schemas::alter(a, b),
        (Object::Extension(a), Object::Extension(b)) => extensions::alter(a, b),
        (Object::Collation(a), Object::Collation(b)) => collations::alter(a, b),
        (Object::Domain(a), Object::Domain(b)) => domains::alter(a, b),
        (Object::Composite(a), Object::Composite(b)) => composites::alter(a, b),
        (Object::Range(a), Object::Range(b)) => ranges::alter(a, b),
        (Object::View(a), Object::View(b)) => views::alter(a, b),
        (Object::Routine(a), Object::Routine(b)) => routines::alter(a, b),
        (Object::Trigger(a), Object::Trigger(b)) => triggers::alter(a, b),
        (Object::Policy(a), Object::Policy(b)) => policies::alter(a, b),
        (Object::Rule(a), Object::Rule(b)) => rules::alter(a, b),
        (Object::Statistics(a), Object::Statistics(b)) => statistics::alter(a, b),
        _ => Vec::new(),
    }
}
