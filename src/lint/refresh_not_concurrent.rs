//! Readers wait for the refresh.

use super::statement::{Kind, Statement};
use super::{Hit, Rule, STATEMENT, Script};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    name: "refresh-not-concurrent",
    level: Some(Severity::Warning),
    statement: Some(check),
    ..STATEMENT
};

fn check(_script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    if let Kind::Refresh { concurrently: false } = &at.kind {
        hits.push(Hit::new(
            &at.head,
            "nobody can read the view while it is filled",
            "needs CONCURRENTLY",
            "REFRESH MATERIALIZED VIEW CONCURRENTLY needs a unique index on the view",
        ));
    }
}
