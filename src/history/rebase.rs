use super::merge::merge;
use super::squash::{untouched, whole_untouched};
use crate::dialect;
use crate::diff::{Rename, reversed};
use crate::migration::{Migration, MigrationError};
use crate::model::Model;
use crate::plan::{PlanError, PlanOptions, Style};
use crate::source::lineage::{Entry, Lineage};
use crate::source::snapshot::Head;
use crate::sql::split::statements;
use std::collections::BTreeSet;

/// A branch's migrations, to be made again on top of the others'.
#[derive(Clone, Debug)]
pub struct Rebase {
    pub redo: Vec<Redo>,
    /// The folders that go, oldest first.
    pub folders: Vec<Migration>,
    /// What they are made on now.
    pub parent: Option<Head>,
    pub merges: Vec<Head>,
    /// The others' migrations that they did not know.
    pub onto: Vec<String>,
    /// What everything adds up to in the end.
    pub model: Model,
}

/// One migration of the branch.
#[derive(Clone, Debug)]
pub struct Redo {
    /// The folder's name as it was.
    pub name: String,
    pub from: Model,
    pub to: Model,
    pub renames: Vec<Rename>,
    pub how: How,
}

/// Where a migration's SQL comes from now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// Planned again. What a person had added to it is kept, after what is planned.
    Planned { up: Vec<String>, down: Vec<String> },
    /// As it was: written by hand, or edited where the plan is still the same.
    Kept { up: String, down: String, transactional: bool },
}

/// Why a branch cannot be redone.
#[derive(Debug, thiserror::Error)]
pub enum RebaseError {
    #[error(transparent)]
    Migration(#[from] MigrationError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error("there is nothing to redo: no two branches were merged")]
    NoFork,
    #[error(
        "{name} is on no branch of its own\nhelp: possible are: {}", possible.join(", ")
    )]
    NotABranch { name: String, possible: Vec<String> },
    #[error(
        "more than two branches change the same objects: {}\nhelp: redo one after the other, the one that others build on last: --rebase=FOLDER", branches.join("; ")
    )]
    Several { branches: Vec<String> },
    #[error(
        "both branches change, in different ways: {}\nhelp: decide in schema.rs what it is to be, and run this again", conflicts.join(", ")
    )]
    Conflict { conflicts: Vec<String> },
    #[error(
        "{name} is one change in several parts, and one of them was edited\nhelp: take the edit out and write it with `dbkit generate --custom` afterwards"
    )]
    EditedPart { name: String },
    #[error("{name} was made on {parent}, which is not as it was\nhelp: `dbkit check` says more")]
    Orphan { name: String, parent: String },
}

