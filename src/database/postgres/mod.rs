//! libpq: connection, introspection, canonical form.

mod connect;
mod introspect;
mod libpq;
mod session;

pub use connect::{ConnectOptions, RetryPolicy, Waiting};
pub use session::{CancelHandle, Notice, PgSession, TransactionStatus};
