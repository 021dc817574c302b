//! Whose schemas a command is about, where each tenant has one.

use super::super::{Context, Exit, Stop};
use super::{House, failed};
use crate::config::{Target, TenancyMode, TenancySection};
use crate::database::postgres::Scope;
use crate::database::{Access, Connection, DatabaseError, Session, Value, open};
use crate::model::Dialect;
use crate::tenants::{Place, Registry, TenantError};

/// A command on the whole database is not about the tenants' schemas: their migrations change them.
///
/// # Errors
/// The list of tenants cannot be read, where nothing but it tells their schemas from others.
pub(in crate::cli) fn pass_over_tenants(
    context: &Context,
    connection: &mut Connection,
) -> anyhow::Result<()> {
    let Some(tenancy) = context.config.tenancy() else { return Ok(()) };
    if tenancy.mode != TenancyMode::Schema {
        return Ok(());
    }
    let schemas = schemas(tenancy, connection)?;
    if let Connection::Postgres(session) = connection {
        session.set_scope(Scope::passing_over(schemas));
    }
    Ok(())
}

/// Whether tenants have tables of their own.
pub(in crate::cli) fn have_places(context: &Context) -> bool {
    context.config.tenancy().is_some_and(|tenancy| tenancy.mode != TenancyMode::Column)
}

fn schemas(tenancy: &TenancySection, connection: &mut Connection) -> anyhow::Result<Vec<String>> {
    let pattern = tenancy.schema_pattern();
    if pattern.trim() != "{}" {
        return Ok(vec![pattern.to_owned()]);
    }
    match Registry::of(tenancy, Dialect::Postgres).list(connection) {
        Ok(tenants) => Ok(tenants.into_iter().map(|tenant| tenant.id).collect()),
        // The project's table of tenants is made by the very command that comes here.
        Err(TenantError::Database { error, .. }) if error.code.as_deref() == Some("42P01") => {
            Ok(Vec::new())
        }
        Err(error) => Err(failed(error)),
    }
}

/// A connection that sees one tenant's rows and tables, in the way that the project keeps tenants apart.
///
/// # Errors
/// No connection, no such tenant, nothing that keeps tenants apart.
pub(in crate::cli) fn connect(
    context: &Context,
    target: &Target,
    access: Access,
    tenant: &str,
) -> anyhow::Result<Connection> {
    let mode = context.config.tenancy().map_or(TenancyMode::Column, |tenancy| tenancy.mode);
    if mode == TenancyMode::Column {
        let mut connection = context.connect(target, access)?;
        if connection.dialect() == Dialect::Sqlite {
            return Err(Stop::error(
                Exit::Usage,
                "SQLite has no row-level security: --tenant says nothing there\n\
                 help: take a file for each tenant, with mode = \"database\" under [tenancy] in dbkit.toml",
            ));
        }
        let sql = "SELECT pg_catalog.set_config('app.tenant_id', $1, false)";
        connection.query(sql, &[Value::Text(tenant.to_owned())])?;
        return Ok(connection);
    }
    let mut house = House::at(context, target.clone(), Access::Read)?;
    house.known(tenant)?;
    let place = house.place(tenant)?;
    open_place(&place, access)
}

/// The same of a place that is known.
pub(super) fn open_place(place: &Place, access: Access) -> anyhow::Result<Connection> {
    let mut connection = open(&place.target, access, &mut |_| {})
        .map_err(|error| super::super::context::no_connection(&place.target, &error))?;
    arrive(place, &mut connection)?;
    Ok(connection)
}

fn arrive(place: &Place, connection: &mut Connection) -> anyhow::Result<()> {
    schema_is_there(place, connection)?;
    if let (Connection::Postgres(session), Some(schema)) = (connection, &place.schema) {
        session.set_scope(Scope::at_home_in(schema));
    }
    Ok(())
}

/// A connection that goes from tenant to tenant, where they are schemas of one database. A new session
/// costs the server as much as the migration of a small tenant: it reads its catalogue again.
#[derive(Default)]
pub(super) struct Shuttle {
    connection: Option<Connection>,
    visits: usize,
}

/// After so many tenants the server's memory of their tables (its relation cache) is given back.
const VISITS: usize = 50;

impl Shuttle {
    /// The connection, at this tenant and with nothing left of the one before. It stays at hand for
    /// the next only when it is given [back](Self::back).
    pub(super) fn to(&mut self, place: &Place) -> anyhow::Result<Connection> {
        if let (Some(mut connection), Some(path)) = (self.connection.take(), place.search_path()) {
            let moved = connection.execute("DISCARD ALL").and_then(|()| go(&path, &mut connection));
            // One that is lost, or stands behind a pooler that knows no session, is opened anew.
            if moved.is_ok() {
                arrive(place, &mut connection)?;
                return Ok(connection);
            }
        }
        self.visits = 0;
        open_place(place, Access::Write)
    }

    /// Keeps it for another schema of the same database.
    pub(super) fn back(&mut self, place: &Place, mut connection: Connection) {
        self.visits += 1;
        let pooled = match &mut connection {
            Connection::Postgres(session) => session.through_pooler().unwrap_or(true),
            Connection::Sqlite(_) => true,
        };
        if place.schema.is_some() && self.visits < VISITS && !pooled {
            self.connection = Some(connection);
        }
    }
}

fn go(path: &str, connection: &mut Connection) -> Result<(), DatabaseError> {
    let sql = "SELECT pg_catalog.set_config('search_path', $1, false)";
    connection.query(sql, &[Value::Text(path.to_owned())]).map(drop)
}

/// Otherwise everything would go to `public`, which comes next in the search path.
fn schema_is_there(place: &Place, connection: &mut Connection) -> anyhow::Result<()> {
    let Some(schema) = &place.schema else { return Ok(()) };
    let rows = connection.query("SELECT current_schema()::text", &[])?;
    let current = rows.rows.first().and_then(|row| row.first()).and_then(Value::as_text);
    if current == Some(schema.as_str()) {
        return Ok(());
    }
    Err(Stop::error(
        Exit::Failed,
        format!("its schema {schema} is missing; `dbkit tenant create {}` makes it", place.tenant),
    ))
}
