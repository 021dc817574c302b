//! PostgreSQL.

pub mod array_casts;
mod bodies;
mod collations;
mod columns;
pub mod comments;
mod composites;
mod constraints;
mod domains;
pub mod enums;
mod extensions;
mod indexes;
pub mod objects;
mod policies;
pub mod quote;
mod ranges;
mod renames;
mod routines;
mod rules;
mod schemas;
pub mod sequences;
mod statistics;
mod steps;
mod tables;
mod triggers;
pub mod types;
mod views;

use crate::diff::Rename;
use crate::model::{Model, Object, ObjectKind, QName};
use crate::plan::{Action, Lock, Part, Plan, Script, Statement};
use std::collections::BTreeSet;
use steps::create_object;

/// A plan as PostgreSQL's SQL. Steps share a transaction as long as nothing forbids it: a
/// statement that cannot run in one, the next stage of a safe form, or new enum labels that other
/// statements use.
#[must_use]
pub fn render(plan: &Plan, from: &Model, to: &Model) -> Script {
    let made: BTreeSet<&QName> = plan
        .steps
        .iter()
        .filter_map(|step| match &step.action {
            Action::CreateTable(table) => Some(&table.name),
            Action::SetAsideTable { aside, .. } => Some(aside),
            _ => None,
        })
        .collect();
    let texts: Vec<Vec<String>> =
        plan.steps.iter().map(|step| steps::render(&step.action, to)).collect();
    let early = used_labels(plan, &texts);
    let order = early.iter().copied().chain((0..plan.steps.len()).filter(|n| !early.contains(n)));
    let mut script = Script { parts: Vec::new(), notes: plan.notes.clone() };
    let mut stage = None;
    let ahead = bodies::ahead_of_their_names(&plan.steps);
    let mut unchecked = false;
    let mut last_early = None;
    for at in order {
        let (Some(step), Some(statements)) = (plan.steps.get(at), texts.get(at).cloned()) else {
            continue;
        };
        if statements.is_empty() {
            continue;
        }
        let now_early = early.contains(&at);
        let committed = last_early.replace(now_early).is_some_and(|was| was != now_early);
        if !step.transactional || committed || stage != Some(step.stage) {
            unchecked = false;
            script.parts.push(Part { transactional: step.transactional, statements: Vec::new() });
        }
        stage = step.transactional.then_some(step.stage);
        let mut hazards = step.hazards.clone();
        let Some(part) = script.parts.last_mut() else { continue };
        if ahead.contains(&at) && !unchecked {
            unchecked = true;
            let sql = "SET LOCAL check_function_bodies = off;".to_owned();
            part.statements.push(Statement::new(sql));
        }
        let mut locks = step.action.locks(from, to);
        locks.retain(|lock| !made.contains(&lock.table));
        for sql in statements {
            let sql = array_casts::keep(sql);
            let hazards = std::mem::take(&mut hazards);
            let mut locks = locks.clone();
            locks.retain(|lock| takes(&step.action, &sql, lock));
            part.statements.push(Statement {
                sql,
                hazards,
                locks,
                table: step.action.table().cloned(),
                what: step.describe(),
            });
        }
    }
    script
}

/// True when this statement of a step of several takes the lock.
fn takes(action: &Action, sql: &str, lock: &Lock) -> bool {
    match action {
        Action::ReplaceType { .. } => {
            sql.starts_with(&format!("ALTER TABLE {} ", quote::qname(&lock.table)))
        }
        Action::Alter { to, .. } if matches!(**to, Object::Domain(_)) => {
            let tried = [" ADD ", " SET NOT NULL", " VALIDATE "].iter().any(|w| sql.contains(w));
            tried && !sql.ends_with(" NOT VALID;")
        }
        _ => true,
    }
}

/// The steps that add enum labels which other steps use: they come first and are committed before
/// the rest (ALTER TYPE, notes), so that a failure later leaves nothing behind but labels that
/// nothing uses. Renames of such an enum and its labels come along.
fn used_labels(plan: &Plan, texts: &[Vec<String>]) -> BTreeSet<usize> {
    let mut types: BTreeSet<&QName> = BTreeSet::new();
    for step in &plan.steps {
        let Action::AddEnumValue { ty, label, .. } = &step.action else { continue };
        let label = quote::literal(label);
        let bare = label.trim_matches('\'');
        let used = plan.steps.iter().zip(texts).any(|(other, texts)| {
            !matches!(other.action, Action::AddEnumValue { .. } | Action::Rename(_))
                && texts.iter().any(|sql| {
                    // Arrays hold labels without quotes of their own.
                    sql.contains(&label) || sql.contains('{') && sql.contains(bare)
                })
        });
        if used {
            types.insert(ty);
        }
    }
    let early = plan.steps.iter().enumerate().filter(|(_, step)| match &step.action {
        Action::AddEnumValue { ty, .. } => types.contains(ty),
        Action::Rename(Rename::Object { kind: ObjectKind::Enum, to, .. }) => types.contains(to),
        Action::Rename(Rename::EnumLabel { ty, .. }) => types.contains(ty),
        _ => false,
    });
    early.map(|(at, _)| at).collect()
}
