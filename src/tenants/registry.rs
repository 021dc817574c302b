use super::TenantError;
use crate::config::TenancySection;
use crate::database::{Session, Value};
use crate::dialect::{postgres, sqlite};
use crate::model::Dialect;

const OWN: &str = "__dbkit_tenants";

/// Who the tenants are: a table of the project's, or one that dbkit keeps.
#[derive(Clone, Debug)]
pub enum Registry {
    /// `__dbkit_tenants`
    Own,
    /// The project's table and its key, quoted.
    Table { table: String, key: String },
}

/// One tenant.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Tenant {
    pub id: String,
    /// `ready`; `creating` or `dropping` where that did not come to its end.
    pub state: String,
}

impl Registry {
    /// As dbkit.toml says.
    #[must_use]
    pub fn of(tenancy: &TenancySection, dialect: Dialect) -> Self {
        let quote = |name: &str| match dialect {
            Dialect::Postgres => postgres::quote::ident(name),
            Dialect::Sqlite => sqlite::quote::ident(name),
        };
        match &tenancy.table {
            None => Self::Own,
            Some(table) => Self::Table {
                table: table.split('.').map(quote).collect::<Vec<_>>().join("."),
                key: quote(tenancy.key.as_deref().unwrap_or("id")),
            },
        }
    }

    /// All tenants, by their id.
    ///
    /// # Errors
    /// The database's own; a table of which this role may see no row.
    pub fn list(&self, session: &mut dyn Session) -> Result<Vec<Tenant>, TenantError> {
        let failed = TenantError::database("reading the list of tenants");
        let sql = match self {
            Self::Own if !exists(session)? => return Ok(Vec::new()),
            Self::Own => format!("SELECT id, state FROM {} ORDER BY id", own(session)),
            Self::Table { table, key } => {
                format!("SELECT CAST({key} AS text), 'ready' FROM {table} ORDER BY 1")
            }
        };
        let rows = session.query(&sql, &[]).map_err(&failed)?;
        let tenants: Vec<Tenant> = rows
            .rows
            .into_iter()
            .filter_map(|row| {
                let mut cells = row.iter().map(|value| value.as_text().map(str::to_owned));
                Some(Tenant { id: cells.next()??, state: cells.next()?? })
            })
            .collect();
        if let (Self::Table { table, .. }, true, Dialect::Postgres) =
            (self, tenants.is_empty(), session.dialect())
        {
            let sql = "SELECT row_security_active($1::text::regclass)";
            let rows = session.query(sql, &[Value::Text(table.clone())]).map_err(&failed)?;
            let hidden = rows.rows.first().and_then(|row| row.first());
            if hidden.and_then(Value::as_integer) == Some(1) {
                return Err(TenantError::Refused(format!(
                    "this role sees no row of {table}, because of row-level security: connect as one with BYPASSRLS"
                )));
            }
        }
        Ok(tenants)
    }

    /// Notes a tenant, or what is happening to it.
    ///
    /// # Errors
    /// The database's own; a table of the project's has columns that only the project knows.
    pub fn note(
        &self,
        session: &mut dyn Session,
        id: &str,
        state: &str,
    ) -> Result<(), TenantError> {
        let Self::Own = self else { return Ok(()) };
        let failed = TenantError::database(format!("noting tenant {id}"));
        let table = own(session);
        session
            .execute(&format!(
                "CREATE TABLE IF NOT EXISTS {table} (\n    \
                 id TEXT PRIMARY KEY NOT NULL,\n    \
                 state TEXT NOT NULL,\n    \
                 created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP\n)"
            ))
            .map_err(&failed)?;
        let (one, two) = marks(session);
        session
            .query(
                &format!(
                    "INSERT INTO {table} (id, state) VALUES ({one}, {two}) \
                     ON CONFLICT (id) DO UPDATE SET state = excluded.state"
                ),
                &[Value::Text(id.to_owned()), Value::Text(state.to_owned())],
            )
            .map_err(failed)?;
        Ok(())
    }

    /// Strikes a tenant off the list.
    ///
    /// # Errors
    /// The database's own.
    pub fn forget(&self, session: &mut dyn Session, id: &str) -> Result<(), TenantError> {
        let failed = TenantError::database(format!("striking tenant {id} off the list"));
        if matches!(self, Self::Own) && exists(session)? {
            let sql = format!("DELETE FROM {} WHERE id = {}", own(session), marks(session).0);
            session.query(&sql, &[Value::Text(id.to_owned())]).map_err(failed)?;
        }
        Ok(())
    }
}

/// On PostgreSQL in `public`: the list must not depend on whose schema comes first.
fn own(session: &dyn Session) -> String {
    match session.dialect() {
        Dialect::Postgres => format!("public.{OWN}"),
        Dialect::Sqlite => OWN.to_owned(),
    }
}

fn marks(session: &dyn Session) -> (&'static str, &'static str) {
    match session.dialect() {
        Dialect::Postgres => ("$1", "$2"),
        Dialect::Sqlite => ("?1", "?2"),
    }
}

fn exists(session: &mut dyn Session) -> Result<bool, TenantError> {
    let sql = match session.dialect() {
        Dialect::Postgres => format!("SELECT 1 WHERE to_regclass('public.{OWN}') IS NOT NULL"),
        Dialect::Sqlite => format!("SELECT 1 FROM sqlite_schema WHERE name = '{OWN}'"),
    };
    let rows = session.query(&sql, &[]);
    Ok(!rows.map_err(TenantError::database("looking for the list of tenants"))?.rows.is_empty())
}
