use super::{PoolSettings, Tenancy};
use crate::database::Vitals;
use crate::model::Dialect;
use crate::model::QName;
use diesel::connection::{AnsiTransactionManager, SimpleConnection};
use diesel::r2d2::R2D2Connection;
use diesel::sql_types::Text;
use diesel::{ExpressionMethods, QueryResult, QueryableByName, RunQueryDsl};
use std::time::Duration;

/// How much a unit of work sees of others that run beside it (PostgreSQL manual, 13.2). SQLite
/// always is serializable.
///
/// ```
/// # use dbkit::app::{Db, Error, PoolSettings};
/// # let db = Db::<diesel::SqliteConnection>::open(":memory:", PoolSettings::default())?;
/// use dbkit::app::Isolation;
///
/// // Two that read the same and write what follows from it: one of them is begun again.
/// db.unit().isolation(Isolation::Serializable).run(|_| Ok::<_, Error>(()))?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Each statement sees what was committed before it began.
    ReadCommitted,
    /// All statements see the same; a conflicting write fails and is tried again.
    RepeatableRead,
    /// As if units ran one after the other; a conflict fails and is tried again.
    Serializable,
}

/// What a unit of work may do.
///
/// ```
/// use dbkit::app::{Access, Backend};
/// use diesel::SqliteConnection;
///
/// assert_eq!(SqliteConnection::begin(None, Access::ReadWrite), "BEGIN IMMEDIATE");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing but reading.
    ReadOnly,
    /// Reading and writing.
    ReadWrite,
}

/// The databases a [`Db`](super::Db) works on: PostgreSQL and SQLite.
///
/// ```
/// use dbkit::app::{Backend, Db, Error};
///
/// /// Works on both databases.
/// fn answers<C: Backend>(db: &Db<C>) -> bool {
///     db.health(None).reachable
/// }
/// ```
pub trait Backend: R2D2Connection<TransactionManager = AnsiTransactionManager> + 'static {
    /// The parameters that one statement can have.
    const MAX_PARAMETERS: usize;

    /// Settings of a new connection.
    ///
    /// # Errors
    /// What the database says.
    fn prepare(&mut self, settings: &PoolSettings) -> QueryResult<()>;

    /// Asked of a connection before it is handed out: whether it still answers. Takes back what its
    /// last user left in the session.
    ///
    /// # Errors
    /// What the database says; the connection is thrown away.
    fn refresh(&mut self, settings: &PoolSettings) -> QueryResult<()>;

    /// Makes the transaction a tenant's. False when there is no such schema.
    ///
    /// # Errors
    /// What the database says.
    fn enter(&mut self, quarters: &Quarters) -> QueryResult<bool>;

    /// Whether the transaction still is the tenant's.
    ///
    /// # Errors
    /// What the database says.
    fn stayed(&mut self, quarters: &Quarters) -> QueryResult<bool>;

    /// Notes in the transaction why it looks at all tenants.
    ///
    /// # Errors
    /// What the database says.
    fn enter_system(&mut self, reason: &str) -> QueryResult<()>;

    /// Why tenants would not be kept apart on this connection; `None` where they are.
    ///
    /// # Errors
    /// What the database says.
    fn refusal(&mut self, tenancy: &Tenancy) -> QueryResult<Option<String>>;

    /// Why this connection cannot serve [`Db::system`](super::Db::system).
    ///
    /// # Errors
    /// What the database says.
    fn system_refusal(&mut self) -> QueryResult<Option<String>>;

    /// The statement that begins a transaction.
    fn begin(isolation: Option<Isolation>, access: Access) -> String;

    /// What has run, as Diesel's ledger and dbkit's say; nothing where there is no ledger yet.
    ///
    /// # Errors
    /// What the database says.
    fn ran_migrations(&mut self) -> QueryResult<Vec<Ran>>;

    /// What the database says of itself.
    ///
    /// # Errors
    /// What the database says; a role that may not see it.
    fn vitals(&mut self) -> QueryResult<Vitals>;

    /// The environment that `dbkit seed protect` marked this database as.
    ///
    /// # Errors
    /// What the database says.
    fn protected_as(&mut self) -> QueryResult<Option<String>>;

    /// Empties the tables and begins their ids anew.
    ///
    /// # Errors
    /// What the database says.
    fn empty(&mut self, tables: &[&str]) -> QueryResult<()>;
}

