use super::metrics::count;
use super::tenant::Scope;
use super::watch::Watch;
use super::{Backend, Error, Manager, Metrics, PoolSettings, Unit};
use crate::config::{Location, Origin, Target};
use crate::database::{self, Access};
use crate::model::Dialect;
use diesel::r2d2::{CustomizeConnection, NopErrorHandler, Pool};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// A plain Diesel connection that goes back to the pool when dropped.
pub type Pooled<C> = diesel::r2d2::PooledConnection<Manager<C>>;

/// A database as an application uses it: a pool, and units of work on it. Cheap to clone; all
/// clones share the pool.
pub struct Db<C: Backend> {
    inner: Arc<Inner<C>>,
}

struct Inner<C: Backend> {
    pool: Pool<Manager<C>>,
    replica: Option<Pool<Manager<C>>>,
    system: Option<Pool<Manager<C>>>,
    settings: PoolSettings,
    metrics: Arc<Metrics>,
    dialect: Dialect,
}

impl<C: Backend> Clone for Db<C> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<C: Backend> fmt::Debug for Db<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Db").field("settings", &self.inner.settings).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Prepare(PoolSettings);

impl<C: Backend> CustomizeConnection<C, diesel::r2d2::Error> for Prepare {
    fn on_acquire(&self, connection: &mut C) -> Result<(), diesel::r2d2::Error> {
        connection.prepare(&self.0).map_err(diesel::r2d2::Error::QueryError)
    }
}

impl<C: Backend> Db<C> {
    /// Opens a pool. While the server cannot be reached or is starting up the attempt is repeated,
    /// with growing pauses, for [`PoolSettings::start_timeout`].
    ///
    /// # Errors
    /// [`Error::Unreachable`], with the next action: an unusable URL, a wrong password, a missing
    /// database, a server that does not answer in time.
    pub fn open(url: &str, settings: PoolSettings) -> Result<Self, Error> {
        Self::open_both(url, None, settings)
    }

    /// The same, with a second database that [`Db::read`] uses: a replica of the first.
    ///
    /// # Errors
    /// As those of [`Db::open`], of either.
    pub fn open_with_replica(
        url: &str,
        replica: &str,
        settings: PoolSettings,
    ) -> Result<Self, Error> {
        Self::open_both(url, Some(replica), settings)
    }

    fn open_both(url: &str, replica: Option<&str>, settings: PoolSettings) -> Result<Self, Error> {
        let (pool, dialect) = pool::<C>(url, &settings)?;
        let replica = replica.map(|url| pool_of::<C>(url, &settings)).transpose()?;
        let metrics = Arc::new(Metrics::default());
        let system = None;
        let db =
            Self { inner: Arc::new(Inner { pool, replica, system, settings, metrics, dialect }) };
        db.guard()?;
        Ok(db)
    }

