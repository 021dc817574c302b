use super::metrics::count;
use super::tenant::Scope;
use super::{Access, Backend, Db, Error, Isolation};
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A unit of work before it runs: one transaction on one connection.
#[must_use = "a unit of work does nothing until `run`"]
pub struct Unit<'d, C: Backend> {
    db: &'d Db<C>,
    isolation: Option<Isolation>,
    access: Access,
    replica: bool,
    retries: u32,
    scope: Scope,
}

/// A unit of work that is under way.
pub struct Work<'c, C: Backend> {
    connection: &'c mut C,
    after: Vec<Box<dyn FnOnce()>>,
    attempt: u32,
    tenant: Option<&'c str>,
}

impl<'d, C: Backend> Unit<'d, C> {
    pub(super) fn new(db: &'d Db<C>, scope: Scope) -> Self {
        let (isolation, access, replica) = (None, Access::ReadWrite, false);
        Self { db, isolation, access, replica, retries: 3, scope }
    }

    /// The isolation level; the database's own default otherwise.
    pub fn isolation(mut self, level: Isolation) -> Self {
        self.isolation = Some(level);
        self
    }

    /// A transaction that can only read. On SQLite it takes no lock for writing, but does not
    /// refuse to write.
    pub fn read_only(mut self) -> Self {
        self.access = Access::ReadOnly;
        self
    }

    /// On the replica, where there is one.
    pub fn on_replica(mut self) -> Self {
        self.replica = true;
        self
    }

    /// How often it is begun again after a serialization failure, a deadlock, or a busy SQLite
    /// database; 3 otherwise.
    pub fn retries(mut self, times: u32) -> Self {
        self.retries = times;
        self
    }

