//! The database refuses the statement in a transaction.

use super::statement::Statement;
use super::{About, Hit, Rule, STATEMENT, Script};
use crate::sql::classify;

pub(super) const RULE: Rule = Rule {
    name: "not-in-transaction",
    about: About::Failure,
    dialect: None,
    statement: Some(check),
    ..STATEMENT
};

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    let sql = script.text(&at.span);
    if at.transaction.is_some() && classify::cannot_run_in_transaction(sql, script.file.dialect) {
        hits.push(Hit::new(
            &at.head,
            "the database refuses this in a transaction",
            "runs in a transaction here",
            "a migration of its own with run_in_transaction = false in its metadata.toml",
        ));
    }
}
