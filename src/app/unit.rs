use super::backend::Quarters;
use super::confine::Confinement;
use super::metrics::count;
use super::tenant::Scope;
use super::{Access, Backend, Db, Error, Isolation, Tenancy};
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A unit of work before it runs: one transaction on one connection.
///
/// ```
/// # use dbkit::app::{Db, Error, PoolSettings};
/// # use diesel::prelude::*;
/// # let db = Db::<SqliteConnection>::open(":memory:", PoolSettings::default())?;
/// # db.run(|c| -> Result<_, Error> { Ok(diesel::sql_query("CREATE TABLE carts (id INTEGER PRIMARY KEY, paid BOOLEAN)").execute(c)?) })?;
/// use dbkit::app::Isolation;
///
/// let unit = db.unit().isolation(Isolation::Serializable).retries(10);
/// unit.run(|work| -> Result<(), Error> {
///     diesel::sql_query("UPDATE carts SET paid = true").execute(work.connection())?;
///     Ok(())
/// })?;
/// # Ok::<(), Error>(())
/// ```
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
///
/// ```
/// # use dbkit::app::{Db, Error, PoolSettings};
/// # use diesel::prelude::*;
/// # let db = Db::<SqliteConnection>::open(":memory:", PoolSettings::default())?;
/// # db.run(|c| -> Result<_, Error> { Ok(diesel::sql_query("CREATE TABLE carts (id INTEGER PRIMARY KEY, paid BOOLEAN)").execute(c)?) })?;
/// db.unit().run(|work| -> Result<(), Error> {
///     diesel::sql_query("UPDATE carts SET paid = true").execute(work.connection())?;
///     work.after_commit(|| println!("told only when it is so"));
///     Ok(())
/// })?;
/// # Ok::<(), Error>(())
/// ```
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
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings};
    /// # let db = Db::<diesel::SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// use dbkit::app::Isolation;
    ///
    /// db.unit().isolation(Isolation::RepeatableRead).run(|_| Ok::<_, Error>(()))?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn isolation(mut self, level: Isolation) -> Self {
        self.isolation = Some(level);
        self
    }

    /// A transaction that can only read. On SQLite it takes no lock for writing, but does not
    /// refuse to write.
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings};
    /// # let db = Db::<diesel::SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// db.unit().read_only().run(|_| Ok::<_, Error>(()))?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn read_only(mut self) -> Self {
        self.access = Access::ReadOnly;
        self
    }

    /// On the replica, where there is one.
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings};
    /// # let db = Db::<diesel::SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// db.unit().read_only().on_replica().run(|_| Ok::<_, Error>(()))?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn on_replica(mut self) -> Self {
        self.replica = true;
        self
    }

    /// How often it is begun again after a serialization failure, a deadlock, or a busy SQLite
    /// database; 3 otherwise.
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings};
    /// # let db = Db::<diesel::SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// db.unit().retries(0).run(|_| Ok::<_, Error>(()))?;
    /// # Ok::<(), Error>(())
    /// ```
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
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings};
    /// # use diesel::prelude::*;
    /// # let db = Db::<SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// # db.run(|c| -> Result<_, Error> { Ok(diesel::sql_query("CREATE TABLE carts (id INTEGER PRIMARY KEY, paid BOOLEAN)").execute(c)?) })?;
    /// let failed = db.unit().run(|work| -> Result<(), Error> {
    ///     diesel::sql_query("INSERT INTO carts VALUES (1, false)").execute(work.connection())?;
    ///     Err(diesel::result::Error::RollbackTransaction.into())
    /// });
    /// assert!(failed.is_err());
    /// let there = db.unit().run(|work| -> Result<_, Error> {
    ///     Ok(diesel::sql_query("DELETE FROM carts").execute(work.connection())?)
    /// })?;
    /// assert_eq!(there, 0);
    /// # Ok::<(), Error>(())
    /// ```
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
        let span = tracing::debug_span!(
            target: "dbkit::unit", "unit", scope = self.scope.word(), attempt,
            outcome = tracing::field::Empty, micros = tracing::field::Empty,
        );
        let _entered = span.enter();
        let begun = Instant::now();
        let tell = |outcome: &'static str| {
            let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
            span.record("outcome", outcome).record("micros", micros);
            tracing::debug!(target: "dbkit::unit", outcome, micros, attempt);
        };
        let query = |error: diesel::result::Error| E::from(Error::Query(error));
        let quarters = self.quarters().map_err(E::from)?;
        let confinement = quarters.as_ref().map(|quarters| self.confinement(quarters));
        let mut lodged = self
            .db
            .watched(self.replica, &self.scope, conflict, confinement.as_ref())
            .map_err(E::from)?;
        let connection: &mut C = &mut lodged.connection;
        let begin = C::begin(self.isolation, self.access);
        AnsiTransactionManager::begin_transaction_sql(connection, &begin).map_err(query)?;
        if let Err(error) = self.enter(connection, quarters.as_ref()) {
            undo(connection);
            return Err(E::from(error));
        }
        let tenant = quarters.as_ref().map(|quarters| quarters.tenant.as_str());
        let mut unit = Work { connection, after: Vec::new(), attempt, tenant };
        let keep = |on: bool| confinement.iter().for_each(|confinement| confinement.set(on));
        keep(true);
        let outcome = catch_unwind(AssertUnwindSafe(|| work(&mut unit)));
        keep(false);
        let Work { connection, after, .. } = unit;
        let rolled_back = |connection: &mut C| {
            count(&self.db.counters().rollbacks);
            tell("rolled back");
            undo(connection);
        };
        if confinement.is_some_and(|confinement| confinement.is_broken()) {
            rolled_back(connection);
            return Err(E::from(self.escaped(connection)));
        }
        let value = match outcome {
            Ok(Ok(value)) => value,
            Ok(Err(error)) => {
                rolled_back(connection);
                return Err(error);
            }
            Err(panic) => {
                rolled_back(connection);
                resume_unwind(panic);
            }
        };
        if let Some(quarters) = &quarters {
            match connection.stayed(quarters) {
                Ok(true) => {}
                Ok(false) => {
                    rolled_back(connection);
                    return Err(E::from(self.escaped(connection)));
                }
                Err(error) => {
                    rolled_back(connection);
                    return Err(query(error));
                }
            }
        }
        if let Err(error) = AnsiTransactionManager::commit_transaction(connection) {
            count(&self.db.counters().rollbacks);
            tell("rolled back");
            if super::transient::is_transient(&error) {
                conflict.store(true, Ordering::Relaxed);
            }
            return Err(query(error));
        }
        count(&self.db.counters().commits);
        tell("committed");
        // A hook that begins a unit of work needs a connection, and this may be the only one.
        drop(lodged);
        for hook in after {
            hook();
        }
        Ok(value)
    }
}

