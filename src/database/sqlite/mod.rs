//! SQLite: connection, introspection, canonical form.
