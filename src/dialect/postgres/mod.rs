//! PostgreSQL.

mod collations;
pub mod comments;
mod composites;
mod domains;
mod extensions;
pub mod objects;
mod policies;
pub mod quote;
mod ranges;
mod routines;
mod rules;
mod schemas;
pub mod sequences;
mod statistics;
mod triggers;
pub mod types;
mod views;

use crate::model::Model;
use crate::plan::{Plan, Script};

/// A plan as PostgreSQL's SQL.
#[must_use]
pub fn render(plan: &Plan, from: &Model, to: &Model) -> Script {
    let _ = (from, to);
    Script { parts: Vec::new(), notes: plan.notes.clone() }
}