/// Where a tenant's unit of work has to be.
///
/// ```
/// use dbkit::app::{Db, Error, PoolSettings, Tenancy};
///
/// // What `Db::tenant` works out of these for the tenant acme.
/// let mut settings = PoolSettings::default();
/// settings.tenancy = Some(Tenancy::Schema("tenant_{}".to_owned()));
/// settings.tenant_role = Some("shop_{}".to_owned());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quarters {
    /// The tenant.
    pub tenant: String,
    /// Its schema, where each has one.
    pub schema: Option<String>,
    /// The role it runs as, where each has one.
    pub role: Option<String>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    value: String,
}

const MARK: &str = "SELECT name AS value FROM __dbkit_environment WHERE protected = 1";
/// A migration that has run.
///
/// ```
/// # use dbkit::app::{Db, Error, PoolSettings};
/// # let db = Db::<diesel::SqliteConnection>::open(":memory:", PoolSettings::default())?;
/// use dbkit::app::Backend;
///
/// let ran = db.connection()?.ran_migrations()?;
/// assert!(ran.is_empty(), "no migration has run here");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, QueryableByName)]
pub struct Ran {
    /// As Diesel's ledger spells it.
    #[diesel(sql_type = Text)]
    pub version: String,
    /// Of the up.sql that has run, where dbkit ran it.
    #[diesel(sql_type = diesel::sql_types::Nullable<Text>)]
    pub checksum: Option<String>,
}

const RAN: &str = "SELECT version, NULL AS checksum FROM __diesel_schema_migrations";

const RAN_WITH_CHECKSUMS: &str = "SELECT d.version, k.checksum FROM __diesel_schema_migrations d \
    LEFT JOIN __dbkit_migrations k ON k.version = d.version AND k.state = 'finished'";

/// Settings, roles, cursors, locks and temporary tables outlive a transaction: the next user of the
/// connection must find none of them. Time zone and encoding are as Diesel sets them. A transaction that somebody left open began before this
/// statement was sent: the division fails, and the pool throws the connection away.
#[cfg(feature = "postgres")]
const REFRESH: &str = "SELECT 1 / (now() = statement_timestamp())::int; CLOSE ALL; UNLISTEN *; \
    RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; SET TIME ZONE 'UTC'; SET client_encoding = 'UTF8'; \
    SET app.tenant_id = ''; SET app.system_reason = ''; DISCARD TEMP; DISCARD SEQUENCES; \
    SELECT pg_catalog.pg_advisory_unlock_all();";

#[cfg(feature = "postgres")]
mod functions {
    use diesel::sql_types::{Bool, Text};

    diesel::define_sql_function!(fn set_config(name: Text, value: Text, local: Bool) -> Text);
    diesel::define_sql_function!(fn to_regnamespace(name: Text) -> diesel::sql_types::Nullable<diesel::sql_types::Oid>);
}

#[cfg(feature = "postgres")]
use functions::{set_config, to_regnamespace};

/// Whose the transaction is by now; with a schema, functions of others could stand before the
/// server's own.
#[cfg(feature = "postgres")]
const WHOSE: &str = "SELECT pg_catalog.concat_ws(E'\\n', \
    pg_catalog.current_setting('app.tenant_id', true), \
    pg_catalog.current_setting('search_path', true), current_user::pg_catalog.text) AS value";

#[cfg(feature = "postgres")]
fn settings_sql(settings: &PoolSettings) -> String {
    let mut sql = String::new();
    let mut limit = |name: &str, limit: Option<Duration>| {
        if let Some(limit) = limit {
            sql.push_str(&format!("SET {name} = {};", limit.as_millis().max(1)));
        }
    };
    limit("statement_timeout", settings.statement_timeout);
    limit("idle_in_transaction_session_timeout", settings.idle_in_transaction_timeout);
    if let Some(name) = &settings.application_name {
        let name = crate::dialect::postgres::quote::literal(name);
        sql.push_str(&format!("SET application_name = {name};"));
    }
    sql
}

/// Extensions and what all tenants share stay in reach.
#[cfg(feature = "postgres")]
fn search_path(schema: &str) -> String {
    format!("{}, public", crate::dialect::postgres::quote::ident(schema))
}

#[cfg(feature = "postgres")]
impl Backend for diesel::PgConnection {
    const MAX_PARAMETERS: usize = 65_535;

    fn prepare(&mut self, settings: &PoolSettings) -> QueryResult<()> {
        let sql = settings_sql(settings);
        if sql.is_empty() { Ok(()) } else { self.batch_execute(&sql) }
    }

