use super::{Backend, Db, Error, Unit};

/// A tenant's part of the database; see [`Db::tenant`].
///
/// ```
/// # use dbkit::app::{Db, Error, PoolSettings, Tenancy};
/// # use diesel::prelude::*;
/// # let mut settings = PoolSettings::default();
/// # settings.tenancy = Some(Tenancy::Column);
/// # let db = Db::<SqliteConnection>::open(":memory:", settings)?;
/// let acme = db.tenant("acme");
/// acme.run(|c| -> Result<_, Error> { Ok(diesel::sql_query("SELECT 1").execute(c)?) })?;
/// # Ok::<(), Error>(())
/// ```
#[must_use = "nothing happens until `run`"]
pub struct Tenant<'d, C: Backend> {
    db: &'d Db<C>,
    id: String,
}

/// The whole database, past what keeps tenants apart; see [`Db::system`].
///
/// ```
/// # use dbkit::app::{Db, Error, PoolSettings, Tenancy};
/// # use diesel::prelude::*;
/// # let mut settings = PoolSettings::default();
/// # settings.tenancy = Some(Tenancy::Column);
/// # let db = Db::<SqliteConnection>::open(":memory:", settings)?;
/// let everybody = db.system("nightly report");
/// everybody.run(|c| -> Result<_, Error> { Ok(diesel::sql_query("SELECT 1").execute(c)?) })?;
/// # Ok::<(), Error>(())
/// ```
#[must_use = "nothing happens until `run`"]
pub struct System<'d, C: Backend> {
    db: &'d Db<C>,
    reason: String,
}

/// On whose behalf a unit of work runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Nobody,
    Tenant(String),
    System(String),
}

impl Scope {
    /// For logs: never which tenant.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Nobody => "plain",
            Self::Tenant(_) => "tenant",
            Self::System(_) => "system",
        }
    }
}

impl<C: Backend> Db<C> {
    /// One tenant's part of the database. What runs in it cannot leave the tenant, raw SQL included:
    /// with [`Tenancy::Column`](super::Tenancy) PostgreSQL shows and takes no other rows, with
    /// [`Tenancy::Schema`](super::Tenancy) unqualified names mean the tenant's tables.
    ///
    /// ```no_run
    /// # #[cfg(feature = "postgres")]
    /// # fn main() -> Result<(), dbkit::app::Error> {
    /// use dbkit::app::{Db, Error, PoolSettings, Tenancy};
    /// use diesel::prelude::*;
    ///
    /// let mut settings = PoolSettings::for_environment("prod");
    /// settings.tenancy = Some(Tenancy::Column);
    /// let db = Db::<PgConnection>::open("postgres://app@localhost/shop", settings)?;
    /// let paid = db.tenant("acme").run(|c| -> Result<_, Error> {
    ///     Ok(diesel::sql_query("UPDATE orders SET paid = true").execute(c)?)
    /// })?;
    /// println!("{paid} orders of acme, and of nobody else");
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "postgres"))]
    /// # fn main() {}
    /// ```
    pub fn tenant(&self, id: impl ToString) -> Tenant<'_, C> {
        Tenant { db: self, id: id.to_string() }
    }

    /// The whole database, for what has to look at all tenants: a job at night, support. The reason
    /// is logged, and stands in the setting `app.system_reason` for triggers that keep an audit.
    /// On PostgreSQL this runs on the connections of [`Db::with_system`], never on those of the
    /// application: what comes into its SQL cannot get there.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")]
    /// # fn main() -> Result<(), dbkit::app::Error> {
    /// use dbkit::app::{Db, Error, PoolSettings};
    /// use diesel::prelude::*;
    ///
    /// let db = Db::<SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// let one = db.system("nightly report").run(|c| -> Result<_, Error> {
    ///     Ok(diesel::sql_query("SELECT 1").execute(c)?)
    /// })?;
    /// # let _ = one;
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sqlite"))]
    /// # fn main() {}
    /// ```
    pub fn system(&self, reason: impl Into<String>) -> System<'_, C> {
        System { db: self, reason: reason.into() }
    }
}