/// Takes everything back. A connection on which that fails is broken, and the pool drops it.
fn undo<C: Backend>(connection: &mut C) {
    loop {
        let status = AnsiTransactionManager::transaction_manager_status_mut(connection);
        match status.transaction_depth() {
            Ok(Some(_)) if AnsiTransactionManager::rollback_transaction(connection).is_ok() => {}
            _ => return,
        }
    }
}

impl<C: Backend> Unit<'_, C> {
    /// Where it has to be, as a tenant's.
    fn quarters(&self) -> Result<Option<Quarters>, Error> {
        match &self.scope {
            Scope::Nobody => Ok(None),
            Scope::System(reason) if reason.trim().is_empty() => {
                Err(Error::Tenant("looking at all tenants needs a reason".to_owned()))
            }
            Scope::System(_) => Ok(None),
            Scope::Tenant(tenant) => {
                let settings = self.db.settings();
                let Some(tenancy) = &settings.tenancy else {
                    return Err(Error::Tenant(
                        "nothing says how tenants are kept apart: set PoolSettings::tenancy"
                            .to_owned(),
                    ));
                };
                let schema = tenancy.schema(tenant)?;
                let role = settings.tenant_role.as_deref().filter(|_| schema.is_some());
                let role = super::tenancy::role(role, tenant)?;
                Ok(Some(Quarters { tenant: tenant.clone(), schema, role }))
            }
        }
    }

    fn confinement(&self, quarters: &Quarters) -> Arc<Confinement> {
        let tenancy = self.db.settings().tenancy.clone().unwrap_or(Tenancy::Column);
        Arc::new(Confinement::new(self.db.dialect(), tenancy, quarters.schema.clone()))
    }

    fn enter(&self, connection: &mut C, quarters: Option<&Quarters>) -> Result<(), Error> {
        if let Scope::System(reason) = &self.scope {
            count(&self.db.counters().system_units);
            tracing::warn!(target: "dbkit::tenant", %reason, "a unit of work on all tenants");
            return Ok(connection.enter_system(reason)?);
        }
        let Some(quarters) = quarters else { return Ok(()) };
        if connection.enter(quarters)? {
            return Ok(());
        }
        let (tenant, schema) = (&quarters.tenant, quarters.schema.as_deref().unwrap_or_default());
        Err(Error::Tenant(format!("tenant {tenant:?} has no schema {schema:?}")))
    }

    /// Nothing is kept of a unit whose SQL would have left the tenant, and its connection goes.
    fn escaped(&self, connection: &mut C) -> Error {
        count(&self.db.counters().tenant_escapes);
        tracing::error!(target: "dbkit::tenant", "SQL of a unit of work would have left its tenant");
        AnsiTransactionManager::transaction_manager_status_mut(connection).set_in_error();
        Error::Tenant("SQL of this unit of work has set another tenant, or tried to".to_owned())
    }
}

