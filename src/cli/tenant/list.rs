//! `dbkit tenant list`

use super::super::output::{Grid, count, print};
use super::super::{Context, Exit};
use super::House;
use crate::database::Access;

#[derive(clap::Args, Debug)]
pub struct Args {}

pub(super) fn run(_: &Args, context: &Context) -> anyhow::Result<Exit> {
    let mut house = House::open(context, Access::Read)?;
    let tenants = house.tenants()?;
    if context.json() {
        let json = serde_json::json!({ "tenants": tenants });
        print(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
        return Ok(Exit::Done);
    }
    let mut grid = Grid::new(["tenant", "state"]);
    for tenant in &tenants {
        grid.row([tenant.id.clone(), tenant.state.clone()]);
    }
    print(&format!("{}{}\n", grid.render(context.terminal), count(tenants.len(), "tenant")))?;
    Ok(Exit::Done)
}
