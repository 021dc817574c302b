//! PostgreSQL.

pub mod quote;
pub mod types;

use crate::model::Model;
use crate::plan::{Plan, Script};

/// A plan as PostgreSQL's SQL.
#[must_use]
pub fn render(plan: &Plan, from: &Model, to: &Model) -> Script {
    let _ = (from, to);
    Script { parts: Vec::new(), notes: plan.notes.clone() }
}
