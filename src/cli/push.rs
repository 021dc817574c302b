//! `dbkit push`

use super::hazards::{self, refuse};
use super::output::{count, harmless, print};
use super::renames::Answers;
use super::{Context, Exit, Stop, prompt, schema, seed_protect};
use crate::apply::{self, Lock, Patience, PushError, PushPlan};
use crate::database::{Access, Connection, ErrorKind, Session};
use crate::plan::{HazardKind, PlanOptions, Script, Style};
use crate::source::{Source, locate};
use std::path::PathBuf;
use std::time::Duration;

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Makes the database match the schema files without writing migrations: for prototypes and\n\
                        tests. A missing database is made, except in a protected environment. Steps\n\
                        that lose data are refused unless they are allowed.\n\n\
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
    /// Allow a kind of hazard (may be repeated): data-loss, irreversible … (docs/hazards.md)
    #[arg(long, value_name = "HAZARD", num_args = 1.., value_parser = hazard_kind)]
    allow: Vec<HazardKind>,
    /// Allow every hazard; a drop next to an add is what it says, never a rename
    #[arg(long)]
    allow_destructive: bool,
    /// What is renamed, not dropped and added: table.old:new, or old:new for a table
    #[arg(long, value_name = "OLD:NEW")]
    rename: Vec<String>,
    /// Seconds to wait for another dbkit on the same database, and for tables that others hold
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
    let target = if args.dry_run { context.target()? } else { context.direct_target()? };
    let wanted = schema::read(context, target.dialect())?
        .map_err(|found| schema::mistakes(context, &found))?;
    let mut connection = match (args.dry_run, target.protected) {
        (true, _) => context.connect(&target, Access::Read)?,
        (false, true) => context.connect(&target, Access::Create)?,
        (false, false) => context.connect_or_create(&target)?,
    };
    connection.set_filter(context.config.filter.clone());
    let wanted = match wanted.declared.plain {
        true => schema::completed(context, wanted, &connection.introspect()?)?,
        false => wanted,
    };
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
            tell(&plan, 0)?;
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
    seed_protect::remember(context, &target, &mut connection);
    Ok(exit)
}

fn locked(
    args: &Args,
    context: &Context,
    connection: &mut Connection,
    wanted: &Source,
) -> anyhow::Result<Exit> {
    let plan = plan(args, connection, wanted)?;
    show(context, &plan);
    if plan.script.is_empty() {
        if context.json() {
            tell(&plan, 0)?;
        } else {
            print("nothing to do: the database matches the schema\n")?;
        }
        return Ok(Exit::Done);
    }
    refuse(&plan.script, &args.allow, args.allow_destructive)?;
    if !args.yes {
        context.say(&text(&plan.script));
        let statements = count(plan.script.statements().count(), "statement");
        if !prompt::confirm(&format!("run {statements}?"), "--yes")? {
            return Err(Stop::error(Exit::Refused, "nothing was changed"));
        }
    }
    let patience = Patience::up_to(Duration::from_secs(args.lock_timeout));
    apply::execute(connection, &plan.script, &patience, &mut |blocked| {
        context.say(&harmless(&blocked.to_string()));
    })
    .map_err(|error| stop(error, wanted))?;
    let applied = plan.script.statements().count();
    if context.json() {
        tell(&plan, applied)?;
    } else {
        print(&format!("{} applied\n", count(applied, "statement")))?;
    }
    Ok(Exit::Done)
}

fn plan(args: &Args, connection: &mut Connection, wanted: &Source) -> anyhow::Result<PushPlan> {
    let options = PlanOptions { style: Style::Fast, conversions: wanted.conversions.clone() };
    let mut answers = Answers::new(&args.rename, args.allow_destructive);
    let (mut plan, renames) = answers.settle(&wanted.renames, |renames| {
        let plan = apply::plan_push(connection, wanted, renames, &options)
            .map_err(|error| stop(error, wanted))?;
        let ambiguous = plan.ambiguous.clone();
        Ok((plan, ambiguous))
    })?;
    answers.check_flags()?;
    apply::count_rows(connection, &mut plan.script, &renames)?;
    Ok(plan)
}

fn show(context: &Context, plan: &PushPlan) {
    for object in &plan.unmodelled {
        context.say(&format!("left alone: {}", harmless(&object.to_string())));
    }
    for note in plan.notes.iter().chain(&plan.script.notes) {
        context.say(&format!("note: {}", harmless(note)));
    }
    for hazard in plan.script.statements().flat_map(|statement| &statement.hazards) {
        context.say(&hazards::line(hazard));
    }
}

/// The plan for programs; `applied` is how many of its statements have run.
fn tell(plan: &PushPlan, applied: usize) -> anyhow::Result<()> {
    let left: Vec<String> = plan.unmodelled.iter().map(ToString::to_string).collect();
    let notes: Vec<&String> = plan.notes.iter().chain(&plan.script.notes).collect();
    let json = serde_json::json!({
        "applied": applied,
        "statements": plan.script.statements().collect::<Vec<_>>(),
        "transactions": plan.script.parts.len(),
        "left_alone": left,
        "notes": notes,
    });
    Ok(print(&format!("{}\n", serde_json::to_string_pretty(&json)?))?)
}

fn text(script: &Script) -> String {
    script.statements().map(|statement| format!("{}\n", statement.sql.trim_end())).collect()
}

fn stop(error: PushError, wanted: &Source) -> anyhow::Error {
    let exit = match (&error, error.kind()) {
        (_, Some(ErrorKind::Unreachable | ErrorKind::Rejected | ErrorKind::Lost)) => {
            Exit::NoConnection
        }
        (_, Some(ErrorKind::LockTimeout)) => Exit::Lock,
        (PushError::Statement { .. }, _) => Exit::Failed,
        _ => Exit::Unexpected,
    };
    let PushError::Statement { statement, error: cause, .. } = &error else {
        return Stop::error(exit, error.to_string());
    };
    let place = locate(&wanted.files, &statement.sql, cause.position, statement.table.as_ref());
    let (line, column) = place.as_ref().map(|place| place.line_column()).unzip();
    let details = serde_json::json!({
        "file": place.as_ref().map(|place| place.file.path.display().to_string()),
        "line": line,
        "column": column,
        "statement": statement.sql,
        "step": statement.what,
        "code": cause.code,
    });
    let message = match place {
        Some(place) => format!("{place}: {error}"),
        None => error.to_string(),
    };
    anyhow::Error::new(Stop { exit, message, details: Some(("failure", details)) })
}
