//! `dbkit seed status`, `dbkit seed diff`, `dbkit seed protect`

use super::output::{Grid, print};
use super::seed::{connect, environment, folder, load_from, stop};
use super::{Context, Exit};
use crate::database::Access;
use crate::seed::{self, ChangeKind, Report, SetState};

#[derive(clap::Args, Debug)]
#[command(after_help = "Writes nothing.\n\nExample:\n  dbkit seed status --env dev")]
pub(super) struct Args {
    /// Tenant with a schema or database of its own: what ran there
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
}

pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let target = context.target()?;
    let environment = environment(context, &target);
    let tenant = args.tenant.as_deref();
    let sets = load_from(context, &folder(context, tenant), &environment)?;
    let mut connection = connect(context, &target, Access::Read, tenant)?;
    let found = seed::status(&mut connection, &sets).map_err(|error| stop(context, error))?;
    let protected = seed::protected_as(&mut connection).map_err(|error| stop(context, error))?;
    let pending = found.iter().any(|set| set.state != SetState::Current);
    if context.json() {
        let json = serde_json::json!({
            "environment": environment, "protected_as": protected, "sets": found,
        });
        print(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
    } else {
        let mut grid = Grid::new(["set", "state", "rows", "last run (UTC)"]).numeric(2);
        for set in &found {
            let state = match set.state {
                SetState::Current => "current",
                SetState::Changed => "changed",
                SetState::New => "new",
                SetState::Gone => "gone",
            };
            let last = set.last.as_ref();
            grid.row([
                set.set.clone(),
                state.to_owned(),
                last.map(|last| last.rows.to_string()).unwrap_or_default(),
                last.map(|last| last.seeded_at.clone()).unwrap_or_default(),
            ]);
        }
        if !grid.is_empty() {
            print(&grid.render(context.terminal))?;
        }
        if let Some(name) = protected {
            context.say(&format!("this database is marked as the protected environment {name}"));
        }
    }
    Ok(if pending { Exit::Pending } else { Exit::Done })
}

pub(super) fn show_diff(context: &Context, report: &Report) -> anyhow::Result<Exit> {
    let same = report.changes.is_empty() && report.is_unchanged();
    if context.json() {
        print(&format!("{}\n", serde_json::to_string_pretty(report)?))?;
    } else {
        let mut text = String::new();
        for change in &report.changes {
            let sign = match change.kind {
                ChangeKind::Insert => '+',
                ChangeKind::Update => '~',
                ChangeKind::Remove => '-',
            };
            text.push_str(&format!("{sign} {} {}  [{}]\n", change.table, change.row, change.set));
            for column in &change.columns {
                let shown = |value: &Option<String>| match value {
                    None => "null".to_owned(),
                    Some(text) => format!("{text:?}"),
                };
                let (old, new) = (shown(&column.old), shown(&column.new));
                text.push_str(&format!("    {}: {old} -> {new}\n", column.column));
            }
        }
        let told =
            |table: &seed::TableReport| report.changes.iter().any(|c| c.table == table.table);
        for table in report.tables.iter().filter(|table| !told(table)) {
            if table.inserted + table.updated > 0 {
                let (inserted, updated) = (table.inserted, table.updated);
                text.push_str(&format!(
                    "  {}: {inserted} to insert, {updated} to update  [{}]\n",
                    table.table, table.set
                ));
            }
        }
        for script in report.scripts.iter().filter(|script| script.rows > 0) {
            text.push_str(&format!("  {}: {} rows\n", script.file.display(), script.rows));
        }
        print(&crate::terminal::message(&text))?;
        if same {
            context.say("nothing to do");
        }
    }
    Ok(if same { Exit::Done } else { Exit::Pending })
}
