//! Writers wait for as long as a plain index is built.

use super::statement::{Kind, Statement};
use super::{Hit, Rule, STATEMENT, Script};

pub(super) const RULE: Rule =
    Rule { name: "index-not-concurrent", statement: Some(check), ..STATEMENT };

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    if let Kind::CreateIndex { table, concurrently: false, .. } = &at.kind
        && !script.is_new(table, at)
    {
        hits.push(Hit::new(
            &at.head,
            format!("no row of {table} can be written while this index is built"),
            "needs CONCURRENTLY",
            "CREATE INDEX CONCURRENTLY, in a migration of its own with run_in_transaction = false in its metadata.toml",
        ));
    }
}
