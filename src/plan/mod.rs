//! Changes in, ordered steps out.
//!
//! Every change becomes one or more [`Step`]s. A step says what it needs, creates, destroys and
//! releases; one topological sort orders them all. Nothing here knows how SQL is spelled.

mod error;
mod graph;
mod hazard;
mod place;
mod script;
mod step;

pub use error::PlanError;
pub use hazard::{Hazard, HazardKind};
pub use script::{Part, Script, Statement};
pub use step::{Action, ColumnChange, Dependency, EnumColumn, EnumPlace, Item, Step, Strength};

use crate::diff::Diff;
use crate::model::Model;

/// How a plan treats tables that are in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Plain statements, one transaction as far as the database can.
    Fast,
    /// Forms that do not block readers and writers for long, in parts of their own.
    #[default]
    Safe,
}

/// What the user chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlanOptions {
    pub style: Style,
}

/// Ordered steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub steps: Vec<Step>,
    /// What the user should know and need not answer.
    pub notes: Vec<String>,
}

/// Turns a diff into ordered steps. `from` is the model the diff started from.
///
/// # Errors
/// When the steps depend on each other in a circle (a fault of dbkit, reported with the steps).
pub fn plan(
    diff: &Diff,
    from: &Model,
    to: &Model,
    options: &PlanOptions,
) -> Result<Plan, PlanError> {
    let _ = (from, to, options);
    if !diff.is_empty() {
        return Err(PlanError::Impossible {
            object: "plan".to_owned(),
            reason: "changes cannot be planned yet".to_owned(),
            help: "write the migration by hand".to_owned(),
        });
    }
    graph::sort(Vec::new()).map(|steps| Plan { steps, notes: Vec::new() })
}
