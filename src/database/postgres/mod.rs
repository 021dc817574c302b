//! libpq: connection, introspection, canonical form.
