use super::confine::Confinement;
use super::homes::{Homes, Lodged, Refusal};
use super::metrics::Metrics;
use super::metrics::count;
use super::tenant::Scope;
use super::watch::Watch;
use super::{Backend, Error, Manager, PoolSettings, Tenancy, Unit};
use crate::config::{Location, Origin, Target};
use crate::database::{self, Access};
use crate::model::Dialect;
use diesel::r2d2::{CustomizeConnection, NopErrorHandler, Pool};
use scheduled_thread_pool::ScheduledThreadPool;
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// A plain Diesel connection that goes back to the pool when dropped.
///
/// ```
/// # use dbkit::app::{Db, Error, PoolSettings};
/// # let db = Db::<diesel::SqliteConnection>::open(":memory:", PoolSettings::default())?;
/// use dbkit::app::Pooled;
///
/// let mut connection: Pooled<diesel::SqliteConnection> = db.connection()?;
/// diesel::connection::SimpleConnection::batch_execute(&mut *connection, "SELECT 1")?;
/// # Ok::<(), Error>(())
/// ```
pub type Pooled<C> = diesel::r2d2::PooledConnection<Manager<C>>;

/// A database as an application uses it: a pool, and units of work on it. Cheap to clone; all
/// clones share the pool.
///
/// ```
/// use dbkit::app::{Db, Error, PoolSettings};
/// use diesel::prelude::*;
///
/// let db = Db::<SqliteConnection>::open(":memory:", PoolSettings::default())?;
/// let changed = db.run(|c| -> Result<_, Error> {
///     Ok(diesel::sql_query("CREATE TABLE carts (id INTEGER PRIMARY KEY)").execute(c)?)
/// })?;
/// # Ok::<(), Error>(())
/// ```
pub struct Db<C: Backend> {
    inner: Arc<Inner<C>>,
}

