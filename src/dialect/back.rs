//! Both ways of a change, cut into folders each of which goes back by itself.

use super::{postgres, script, sqlite};
use crate::diff::{Rename, diff, reversed};
use crate::model::{Dialect, Model};
use crate::plan::{Action, Part, Plan, PlanError, PlanOptions, Script, Step, Style, plan, states};

/// Parts of a change with the way back of exactly these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub up: Script,
    pub down: Script,
}

/// What stands in one folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder<'a> {
    pub up: Option<&'a Part>,
    pub down: Option<&'a Part>,
    pub transactional: bool,
}

impl Stretch {
    /// Parts of both ways side by side. Going back takes folders in the opposite order, so that
    /// the last part there is undone by the first part back. Where the counts or the transactions
    /// differ, parts get folders of their own.
    #[must_use]
    pub fn folders(&self) -> Vec<Folder<'_>> {
        pair(&self.up, &self.down)
    }
}

fn pair<'a>(up: &'a Script, down: &'a Script) -> Vec<Folder<'a>> {
    let mut folders = Vec::new();
    let mut back: Vec<&Part> = down.parts.iter().collect();
    for part in &up.parts {
        let partner = back.last().copied().filter(|p| p.transactional == part.transactional);
        if partner.is_some() {
            back.pop();
        }
        folders.push(Folder { up: Some(part), down: partner, transactional: part.transactional });
    }
    // What found no partner is undone before everything else that stands in its way: parts of
    // the way back keep their order.
    for part in back.into_iter().rev() {
        folders.push(Folder { up: None, down: Some(part), transactional: part.transactional });
    }
    folders
}

/// Plans the way back of a script that leads from one model to another, for as small stretches of
/// it as can be undone by themselves.
///
/// # Errors
/// See [`PlanError`].
pub fn stretches(
    up: Script,
    from: &Model,
    to: &Model,
    renames: &[Rename],
    options: &PlanOptions,
) -> Result<Vec<Stretch>, PlanError> {
    let back =
        PlanOptions { style: options.style, conversions: options.conversions.reversed(renames) };
    if to.dialect == Dialect::Sqlite {
        let mut up = up;
        let mut down = script(to, from, &reversed(renames), &back)?.0;
        sqlite::share_transactions(&mut up, &mut down);
        return Ok(vec![Stretch { up, down }]);
    }
    if up.parts.len() < 2 {
        let down = way_back(&up, from, to, renames, &back)?;
        return Ok(vec![Stretch { up, down }]);
    }
    let diff = diff(from, to, renames);
    let plan = plan(&diff, from, to, options)?;
    let steps = postgres::parts(&plan, to);
    let mut known = states(&steps, &diff, from, to).into_iter();
    let mut before = known.next().flatten().unwrap_or_else(|| from.clone());
    let mut notes = up.notes;
    let mut out = Vec::new();
    let mut open: (Vec<Part>, Vec<&Step>) = Default::default();
    for ((part, steps), after) in up.parts.into_iter().zip(steps).zip(known) {
        open.0.push(part);
        open.1.extend(steps);
        let Some(after) = after else { continue };
        let (parts, steps) = std::mem::take(&mut open);
        let up = Script { parts, notes: std::mem::take(&mut notes) };
        let own = |rename: &&Rename| {
            steps.iter().any(|step| step.action == Action::Rename((*rename).clone()))
        };
        let down = match built_concurrently(&steps) {
            Some(plan) => postgres::render(&plan, &after, &before),
            None => {
                let own: Vec<Rename> = renames.iter().filter(own).cloned().collect();
                way_back(&up, &before, &after, &own, &back)?
            }
        };
        out.push(Stretch { up, down });
        before = after;
    }
    Ok(out)
}

fn way_back(
    up: &Script,
    from: &Model,
    to: &Model,
    renames: &[Rename],
    options: &PlanOptions,
) -> Result<Script, PlanError> {
    let renames = reversed(renames);
    let back = |style| {
        let options = PlanOptions { style, ..options.clone() };
        script(to, from, &renames, &options).map(|(script, _)| script)
    };
    let gentle = back(options.style)?;
    // Gentle forms in more parts than the way there has would need folders that do nothing there.
    if pair(up, &gentle).len() > up.parts.len() {
        let fast = back(Style::Fast)?;
        if pair(up, &fast).len() < pair(up, &gentle).len() {
            return Ok(fast);
        }
    }
    Ok(gentle)
}

/// An index that is built without blocking writers goes in the same way.
fn built_concurrently(steps: &[&Step]) -> Option<Plan> {
    let [step] = steps else { return None };
    let Action::CreateIndex { table, index, concurrently: true } = &step.action else {
        return None;
    };
    let mut back = Step::new(Action::DropIndex {
        cascade: false,
        table: table.clone(),
        index: index.clone(),
        concurrently: true,
    });
    back.transactional = false;
    Some(Plan { steps: vec![back], notes: Vec::new() })
}
