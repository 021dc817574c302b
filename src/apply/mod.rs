//! Running, reverting and pushing.

mod error;
mod lock;
mod migrate;
mod push;
mod replace;
mod run;

pub use error::{ApplyError, FailedStatement};
pub use lock::Lock;
pub use migrate::{Done, Observer, mark_applied, migrate, pending, rollback};
pub use push::{PushError, PushPlan, execute, plan_push};
pub use replace::{move_over, renamed};
