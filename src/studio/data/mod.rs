//! What is read and written, as statements.

mod cascade;
mod cell;
mod change;
mod cursor;
mod diesel;
mod export;
mod filter;
mod import;
mod kind;
mod row;
mod rows;
mod save;
mod schema;
mod shown;
mod transaction;

pub use cascade::cascades;
pub use cell::{Cell, cells};
pub use change::{Change, code, statements};
pub use diesel::count as count_code;
pub use export::{Export, Wanted as ExportWanted};
pub use import::{Import, import};
pub use kind::Kind;
use row::bound_to as bound;
pub use row::{RowAsked, detail};
pub use rows::{Asked, count_statement, page};
pub use save::save;
pub use schema::{Schema, schema_version};
pub use shown::inline as shown;
pub use transaction::{begin_reading, begin_writing, end, looking, reading};
