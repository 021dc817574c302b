//! SQLite: the connection, introspection, plans applied to real files.

mod introspect;
mod plan;
mod random;
mod session;
