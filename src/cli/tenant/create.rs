//! `dbkit tenant create`

use super::super::migrations::{Limits, show};
use super::super::{Context, Exit, Stop};
use super::fleet::{Runner, folder};
use super::scope::{Shuttle, open_place};
use super::{House, failed};
use crate::config::{Target, TenancyMode};
use crate::database::{Access, Connection, Session, Value, open_or_create};
use crate::dialect::postgres::quote;
use crate::model::Dialect;
use crate::tenants::{Place, Registry, check_id};

#[derive(clap::Args, Debug)]
#[command(
    after_help = "A tenant that is there already is brought to where it should be: what was \
                        interrupted goes on.\n\nExample:\n  dbkit tenant create acme"
)]
pub struct Args {
    /// The tenant
    id: String,
    #[command(flatten)]
    limits: Limits,
}

pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let mut house = House::open(context, Access::Create)?;
    let id = args.id.as_str();
    if let (Registry::Table { table, .. }, TenancyMode::Column) =
        (&house.registry, house.tenancy.mode)
    {
        return Err(Stop::error(
            Exit::Usage,
            format!(
                "the tenants are the rows of {table}: insert one there, nothing else is needed"
            ),
        ));
    }
    check_id(id).map_err(|error| Stop::error(Exit::Usage, error.to_string()))?;
    let place = house.place(id)?;
    house.registry.note(&mut house.connection, id, "creating").map_err(failed)?;
    let done = match house.tenancy.mode {
        TenancyMode::Column => Vec::new(),
        TenancyMode::Schema => {
            schema(&mut house, &place)?;
            migrate(args, &house, &place)?
        }
        TenancyMode::Database => {
            let made = open_or_create(&place.target, &mut context.waiting());
            let (connection, _) =
                made.map_err(|e| super::super::context::no_connection(&place.target, &e))?;
            allow_database(&house.tenancy.role, connection, &place.target)?;
            migrate(args, &house, &place)?
        }
    };
    protect_ledgers(&house, &place)?;
    house.registry.note(&mut house.connection, id, "ready").map_err(failed)?;
    if house.tenancy.mode == TenancyMode::Column {
        super::super::output::print(&format!("{id} is on the list of tenants\n"))?;
    } else {
        show(context, "applied", &done)?;
    }
    Ok(Exit::Done)
}

fn migrate(
    args: &Args,
    house: &House<'_>,
    place: &Place,
) -> anyhow::Result<Vec<crate::apply::Done>> {
    let settings = args.limits.settings(house.context);
    let (_, migrations) = folder(house.context, &house.tenancy, house.target.dialect())?;
    let runner = Runner { context: house.context, migrations: &migrations, settings: &settings };
    let report = runner.one(place, false, &mut Shuttle::default());
    match report.error {
        None => Ok(report.done),
        Some(error) => Err(Stop::error(
            Exit::Failed,
            format!(
                "tenant {}: {error}\nhelp: correct the migration and run `dbkit tenant create {}` again",
                place.tenant, place.tenant
            ),
        )),
    }
}

fn schema(house: &mut House<'_>, place: &Place) -> anyhow::Result<()> {
    let Some(schema) = &place.schema else { return Ok(()) };
    let quoted = quote::ident(schema);
    let mut sql = format!("CREATE SCHEMA IF NOT EXISTS {quoted};\n");
    if let Some(role) = place.role.as_ref().or(house.tenancy.role.as_ref()) {
        sql.push_str(&grants(&quoted, role));
    }
    if let (Some(role), Some(app)) = (&place.role, house.tenancy.role.clone()) {
        own_role(house, role, &app)?;
    }
    house.connection.execute(&sql)?;
    Ok(())
}

/// A role that nobody comes in as; the application's becomes it for a unit of work.
fn own_role(house: &mut House<'_>, role: &str, app: &str) -> anyhow::Result<()> {
    let bind = [Value::Text(role.to_owned())];
    let there =
        house.connection.query("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1", &bind)?;
    let (role, app) = (quote::ident(role), quote::ident(app));
    if there.rows.is_empty() {
        house.connection.execute(&format!("CREATE ROLE {role} NOLOGIN"))?;
    }
    // Otherwise the application would have the rights of all tenants at once where it is none of them.
    let version =
        house.connection.query("SELECT current_setting('server_version_num')::int", &[])?;
    let version = version.rows.first().and_then(|row| row.first()).and_then(Value::as_integer);
    let how = if version.unwrap_or(0) >= 160_000 { " WITH INHERIT FALSE, SET TRUE" } else { "" };
    house.connection.execute(&format!("GRANT {role} TO {app}{how}"))?;
    Ok(())
}

/// Of what migrations make later, too.
fn grants(schema: &str, role: &str) -> String {
    let role = quote::ident(role);
    format!(
        "GRANT USAGE ON SCHEMA {schema} TO {role};\n\
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role};\n\
         GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role};\n\
         ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role};\n\
         ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {role};\n"
    )
}

/// What has run is for the application to read, and for nobody but dbkit to write. They are made by the
/// first migration, after the rights that new tables come with.
fn protect_ledgers(house: &House<'_>, place: &Place) -> anyhow::Result<()> {
    let Some(role) = place.role.as_ref().or(house.tenancy.role.as_ref()) else { return Ok(()) };
    if house.tenancy.mode == TenancyMode::Column || place.target.dialect() == Dialect::Sqlite {
        return Ok(());
    }
    let mut connection = open_place(place, Access::Write)?;
    let found = connection.query(
        "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = current_schema() AND c.relkind = 'r' \
           AND (c.relname LIKE '\\_\\_dbkit%' OR c.relname = '__diesel_schema_migrations')",
        &[],
    )?;
    let names: Vec<&str> =
        found.rows.iter().filter_map(|row| row.first().and_then(Value::as_text)).collect();
    if !names.is_empty() {
        let (names, role) = (names.join(", "), quote::ident(role));
        connection.execute(&format!("REVOKE INSERT, UPDATE, DELETE ON {names} FROM {role}"))?;
    }
    Ok(())
}

fn allow_database(
    role: &Option<String>,
    mut connection: Connection,
    target: &Target,
) -> anyhow::Result<()> {
    if let (Some(role), Dialect::Postgres) = (role, target.dialect()) {
        connection.execute(&grants("public", role))?;
    }
    Ok(())
}
