//! Every row goes.

use super::statement::{Kind, Statement};
use super::{About, Hit, Rule, STATEMENT, Script};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    name: "delete-without-where",
    level: Some(Severity::Warning),
    about: About::Rows,
    dialect: None,
    statement: Some(check),
    ..STATEMENT
};

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    if let Kind::Delete { table, filtered: false } = &at.kind
        && !script.is_new(table, at)
    {
        hits.push(Hit::new(
            &at.head,
            format!("every row of {table} is deleted"),
            "no WHERE",
            "say which rows, or `-- dbkit: allow delete-without-where` where all are meant",
        ));
    }
}
