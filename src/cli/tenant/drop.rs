//! `dbkit tenant drop`

use super::super::output::print;
use super::super::{Context, Exit, Stop, prompt, seed_protect};
use super::{House, failed};
use crate::config::TenancyMode;
use crate::database::{Access, Session, Value, drop_database};
use crate::dialect::postgres::quote;

#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  dbkit tenant drop acme --yes")]
pub struct Args {
    /// The tenant
    id: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// A role belongs to all databases of a server: where another one still gives it rights, it stays.
pub(super) fn drop_role(house: &mut House<'_>, role: &str) -> anyhow::Result<()> {
    let bind = [Value::Text(role.to_owned())];
    let there =
        house.connection.query("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1", &bind)?;
    if there.rows.is_empty() {
        return Ok(());
    }
    let quoted = quote::ident(role);
    house.connection.execute(&format!("DROP OWNED BY {quoted}"))?;
    if let Err(error) = house.connection.execute(&format!("DROP ROLE {quoted}")) {
        house.context.warn(&format!("the role {role} stays: {error}"));
    }
    Ok(())
}

pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let mut house = House::open(context, Access::Write)?;
    house.apart("`dbkit tenant erase` deletes one's rows")?;
    seed_protect::refuse(context, &house.target, "drops of tenants")?;
    let tenant = house.known(&args.id)?;
    let place = house.place(&tenant.id)?;
    let what = match &place.schema {
        Some(schema) => format!("the schema {schema} of tenant {}", tenant.id),
        None => format!("{} of tenant {}", place.target, tenant.id),
    };
    if !args.yes && !prompt::confirm(&format!("Drop {what} with everything in it?"), "--yes")? {
        return Err(Stop::error(Exit::Refused, "nothing was dropped"));
    }
    house.registry.note(&mut house.connection, &tenant.id, "dropping").map_err(failed)?;
    match (house.tenancy.mode, &place.schema) {
        (TenancyMode::Schema, Some(schema)) => {
            let sql = format!("DROP SCHEMA IF EXISTS {} CASCADE", quote::ident(schema));
            house.connection.execute(&sql)?;
            if let Some(role) = &place.role {
                drop_role(&mut house, role)?;
            }
        }
        _ => drop_database(&place.target)?,
    }
    house.registry.forget(&mut house.connection, &tenant.id).map_err(failed)?;
    print(&format!("dropped {what}\n"))?;
    Ok(Exit::Done)
}
