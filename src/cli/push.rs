//! `dbkit push`

use super::output::{count, harmless, print};
use super::renames::Answers;
use super::{Context, Exit, Stop, prompt, schema};
use crate::apply::{self, Lock, PushError, PushPlan};
use crate::database::{Access, Connection, ErrorKind, Session};
use crate::plan::{Hazard, HazardKind, PlanOptions, Script, Style};
use crate::source::Source;
use std::path::PathBuf;
use std::time::Duration;

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Makes the database match the schema files without writing migrations: for prototypes and\n\
                        tests. Steps that lose data are refused unless they are allowed.\n\n\
                        Example:\n  dbkit push --dry-run\n  dbkit push --yes --allow data-loss"
)]
pub struct Args {
    /// Schema file (may be repeated; globs allowed)
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(super) schema: Vec<PathBuf>,
    /// Print the SQL and run nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Allow a kind of hazard (may be repeated): data-loss, irreversible …
    #[arg(long, value_name = "HAZARD", num_args = 1.., value_parser = hazard_kind)]
    allow: Vec<HazardKind>,
    /// Allow every hazard; a drop next to an add is what it says, never a rename
    #[arg(long)]
    allow_destructive: bool,
    /// What is renamed, not dropped and added: table.old:new, or old:new for a table
    #[arg(long, value_name = "OLD:NEW")]
    rename: Vec<String>,
    /// Seconds to wait for another dbkit on the same database
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    lock_timeout: u64,
}

fn hazard_kind(text: &str) -> Result<HazardKind, String> {
    HazardKind::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
        let known: Vec<_> = HazardKind::ALL.iter().map(|kind| kind.as_str()).collect();
        format!("hazards are {}", known.join(", "))
    })
}

/// Compares, asks, applies.
///
/// # Errors
/// Mistakes in the files, no connection, a refused hazard, whatever the database refuses.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let target = context.target()?;
    let wanted = schema::load(context, target.dialect())?;
    let access = if args.dry_run { Access::Read } else { Access::Create };
    let mut connection = context.connect(&target, access)?;
    if target.protected && !args.dry_run && !args.yes {
        let question = format!("{target} is protected; push to it all the same?");
        if !prompt::confirm(&question, "--yes")? {
            return Err(Stop::error(Exit::Refused, "nothing was changed"));
        }
    }
    if args.dry_run {
        let plan = plan(args, &mut connection, &wanted)?;
        show(context, &plan);
        if context.json() {
            let statements: Vec<serde_json::Value> = plan
                .script
                .statements()
                .map(|s| serde_json::json!({ "sql": s.sql, "hazards": s.hazards }))
                .collect();
            let json = serde_json::json!({ "statements": statements });
            print(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
        } else {
            print(&text(&plan.script))?;
        }
        return Ok(Exit::Done);
    }
    let limit = Duration::from_secs(args.lock_timeout);
    let lock = Lock::take(&mut connection, limit, &mut |holder| {
        context.say(&format!("waiting for another dbkit on this database ({holder})"));
    })
    .map_err(super::migrations::stop)?;
    let outcome = locked(args, context, &mut connection, &wanted);
    let released = lock.release(&mut connection);
    let exit = outcome?;
    released?;
    Ok(exit)
}

fn locked(
    args: &Args,
    context: &Context,
    connection: &mut Connection,
    wanted: &Source,
) -> anyhow::Result<Exit> {
    let mut plan = plan(args, connection, wanted)?;
    count_rows(connection, &mut plan.script)?;
    show(context, &plan);
    if plan.script.is_empty() {
        applied(context, 0)?;
        return Ok(Exit::Done);
    }
    refuse(args, &plan.script)?;
    if !args.yes {
        context.say(&text(&plan.script));
        let statements = count(plan.script.statements().count(), "statement");
        if !prompt::confirm(&format!("run {statements}?"), "--yes")? {
            return Err(Stop::error(Exit::Refused, "nothing was changed"));
        }
    }
    apply::execute(connection, &plan.script).map_err(stop)?;
    applied(context, plan.script.statements().count())?;
    Ok(Exit::Done)
}

fn applied(context: &Context, statements: usize) -> anyhow::Result<()> {
    let text = match statements {
        _ if context.json() => serde_json::json!({ "applied": statements }).to_string(),
        0 => "nothing to do: the database matches the schema".to_owned(),
        _ => format!("{} applied", count(statements, "statement")),
    };
    Ok(print(&format!("{text}\n"))?)
}

