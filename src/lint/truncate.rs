//! Every row goes, under the strongest lock.

use super::statement::{Kind, Statement};
use super::{About, Hit, Rule, STATEMENT, Script};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    name: "truncate",
    level: Some(Severity::Warning),
    about: About::Rows,
    statement: Some(check),
    ..STATEMENT
};

fn check(_script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    if let Kind::Truncate = &at.kind {
        hits.push(Hit::new(
            &at.head,
            "every row is gone, and everybody waits until the transaction ends",
            "",
            "delete rows in batches; for an empty start there is `dbkit reset`",
        ));
    }
}
