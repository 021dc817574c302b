//! Two transactions that lock the same tables in another order wait for each other.

use super::statement::{Kind, Statement};
use super::{Hit, Rule, STATEMENT, Script};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    name: "several-tables-locked",
    level: Some(Severity::Warning),
    statement: Some(check),
    ..STATEMENT
};

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    let Kind::AlterTable { name, .. } = &at.kind else { return };
    if script.is_new(name, at) {
        return;
    }
    let mut others: Vec<&str> = Vec::new();
    for earlier in script.before_in_transaction(at) {
        if let Kind::AlterTable { name: other, .. } = &earlier.kind
            && !script.is_new(other, earlier)
            && !others.contains(&other.as_str())
        {
            others.push(other);
        }
    }
    // Told once, at the second table.
    if let [other] = others.as_slice()
        && *other != name
        && !told_before(script, at, name)
    {
        hits.push(Hit::new(
            &at.head,
            format!("{other} stays locked while {name} is waited for"),
            "second table in one transaction",
            "one migration for each table in use",
        ));
    }
}

fn told_before(script: &Script<'_>, at: &Statement, table: &str) -> bool {
    script
        .before_in_transaction(at)
        .any(|earlier| matches!(&earlier.kind, Kind::AlterTable { name, .. } if name == table))
}
