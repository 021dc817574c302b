//! Domains.

use super::quote::ident;
use super::{collations, comments, types};
use crate::model::{Check, Domain};

pub(super) fn create(domain: &Domain) -> Vec<String> {
    let name = types::user(&domain.name);
    let collation = collations::clause(domain.collation.as_ref());
    let mut sql = format!("CREATE DOMAIN {name} AS {}{collation}", types::render(&domain.base));
    if let Some(default) = &domain.default {
        sql.push_str(&format!(" DEFAULT {default}"));
    }
    if domain.not_null {
        sql.push_str(" NOT NULL");
    }
    for check in domain.checks.iter().filter(|c| !c.not_valid) {
        sql.push_str(&format!("\n    {}", constraint(check)));
    }
    let mut out = vec![format!("{sql};")];
    for check in domain.checks.iter().filter(|c| c.not_valid) {
        out.push(add(&name, check));
    }
    comments::new(&mut out, "DOMAIN", &name, domain.comment.as_deref());
    for check in &domain.checks {
        comments::new(&mut out, "CONSTRAINT", &target(&name, check), check.comment.as_deref());
    }
    out
}

pub(super) fn drop(domain: &Domain) -> String {
    format!("DROP DOMAIN {};", types::user(&domain.name))
}

pub(super) fn alter(from: &Domain, to: &Domain) -> Vec<String> {
    let name = types::user(&to.name);
    let mut out = Vec::new();
    if from.default != to.default {
        out.push(match &to.default {
            Some(default) => format!("ALTER DOMAIN {name} SET DEFAULT {default};"),
            None => format!("ALTER DOMAIN {name} DROP DEFAULT;"),
        });
    }
    if from.not_null != to.not_null {
        let verb = if to.not_null { "SET" } else { "DROP" };
        out.push(format!("ALTER DOMAIN {name} {verb} NOT NULL;"));
    }
    let find = |checks: &[Check], wanted: &Check| {
        checks.iter().find(|check| check.name == wanted.name).cloned()
    };
    // A check keeps its name where only its validity or comment changes.
    let same =
        |a: &Check, b: &Check| a.expr == b.expr && (a.not_valid == b.not_valid || !b.not_valid);
    for old in &from.checks {
        if !find(&to.checks, old).is_some_and(|new| same(old, &new)) {
            let constraint = ident(old.name.as_deref().unwrap_or_default());
            out.push(format!("ALTER DOMAIN {name} DROP CONSTRAINT {constraint};"));
        }
    }
    for new in &to.checks {
        let old = find(&from.checks, new).filter(|old| same(old, new));
        match &old {
            None => out.push(add(&name, new)),
            Some(old) if old.not_valid && !new.not_valid => {
                let constraint = ident(new.name.as_deref().unwrap_or_default());
                out.push(format!("ALTER DOMAIN {name} VALIDATE CONSTRAINT {constraint};"));
            }
            Some(_) => {}
        }
        let before = old.as_ref().and_then(|old| old.comment.as_deref());
        comments::change(
            &mut out,
            "CONSTRAINT",
            &target(&name, new),
            before,
            new.comment.as_deref(),
        );
    }
    let (old, new) = (from.comment.as_deref(), to.comment.as_deref());
    comments::change(&mut out, "DOMAIN", &name, old, new);
    out
}

fn constraint(check: &Check) -> String {
    let check_sql = format!("CHECK ({})", check.expr);
    match &check.name {
        Some(name) => format!("CONSTRAINT {} {check_sql}", ident(name)),
        None => check_sql,
    }
}

fn add(domain: &str, check: &Check) -> String {
    let not_valid = if check.not_valid { " NOT VALID" } else { "" };
    format!("ALTER DOMAIN {domain} ADD {}{not_valid};", constraint(check))
}

fn target(domain: &str, check: &Check) -> String {
    format!("{} ON DOMAIN {domain}", ident(check.name.as_deref().unwrap_or_default()))
}
