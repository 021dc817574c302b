//! Every row is read under a lock, unless a validated check vouches for them.

use super::statement::{ActionKind, Statement};
use super::{Hit, Rule, STATEMENT, Script};

pub(super) const RULE: Rule = Rule { name: "set-not-null", statement: Some(check), ..STATEMENT };

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    for (table, action) in script.actions(at) {
        let ActionKind::SetNotNull { column } = &action.kind else { continue };
        if !script.past.after(script, at.span.start).holds_no_null(table, column) {
            hits.push(Hit::new(
                &action.span,
                format!("nobody can use {table} while {column} is looked at in every row"),
                "reads every row under a lock",
                format!("first ADD CONSTRAINT c CHECK ({column} IS NOT NULL) NOT VALID; VALIDATE CONSTRAINT c in the next migration; then SET NOT NULL reads nothing, and c can be dropped"),
            ));
        }
    }
}
