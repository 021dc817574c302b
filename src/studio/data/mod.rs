//! What is read and written, as statements.

mod cell;
mod cursor;
mod diesel;
mod filter;
mod kind;
mod rows;
mod schema;
mod shown;

pub use cell::Cell;
pub use rows::{Asked, count_statement, page};
pub use schema::Schema;
