//! PostgreSQL.

pub mod array_casts;
mod bodies;
mod collations;
mod columns;
pub mod comments;
mod composites;
mod constraints;
mod domains;
mod enums;
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

use crate::model::{Model, QName};
use crate::plan::{Action, Part, Plan, Script, Statement};
use std::collections::BTreeSet;
use steps::create_object;

/// A plan as PostgreSQL's SQL. Steps share a transaction as long as nothing forbids it: a
/// statement that cannot run in one, the next stage of a safe form, or a new enum label that a
/// later statement uses (ALTER TYPE, notes: it must be committed first).
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
    let mut script = Script { parts: Vec::new(), notes: plan.notes.clone() };
    let mut stage = None;
    let mut labels: Vec<String> = Vec::new();
    let ahead = bodies::ahead_of_their_names(&plan.steps);
    let mut unchecked = false;
    for (at, step) in plan.steps.iter().enumerate() {
        let statements = steps::render(&step.action, to);
        if statements.is_empty() {
            continue;
        }
        let uses_label =
            labels.iter().any(|label| statements.iter().any(|sql| sql.contains(label.as_str())));
        if !step.transactional || uses_label || stage != Some(step.stage) {
            labels.clear();
            unchecked = false;
            script.parts.push(Part { transactional: step.transactional, statements: Vec::new() });
        }
        stage = step.transactional.then_some(step.stage);
        if let Action::AddEnumValue { label, .. } = &step.action {
            labels.push(quote::literal(label));
        }
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
            part.statements.push(Statement { sql, hazards, locks: locks.clone() });
        }
    }
    script
}
