//! What goes with it is not named, and differs from database to database.

use super::statement::{Kind, Statement};
use super::{About, Hit, Rule, STATEMENT, Script};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    name: "drop-cascade",
    level: Some(Severity::Warning),
    about: About::Rows,
    statement: Some(check),
    ..STATEMENT
};

fn check(_script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    if let Kind::Drop { what, names, cascade: true, .. } = &at.kind {
        hits.push(Hit::new(
            &at.head,
            format!("whatever depends on {what} {} goes with it, unnamed", names.join(", ")),
            "CASCADE",
            "drop by name what depends on it, so that a database that has more than that refuses",
        ));
    }
}
