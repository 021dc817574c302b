//! `dbkit tenant drop`

use super::super::output::print;
use super::super::{Context, Exit, Stop, prompt, seed_protect};
use super::{House, failed};
use crate::config::TenancyMode;
use crate::database::{Access, Session, drop_database};
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
        }
        _ => drop_database(&place.target)?,
    }
    house.registry.forget(&mut house.connection, &tenant.id).map_err(failed)?;
    print(&format!("dropped {what}\n"))?;
    Ok(Exit::Done)
}
