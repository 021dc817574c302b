//! `dbkit status`

use super::migrations::History;
use super::output::{Grid, count, print};
use super::{Context, Exit};
use crate::database::Access;
use crate::inspect;
use crate::ledger::{Comparison, Standing};

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Shows which migrations have run, which are pending, missing or changed, and what is in the\n\
                        database. Changes nothing and needs only the right to read.\n\n\
                        Example:\n  dbkit status --env prod --check"
)]
pub struct Args {
    /// Exit 3 when a migration is pending, missing, changed or interrupted
    #[arg(long)]
    check: bool,
    /// Leave the tables out
    #[arg(long)]
    migrations_only: bool,
}

/// Prints where the database stands.
///
/// # Errors
/// A broken folder, no connection.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let mut history = History::open(context, Access::Read)?;
    let standing = history.standing()?;
    let overview =
        if args.migrations_only { None } else { Some(inspect::overview(&mut history.connection)?) };
    if context.json() {
        let json = serde_json::json!({
            "target": history.target.to_string(),
            "migrations": standing.iter().map(line).collect::<Vec<_>>(),
            "applied": number(&standing, &[Standing::Applied, Standing::Changed, Standing::Missing]),
            "pending": number(&standing, &[Standing::Pending, Standing::PendingOlder]),
            "tables": overview.as_ref().map(inspect::overview_json),
        });
        print(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
    } else {
        print(&human(context, &standing))?;
        if let Some(overview) = overview.filter(|overview| !overview.tables.is_empty()) {
            print("\n")?;
            super::inspect::show_overview(context, &overview)?;
        }
    }
    let open = standing.iter().any(|line| line.standing != Standing::Applied);
    Ok(if args.check && open { Exit::Pending } else { Exit::Done })
}

fn number(standing: &[Comparison], wanted: &[Standing]) -> usize {
    standing.iter().filter(|line| wanted.contains(&line.standing)).count()
}

fn line(line: &Comparison) -> serde_json::Value {
    serde_json::json!({
        "version": line.version.as_str(),
        "name": line.name,
        "state": line.standing,
        "run_on": line.run_on,
        "duration_ms": line.duration_ms,
    })
}

fn human(context: &Context, standing: &[Comparison]) -> String {
    if standing.is_empty() {
        return "no migrations, and none has run here\n".to_owned();
    }
    let mut grid = Grid::new(["migration", "state", "run on"]);
    for line in standing {
        let state = match line.standing {
            Standing::Applied => "applied".to_owned(),
            Standing::Changed => "applied, changed since".to_owned(),
            Standing::Pending => "pending".to_owned(),
            Standing::PendingOlder => "pending, older than the newest applied".to_owned(),
            Standing::Missing => "applied, no folder".to_owned(),
            Standing::Interrupted => format!("interrupted after statement {}", line.statement),
        };
        grid.row([line.name.clone(), state, line.run_on.clone().unwrap_or_default()]);
    }
    let pending = number(standing, &[Standing::Pending, Standing::PendingOlder]);
    format!("{}{} pending\n", grid.render(context.terminal), count(pending, "migration"))
}
