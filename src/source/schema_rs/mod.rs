//! `schema.rs`: Diesel's schema language with dbkit's attributes, read and written.

mod ast;
mod declared;
mod default_names;
mod dialect;
mod fit;
pub mod identifiers;
mod mentions;
pub mod names;
mod on_update;
mod plain;
mod read;
mod serial;
mod tenant;
mod types;
mod update;
mod write;

pub use declared::{Declared, DeclaredName, DeclaredTable};
pub use dialect::of_text as dialect_of;
pub use plain::{Completed, completed, without_views};
pub use read::{read, read_all};
pub use serial::is_serial;
pub use tenant::{POLICY, Tenants, condition, exact as tenants, policy as policy_of, protected};
pub use update::{Adopted, Counts, Updated, adopt, is_plain, is_schema, update};
pub use write::{write, write_marked};
