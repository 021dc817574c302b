//! Most changes of a type write the whole table and its indexes anew.

use super::statement::{ActionKind, Statement};
use super::{Hit, Rule, STATEMENT, Script};

pub(super) const RULE: Rule =
    Rule { name: "change-column-type", statement: Some(check), ..STATEMENT };

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    for (table, action) in script.actions(at) {
        if let ActionKind::SetType { column } = &action.kind {
            hits.push(Hit::new(
                &action.span,
                format!("{table} may be written anew under a lock to change the type of {column}"),
                "rewrites the table",
                "add a column of the new type, write to both, copy in batches, switch over; a longer varchar, text or more digits at the same scale need no rewrite: say so with `-- dbkit: allow change-column-type`",
            ));
        }
    }
}
