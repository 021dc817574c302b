//! Changes in, ordered steps out.

mod hazard;
mod script;

pub use hazard::{Hazard, HazardKind};
pub use script::{Part, Script, Statement};
