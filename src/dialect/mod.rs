//! Steps in, SQL text out. The only place where SQL is rendered and names are quoted.

mod back;
pub mod postgres;
pub mod sqlite;

pub use back::{Folder, Stretch, stretches};

use crate::diff::{Ambiguity, Rename, diff};
use crate::model::{Dialect, Model};
use crate::plan::{Plan, PlanError, PlanOptions, Script, plan};

/// The SQL that brings a database from one model to another: diff, plan and rendering in one
/// call. The way back is the same call with the models exchanged.
///
/// The second value names drops beside adds that could be renames; the script treats them as
/// drops and adds.
///
/// # Errors
/// See [`PlanError`].
pub fn script(
    from: &Model,
    to: &Model,
    renames: &[Rename],
    options: &PlanOptions,
) -> Result<(Script, Vec<Ambiguity>), PlanError> {
    if to.dialect == Dialect::Sqlite {
        return Ok(sqlite::script(from, to, renames, &options.conversions));
    }
    let diff = diff(from, to, renames);
    let plan = plan(&diff, from, to, options)?;
    Ok((render(&plan, from, to), diff.ambiguous))
}

/// A plan as SQL of the models' dialect.
#[must_use]
pub fn render(plan: &Plan, from: &Model, to: &Model) -> Script {
    match to.dialect {
        Dialect::Postgres => postgres::render(plan, from, to),
        Dialect::Sqlite => sqlite::render(plan, from, to),
    }
}
