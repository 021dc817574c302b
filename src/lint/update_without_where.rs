//! Every row is written anew, and stays locked until the end.

use super::statement::{Kind, Statement};
use super::{About, Hit, Rule, STATEMENT, Script};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    name: "update-without-where",
    level: Some(Severity::Warning),
    about: About::Rows,
    dialect: None,
    statement: Some(check),
    ..STATEMENT
};

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    if let Kind::Update { table, filtered: false } = &at.kind
        && !script.is_new(table, at)
    {
        hits.push(Hit::new(
            &at.head,
            format!(
                "every row of {table} is written at once, and locked until the transaction ends"
            ),
            "no WHERE",
            "say which rows, in batches where there are many",
        ));
    }
}
