//! Running, reverting and pushing.

#![warn(missing_docs)]

mod advice;
mod blocked;
mod error;
mod group;
mod leftovers;
mod lock;
mod measure;
mod migrate;
mod migrator;
mod push;
mod replace;
mod run;
mod script;
mod settings;
mod steps;
mod transaction;

pub use blocked::{Blocked, Patience};
pub use error::{ApplyError, Effect, FailedStatement};
pub use lock::Lock;
pub use measure::count_rows;
pub use migrate::{Done, Observer, Run, check, mark_applied, pending};
pub use migrator::{Migrator, Report};
pub use push::{PushError, PushPlan, execute, plan_push};
pub use replace::{move_over, renamed};
pub use settings::{Settings, Unknown};
