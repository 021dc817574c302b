//! `dbkit status`

use super::migrations::History;
use super::output::{Grid, count, print};
use super::{Context, Exit};
use crate::database::Access;
use crate::inspect;
use crate::ledger::{Comparison, Standing};
use crate::migration::Version;

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
            "applied": number(&standing, &APPLIED),
            "pending": number(&standing, &[Standing::Pending, Standing::PendingOlder]),
            "tables": overview.as_ref().map(|o| inspect::overview_json(o).get("tables").cloned()),
        });
        print(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
    } else {
        print(&human(context, &standing))?;
        if let Some(overview) = overview.filter(|overview| !overview.tables.is_empty()) {
            print("\n")?;
            super::inspect_overview::show_overview(context, &overview)?;
        }
    }
    let fine = [Standing::Applied, Standing::Replacing];
    let open = standing.iter().any(|line| !fine.contains(&line.standing));
    Ok(if args.check && open { Exit::Pending } else { Exit::Done })
}

const APPLIED: [Standing; 6] = [
    Standing::Reverting,
    Standing::Applied,
    Standing::Changed,
    Standing::Missing,
    Standing::Renamed,
    Standing::Replacing,
];

fn number(standing: &[Comparison], wanted: &[Standing]) -> usize {
    standing.iter().filter(|line| wanted.contains(&line.standing)).count()
}

fn line(line: &Comparison) -> serde_json::Value {
    serde_json::json!({
        "version": line.version.as_str(),
        "name": line.name,
        "state": line.standing,
        "was": line.was,
        "was_version": line.was_version.as_ref().map(Version::as_str),
        "lacking": line.lacking.iter().map(Version::as_str).collect::<Vec<_>>(),
        "run_on": line.run_on,
        "duration_ms": line.duration_ms,
        "statement": line.statement,
        "statements": line.statements,
        "running": line.running,
    })
}

/// `2 of 5; outcome unknown: CREATE INDEX CONCURRENTLY …`
pub(super) fn progress(line: &Comparison) -> String {
    let running = line.running.as_ref().map(|sql| {
        let first = sql.lines().next().unwrap_or_default();
        format!("; outcome unknown: {first}")
    });
    format!("{} of {}{}", line.statement, line.statements, running.unwrap_or_default())
}

fn human(context: &Context, standing: &[Comparison]) -> String {
    if standing.is_empty() {
        return "no migrations, and none has run here\n".to_owned();
    }
    let mut grid = Grid::new(["migration", "state", "run on"]);
    for line in standing {
        let state = match line.standing {
            Standing::Applied => match &line.was {
                Some(was) => format!("applied as {was}"),
                None => "applied".to_owned(),
            },
            Standing::Changed => "applied, changed since".to_owned(),
            Standing::Pending => "pending".to_owned(),
            Standing::PendingOlder => "pending, older than the newest applied".to_owned(),
            Standing::Missing => "applied, no folder".to_owned(),
            Standing::Renamed => {
                let was = line.was.as_deref().unwrap_or("another");
                format!(
                    "applied as {was}, renamed{} since",
                    if line.edited { " and edited" } else { "" }
                )
            }
            Standing::Replacing => "applied, as what it replaces".to_owned(),
            Standing::PartlyReplaced => {
                format!("refused: of what it replaces, {} did not run", line.lacking.len())
            }
            Standing::Interrupted => format!("interrupted after statement {}", progress(line)),
            Standing::Reverting => {
                format!("its way back interrupted after statement {}", progress(line))
            }
        };
        grid.row([line.name.clone(), state, line.run_on.clone().unwrap_or_default()]);
    }
    let pending = number(standing, &[Standing::Pending, Standing::PendingOlder]);
    let mut text =
        format!("{}{} pending\n", grid.render(context.terminal), count(pending, "migration"));
    if standing.iter().any(super::mend::needs) {
        text.push_str("`dbkit repair` shows what can be mended, and how\n");
    }
    text
}