struct Inner<C: Backend> {
    pool: Arc<Pool<Manager<C>>>,
    replica: Option<Arc<Pool<Manager<C>>>>,
    system: Option<Arc<Pool<Manager<C>>>>,
    /// Where each tenant has a database.
    homes: Arc<Homes<C>>,
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
    ///
    /// ```
    /// use dbkit::app::{Db, Error, PoolSettings};
    ///
    /// let db = Db::<diesel::SqliteConnection>::open("sqlite::memory:", PoolSettings::default())?;
    /// let told = Db::<diesel::SqliteConnection>::open("/no/such/folder\0", PoolSettings::default());
    /// assert!(matches!(told, Err(Error::Unreachable(_))));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn open(url: &str, settings: PoolSettings) -> Result<Self, Error> {
        Self::open_both(url, None, settings)
    }

    /// The same, with a second database that [`Db::read`] uses: a replica of the first.
    ///
    /// # Errors
    /// As those of [`Db::open`], of either.
    ///
    /// ```no_run
    /// use dbkit::app::{Db, Error, PoolSettings};
    /// use diesel::PgConnection;
    ///
    /// let (main, replica) = ("postgres://app@main/shop", "postgres://app@replica/shop");
    /// let db = Db::<PgConnection>::open_with_replica(main, replica, PoolSettings::default())?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn open_with_replica(
        url: &str,
        replica: &str,
        settings: PoolSettings,
    ) -> Result<Self, Error> {
        Self::open_both(url, Some(replica), settings)
    }

    fn open_both(url: &str, replica: Option<&str>, settings: PoolSettings) -> Result<Self, Error> {
        let Opened { pool, dialect } = open_pool::<C>(url, &settings, Opening::MadeIfMissing)?;
        let inner = Inner {
            pool: Arc::new(pool),
            replica: replica.map(|url| pool_of::<C>(url, &settings)).transpose()?,
            system: None,
            homes: Arc::new(Homes::new()),
            settings,
            metrics: Arc::new(Metrics::default()),
            dialect,
        };
        let db = Self { inner: Arc::new(inner) };
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
    ///
    /// ```no_run
    /// use dbkit::app::{Db, Error, PoolSettings, Tenancy};
    /// use diesel::PgConnection;
    ///
    /// let mut settings = PoolSettings::default();
    /// settings.tenancy = Some(Tenancy::Column);
    /// let db = Db::<PgConnection>::open("postgres://app@localhost/shop", settings)?
    ///     .with_system("postgres://app_system@localhost/shop")?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with_system(self, url: &str) -> Result<Self, Error> {
        let mut settings = self.inner.settings.clone();
        settings.max_size = settings.max_size.min(2);
        settings.min_idle = 0;
        let system = pool_of::<C>(url, &settings)?;
        if let Some(why) = self.take(&system)?.system_refusal()? {
            return Err(Error::Refused(why));
        }
        let inner = Inner {
            pool: Arc::clone(&self.inner.pool),
            replica: self.inner.replica.clone(),
            system: Some(system),
            homes: Arc::clone(&self.inner.homes),
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
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings};
    /// # let db = Db::<diesel::SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// use diesel::prelude::*;
    ///
    /// let mut connection = db.connection()?;
    /// diesel::sql_query("SELECT 1").execute(&mut connection)?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn connection(&self) -> Result<Pooled<C>, Error> {
        self.take(&self.inner.pool)
    }

    /// Begins to describe a unit of work: one transaction, its isolation, how often it is tried.
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings};
    /// # use diesel::prelude::*;
    /// # let db = Db::<SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// # db.run(|c| -> Result<_, Error> { Ok(diesel::sql_query("CREATE TABLE carts (id INTEGER PRIMARY KEY, paid BOOLEAN)").execute(c)?) })?;
    /// db.unit().retries(5).run(|work| -> Result<(), Error> {
    ///     diesel::sql_query("INSERT INTO carts VALUES (1, false)").execute(work.connection())?;
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn unit(&self) -> Unit<'_, C> {
        Unit::new(self, Scope::Nobody)
    }

    /// Runs a closure in one transaction: committed when it returns `Ok`, rolled back when it returns
    /// an error or panics. Runs again after a conflict, as [`Db::unit`] does.
    ///
    /// # Errors
    /// The closure's, or the pool's.
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings};
    /// # use diesel::prelude::*;
    /// # let db = Db::<SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// # db.run(|c| -> Result<_, Error> { Ok(diesel::sql_query("CREATE TABLE carts (id INTEGER PRIMARY KEY, paid BOOLEAN)").execute(c)?) })?;
    /// let made = db.run(|c| -> Result<_, Error> {
    ///     Ok(diesel::sql_query("INSERT INTO carts VALUES (1, false)").execute(c)?)
    /// })?;
    /// assert_eq!(made, 1);
    /// # Ok::<(), Error>(())
    /// ```
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
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings};
    /// # use diesel::prelude::*;
    /// # let db = Db::<SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// # db.run(|c| -> Result<_, Error> { Ok(diesel::sql_query("CREATE TABLE carts (id INTEGER PRIMARY KEY, paid BOOLEAN)").execute(c)?) })?;
    /// diesel::table! { carts (id) { id -> Integer, paid -> Bool, } }
    ///
    /// let number: i64 = db.read(|c| -> Result<_, Error> { Ok(carts::table.count().get_result(c)?) })?;
    /// assert_eq!(number, 0);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn read<T, E: From<Error>>(
        &self,
        mut work: impl FnMut(&mut C) -> Result<T, E>,
    ) -> Result<T, E> {
        self.unit().read_only().on_replica().run(|unit| work(unit.connection()))
    }

    /// Counters and gauges in the text format that Prometheus reads.
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings};
    /// # let db = Db::<diesel::SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// assert!(db.metrics().contains("dbkit_commits_total 0"));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn metrics(&self) -> String {
        let (connections, idle) = self.pool_state();
        self.inner.metrics.render(connections, idle, self.inner.homes.len())
    }

    /// The limits in force.
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings};
    /// # let db = Db::<diesel::SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// assert_eq!(db.settings().max_size, 10);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn settings(&self) -> &PoolSettings {
        &self.inner.settings
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.inner.dialect
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
        scope: &Scope,
        conflict: &Arc<AtomicBool>,
        confinement: Option<&Arc<Confinement>>,
    ) -> Result<Lodged<C>, Error> {
        let pool = self.pool_for(replica, scope)?;
        let mut connection = self.take(&pool)?;
        let settings = &self.inner.settings;
        connection.set_instrumentation(Watch::new(
            Arc::clone(&self.inner.metrics),
            Arc::clone(conflict),
            confinement.map(Arc::clone),
            self.inner.dialect,
            settings.slow_query,
            settings.repeated_query,
        ));
        Ok(Lodged { connection, _pool: pool })
    }

    fn pool_for(&self, replica: bool, scope: &Scope) -> Result<Arc<Pool<Manager<C>>>, Error> {
        let Inner { pool, replica: second, system, homes, settings, dialect, .. } = &*self.inner;
        Ok(match (scope, &settings.tenancy, system, second) {
            (Scope::Tenant(id), Some(tenancy @ Tenancy::Database(_)), ..) => {
                return homes.pool(id, tenancy, settings);
            }
            (Scope::System(_), _, Some(system), _) => Arc::clone(system),
            (Scope::System(_), _, None, _) if *dialect == Dialect::Postgres => {
                return Err(Error::Tenant(
                    "there are no connections for all tenants: call Db::with_system at the start"
                        .to_owned(),
                ));
            }
            (_, _, _, Some(second)) if replica => Arc::clone(second),
            _ => Arc::clone(pool),
        })
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

/// Whether a SQLite file that is not there is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    MadeIfMissing,
    Existing,
}

