//! Two models in, changes out.

mod rename;

pub use rename::Rename;
