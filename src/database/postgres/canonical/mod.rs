//! The wanted model in the words PostgreSQL would print it in: `price > 0` becomes `(price > 0)`,
//! `'draft'` becomes `'draft'::status`, so that comparing it with the live database finds only
//! what really differs.
//!
//! The server itself does the rewriting: what differs in its text is created in scratch schemas
//! inside a transaction, read back and rolled back. Only CREATE on the database is needed.
//! Unchanged objects are not copied: scratch objects refer to the live ones.

mod build;
mod differing;
mod merge;
mod scratch;

use super::introspect::introspect_seen_from;
use super::session::{PgSession, TransactionStatus};
use crate::database::{DatabaseError, ErrorKind};
use crate::model::Model;
use differing::Differing;
use scratch::Scratch;

/// A model in the server's own form.
#[derive(Clone, Debug)]
pub struct Canonical {
    pub model: Model,
    /// What the server could not read before the change itself, and stays as it was written.
    pub notes: Vec<String>,
}

/// Brings `wanted` into the form in which the server would print it, as far as that matters for a
/// comparison with `live`. The database is unchanged afterwards; a transaction of the caller's
/// goes on. What cannot be rewritten stays as written and is noted.
///
/// # Errors
/// The connection's; never for what the wanted model says.
pub fn canonicalise(
    session: &mut PgSession,
    wanted: &Model,
    live: &Model,
) -> Result<Canonical, DatabaseError> {
    let mut canonical = Canonical { model: wanted.clone(), notes: Vec::new() };
    merge::without_server(&mut canonical.model, live);
    default_versions(session, &mut canonical.model, live)?;
    let differing = Differing::find(&canonical.model, live);
    if differing.is_empty() {
        return Ok(canonical);
    }
    let scratch = Scratch::new(session.backend_pid(), &canonical.model, live, &differing);
    let outer = session.transaction_status() != TransactionStatus::Idle;
    let (begin, undo) = if outer {
        ("SAVEPOINT dbkit_canonical", "ROLLBACK TO dbkit_canonical; RELEASE dbkit_canonical")
    } else {
        ("BEGIN", "ROLLBACK")
    };
    session.run_each(begin, &mut |_, _| {})?;
    let outcome = rewrite(session, &mut canonical, &scratch, &differing);
    let undone = session.run_each(undo, &mut |_, _| {});
    outcome.and(undone).map(|()| canonical)
}

fn rewrite(
    session: &mut PgSession,
    canonical: &mut Canonical,
    scratch: &Scratch,
    differing: &Differing,
) -> Result<(), DatabaseError> {
    let set_up = format!(
        "{} SET LOCAL check_function_bodies = off; SET LOCAL client_min_messages = error; \
         SET LOCAL search_path = {}",
        scratch.create_schemas(),
        scratch.search_path()
    );
    if let Err(error) = session.run_each(&set_up, &mut |_, _| {}) {
        if error.kind == ErrorKind::Lost {
            return Err(error);
        }
        canonical.notes.push(format!(
            "texts are compared as written, because no scratch schema can be made: {error}"
        ));
        return Ok(());
    }
    let steps = build::steps(&canonical.model, scratch, differing);
    let failed = run(session, steps)?;
    canonical.notes.extend(failed);
    let seen = introspect_seen_from(session, &scratch.search_path())?;
    merge::from_scratch(&mut canonical.model, &seen, scratch, differing);
    Ok(())
}

/// Runs what can run, again and again while something new succeeds, so that order does not
/// matter. Returns what is to be said about the rest.
fn run(session: &mut PgSession, steps: Vec<build::Step>) -> Result<Vec<String>, DatabaseError> {
    let mut left = steps;
    loop {
        let before = left.len();
        let mut failed = Vec::new();
        for step in left {
            let sql = format!("SAVEPOINT dbkit_step; {}; RELEASE dbkit_step", step.sql);
            match session.run_each(&sql, &mut |_, _| {}) {
                Ok(()) => {}
                Err(error) if error.kind == ErrorKind::Lost => return Err(error),
                Err(error) => {
                    session.run_each("ROLLBACK TO dbkit_step", &mut |_, _| {})?;
                    failed.push((step, error));
                }
            }
        }
        if failed.is_empty() || failed.len() == before {
            let said = failed.into_iter().filter_map(|(step, error)| {
                step.subject.map(|what| format!("{what} is compared as written: {error}"))
            });
            return Ok(said.collect());
        }
        left = failed.into_iter().map(|(step, _)| step).collect();
    }
}

/// An extension version that is pinned to what the server installs by itself is no difference.
fn default_versions(
    session: &mut PgSession,
    wanted: &mut Model,
    live: &Model,
) -> Result<(), DatabaseError> {
    let pinned = wanted.extensions.values().any(|extension| {
        let version = live.extensions.get(&extension.name).map(|live| &live.version);
        extension.version.is_some() && version.is_some_and(Option::is_none)
    });
    if !pinned {
        return Ok(());
    }
    let sql = "SELECT name, default_version FROM pg_catalog.pg_available_extensions()";
    session.run_each(sql, &mut |_, result| {
        for row in 0..result.rows() {
            let name = result.text(row, 0).unwrap_or_default();
            if let Some(extension) = wanted.extensions.get_mut(name)
                && extension.version.as_deref() == result.text(row, 1)
                && live.extensions.get(name).is_some_and(|live| live.version.is_none())
            {
                extension.version = None;
            }
        }
    })
}
