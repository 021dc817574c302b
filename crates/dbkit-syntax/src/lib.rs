//! The grammar of dbkit's schema language: one parser for the `schema!` macro, which has tokens,
//! and for the offline reader, which has the text of a Rust file.
//!
//! Attributes are parsed into one generic shape ([`ast::Attribute`]); [`attributes::KNOWN`] says
//! which exist and where they may stand.

pub mod ast;
pub mod attributes;
mod check;
mod cursor;
pub mod names;
mod nearest;
mod nesting;
mod parse;

pub use nearest::nearest;
pub use parse::{parse_file, parse_schema, read_file};
