//! `dbkit tenant status`

use super::super::output::{Grid, count, print};
use super::super::{Context, Exit};
use super::House;
use super::fleet::folder;
use crate::config::TenancyMode;
use crate::database::{Access, Connection, Session, Value, open};
use crate::ledger::{Comparison, Ledger, Standing, compare};
use crate::migration::Migration;
use crate::tenants::{Place, Tenant};
use serde::Serialize;

#[derive(clap::Args, Debug)]
#[command(after_help = "Example:\n  dbkit tenant status --check")]
pub struct Args {
    /// Exit 3 when a tenant is behind, or anything is wrong with one
    #[arg(long)]
    check: bool,
    /// Only tenants that are not where they should be
    #[arg(long)]
    behind: bool,
}

/// Where one tenant stands.
#[derive(Serialize)]
struct Line {
    tenant: String,
    version: Option<String>,
    pending: usize,
    state: String,
}

pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let mut house = House::open(context, Access::Read)?;
    house.apart("`dbkit status` tells where they stand, all at once")?;
    let (_, migrations) = folder(context, &house.tenancy, house.target.dialect())?;
    let mut lines = Vec::new();
    for tenant in house.tenants()? {
        let place = house.place(&tenant.id)?;
        lines.push(line(&mut house, &place, &tenant, &migrations));
    }
    let open = lines.iter().filter(|line| line.state != "ready").count();
    let shown: Vec<&Line> =
        lines.iter().filter(|line| !args.behind || line.state != "ready").collect();
    if context.json() {
        let json = serde_json::json!({ "tenants": shown, "not_ready": open });
        print(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
    } else {
        print(&matrix(context, &shown, &lines))?;
    }
    Ok(if args.check && open > 0 { Exit::Pending } else { Exit::Done })
}

fn line(house: &mut House<'_>, place: &Place, tenant: &Tenant, migrations: &[Migration]) -> Line {
    let mut line =
        Line { tenant: tenant.id.clone(), version: None, pending: 0, state: String::new() };
    match look(house, place, migrations) {
        Ok(standing) => {
            let done = [Standing::Applied, Standing::Changed, Standing::Replacing];
            let newest = standing.iter().rev().find(|c| done.contains(&c.standing));
            line.version = newest.map(|c| c.version.as_str().to_owned());
            let waits = [Standing::Pending, Standing::PendingOlder];
            line.pending = standing.iter().filter(|c| waits.contains(&c.standing)).count();
            let odd = standing
                .iter()
                .find(|c| !done.contains(&c.standing) && !waits.contains(&c.standing));
            line.state = match (odd, line.pending) {
                (Some(odd), _) => format!("{}: {:?}", odd.name, odd.standing).to_lowercase(),
                (None, 0) => tenant.state.clone(),
                (None, pending) => format!("{pending} pending"),
            };
        }
        Err(error) => line.state = error.to_string().lines().next().unwrap_or("error").to_owned(),
    }
    line
}

fn look(
    house: &mut House<'_>,
    place: &Place,
    migrations: &[Migration],
) -> anyhow::Result<Vec<Comparison>> {
    let mut own: Connection;
    let connection = match (&place.schema, house.tenancy.mode) {
        (Some(schema), TenancyMode::Schema) => {
            let there = house.connection.query(
                "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1",
                &[Value::Text(schema.clone())],
            )?;
            if there.rows.is_empty() {
                anyhow::bail!("its schema {schema} is missing");
            }
            &mut house.connection
        }
        _ => {
            own = open(&place.target, Access::Read, &mut |_| {})?;
            &mut own
        }
    };
    let ledger = Ledger::find_in(connection, place.schema.as_deref())?;
    let records = ledger.records(connection)?;
    Ok(compare(migrations, &records)?)
}

/// Each tenant, then how many have each version.
fn matrix(context: &Context, shown: &[&Line], all: &[Line]) -> String {
    let mut grid = Grid::new(["tenant", "version", "state"]);
    for line in shown {
        let version = line.version.clone().unwrap_or_default();
        grid.row([line.tenant.clone(), version, line.state.clone()]);
    }
    let mut versions = std::collections::BTreeMap::new();
    for line in all {
        *versions.entry(line.version.as_deref().unwrap_or("none")).or_insert(0_usize) += 1;
    }
    let mut text = grid.render(context.terminal);
    for (version, number) in versions.iter().rev() {
        text.push_str(&format!("{version}: {}\n", count(*number, "tenant")));
    }
    let open = all.iter().filter(|line| line.state != "ready").count();
    text.push_str(&format!("{}, {open} not ready\n", count(all.len(), "tenant")));
    text
}
