//! The value is worked out for each row that is there.

use super::statement::Statement;
use super::{Hit, Rule, STATEMENT, Script};

pub(super) const RULE: Rule =
    Rule { name: "add-stored-column", statement: Some(check), ..STATEMENT };

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    for (table, column) in script.added(at) {
        if column.stored {
            hits.push(Hit::new(
                &column.span,
                format!("{table} is written anew under a lock to work out {}", column.name),
                "worked out for every row",
                "add an ordinary column, let the program or a trigger fill it, fill the old rows in batches; PostgreSQL 18 also has VIRTUAL",
            ));
        }
    }
}
