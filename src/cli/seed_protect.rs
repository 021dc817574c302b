//! `dbkit seed protect`, and what a protected environment refuses.

use super::seed::{environment, stop};
use super::{Context, Exit, Stop, prompt};
use crate::config::Target;
use crate::database::{Access, Session};
use crate::seed;

#[derive(clap::Args, Debug)]
#[command(
    after_help = "A marked database refuses the seeds of every other environment, whatever dbkit.toml says.\n\n\
                  Example:\n  dbkit seed protect --env prod"
)]
pub(super) struct ProtectArgs {
    /// Take the mark away; names the environment that is meant
    #[arg(long, value_name = "NAME")]
    off: Option<String>,
}

pub(super) fn protect(args: &ProtectArgs, context: &Context) -> anyhow::Result<Exit> {
    let target = context.target()?;
    let environment = environment(context, &target);
    let mut connection = context.connect(&target, Access::Write)?;
    let marked = seed::protected_as(&mut connection).map_err(|error| stop(context, error))?;
    if let Some(name) = &args.off {
        return match marked {
            Some(marked) if marked != *name => Err(Stop::error(
                Exit::Refused,
                format!("this database is marked as {marked}, not as {name}\nhelp: --off {marked}"),
            )),
            _ => {
                seed::protect(&mut connection, None).map_err(|error| stop(context, error))?;
                context.say("the mark is gone");
                Ok(Exit::Done)
            }
        };
    }
    match marked {
        Some(marked) if marked != environment => Err(Stop::error(
            Exit::Refused,
            format!(
                "this database is marked as {marked} already\nhelp: take the mark away first with --off {marked}"
            ),
        )),
        _ => {
            seed::protect(&mut connection, Some(&environment))
                .map_err(|error| stop(context, error))?;
            context.say(&format!("marked as the protected environment {environment}"));
            Ok(Exit::Done)
        }
    }
}

/// A protected environment takes its own sets only, from somebody who knows where they are. What
/// the settings say is asked before anything is opened.
pub(super) fn allow_by_settings(
    target: &Target,
    environment: &str,
    yes: Option<&str>,
) -> anyhow::Result<()> {
    let Some(name) = target.environment.as_deref().filter(|_| target.protected) else {
        return Ok(());
    };
    only_its_own(name, environment)?;
    confirm(target, environment, yes)
}

/// The same for the mark that a protected database carries. Returns whether it is protected.
pub(super) fn allow_by_mark(
    context: &Context,
    target: &Target,
    session: &mut dyn Session,
    environment: &str,
    yes: Option<&str>,
) -> anyhow::Result<bool> {
    let marked = seed::protected_as(session).map_err(|error| stop(context, error))?;
    let Some(name) = marked else { return Ok(target.protected) };
    only_its_own(&name, environment)?;
    if !target.protected {
        confirm(target, environment, yes)?;
    }
    Ok(true)
}

/// Leaves the mark in a database that a protected environment uses, so that it is known wherever
/// somebody else comes from. What was asked for is done by then: a role that may not make the
/// table is told, and no error.
pub(super) fn remember(context: &Context, target: &Target, session: &mut dyn Session) {
    let Some(name) = target.environment.as_deref().filter(|_| target.protected) else { return };
    match seed::protected_as(session) {
        Ok(None) => {
            if let Err(error) = seed::protect(session, Some(name)) {
                context.warn(&format!(
                    "the database does not know yet that it is the protected environment {name}: {error}"
                ));
            }
        }
        Ok(Some(marked)) if marked != name => context.warn(&format!(
            "this database is marked as the protected environment {marked}, not as {name}"
        )),
        _ => {}
    }
}

/// Nothing is emptied on a protected target.
pub(super) fn refuse_reset(environment: &str) -> anyhow::Error {
    Stop::error(
        Exit::Refused,
        format!(
            "environment {environment} is protected: nothing is emptied there\nhelp: run without --reset, or take the protection away first"
        ),
    )
}

fn only_its_own(protected: &str, environment: &str) -> anyhow::Result<()> {
    if protected == environment {
        return Ok(());
    }
    Err(Stop::error(
        Exit::Refused,
        format!(
            "environment {protected} is protected: seeds of {environment} are refused there\nhelp: choose another database with --env NAME or --database-url"
        ),
    ))
}

fn confirm(target: &Target, environment: &str, yes: Option<&str>) -> anyhow::Result<()> {
    if let Some(name) = yes {
        if name == environment {
            return Ok(());
        }
        return Err(Stop::error(
            Exit::Refused,
            format!(
                "environment {environment} is protected, and --yes names {name}\nhelp: --yes {environment}"
            ),
        ));
    }
    let question =
        format!("environment {environment} is protected: type its name to seed {target}");
    if prompt::typed(&question, environment, &format!("--yes {environment}"))? {
        Ok(())
    } else {
        Err(Stop::error(Exit::Refused, "nothing was written"))
    }
}

/// Nothing that drops anything runs on a protected target, by the settings or by its mark.
pub(super) fn refuse(context: &Context, target: &Target, what: &str) -> anyhow::Result<()> {
    let name = match target.environment.clone().filter(|_| target.protected) {
        Some(name) => Some(name),
        None if target.protected => Some("of this database".to_owned()),
        // A mark that cannot be read protects: only a database that is not there has none.
        None => match context.connect_existing(target, Access::Read)? {
            Some(mut session) => {
                seed::protected_as(&mut session).map_err(|error| stop(context, error))?
            }
            None => None,
        },
    };
    let Some(name) = name else { return Ok(()) };
    Err(Stop::error(
        Exit::Refused,
        format!(
            "environment {name} is protected: {what} are refused there\nhelp: choose another one with --env NAME"
        ),
    ))
}
