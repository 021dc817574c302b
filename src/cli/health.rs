//! `dbkit health`

use super::migrations::History;
use super::output::{Grid, print};
use super::{Context, Exit};
use crate::database::{Access, Session, Vitals};
use crate::ledger::Standing;
use std::time::Instant;

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Asks once whether the database answers and whether all migrations have run, with the numbers\n\
                        that matter when it is slow. Exits 0 when it is ready, 3 when migrations are pending,\n\
                        unknown or changed, 7 when there is no connection.\n\n\
                        Example:\n  dbkit health --env prod --wait 2"
)]
pub struct Args {}

/// Prints how the database feels.
///
/// # Errors
/// A broken folder, no connection.
pub fn run(_: &Args, context: &Context) -> anyhow::Result<Exit> {
    let begun = Instant::now();
    let mut history = History::open(context, Access::Read)?;
    let connect_ms = begun.elapsed().as_millis();
    let asked = Instant::now();
    history.connection.query("SELECT 1", &[])?;
    let latency_ms = asked.elapsed().as_secs_f64() * 1000.0;
    let standing = history.standing()?;
    let of = |wanted: &[Standing]| -> Vec<String> {
        let found = standing.iter().filter(|line| wanted.contains(&line.standing));
        found.map(|line| line.name.clone()).collect()
    };
    let pending = of(&[Standing::Pending, Standing::PendingOlder, Standing::Interrupted]);
    let unknown = of(&[Standing::Missing]);
    let diverged =
        of(&[Standing::Changed, Standing::Renamed, Standing::Reverting, Standing::PartlyReplaced]);
    let ready = pending.is_empty() && unknown.is_empty() && diverged.is_empty();
    let done = of(&[Standing::Applied, Standing::Replacing]);
    let vitals = vitals(context, &mut history);
    if context.json() {
        let json = serde_json::json!({
            "target": history.target.to_string(),
            "ready": ready,
            "connect_ms": connect_ms,
            "latency_ms": latency_ms,
            "migrations": { "version": done.last(), "pending": pending, "unknown": unknown, "diverged": diverged },
            "vitals": vitals,
        });
        print(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
    } else {
        let mut grid = Grid::new(["", ""]);
        let mut row = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                grid.row([name.to_owned(), value]);
            }
        };
        row("connected in", Some(format!("{connect_ms} ms")));
        row("latency", Some(format!("{latency_ms:.2} ms")));
        row(
            "size",
            vitals.size_bytes.map(|bytes| format!("{:.1} MiB", bytes as f64 / 1_048_576.0)),
        );
        let limit = vitals.max_connections.map(|max| format!(" of {max}")).unwrap_or_default();
        row("connections", vitals.connections.map(|number| format!("{number}{limit}")));
        row("found in cache", vitals.cache_hit_ratio.map(|ratio| format!("{ratio} %")));
        row("longest transaction", vitals.longest_transaction.map(|time| format!("{time} s")));
        row("replication lag", vitals.replication_lag.map(|time| format!("{time} s")));
        row("version", done.last().cloned());
        for (name, list) in [("pending", &pending), ("unknown", &unknown), ("changed", &diverged)] {
            row(name, (!list.is_empty()).then(|| list.join(", ")));
        }
        let verdict = if ready { "ready" } else { "not ready" };
        print(&format!("{}{verdict}\n", grid.render(context.terminal)))?;
    }
    Ok(if ready { Exit::Done } else { Exit::Pending })
}

/// What this role may not see is left out, and is no reason not to be ready.
fn vitals(context: &Context, history: &mut History) -> Vitals {
    let sql = Vitals::sql(history.target.dialect());
    match history.connection.query(sql, &[]) {
        Ok(rows) => {
            let cell = rows.rows.first().and_then(|row| row.first());
            cell.and_then(|value| value.as_text().map(Vitals::read)).unwrap_or_default()
        }
        Err(error) => {
            context.warn(&format!("the database does not tell its numbers: {error}"));
            Vitals::default()
        }
    }
}