impl<C: Backend> Work<'_, C> {
    /// Whose unit of work this is; `None` for one of [`Db::unit`].
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings, Tenancy};
    /// # use diesel::prelude::*;
    /// # let mut settings = PoolSettings::default();
    /// # settings.tenancy = Some(Tenancy::Column);
    /// # let db = Db::<SqliteConnection>::open(":memory:", settings)?;
    /// db.tenant("acme").unit().run(|work| -> Result<(), Error> {
    ///     assert_eq!(work.tenant(), Some("acme"));
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.tenant
    }

    /// The Diesel connection, inside the transaction.
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings};
    /// # use diesel::prelude::*;
    /// # let db = Db::<SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// # db.run(|c| -> Result<_, Error> { Ok(diesel::sql_query("CREATE TABLE carts (id INTEGER PRIMARY KEY, paid BOOLEAN)").execute(c)?) })?;
    /// db.unit().run(|work| -> Result<_, Error> {
    ///     Ok(diesel::sql_query("DELETE FROM carts").execute(work.connection())?)
    /// })?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn connection(&mut self) -> &mut C {
        self.connection
    }

    /// 1 for the first time, 2 after one conflict, and so on.
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings};
    /// # let db = Db::<diesel::SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// db.unit().run(|work| -> Result<(), Error> {
    ///     assert_eq!(work.attempt(), 1);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Runs after the commit, in the order of these calls; never when the transaction, or the
    /// savepoint that this was called in, is rolled back.
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings};
    /// # let db = Db::<diesel::SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// use std::cell::Cell;
    /// use std::rc::Rc;
    ///
    /// let sent = Rc::new(Cell::new(0));
    /// db.unit().run(|work| -> Result<(), Error> {
    ///     let sent = Rc::clone(&sent);
    ///     work.after_commit(move || sent.set(sent.get() + 1));
    ///     Ok(())
    /// })?;
    /// assert_eq!(sent.get(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn after_commit(&mut self, hook: impl FnOnce() + 'static) {
        self.after.push(Box::new(hook));
    }

    /// A part that can fail alone: its changes are undone back to a savepoint when the closure
    /// returns an error or panics, and the unit of work goes on. They nest.
    ///
    /// # Errors
    /// The closure's, or what the database says of the savepoint.
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings};
    /// # use diesel::prelude::*;
    /// # let db = Db::<SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// # db.run(|c| -> Result<_, Error> { Ok(diesel::sql_query("CREATE TABLE carts (id INTEGER PRIMARY KEY, paid BOOLEAN)").execute(c)?) })?;
    /// let made = db.unit().run(|work| -> Result<_, Error> {
    ///     diesel::sql_query("INSERT INTO carts VALUES (1, false)").execute(work.connection())?;
    ///     let again = work.savepoint(|work| -> Result<_, Error> {
    ///         Ok(diesel::sql_query("INSERT INTO carts VALUES (1, true)").execute(work.connection())?)
    ///     });
    ///     assert!(again.is_err(), "the key is taken, and the first row stays");
    ///     Ok(diesel::sql_query("UPDATE carts SET paid = true").execute(work.connection())?)
    /// })?;
    /// assert_eq!(made, 1);
    /// # Ok::<(), Error>(())
    /// ```
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
