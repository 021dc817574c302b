//! Without a check that vouches for them, every row is read under a lock.

use super::statement::{ActionKind, Statement};
use super::{Hit, Rule, STATEMENT, Script};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    name: "attach-partition",
    level: Some(Severity::Warning),
    statement: Some(check),
    ..STATEMENT
};

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    for (table, action) in script.actions(at) {
        if let ActionKind::AttachPartition { partition } = &action.kind
            && !script.is_new(partition, at)
        {
            hits.push(Hit::new(
                &action.span,
                format!("{partition} is read as a whole while it joins {table}, under a lock on both"),
                "reads every row",
                "first add a check to it that says what the bound says, NOT VALID, and validate it; then attach and drop the check",
            ));
        }
    }
}
