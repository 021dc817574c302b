//! `dbkit tenant doctor`

use super::super::output::{Grid, print};
use super::super::{Context, Exit, Stop};
use super::scope::open_place;
use super::{House, erase, failed};
use crate::config::{Location, TenancyMode};
use crate::database::{Access, Session, Value};
use crate::model::Dialect;
use crate::tenants::{
    Finding, Grade, Place, examine, examine_database, examine_files, examine_schemas,
};

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Tries to read and write across tenants as the application's role: rows of shared tables, other\n\
                        tenants' schemas, ways out of a database. All of it is rolled back. It has to come in as a role that sees all rows and may become\n\
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
    if house.tenancy.mode == TenancyMode::Database && house.target.dialect() == Dialect::Sqlite {
        let findings = files(&mut house)?;
        return show(context, "", &findings);
    }
    if house.target.dialect() == Dialect::Sqlite {
        return Err(Stop::error(
            Exit::Usage,
            "SQLite keeps no tenants apart: there is nothing to try\nhelp: take a file for each tenant, or filter in \
             the application; see docs/tenants.md",
        ));
    }
    let role = args.role.clone().or_else(|| house.tenancy.role.clone()).ok_or_else(|| {
        Stop::error(
            Exit::Usage,
            "which role does the application come in as?\nhelp: name it with --role, or `role` under [tenancy] in dbkit.toml",
        )
    })?;
    let findings = match house.tenancy.mode {
        TenancyMode::Column => column(&mut house, &role)?,
        TenancyMode::Schema => {
            let places = places(&mut house)?;
            examine_schemas(&mut house.connection, &places, &role).map_err(failed)?
        }
        TenancyMode::Database => databases(&mut house, &role)?,
    };
    show(context, &role, &findings)
}

fn column(house: &mut House<'_>, role: &str) -> anyhow::Result<Vec<Finding>> {
    let columns = erase::columns(house)?;
    if columns.is_empty() {
        return Err(Stop::error(
            Exit::Usage,
            "no table has a tenant column\nhelp: mark it with #[tenant(column)] in the schema",
        ));
    }
    examine(&mut house.connection, &columns, role).map_err(failed)
}

fn places(house: &mut House<'_>) -> anyhow::Result<Vec<Place>> {
    let ready = house.tenants()?.into_iter().filter(|tenant| tenant.state == "ready");
    ready.map(|tenant| house.place(&tenant.id)).collect()
}

fn databases(house: &mut House<'_>, role: &str) -> anyhow::Result<Vec<Finding>> {
    let rows = house.connection.query("SELECT current_database()::text", &[])?;
    let main = rows.rows.first().and_then(|row| row.first()).and_then(Value::as_text);
    let main = main.unwrap_or_default().to_owned();
    let mut findings = Vec::new();
    for place in places(house)? {
        let mut connection = open_place(&place, Access::Write)?;
        findings.extend(examine_database(&mut connection, &place, role, &main).map_err(failed)?);
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.grade));
    Ok(findings)
}

fn files(house: &mut House<'_>) -> anyhow::Result<Vec<Finding>> {
    let of = |place: Place| match &place.target.location {
        Location::Sqlite { path } => crate::database::sqlite::Location::parse(path)
            .path()
            .map(|path| (place.tenant.clone(), path.to_path_buf())),
        Location::Postgres { .. } => None,
    };
    Ok(examine_files(&places(house)?.into_iter().filter_map(of).collect::<Vec<_>>()))
}

fn show(context: &Context, role: &str, findings: &[Finding]) -> anyhow::Result<Exit> {
    let number = |grade: Grade| findings.iter().filter(|finding| finding.grade == grade).count();
    let (broken, warnings) = (number(Grade::Broken), number(Grade::Warning));
    if context.json() {
        let json = serde_json::json!({ "role": role, "findings": findings, "broken": broken });
        print(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
    } else {
        let mut grid = Grid::new(["", "table", "finding"]);
        for finding in findings {
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
