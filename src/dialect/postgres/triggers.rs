//! Triggers.

use super::comments;
use super::quote::{ident, qname};
use crate::model::{Enabled, OnTable, Trigger};

pub(super) fn create(trigger: &Trigger) -> Vec<String> {
    let mut out = vec![format!("{};", trigger.definition)];
    if trigger.enabled != Enabled::Origin {
        out.push(enable("TRIGGER", &trigger.id, trigger.enabled));
    }
    comments::new(&mut out, "TRIGGER", &on_table(&trigger.id), trigger.comment.as_deref());
    out
}

pub(super) fn drop(trigger: &Trigger) -> String {
    format!("DROP TRIGGER {};", on_table(&trigger.id))
}

pub(super) fn alter(from: &Trigger, to: &Trigger) -> Vec<String> {
    let mut out = Vec::new();
    if from.enabled != to.enabled {
        out.push(enable("TRIGGER", &to.id, to.enabled));
    }
    let (old, new) = (from.comment.as_deref(), to.comment.as_deref());
    comments::change(&mut out, "TRIGGER", &on_table(&to.id), old, new);
    out
}

/// `ALTER TABLE … ENABLE REPLICA TRIGGER …`.
pub(super) fn enable(what: &str, id: &OnTable, enabled: Enabled) -> String {
    let verb = match enabled {
        Enabled::Origin => "ENABLE",
        Enabled::Disabled => "DISABLE",
        Enabled::Replica => "ENABLE REPLICA",
        Enabled::Always => "ENABLE ALWAYS",
    };
    format!("ALTER TABLE {} {verb} {what} {};", qname(&id.table), ident(&id.name))
}

/// `name ON table`.
pub(super) fn on_table(id: &OnTable) -> String {
    format!("{} ON {}", ident(&id.name), qname(&id.table))
}
