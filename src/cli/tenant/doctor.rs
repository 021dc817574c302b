//! `dbkit tenant doctor`

use super::super::output::{Grid, print};
use super::super::{Context, Exit, Stop};
use super::{House, erase, failed};
use crate::config::TenancyMode;
use crate::database::Access;
use crate::model::Dialect;
use crate::tenants::{Grade, examine};

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Tries to read and write across tenants as the application's role, table by table, and\n\
                        rolls everything back. It has to come in as a role that sees all rows and may become\n\
                        the application's. Exits 3 when anything is broken.\n\n\
                        Example:\n  dbkit tenant doctor --role app"
)]
pub struct Args {
    /// The application's role [default: tenancy.role of dbkit.toml]
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
}

pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let mut house = House::open(context, Access::Write)?;
    if house.target.dialect() == Dialect::Sqlite {
        return Err(Stop::error(
            Exit::Usage,
            "SQLite keeps no tenants apart: there is nothing to try\nhelp: take a file for each tenant, or filter in \
             the application; see docs/tenants.md",
        ));
    }
    if house.tenancy.mode != TenancyMode::Column {
        return Err(Stop::error(
            Exit::Usage,
            "schemas and databases separate by the rights of roles, not by rows\nhelp: see docs/tenants.md for what \
             they do not stop",
        ));
    }
    let role = args.role.clone().or_else(|| house.tenancy.role.clone()).ok_or_else(|| {
        Stop::error(
            Exit::Usage,
            "which role does the application come in as?\nhelp: name it with --role, or `role` under [tenancy] in dbkit.toml",
        )
    })?;
    let columns = erase::columns(&mut house)?;
    if columns.is_empty() {
        return Err(Stop::error(
            Exit::Usage,
            "no table has a tenant column\nhelp: mark it with #[tenant(column)] in the schema",
        ));
    }
    let findings = examine(&mut house.connection, &columns, &role).map_err(failed)?;
    let number = |grade: Grade| findings.iter().filter(|finding| finding.grade == grade).count();
    let (broken, warnings) = (number(Grade::Broken), number(Grade::Warning));
    if context.json() {
        let json = serde_json::json!({ "role": role, "findings": findings, "broken": broken });
        print(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
    } else {
        let mut grid = Grid::new(["", "table", "finding"]);
        for finding in &findings {
            let grade = match finding.grade {
                Grade::Held => "held",
                Grade::Warning => "warning",
                Grade::Broken => "BROKEN",
            };
            let table = finding.table.clone().unwrap_or_default();
            grid.row([grade.to_owned(), table, finding.what.clone()]);
        }
        print(&format!("{}{broken} broken, {warnings} warnings\n", grid.render(context.terminal)))?;
    }
    Ok(if broken > 0 { Exit::Pending } else { Exit::Done })
}
