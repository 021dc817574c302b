//! `dbkit tenant erase`

use super::super::output::{Grid, count, print};
use super::super::{Context, Exit, Stop, prompt, schema};
use super::drop::drop_role;
use super::scope::open_place;
use super::{House, failed};
use crate::config::TenancyMode;
use crate::database::{Access, Session, drop_database};
use crate::model::Dialect;
use crate::source::schema_rs;
use crate::tenants::{Apart, Place, Registry, TenantColumns, census, erase};

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Deletes the rows of one tenant in every table with a tenant column, and what goes with\n\
                        them by ON DELETE CASCADE, in one transaction; a schema or database of its own goes\n\
                        with it. A record with the numbers of rows stays in __dbkit_erasures.\n\n\
                        Example:\n  dbkit tenant erase acme --dry-run"
)]
pub struct Args {
    /// The tenant
    id: String,
    /// Show what would go, and leave everything as it is
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let mut house = House::open(context, Access::Write)?;
    let place = match house.tenancy.mode {
        TenancyMode::Column => None,
        _ => {
            let tenant = house.known(&args.id)?;
            Some(house.place(&tenant.id)?)
        }
    };
    let columns = match &place {
        Some(_) if !schema::is_there(context) => TenantColumns::new(),
        _ => columns(&mut house)?,
    };
    if place.is_none() && columns.is_empty() {
        return Err(Stop::error(
            Exit::Usage,
            "no table has a tenant column\nhelp: mark it with #[tenant(column)] in the schema",
        ));
    }
    let what = match &place {
        None => format!("all rows of tenant {} in {}", args.id, house.target),
        Some(place) => match &place.schema {
            Some(schema) => {
                format!("the schema {schema} of tenant {} with all that is in it", args.id)
            }
            None => format!("{} of tenant {} with all that is in it", place.target, args.id),
        },
    };
    let question = format!("Delete {what}?");
    if !args.dry_run && !args.yes && !prompt::confirm(&question, "--yes")? {
        return Err(Stop::error(Exit::Refused, "nothing was deleted"));
    }
    let apart = apart(args, &mut house, place.as_ref())?;
    let own = match &house.registry {
        Registry::Table { table, key } => Some((table.clone(), key.clone())),
        Registry::Own => None,
    };
    let own = own.as_ref().map(|(table, key)| (table.as_str(), key.as_str()));
    let erased = erase(&mut house.connection, &columns, own, &apart, &args.id, args.dry_run);
    let erased = erased.map_err(failed)?;
    if !args.dry_run {
        if let Some(role) = place.and_then(|place| place.role) {
            drop_role(&mut house, &role)?;
        }
        house.registry.forget(&mut house.connection, &args.id).map_err(failed)?;
    }
    if context.json() {
        let json =
            serde_json::json!({ "tenant": args.id, "dry_run": args.dry_run, "tables": erased });
        print(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
        return Ok(Exit::Done);
    }
    let mut grid = Grid::new(["table", "rows", ""]).numeric(1);
    for table in &erased {
        let note = if table.cascaded { "with what they refer to" } else { "" };
        grid.row([table.table.clone(), table.rows.to_string(), note.to_owned()]);
    }
    let total: u64 = erased.iter().map(|table| table.rows).sum();
    let total = count(usize::try_from(total).unwrap_or(usize::MAX), "row");
    let verb = if args.dry_run { "would go; nothing was changed" } else { "deleted" };
    print(&format!("{}{total} {verb}\n", grid.render(context.terminal)))?;
    Ok(Exit::Done)
}

/// What the tenant has for itself. A database cannot be dropped in a transaction: it goes first, so that
/// a record is never written of something that is still there. Where that is interrupted, the tenant
/// stays on the list as `dropping`, and the same command goes on.
fn apart(args: &Args, house: &mut House<'_>, place: Option<&Place>) -> anyhow::Result<Apart> {
    let Some(place) = place else { return Ok(Apart::Nothing) };
    if let Some(schema) = &place.schema {
        return Ok(Apart::Schema(schema.clone()));
    }
    let rows = match open_place(place, Access::Read) {
        Ok(mut connection) => census(&mut connection).map_err(failed)?,
        Err(error) if house.known(&args.id)?.state != "dropping" => return Err(error),
        Err(_) => Vec::new(),
    };
    if !args.dry_run {
        house.registry.note(&mut house.connection, &args.id, "dropping").map_err(failed)?;
        drop_database(&place.target)?;
    }
    Ok(Apart::Elsewhere(rows))
}

/// What the schema files say, and what the database keeps apart by itself.
pub(super) fn columns(house: &mut House<'_>) -> anyhow::Result<TenantColumns> {
    let dialect = house.target.dialect();
    // Without schema files a PostgreSQL database still says it by its policies. A file with a
    // mistake in it says nothing, and what it names would be missed.
    let mut columns = if dialect == Dialect::Postgres && !schema::is_there(house.context) {
        TenantColumns::new()
    } else {
        schema::load(house.context, dialect)?.tenants
    };
    if dialect == Dialect::Postgres {
        columns.extend(schema_rs::protected(&house.connection.introspect()?));
    }
    Ok(columns)
}
