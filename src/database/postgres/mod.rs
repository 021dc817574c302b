//! libpq: connection, introspection, canonical form.

mod canonical;
mod connect;
mod copy;
mod introspect;
mod libpq;
mod scope;
mod session;
mod values;
mod watch;

pub use canonical::{Canonical, canonicalise};
pub(crate) use connect::random_fraction;
pub use connect::{ConnectOptions, RetryPolicy, Waiting};
pub use scope::Scope;
pub use session::{CancelHandle, Notice, PgSession, TransactionStatus};
pub use watch::Patience;
