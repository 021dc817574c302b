//! Writers wait, and readers that would use the index.

use super::statement::{Kind, Statement};
use super::{Hit, Rule, STATEMENT, Script};

pub(super) const RULE: Rule =
    Rule { name: "reindex-not-concurrent", statement: Some(check), ..STATEMENT };

fn check(_script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    if let Kind::Reindex { concurrently: false } = &at.kind {
        hits.push(Hit::new(
            &at.head,
            "nobody can write to the table while its index is rebuilt",
            "needs CONCURRENTLY",
            "REINDEX … CONCURRENTLY, in a migration of its own with run_in_transaction = false",
        ));
    }
}
