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
use crate::plan::{Action, Lock, Part, Plan, Script, Statement, Step};
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
    let mut texts = texts(plan, to);
    let mut script = Script { parts: Vec::new(), notes: plan.notes.clone() };
    let ahead = bodies::ahead_of_their_names(&plan.steps);
    for steps in arranged(plan, &texts) {
        let mut unchecked = false;
        let mut part = Part { transactional: true, statements: Vec::new() };
        for at in steps {
            let (Some(step), Some(statements)) = (plan.steps.get(at), texts.get_mut(at)) else {
                continue;
            };
            part.transactional = step.transactional;
            if ahead.contains(&at) && !unchecked {
                unchecked = true;
                let sql = "SET LOCAL check_function_bodies = off;".to_owned();
                part.statements.push(Statement::new(sql));
            }
            let mut hazards = step.hazards.clone();
            let mut locks = step.action.locks(from, to);
            locks.retain(|lock| !made.contains(&lock.table));
            for sql in std::mem::take(statements) {
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
        script.parts.push(part);
    }
    script
}

/// The steps of each part that [`render`] makes.
#[must_use]
pub(super) fn parts<'a>(plan: &'a Plan, to: &Model) -> Vec<Vec<&'a Step>> {
    let steps = |part: Vec<usize>| part.into_iter().filter_map(|at| plan.steps.get(at)).collect();
    arranged(plan, &texts(plan, to)).into_iter().map(steps).collect()
}

fn texts(plan: &Plan, to: &Model) -> Vec<Vec<String>> {
    plan.steps.iter().map(|step| steps::render(&step.action, to)).collect()
}

/// Steps by their numbers, those of each part together. A step without statements is in none.
fn arranged(plan: &Plan, texts: &[Vec<String>]) -> Vec<Vec<usize>> {
    let early = used_labels(plan, texts);
    let order = early.iter().copied().chain((0..plan.steps.len()).filter(|n| !early.contains(n)));
    let mut parts: Vec<Vec<usize>> = Vec::new();
    let mut stage = None;
    let mut last_early = None;
    for at in order {
        let (Some(step), Some(false)) = (plan.steps.get(at), texts.get(at).map(Vec::is_empty))
        else {
            continue;
        };
        let now_early = early.contains(&at);
        let committed = last_early.replace(now_early).is_some_and(|was| was != now_early);
        let new = !step.transactional || committed || stage != Some(step.stage);
        stage = step.transactional.then_some(step.stage);
        match parts.last_mut().filter(|_| !new) {
            Some(part) => part.push(at),
            None => parts.push(vec![at]),
        }
    }
    parts
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
