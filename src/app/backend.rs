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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing but reading.
    ReadOnly,
    /// Reading and writing.
    ReadWrite,
}

/// The databases a [`Db`](super::Db) works on: PostgreSQL and SQLite.
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
    fn refresh(&mut self) -> QueryResult<()>;

    /// Makes the transaction a tenant's. False when the tenant has no `schema`.
    ///
    /// # Errors
    /// What the database says.
    fn enter(&mut self, tenant: &str, schema: Option<&str>) -> QueryResult<bool>;

    /// Whether the transaction still is the tenant's.
    ///
    /// # Errors
    /// What the database says.
    fn stayed(&mut self, tenant: &str, schema: Option<&str>) -> QueryResult<bool>;

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

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    value: String,
}

const MARK: &str = "SELECT name AS value FROM __dbkit_environment WHERE protected = 1";
/// A migration that has run.
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

#[cfg(feature = "postgres")]
const TENANT: &str = "app.tenant_id";

#[cfg(feature = "postgres")]
const SEARCH_PATH: &str = "search_path";

/// Settings, roles, cursors and temporary tables outlive a transaction: the next user of the
/// connection must find none of them.
#[cfg(feature = "postgres")]
const REFRESH: &str = "CLOSE ALL; UNLISTEN *; RESET ROLE; RESET search_path; \
    SET app.tenant_id = ''; SET app.system_reason = ''; DISCARD TEMP; DISCARD SEQUENCES";

#[cfg(feature = "postgres")]
mod functions {
    use diesel::sql_types::{Bool, Text};

    diesel::define_sql_function!(fn set_config(name: Text, value: Text, local: Bool) -> Text);
    diesel::define_sql_function!(fn current_setting(name: Text, missing_ok: Bool) -> diesel::sql_types::Nullable<Text>);
    diesel::define_sql_function!(fn to_regnamespace(name: Text) -> diesel::sql_types::Nullable<diesel::sql_types::Oid>);
}

#[cfg(feature = "postgres")]
use functions::{current_setting, set_config, to_regnamespace};

/// Extensions and what all tenants share stay in reach.
#[cfg(feature = "postgres")]
fn search_path(schema: &str) -> String {
    format!("{schema}, public")
}

#[cfg(feature = "postgres")]
impl Backend for diesel::PgConnection {
    const MAX_PARAMETERS: usize = 65_535;

    fn prepare(&mut self, settings: &PoolSettings) -> QueryResult<()> {
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
        if sql.is_empty() { Ok(()) } else { self.batch_execute(&sql) }
    }

    fn refresh(&mut self) -> QueryResult<()> {
        self.batch_execute(REFRESH)
    }

    fn enter(&mut self, tenant: &str, schema: Option<&str>) -> QueryResult<bool> {
        let Some(schema) = schema else {
            diesel::select(set_config(TENANT, tenant, true)).execute(self)?;
            return Ok(true);
        };
        let schema = crate::dialect::postgres::quote::ident(schema);
        let path = search_path(&schema);
        let set = (set_config(TENANT, tenant, true), set_config(SEARCH_PATH, path, true));
        let (_, _, found): (String, String, bool) =
            diesel::select((set.0, set.1, to_regnamespace(schema).is_not_null()))
                .get_result(self)?;
        Ok(found)
    }

    fn stayed(&mut self, tenant: &str, schema: Option<&str>) -> QueryResult<bool> {
        let now = (current_setting(TENANT, true), current_setting(SEARCH_PATH, true));
        let (id, path): (Option<String>, Option<String>) = diesel::select(now).get_result(self)?;
        let quoted = schema.map(crate::dialect::postgres::quote::ident);
        Ok(id.as_deref() == Some(tenant)
            && quoted.is_none_or(|schema| path == Some(search_path(&schema))))
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

    fn refresh(&mut self) -> QueryResult<()> {
        self.ping()
    }

    fn enter(&mut self, _: &str, _: Option<&str>) -> QueryResult<bool> {
        Ok(true)
    }

    fn stayed(&mut self, _: &str, _: Option<&str>) -> QueryResult<bool> {
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
