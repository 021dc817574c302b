//! A number for each row that is there: the table is written anew.

use super::statement::Statement;
use super::{Hit, Rule, STATEMENT, Script};

pub(super) const RULE: Rule =
    Rule { name: "add-serial-column", statement: Some(check), ..STATEMENT };

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    for (table, column) in script.added(at) {
        if column.identity || column.ty.ends_with("serial") || column.ty.starts_with("serial") {
            hits.push(Hit::new(
                &column.span,
                format!("{table} is written anew under a lock to number its rows"),
                "numbers every row",
                "add the column without the sequence, SET DEFAULT nextval(…) for new rows, and number the old ones in batches",
            ));
        }
    }
}
