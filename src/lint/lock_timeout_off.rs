//! Whoever waits without a limit stops everybody who comes after.

use super::statement::{Kind, Statement};
use super::{Hit, Rule, STATEMENT, Script};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    name: "lock-timeout-off",
    level: Some(Severity::Warning),
    statement: Some(check),
    ..STATEMENT
};

fn check(_script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    if let Kind::Set { name, value } = &at.kind
        && name == "lock_timeout"
        && is_zero(value)
    {
        hits.push(Hit::new(
            &at.head,
            "without a limit this migration waits for locks for ever, and everybody queues behind it",
            "no limit",
            "leave it out: dbkit sets lock_timeout and tries again (--table-lock-timeout)",
        ));
    }
}

fn is_zero(value: &str) -> bool {
    let digits = value.trim_matches('\'').trim_end_matches(char::is_alphabetic).trim();
    value.eq_ignore_ascii_case("default") || digits == "0"
}
