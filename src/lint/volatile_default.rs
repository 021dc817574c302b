//! A default that differs from row to row writes the whole table anew.

use super::column::unsteady;
use super::statement::Statement;
use super::{Hit, Rule, STATEMENT, Script};

pub(super) const RULE: Rule =
    Rule { name: "volatile-default", statement: Some(check), ..STATEMENT };

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    for (table, column) in script.added(at) {
        let Some(default) = &column.default else { continue };
        if let Some(function) = unsteady(script.text(default), script.file.dialect) {
            hits.push(Hit::new(
                default,
                format!("{table} is written anew under a lock: {function}() may give each row another value"),
                "differs from row to row",
                "add the column without a default, then SET DEFAULT, then fill the old rows in batches",
            ));
        }
    }
}
