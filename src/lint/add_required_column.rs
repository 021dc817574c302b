//! Fails on the first row that is there, and on programs that do not know the column.

use super::statement::Statement;
use super::{About, Hit, Rule, STATEMENT, Script};

pub(super) const RULE: Rule = Rule {
    name: "add-required-column",
    about: About::Failure,
    dialect: None,
    statement: Some(check),
    ..STATEMENT
};

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    for (table, column) in script.added(at) {
        if column.not_null
            && column.default.is_none()
            && !column.identity
            && !column.stored
            && !column.ty.ends_with("serial")
        {
            hits.push(Hit::new(
                &column.span,
                format!("this fails if {table} has rows: {} has no value for them", column.name),
                "NOT NULL without a default",
                "give it a default, or add it without NOT NULL, fill it, and require it in a later migration",
            ));
        }
    }
}