    /// Runs it: committed when the closure returns `Ok`, rolled back when it returns an error or
    /// panics. After a conflict with another transaction all of the closure runs again, so that
    /// it must not do anything outside of the database: that is what [`Work::after_commit`] is for.
    ///
    /// # Errors
    /// The closure's last, the commit's, or the pool's.
    pub fn run<T, E, F>(&self, mut work: F) -> Result<T, E>
    where
        E: From<Error>,
        F: FnMut(&mut Work<'_, C>) -> Result<T, E>,
    {
        let mut attempt = 1;
        loop {
            let conflict = Arc::new(AtomicBool::new(false));
            let outcome = self.once(&mut work, attempt, &conflict);
            if outcome.is_ok() || !conflict.load(Ordering::Relaxed) || attempt > self.retries {
                return outcome;
            }
            count(&self.db.counters().retries);
            std::thread::sleep(pause(attempt));
            attempt += 1;
        }
    }

    fn once<T, E, F>(&self, work: &mut F, attempt: u32, conflict: &Arc<AtomicBool>) -> Result<T, E>
    where
        E: From<Error>,
        F: FnMut(&mut Work<'_, C>) -> Result<T, E>,
    {
        let query = |error: diesel::result::Error| E::from(Error::Query(error));
        let schema = self.place().map_err(E::from)?;
        let system = matches!(self.scope, Scope::System(_));
        let mut connection = self.db.watched(self.replica, system, conflict).map_err(E::from)?;
        let connection: &mut C = &mut connection;
        let begin = C::begin(self.isolation, self.access);
        AnsiTransactionManager::begin_transaction_sql(connection, &begin).map_err(query)?;
        if let Err(error) = self.enter(connection, schema.as_deref()) {
            let _ = AnsiTransactionManager::rollback_transaction(connection);
            return Err(E::from(error));
        }
        let tenant = match &self.scope {
            Scope::Tenant(tenant) => Some(tenant.as_str()),
            _ => None,
        };
        let mut unit = Work { connection, after: Vec::new(), attempt, tenant };
        let outcome = catch_unwind(AssertUnwindSafe(|| work(&mut unit)));
        let Work { connection, after, .. } = unit;
        let value = match outcome {
            Ok(Ok(value)) => value,
            Ok(Err(error)) => {
                count(&self.db.counters().rollbacks);
                // A rollback that fails leaves the connection broken, and the pool drops it.
                let _ = AnsiTransactionManager::rollback_transaction(connection);
                return Err(error);
            }
            Err(panic) => {
                count(&self.db.counters().rollbacks);
                let _ = AnsiTransactionManager::rollback_transaction(connection);
                resume_unwind(panic);
            }
        };
        if let Some(tenant) = tenant
            && let Err(error) = self.leave(connection, tenant, schema.as_deref())
        {
            count(&self.db.counters().rollbacks);
            let _ = AnsiTransactionManager::rollback_transaction(connection);
            return Err(E::from(error));
        }
        if let Err(error) = AnsiTransactionManager::commit_transaction(connection) {
            count(&self.db.counters().rollbacks);
            if super::transient::is_transient(&error) {
                conflict.store(true, Ordering::Relaxed);
            }
            return Err(query(error));
        }
        count(&self.db.counters().commits);
        for hook in after {
            hook();
        }
        Ok(value)
    }
}

impl<C: Backend> Unit<'_, C> {
    /// The schema it works in, where each tenant has one.
    fn place(&self) -> Result<Option<String>, Error> {
        match &self.scope {
            Scope::Nobody => Ok(None),
            Scope::System(reason) if reason.trim().is_empty() => {
                Err(Error::Tenant("looking at all tenants needs a reason".to_owned()))
            }
            Scope::System(_) => Ok(None),
            Scope::Tenant(tenant) => match &self.db.settings().tenancy {
                Some(tenancy) => tenancy.schema(tenant),
                None => Err(Error::Tenant(
                    "nothing says how tenants are kept apart: set PoolSettings::tenancy".to_owned(),
                )),
            },
        }
    }

    fn enter(&self, connection: &mut C, schema: Option<&str>) -> Result<(), Error> {
        match &self.scope {
            Scope::Nobody => Ok(()),
            Scope::Tenant(tenant) => match connection.enter(tenant, schema)? {
                true => Ok(()),
                false => {
                    let schema = schema.unwrap_or_default();
                    Err(Error::Tenant(format!("tenant {tenant:?} has no schema {schema:?}")))
                }
            },
            Scope::System(reason) => {
                count(&self.db.counters().system_units);
                tracing::warn!(target: "dbkit::tenant", %reason, "a unit of work on all tenants");
                Ok(connection.enter_system(reason)?)
            }
        }
    }

    /// Nothing is kept of a unit whose SQL has set another tenant, and its connection goes.
    fn leave(&self, connection: &mut C, tenant: &str, schema: Option<&str>) -> Result<(), Error> {
        if connection.stayed(tenant, schema)? {
            return Ok(());
        }
        count(&self.db.counters().tenant_escapes);
        tracing::error!(target: "dbkit::tenant", "SQL of a unit of work has set another tenant");
        let _ = AnsiTransactionManager::rollback_transaction(connection);
        AnsiTransactionManager::transaction_manager_status_mut(connection).set_in_error();
        Err(Error::Tenant("SQL of this unit of work has set another tenant".to_owned()))
    }
}

impl<C: Backend> Work<'_, C> {
    /// Whose unit of work this is; `None` for one of [`Db::unit`].
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.tenant
    }

    /// The Diesel connection, inside the transaction.
    pub fn connection(&mut self) -> &mut C {
        self.connection
    }

    /// 1 for the first time, 2 after one conflict, and so on.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Runs after the commit, in the order of these calls; never when the transaction, or the
    /// savepoint that this was called in, is rolled back.
    pub fn after_commit(&mut self, hook: impl FnOnce() + 'static) {
        self.after.push(Box::new(hook));
    }

    /// A part that can fail alone: its changes are undone back to a savepoint when the closure
    /// returns an error or panics, and the unit of work goes on. They nest.
    ///
    /// # Errors
    /// The closure's, or what the database says of the savepoint.
    pub fn savepoint<T, E: From<Error>>(
        &mut self,
        part: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let query = |error: diesel::result::Error| E::from(Error::Query(error));
        AnsiTransactionManager::begin_transaction(self.connection).map_err(query)?;
        let hooks = self.after.len();
        match catch_unwind(AssertUnwindSafe(|| part(self))) {
            Ok(Ok(value)) => {
                AnsiTransactionManager::commit_transaction(self.connection).map_err(query)?;
                Ok(value)
            }
            Ok(Err(error)) => {
                self.after.truncate(hooks);
                AnsiTransactionManager::rollback_transaction(self.connection).map_err(query)?;
                Err(error)
            }
            Err(panic) => {
                self.after.truncate(hooks);
                let _ = AnsiTransactionManager::rollback_transaction(self.connection);
                resume_unwind(panic)
            }
        }
    }
}

/// 20 ms, 40 ms, 80 ms … up to a second, and up to as much again by chance: two that collided must
/// not collide at the same moment again.
fn pause(attempt: u32) -> Duration {
    let base = Duration::from_millis(20_u64.saturating_mul(1 << attempt.min(6).saturating_sub(1)));
    let base = base.min(Duration::from_secs(1));
    base + base.mul_f64(crate::database::random_fraction())
}