/// Works out how a branch is made again on top of the others. Without a name it is the branch
/// with the newest migration. `wanted` is what the merged schema files say.
///
/// # Errors
/// No fork, several, or changes that nobody has decided between.
pub fn rebase(
    lineage: &Lineage,
    name: Option<&str>,
    wanted: &Model,
) -> Result<Rebase, RebaseError> {
    if let Some(orphan) = lineage.orphans.first() {
        let (name, parent) = (orphan.name.clone(), orphan.parent.version.clone());
        return Err(RebaseError::Orphan { name, parent });
    }
    let mut heads = lineage.heads();
    if heads.len() < 2 {
        return Err(RebaseError::NoFork);
    }
    let ancestries: Vec<(usize, BTreeSet<usize>)> =
        heads.iter().map(|head| (*head, lineage.ancestry(*head))).collect();
    let own = |head: usize| -> BTreeSet<usize> {
        let others = ancestries.iter().filter(|(other, _)| *other != head);
        let theirs: BTreeSet<usize> = others.flat_map(|(_, set)| set.iter().copied()).collect();
        lineage.ancestry(head).difference(&theirs).copied().collect()
    };
    let mine_head = match name {
        None => heads.last().copied(),
        Some(name) => {
            let version = crate::migration::Version::of_folder(name);
            let on = |at: &usize| {
                lineage.entries.get(*at).is_some_and(|e| e.migration.version == version)
            };
            let found = heads.iter().find(|head| own(**head).iter().any(on)).copied();
            if found.is_none() {
                let possible = heads.iter().map(|head| names(lineage, &own(*head)).join(", "));
                let (name, possible) = (name.to_owned(), possible.collect());
                return Err(RebaseError::NotABranch { name, possible });
            }
            found
        }
    };
    let Some(mine_head) = mine_head else { return Err(RebaseError::NoFork) };
    heads.retain(|head| *head != mine_head);
    let mine = own(mine_head);
    for fork in lineage.forks().iter().filter(|fork| !fork.shared.is_empty()) {
        let of_mine = |list: &[String]| list.iter().any(|n| names(lineage, &mine).contains(n));
        if !of_mine(&fork.first) && !of_mine(&fork.second) {
            let branches = vec![fork.first.join(", "), fork.second.join(", ")];
            return Err(RebaseError::Several { branches });
        }
    }
    let known = lineage.ancestry(mine_head);
    let theirs: BTreeSet<usize> =
        (0..lineage.entries.len()).filter(|at| !mine.contains(at)).collect();
    let unknown: BTreeSet<usize> = theirs.difference(&known).copied().collect();

    let mut old = lineage.model_of(|at| known.contains(&at) && !mine.contains(&at));
    let mut new = lineage.model_of(|at| theirs.contains(&at));
    let mut redo = Vec::new();
    let mut folders = Vec::new();
    let mut conflicts = Vec::new();
    for entry in mine.iter().filter_map(|at| lineage.entries.get(*at)) {
        folders.push(entry.migration.clone());
        let before = old.clone();
        entry.snapshot.apply(&mut old);
        let whole = whole_untouched(lineage, entry);
        let parts = entry.snapshot.continues || lineage.has_parts(entry);
        if parts && !whole {
            return Err(RebaseError::EditedPart { name: entry.migration.name.clone() });
        }
        if entry.snapshot.continues {
            // A further part of the one before it, which is planned whole.
            continue;
        }
        let merged = merge(&before, &old, &new, wanted);
        conflicts.extend(merged.conflicts);
        let from = std::mem::replace(&mut new, merged.model);
        redo.push(Redo {
            name: entry.migration.name.clone(),
            renames: entry.snapshot.renames.clone(),
            how: how(entry, (&before, &old), (&from, &new))?,
            from,
            to: new.clone(),
        });
    }
    if !conflicts.is_empty() {
        return Err(RebaseError::Conflict { conflicts });
    }
    let head = |at: usize| lineage.entries.get(at).map(|entry| entry.head.clone());
    let parent = heads.pop().and_then(head);
    let merges = heads.iter().filter_map(|at| head(*at)).collect();
    Ok(Rebase { redo, folders, parent, merges, onto: names(lineage, &unknown), model: new })
}

fn names(lineage: &Lineage, set: &BTreeSet<usize>) -> Vec<String> {
    let found = set.iter().filter_map(|at| lineage.entries.get(*at));
    found.map(|entry| entry.migration.name.clone()).collect()
}

fn how(
    entry: &Entry,
    (before, after): (&Model, &Model),
    (from, to): (&Model, &Model),
) -> Result<How, RebaseError> {
    let none = || How::Planned { up: Vec::new(), down: Vec::new() };
    if untouched(entry) {
        return Ok(none());
    }
    let migration = &entry.migration;
    let dialect = to.dialect;
    let up = migration.up()?.text;
    let down = std::fs::read_to_string(migration.path.join("down.sql")).unwrap_or_default();
    let renames = &entry.snapshot.renames;
    let then = [planned(before, after, renames)?, planned(after, before, &reversed(renames))?];
    let now = [planned(from, to, renames)?, planned(to, from, &reversed(renames))?];
    if then == now {
        return Ok(How::Kept { up, down, transactional: migration.transactional });
    }
    let [up_then, down_then] = then;
    let added = |text: &str, plan: &[String]| -> Vec<String> {
        let found = statements(text, dialect).unwrap_or_default();
        let all = found.iter().map(|span| span.sql(text).trim().to_owned());
        all.filter(|sql| !plan.contains(&bare(sql))).collect()
    };
    Ok(How::Planned { up: added(&up, &up_then), down: added(&down, &down_then) })
}

/// The statements of a plan in either style, without their semicolons.
fn planned(from: &Model, to: &Model, renames: &[Rename]) -> Result<Vec<String>, PlanError> {
    let mut all = Vec::new();
    for style in [Style::Safe, Style::Fast] {
        let (script, _) = dialect::script(from, to, renames, &PlanOptions::new(style))?;
        all.extend(script.statements().map(|statement| bare(&statement.sql)));
    }
    // Frames that a plan for SQLite may bring, and what stands where nothing is to be done.
    for frame in ["BEGIN IMMEDIATE", "COMMIT", "SELECT 1"] {
        all.push(frame.to_owned());
    }
    Ok(all)
}

fn bare(sql: &str) -> String {
    sql.trim().trim_end_matches(';').trim_end().to_owned()
}