    /// The same pool, with connections for [`Db::system`]: those of a role with `BYPASSRLS`, whose
    /// password only this program has. Two at most, because the whole database is rarely asked for.
    /// On SQLite there is no need of it.
    ///
    /// # Errors
    /// As those of [`Db::open`], and [`Error::Refused`] for a role that would see no tenant's row, or
    /// a superuser.
    pub fn with_system(self, url: &str) -> Result<Self, Error> {
        let mut settings = self.inner.settings.clone();
        settings.max_size = settings.max_size.min(2);
        settings.min_idle = 0;
        let system = pool_of::<C>(url, &settings)?;
        if let Some(why) = self.take(&system)?.system_refusal()? {
            return Err(Error::Refused(why));
        }
        let inner = Inner {
            pool: self.inner.pool.clone(),
            replica: self.inner.replica.clone(),
            system: Some(system),
            settings: self.inner.settings.clone(),
            metrics: Arc::clone(&self.inner.metrics),
            dialect: self.inner.dialect,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Refuses to begin where tenants would not be kept apart. The replica lets in the same role.
    fn guard(&self) -> Result<(), Error> {
        let Some(tenancy) = &self.inner.settings.tenancy else { return Ok(()) };
        match self.connection()?.refusal(tenancy)? {
            Some(why) => Err(Error::Refused(why)),
            None => Ok(()),
        }
    }

    /// A connection of one's own, outside of any unit of work. Its queries are not counted.
    ///
    /// # Errors
    /// [`Error::PoolExhausted`] or [`Error::NoConnection`] after [`PoolSettings::connect_timeout`].
    pub fn connection(&self) -> Result<Pooled<C>, Error> {
        self.take(&self.inner.pool)
    }

    /// Begins to describe a unit of work: one transaction, its isolation, how often it is tried.
    pub fn unit(&self) -> Unit<'_, C> {
        Unit::new(self, Scope::Nobody)
    }

    /// Runs a closure in one transaction: committed when it returns `Ok`, rolled back when it returns
    /// an error or panics. Runs again after a conflict, as [`Db::unit`] does.
    ///
    /// # Errors
    /// The closure's, or the pool's.
    pub fn run<T, E: From<Error>>(
        &self,
        mut work: impl FnMut(&mut C) -> Result<T, E>,
    ) -> Result<T, E> {
        self.unit().run(|unit| work(unit.connection()))
    }

    /// Runs a closure in a transaction that can only read, on the replica where there is one. What
    /// was written a moment ago may not have arrived there yet.
    ///
    /// # Errors
    /// The closure's, or the pool's.
    pub fn read<T, E: From<Error>>(
        &self,
        mut work: impl FnMut(&mut C) -> Result<T, E>,
    ) -> Result<T, E> {
        self.unit().read_only().on_replica().run(|unit| work(unit.connection()))
    }

    /// Counters and gauges in the text format that Prometheus reads.
    #[must_use]
    pub fn metrics(&self) -> String {
        let state = self.inner.pool.state();
        self.inner.metrics.render(state.connections, state.idle_connections)
    }

    /// The limits in force.
    #[must_use]
    pub fn settings(&self) -> &PoolSettings {
        &self.inner.settings
    }

    pub(super) fn counters(&self) -> &Metrics {
        &self.inner.metrics
    }

    pub(super) fn pool_state(&self) -> (u32, u32) {
        let state = self.inner.pool.state();
        (state.connections, state.idle_connections)
    }

    /// A connection whose queries are watched; `conflict` is set when the database refuses what is
    /// worth another try.
    pub(super) fn watched(
        &self,
        replica: bool,
        system: bool,
        conflict: &Arc<AtomicBool>,
    ) -> Result<Pooled<C>, Error> {
        let pool = match (&self.inner.system, &self.inner.replica) {
            (Some(pool), _) if system => pool,
            (None, _) if system && self.inner.dialect == Dialect::Postgres => {
                return Err(Error::Tenant(
                    "there are no connections for all tenants: call Db::with_system at the start"
                        .to_owned(),
                ));
            }
            (_, Some(pool)) if replica => pool,
            _ => &self.inner.pool,
        };
        let mut connection = self.take(pool)?;
        let settings = &self.inner.settings;
        connection.set_instrumentation(Watch::new(
            Arc::clone(&self.inner.metrics),
            Arc::clone(conflict),
            self.inner.dialect,
            settings.slow_query,
            settings.repeated_query,
        ));
        Ok(connection)
    }

    fn take(&self, pool: &Pool<Manager<C>>) -> Result<Pooled<C>, Error> {
        let begun = Instant::now();
        pool.get().map_err(|error| {
            count(&self.inner.metrics.waits_timed_out);
            let state = pool.state();
            let (waited, size) = (begun.elapsed(), pool.max_size());
            if state.connections >= size {
                Error::PoolExhausted { waited, size }
            } else {
                Error::NoConnection { waited, reason: error.to_string() }
            }
        })
    }
}

fn pool_of<C: Backend>(url: &str, settings: &PoolSettings) -> Result<Pool<Manager<C>>, Error> {
    pool::<C>(url, settings).map(|(pool, _)| pool)
}

fn pool<C: Backend>(
    url: &str,
    settings: &PoolSettings,
) -> Result<(Pool<Manager<C>>, Dialect), Error> {
    let unreachable = |error: &dyn fmt::Display| Error::Unreachable(error.to_string());
    let origin = Origin::Flag("Db::open");
    let location = Location::parse(url, &origin).map_err(|error| unreachable(&error))?;
    let target = Target {
        location: location.clone(),
        origin,
        environment: None,
        protected: false,
        connect_timeout: None,
        wait: Some(settings.start_timeout.as_secs()),
    };
    // The driver's own error would hold neither a code nor a next action.
    let probe = database::open(&target, Access::Create, &mut |_| {});
    drop(probe.map_err(|error| unreachable(&error))?);
    let (address, size) = match &location {
        Location::Postgres { url, .. } => (url.clone(), settings.max_size),
        // Every connection to it would be a database of its own.
        Location::Sqlite { path } if path.contains(":memory:") => (path.clone(), 1),
        Location::Sqlite { path } => (path.clone(), settings.max_size),
    };
    let pool = Pool::builder()
        .max_size(size.max(1))
        .min_idle(Some(settings.min_idle.min(size)))
        .idle_timeout(Some(settings.idle_timeout.max(Duration::from_millis(1))))
        .connection_timeout(settings.connect_timeout)
        .connection_customizer(Box::new(Prepare(settings.clone())))
        .error_handler(Box::new(NopErrorHandler))
        .build(Manager::<C>::new(address))
        .map_err(|error| unreachable(&error))?;
    Ok((pool, target.dialect()))
}