impl<'d, C: Backend> Tenant<'d, C> {
    /// Begins to describe a unit of work of this tenant.
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings, Tenancy};
    /// # use diesel::prelude::*;
    /// # let mut settings = PoolSettings::default();
    /// # settings.tenancy = Some(Tenancy::Column);
    /// # let db = Db::<SqliteConnection>::open(":memory:", settings)?;
    /// db.tenant("acme").unit().retries(5).run(|work| -> Result<(), Error> {
    ///     work.after_commit(|| println!("done for acme"));
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn unit(self) -> Unit<'d, C> {
        Unit::new(self.db, Scope::Tenant(self.id))
    }

    /// Runs a closure in one transaction of this tenant, as [`Db::run`] does.
    ///
    /// # Errors
    /// The closure's, the pool's, or [`Error::Tenant`]: the tenant has no schema, or SQL in the
    /// closure has set another tenant; nothing is kept then.
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings, Tenancy};
    /// # use diesel::prelude::*;
    /// # let mut settings = PoolSettings::default();
    /// # settings.tenancy = Some(Tenancy::Column);
    /// # let db = Db::<SqliteConnection>::open(":memory:", settings)?;
    /// let one = db.tenant("acme").run(|c| -> Result<_, Error> {
    ///     Ok(diesel::select(diesel::dsl::sql::<diesel::sql_types::Integer>("1")).get_result::<i32>(c)?)
    /// })?;
    /// assert_eq!(one, 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn run<T, E: From<Error>>(
        self,
        mut work: impl FnMut(&mut C) -> Result<T, E>,
    ) -> Result<T, E> {
        self.unit().run(|unit| work(unit.connection()))
    }

    /// Runs a closure in a transaction of this tenant that can only read, on the replica where there
    /// is one.
    ///
    /// # Errors
    /// As [`Tenant::run`].
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings, Tenancy};
    /// # use diesel::prelude::*;
    /// # let mut settings = PoolSettings::default();
    /// # settings.tenancy = Some(Tenancy::Column);
    /// # let db = Db::<SqliteConnection>::open(":memory:", settings)?;
    /// db.tenant("acme").read(|c| -> Result<_, Error> { Ok(diesel::sql_query("SELECT 1").execute(c)?) })?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn read<T, E: From<Error>>(
        self,
        mut work: impl FnMut(&mut C) -> Result<T, E>,
    ) -> Result<T, E> {
        self.unit().read_only().on_replica().run(|unit| work(unit.connection()))
    }
}

impl<'d, C: Backend> System<'d, C> {
    /// Begins to describe a unit of work on the whole database.
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings, Tenancy};
    /// # use diesel::prelude::*;
    /// # let mut settings = PoolSettings::default();
    /// # settings.tenancy = Some(Tenancy::Column);
    /// # let db = Db::<SqliteConnection>::open(":memory:", settings)?;
    /// db.system("repair of carts").unit().retries(0).run(|work| -> Result<(), Error> {
    ///     assert_eq!(work.tenant(), None);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn unit(self) -> Unit<'d, C> {
        Unit::new(self.db, Scope::System(self.reason))
    }

    /// Runs a closure in one transaction on the whole database.
    ///
    /// # Errors
    /// The closure's, the pool's, or [`Error::Tenant`]: no reason was given, or there are no
    /// connections for it.
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings, Tenancy};
    /// # use diesel::prelude::*;
    /// # let mut settings = PoolSettings::default();
    /// # settings.tenancy = Some(Tenancy::Column);
    /// # let db = Db::<SqliteConnection>::open(":memory:", settings)?;
    /// db.system("repair of carts").run(|c| -> Result<_, Error> { Ok(diesel::sql_query("SELECT 1").execute(c)?) })?;
    /// assert!(db.system(" ").run(|_| Ok::<_, Error>(())).is_err(), "a reason is asked for");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn run<T, E: From<Error>>(
        self,
        mut work: impl FnMut(&mut C) -> Result<T, E>,
    ) -> Result<T, E> {
        self.unit().run(|unit| work(unit.connection()))
    }
}