fn plan(args: &Args, connection: &mut Connection, wanted: &Source) -> anyhow::Result<PushPlan> {
    let options = PlanOptions { style: Style::Fast };
    let mut answers = Answers::new(&args.rename, args.allow_destructive);
    let (plan, _) = answers.settle(&wanted.renames, |renames| {
        let plan = apply::plan_push(connection, wanted, renames, &options).map_err(stop)?;
        let ambiguous = plan.ambiguous.clone();
        Ok((plan, ambiguous))
    })?;
    answers.check_flags()?;
    Ok(plan)
}

/// Hazards that nothing allows stop the push before anything ran.
fn refuse(args: &Args, script: &Script) -> anyhow::Result<()> {
    if args.allow_destructive {
        return Ok(());
    }
    let refused: Vec<&Hazard> = script
        .statements()
        .flat_map(|statement| &statement.hazards)
        .filter(|h| h.kind.refused_by_default() && !args.allow.contains(&h.kind))
        .collect();
    if refused.is_empty() {
        return Ok(());
    }
    let mut text = "refused, nothing was changed:\n".to_owned();
    let mut kinds: Vec<HazardKind> = Vec::new();
    for hazard in refused {
        text.push_str(&format!("  {}: {}\n", hazard.kind, harmless(&hazard.consequence)));
        if !kinds.contains(&hazard.kind) {
            kinds.push(hazard.kind);
        }
    }
    let flags: Vec<String> = kinds.iter().map(|kind| format!("--allow {kind}")).collect();
    text.push_str(&format!("help: if that is what you want, use {}", flags.join(" ")));
    Err(Stop::error(Exit::Refused, text))
}

/// Adds to each hazard on a table how many rows it has now, as PostgreSQL estimates.
fn count_rows(connection: &mut Connection, script: &mut Script) -> anyhow::Result<()> {
    if script.statements().all(|statement| statement.hazards.is_empty()) {
        return Ok(());
    }
    let sql = match connection {
        Connection::Postgres(_) => {
            "SELECT c.relname, greatest(c.reltuples, s.n_live_tup)::bigint::text \
             FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_stat_user_tables s ON s.relid = c.oid \
             WHERE c.relkind IN ('r', 'p') AND greatest(c.reltuples, s.n_live_tup) > 0"
        }
        Connection::Sqlite(_) => return Ok(()),
    };
    let rows = connection.query(sql, &[])?;
    for part in &mut script.parts {
        for hazard in part.statements.iter_mut().flat_map(|statement| &mut statement.hazards) {
            for row in &rows.rows {
                let (Some(name), Some(number)) = (
                    row.first().and_then(crate::database::Value::as_text),
                    row.get(1).and_then(crate::database::Value::as_text),
                ) else {
                    continue;
                };
                let named = hazard
                    .consequence
                    .split(|c: char| !c.is_alphanumeric() && c != '_')
                    .any(|word| word == name);
                if named {
                    hazard.consequence.push_str(&format!(" (about {number} rows in {name})"));
                    break;
                }
            }
        }
    }
    Ok(())
}

fn show(context: &Context, plan: &PushPlan) {
    for object in &plan.unmodelled {
        context.say(&format!("left alone: {}", harmless(&object.to_string())));
    }
    for note in plan.notes.iter().chain(&plan.script.notes) {
        context.say(&format!("note: {}", harmless(note)));
    }
    for hazard in plan.script.statements().flat_map(|statement| &statement.hazards) {
        context.say(&format!("hazard {}: {}", hazard.kind, harmless(&hazard.consequence)));
    }
}

fn text(script: &Script) -> String {
    script.statements().map(|statement| format!("{}\n", statement.sql.trim_end())).collect()
}

fn stop(error: PushError) -> anyhow::Error {
    let exit = match (&error, error.kind()) {
        (_, Some(ErrorKind::Unreachable | ErrorKind::Rejected | ErrorKind::Lost)) => {
            Exit::NoConnection
        }
        (_, Some(ErrorKind::LockTimeout)) => Exit::Lock,
        (PushError::Statement { .. }, _) => Exit::Failed,
        _ => Exit::Unexpected,
    };
    Stop::error(exit, error.to_string())
}
