//! Locks of the schema change are held while rows are written.

use super::statement::{Kind, Statement};
use super::{Hit, Rule, STATEMENT, Script};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    name: "backfill-in-transaction",
    level: Some(Severity::Warning),
    statement: Some(check),
    ..STATEMENT
};

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    let (Kind::Update { table, .. } | Kind::Delete { table, .. }) = &at.kind else { return };
    let altered = script.before_in_transaction(at).find_map(|earlier| match &earlier.kind {
        Kind::AlterTable { name, .. } if !script.is_new(name, earlier) => Some(name),
        _ => None,
    });
    if let Some(altered) = altered
        && !script.is_new(table, at)
    {
        hits.push(Hit::new(
            &at.head,
            format!("nobody can use {altered} while these rows are written"),
            "same transaction as ALTER TABLE",
            "change rows in a migration of their own, in batches where there are many",
        ));
    }
}