    fn refresh(&mut self, settings: &PoolSettings) -> QueryResult<()> {
        self.batch_execute(&format!("{REFRESH} {}", settings_sql(settings)))
    }

    fn enter(&mut self, quarters: &Quarters) -> QueryResult<bool> {
        let tenant = set_config("app.tenant_id", &quarters.tenant, true);
        let Some(schema) = &quarters.schema else {
            diesel::select(tenant).execute(self)?;
            return Ok(true);
        };
        let path = set_config("search_path", search_path(schema), true);
        let quoted = crate::dialect::postgres::quote::ident(schema);
        let (_, _, found): (String, String, bool) =
            diesel::select((tenant, path, to_regnamespace(quoted).is_not_null()))
                .get_result(self)?;
        if let (true, Some(role)) = (found, &quarters.role) {
            diesel::select(set_config("role", role, true)).execute(self)?;
        }
        Ok(found)
    }

    fn stayed(&mut self, quarters: &Quarters) -> QueryResult<bool> {
        let row: Row = diesel::sql_query(WHOSE).get_result(self)?;
        let mut now = row.value.splitn(3, '\n');
        let (tenant, path, role) = (now.next(), now.next(), now.next());
        Ok(tenant == Some(quarters.tenant.as_str())
            && quarters.schema.as_ref().is_none_or(|own| path == Some(&search_path(own)))
            && quarters.role.as_ref().is_none_or(|own| role == Some(own)))
    }

    fn enter_system(&mut self, reason: &str) -> QueryResult<()> {
        diesel::select(set_config("app.system_reason", reason, true)).execute(self).map(drop)
    }

    fn refusal(&mut self, tenancy: &Tenancy) -> QueryResult<Option<String>> {
        super::guard::refusal(self, *tenancy == Tenancy::Column)
    }

    fn system_refusal(&mut self) -> QueryResult<Option<String>> {
        super::guard::system_refusal(self)
    }

    fn begin(isolation: Option<Isolation>, access: Access) -> String {
        let mut sql = "BEGIN".to_owned();
        sql.push_str(match isolation {
            None => "",
            Some(Isolation::ReadCommitted) => " ISOLATION LEVEL READ COMMITTED",
            Some(Isolation::RepeatableRead) => " ISOLATION LEVEL REPEATABLE READ",
            Some(Isolation::Serializable) => " ISOLATION LEVEL SERIALIZABLE",
        });
        if access == Access::ReadOnly {
            sql.push_str(" READ ONLY");
        }
        sql
    }

    fn ran_migrations(&mut self) -> QueryResult<Vec<Ran>> {
        let ledgers = "SELECT name AS value FROM unnest(ARRAY['__diesel_schema_migrations', \
            '__dbkit_migrations']) AS name WHERE to_regclass(name) IS NOT NULL";
        ran(diesel::sql_query(ledgers).load(self)?, |sql| diesel::sql_query(sql).load(self))
    }

    fn vitals(&mut self) -> QueryResult<Vitals> {
        let row: Row = diesel::sql_query(Vitals::sql(Dialect::Postgres)).get_result(self)?;
        Ok(Vitals::read(&row.value))
    }

    fn protected_as(&mut self) -> QueryResult<Option<String>> {
        let there = "SELECT 'there' AS value WHERE to_regclass('__dbkit_environment') IS NOT NULL";
        let there = diesel::sql_query(there).load(self)?;
        if_there(there, || diesel::sql_query(MARK).load(self))
    }

    fn empty(&mut self, tables: &[&str]) -> QueryResult<()> {
        use crate::dialect::postgres::quote::qname;
        if tables.is_empty() {
            return Ok(());
        }
        // One statement for all: they may refer to one another.
        let names: Vec<String> = tables.iter().map(|name| qname(&named(name))).collect();
        self.batch_execute(&format!("TRUNCATE {} RESTART IDENTITY", names.join(", ")))
    }
}

#[cfg(feature = "sqlite")]
impl Backend for diesel::SqliteConnection {
    const MAX_PARAMETERS: usize = 32_766;

    fn prepare(&mut self, settings: &PoolSettings) -> QueryResult<()> {
        let busy = settings.busy_timeout.as_millis();
        self.batch_execute(&format!("PRAGMA busy_timeout = {busy}; PRAGMA foreign_keys = ON;"))
    }

