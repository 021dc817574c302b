//! The migration has a transaction already.

use super::statement::{Kind, Statement};
use super::{About, Hit, Rule, STATEMENT, Script};

pub(super) const RULE: Rule = Rule {
    name: "transaction-control",
    about: About::Failure,
    dialect: None,
    statement: Some(check),
    ..STATEMENT
};

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    if script.file.transactional && matches!(at.kind, Kind::Transaction) {
        hits.push(Hit::new(
            &at.head,
            "this migration runs in a transaction already",
            "would end it or nest in it",
            "leave it out, or write run_in_transaction = false in metadata.toml and all of BEGIN … COMMIT here",
        ));
    }
}
