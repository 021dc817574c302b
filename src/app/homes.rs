//! Pools of tenants that have a database each.

use super::pool::{Opening, Pooled, open_pool};
use super::{Backend, Error, Manager, PoolSettings, Tenancy};
use crate::database::DatabaseError;
use diesel::r2d2::Pool;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// As many open pools as may be; the one that was used longest ago makes room.
pub(super) struct Homes<C: Backend> {
    open: Mutex<HashMap<String, Home<C>>>,
}

struct Home<C: Backend> {
    pool: Arc<Pool<Manager<C>>>,
    used: Instant,
}

/// A connection to a tenant's database; its pool stays open as long as this lives.
pub(super) struct Lodged<C: Backend> {
    pub connection: Pooled<C>,
    pub _pool: Arc<Pool<Manager<C>>>,
}

const PAUSE: Duration = Duration::from_millis(10);

impl<C: Backend> Homes<C> {
    pub(super) fn new() -> Self {
        Self { open: Mutex::new(HashMap::new()) }
    }

    /// How many are open.
    pub(super) fn len(&self) -> usize {
        self.open().len()
    }

    /// A map that a panic has left is as good as before: each change of it is one call.
    fn open(&self) -> MutexGuard<'_, HashMap<String, Home<C>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tenant's pool, opened where it is not.
    pub(super) fn pool(
        &self,
        tenant: &str,
        tenancy: &Tenancy,
        settings: &PoolSettings,
    ) -> Result<Arc<Pool<Manager<C>>>, Error> {
        let begun = Instant::now();
        let limit = settings.tenant_pools.max(1);
        loop {
            let mut open = self.open();
            if let Some(home) = open.get_mut(tenant) {
                home.used = Instant::now();
                return Ok(Arc::clone(&home.pool));
            }
            if open.len() < limit || make_room(&mut open) {
                drop(open);
                let pool = Arc::new(open_home(tenant, tenancy, settings)?);
                let mut open = self.open();
                // Two may have opened the same, or the last free place may be gone by now.
                if open.contains_key(tenant) || open.len() < limit || make_room(&mut open) {
                    let home = open
                        .entry(tenant.to_owned())
                        .or_insert_with(|| Home { pool, used: Instant::now() });
                    return Ok(Arc::clone(&home.pool));
                }
            } else {
                drop(open);
            }
            let waited = begun.elapsed();
            if waited >= settings.connect_timeout {
                return Err(Error::TenantsExhausted { waited, open: limit });
            }
            std::thread::sleep(PAUSE);
        }
    }
}

/// Closes the pool that nobody uses and was used longest ago. False when all are in use.
fn make_room<C: Backend>(open: &mut HashMap<String, Home<C>>) -> bool {
    let unused = open.iter().filter(|(_, home)| Arc::strong_count(&home.pool) == 1);
    let oldest = unused.min_by_key(|(_, home)| home.used).map(|(tenant, _)| tenant.clone());
    oldest.is_some_and(|tenant| open.remove(&tenant).is_some())
}

fn open_home<C: Backend>(
    tenant: &str,
    tenancy: &Tenancy,
    settings: &PoolSettings,
) -> Result<Pool<Manager<C>>, Error> {
    let Some(url) = tenancy.url(tenant)? else {
        return Err(Error::Tenant("tenants have no databases of their own here".to_owned()));
    };
    let mut settings = settings.clone();
    settings.max_size = settings.tenant_pool_size.max(1);
    settings.min_idle = 0;
    // The program runs already: a request waits no longer for this than for any connection.
    settings.start_timeout = settings.connect_timeout;
    let pool = open_pool::<C>(&url, &settings, Opening::Existing).map_err(|error| match error {
        Refusal::Database(error) if is_missing(&error) => {
            Error::Tenant(format!("tenant {tenant:?} has no database"))
        }
        other => other.into(),
    })?;
    let refused =
        pool.pool.get().map_err(|error| Error::Unreachable(error.to_string()))?.refusal(tenancy)?;
    match refused {
        Some(why) => Err(Error::Refused(why)),
        None => Ok(pool.pool),
    }
}

/// Why a pool could not be opened.
pub(super) enum Refusal {
    Database(DatabaseError),
    Other(String),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Database(error) => Self::Unreachable(error.to_string()),
            Refusal::Other(text) => Self::Unreachable(text),
        }
    }
}

fn is_missing(error: &DatabaseError) -> bool {
    matches!(error.code.as_deref(), Some("3D000" | "SQLITE_CANTOPEN"))
}