    fn refresh(&mut self, settings: &PoolSettings) -> QueryResult<()> {
        // There is mostly nothing to roll back, which is an error.
        let _ = self.batch_execute("ROLLBACK");
        let attached = "SELECT name AS value FROM pragma_database_list WHERE seq > 1";
        for Row { value } in diesel::sql_query(attached).load::<Row>(self)? {
            let name = crate::dialect::sqlite::quote::ident(&value);
            self.batch_execute(&format!("DETACH {name}"))?;
        }
        let temporary = "SELECT type || ' temp.' || '\"' || replace(name, '\"', '\"\"') || '\"' AS value \
            FROM sqlite_temp_master WHERE type IN ('table', 'view', 'trigger') AND name NOT LIKE 'sqlite_%'";
        for Row { value } in diesel::sql_query(temporary).load::<Row>(self)? {
            let (kind, name) = value.split_once(' ').unwrap_or_default();
            self.batch_execute(&format!("DROP {kind} IF EXISTS {name}"))?;
        }
        self.prepare(settings)
    }

    fn enter(&mut self, _: &Quarters) -> QueryResult<bool> {
        Ok(true)
    }

    fn stayed(&mut self, _: &Quarters) -> QueryResult<bool> {
        Ok(true)
    }

    fn enter_system(&mut self, _: &str) -> QueryResult<()> {
        Ok(())
    }

    fn refusal(&mut self, tenancy: &Tenancy) -> QueryResult<Option<String>> {
        let schemas = matches!(tenancy, Tenancy::Schema(_));
        Ok(schemas.then(|| "SQLite has no schemas; take a file for each tenant".to_owned()))
    }

    fn system_refusal(&mut self) -> QueryResult<Option<String>> {
        Ok(None)
    }

    fn begin(_: Option<Isolation>, access: Access) -> String {
        match access {
            // A transaction that reads first and writes later can be refused in the middle; one
            // that takes the lock at its start waits for it.
            Access::ReadWrite => "BEGIN IMMEDIATE",
            Access::ReadOnly => "BEGIN",
        }
        .to_owned()
    }

    fn ran_migrations(&mut self) -> QueryResult<Vec<Ran>> {
        let ledgers = "SELECT name AS value FROM sqlite_master WHERE name IN \
            ('__diesel_schema_migrations', '__dbkit_migrations')";
        ran(diesel::sql_query(ledgers).load(self)?, |sql| diesel::sql_query(sql).load(self))
    }

    fn vitals(&mut self) -> QueryResult<Vitals> {
        let row: Row = diesel::sql_query(Vitals::sql(Dialect::Sqlite)).get_result(self)?;
        Ok(Vitals::read(&row.value))
    }

    fn protected_as(&mut self) -> QueryResult<Option<String>> {
        let there = "SELECT 'there' AS value FROM sqlite_master WHERE name = '__dbkit_environment'";
        let there = diesel::sql_query(there).load(self)?;
        if_there(there, || diesel::sql_query(MARK).load(self))
    }

    fn empty(&mut self, tables: &[&str]) -> QueryResult<()> {
        use crate::dialect::sqlite::quote::{literal, qname};
        // Only there when some table has AUTOINCREMENT.
        let counters = "SELECT 'there' AS value FROM sqlite_master WHERE name = 'sqlite_sequence'";
        let counters: Vec<Row> = diesel::sql_query(counters).load(self)?;
        for table in tables {
            let name = named(table);
            self.batch_execute(&format!("DELETE FROM {}", qname(&name)))?;
            if !counters.is_empty() {
                let name = literal(&name.name);
                self.batch_execute(&format!("DELETE FROM sqlite_sequence WHERE name = {name}"))?;
            }
        }
        Ok(())
    }
}

fn ran(
    ledgers: Vec<Row>,
    mut load: impl FnMut(&'static str) -> QueryResult<Vec<Ran>>,
) -> QueryResult<Vec<Ran>> {
    let there = |name: &str| ledgers.iter().any(|row| row.value == name);
    match (there("__diesel_schema_migrations"), there("__dbkit_migrations")) {
        (false, _) => Ok(Vec::new()),
        (true, false) => load(RAN),
        (true, true) => load(RAN_WITH_CHECKSUMS),
    }
}

fn if_there(
    ledger: Vec<Row>,
    value: impl FnOnce() -> QueryResult<Vec<Row>>,
) -> QueryResult<Option<String>> {
    if ledger.is_empty() {
        return Ok(None);
    }
    Ok(value()?.pop().map(|row| row.value))
}

/// `schema.table`, or a table of the default schema.
fn named(table: &str) -> QName {
    match table.split_once('.') {
        Some((schema, name)) => QName::new(Some(schema), name),
        None => QName::bare(table),
    }
}
