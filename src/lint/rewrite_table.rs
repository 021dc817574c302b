//! SET LOGGED, TABLESPACE and ACCESS METHOD copy the whole table.

use super::statement::{ActionKind, Statement};
use super::{Hit, Rule, STATEMENT, Script};

pub(super) const RULE: Rule = Rule { name: "rewrite-table", statement: Some(check), ..STATEMENT };

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    for (table, action) in script.actions(at) {
        if let ActionKind::Rewrite = &action.kind {
            hits.push(Hit::new(
                &action.span,
                format!("{table} is copied as a whole under a lock"),
                "copies the table",
                "do this while nobody needs the table, then say so: `-- dbkit: allow rewrite-table`",
            ));
        }
    }
}