static WORKERS: LazyLock<Arc<ScheduledThreadPool>> = LazyLock::new(|| {
    Arc::new(
        ScheduledThreadPool::builder()
            .num_threads(4)
            .thread_name_pattern("dbkit-tenants-{}")
            .build(),
    )
});

/// A pool, and of what.
pub(super) struct Opened<C: Backend> {
    pub pool: Pool<Manager<C>>,
    dialect: Dialect,
}

fn pool_of<C: Backend>(url: &str, settings: &PoolSettings) -> Result<Arc<Pool<Manager<C>>>, Error> {
    Ok(Arc::new(open_pool::<C>(url, settings, Opening::MadeIfMissing)?.pool))
}

pub(super) fn open_pool<C: Backend>(
    url: &str,
    settings: &PoolSettings,
    opening: Opening,
) -> Result<Opened<C>, Refusal> {
    let origin = Origin::Flag("Db::open");
    let location = Location::parse(url, &origin).map_err(|e| Refusal::Other(e.to_string()))?;
    let target = Target {
        location: location.clone(),
        origin,
        environment: None,
        protected: false,
        connect_timeout: None,
        wait: Some(settings.start_timeout.as_secs()),
    };
    let access = match opening {
        Opening::MadeIfMissing => Access::Create,
        Opening::Existing => Access::Write,
    };
    // The driver's own error would hold neither a code nor a next action.
    let probe = database::open(&target, access, &mut |_| {});
    drop(probe.map_err(Refusal::Database)?);
    let (address, size) = match &location {
        Location::Postgres { url, .. } => {
            (super::address::patient(url, settings), settings.max_size)
        }
        // Every connection to it would be a database of its own.
        Location::Sqlite { path } if path.contains(":memory:") => (path.clone(), 1),
        Location::Sqlite { path } if opening == Opening::Existing => {
            (super::address::existing_file(path), settings.max_size)
        }
        Location::Sqlite { path } => (path.clone(), settings.max_size),
    };
    let mut builder = Pool::builder();
    if opening == Opening::Existing {
        // Each pool would have threads of its own, and there may be many.
        builder = builder.thread_pool(Arc::clone(&WORKERS));
    }
    let pool = builder
        .max_size(size.max(1))
        .min_idle(Some(settings.min_idle.min(size)))
        .idle_timeout(Some(settings.idle_timeout.max(Duration::from_millis(1))))
        .connection_timeout(settings.connect_timeout)
        .connection_customizer(Box::new(Prepare(settings.clone())))
        .error_handler(Box::new(NopErrorHandler))
        .build(Manager::<C>::new(address, settings.clone()))
        .map_err(|error| Refusal::Other(error.to_string()))?;
    Ok(Opened { pool, dialect: target.dialect() })
}
