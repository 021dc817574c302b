//! Row-level security policies.

use super::comments;
use super::quote::ident;
use super::triggers::on_table;
use crate::model::{Policy, PolicyCommand};

pub(super) fn create(policy: &Policy) -> Vec<String> {
    let target = on_table(&policy.id);
    let mut sql = format!("CREATE POLICY {target}");
    if !policy.permissive {
        sql.push_str(" AS RESTRICTIVE");
    }
    if policy.command != PolicyCommand::All {
        sql.push_str(&format!(" FOR {}", command(policy.command)));
    }
    if policy.roles != ["public"] {
        sql.push_str(&format!(" TO {}", roles(&policy.roles)));
    }
    expressions(&mut sql, policy);
    let mut out = vec![format!("{sql};")];
    comments::new(&mut out, "POLICY", &target, policy.comment.as_deref());
    out
}

pub(super) fn drop(policy: &Policy) -> String {
    format!("DROP POLICY {};", on_table(&policy.id))
}

pub(super) fn alter(from: &Policy, to: &Policy) -> Vec<String> {
    let target = on_table(&to.id);
    let mut out = Vec::new();
    let mut sql = String::new();
    if from.roles != to.roles {
        sql.push_str(&format!(" TO {}", roles(&to.roles)));
    }
    if from.using != to.using || from.with_check != to.with_check {
        expressions(&mut sql, to);
    }
    if !sql.is_empty() {
        out.push(format!("ALTER POLICY {target}{sql};"));
    }
    let (old, new) = (from.comment.as_deref(), to.comment.as_deref());
    comments::change(&mut out, "POLICY", &target, old, new);
    out
}

fn expressions(sql: &mut String, policy: &Policy) {
    if let Some(using) = &policy.using {
        sql.push_str(&format!("\n    USING ({using})"));
    }
    if let Some(check) = &policy.with_check {
        sql.push_str(&format!("\n    WITH CHECK ({check})"));
    }
}

fn command(command: PolicyCommand) -> &'static str {
    match command {
        PolicyCommand::All => "ALL",
        PolicyCommand::Select => "SELECT",
        PolicyCommand::Insert => "INSERT",
        PolicyCommand::Update => "UPDATE",
        PolicyCommand::Delete => "DELETE",
    }
}

/// PUBLIC and the words for the present user are key words, not names.
fn roles(roles: &[String]) -> String {
    let spelled = roles.iter().map(|role| match role.as_str() {
        word @ ("public" | "current_user" | "session_user" | "current_role") => word.to_uppercase(),
        role => ident(role),
    });
    spelled.collect::<Vec<_>>().join(", ")
}
