//! Rewrite rules.

use super::comments;
use super::triggers::{enable, on_table};
use crate::model::{Enabled, Rule};

pub(super) fn create(rule: &Rule) -> Vec<String> {
    let mut out = vec![format!("{};", rule.definition)];
    if rule.enabled != Enabled::Origin {
        out.push(enable("RULE", &rule.id, rule.enabled));
    }
    comments::new(&mut out, "RULE", &on_table(&rule.id), rule.comment.as_deref());
    out
}

pub(super) fn drop(rule: &Rule) -> String {
    format!("DROP RULE {};", on_table(&rule.id))
}

pub(super) fn alter(from: &Rule, to: &Rule) -> Vec<String> {
    let mut out = Vec::new();
    if from.definition != to.definition {
        let rest = to.definition.strip_prefix("CREATE RULE").unwrap_or(&to.definition);
        out.push(format!("CREATE OR REPLACE RULE{rest};"));
    }
    if from.enabled != to.enabled {
        out.push(enable("RULE", &to.id, to.enabled));
    }
    let (old, new) = (from.comment.as_deref(), to.comment.as_deref());
    comments::change(&mut out, "RULE", &on_table(&to.id), old, new);
    out
}
