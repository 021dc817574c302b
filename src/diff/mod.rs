//! Two models in, changes out. Knows no dialect.

mod ambiguity;
mod change;
mod conversion;
mod matching;
mod rename;
mod renaming;
mod rewrite;
mod table;

pub use ambiguity::Ambiguity;
pub use change::{Change, Constraint, TableChange, constraints};
pub use conversion::{Conversions, Using, Value};
pub use rename::{Rename, reversed};
pub use rewrite::replace_identifiers;

use crate::model::{Model, ObjectId};

/// What differs between two models.
#[derive(Clone, Debug)]
pub struct Diff {
    /// The renames that apply, in an order in which no name is taken when it is given: declared
    /// ones first, then constraints and indexes that differ in nothing but the name.
    pub renames: Vec<Rename>,
    /// The old model after these renames: what `changes` start from.
    pub base: Model,
    /// By kind and then by name.
    pub changes: Vec<Change>,
    /// Drops beside adds that could be renames; nothing in `changes` assumes they are.
    pub ambiguous: Vec<Ambiguity>,
}

impl Diff {
    /// True when the models say the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.renames.is_empty() && self.changes.is_empty()
    }
}

/// Compares two models of one dialect.
///
/// `renames` that do not fit (the old name is not in `from`, or the new one already is) are
/// ignored: a `renamed_from` may stay in the schema file after the migration is written.
#[must_use]
pub fn diff(from: &Model, to: &Model, renames: &[Rename]) -> Diff {
    let (mut base, mut applied) = renaming::apply(from, to, renames);
    matching::constraints_and_indexes(&mut base, to, &mut applied);
    let mut changes = Vec::new();
    for id in base.object_ids().filter(|id| !to.contains(id)) {
        changes.push(Change::Drop(id));
    }
    for id in to.object_ids() {
        match &id {
            ObjectId::Table(name) => match (base.tables.get(name), to.tables.get(name)) {
                (Some(old), Some(new)) if old != new => {
                    let table = name.clone();
                    changes.extend(
                        table::changes(old, new)
                            .into_iter()
                            .map(|change| Change::Table { table: table.clone(), change }),
                    );
                }
                (Some(_), Some(_)) => {}
                _ => changes.push(Change::Create(id)),
            },
            _ if base.same_object(to, &id) => {}
            _ if has(&base, &id) => changes.push(Change::Alter(id)),
            _ => changes.push(Change::Create(id)),
        }
    }
    let ambiguous = ambiguity::find(&base, to, &changes);
    Diff { renames: applied, base, changes, ambiguous }
}

/// The old model with only these renames carried out; references follow.
#[must_use]
pub fn renamed(from: &Model, to: &Model, renames: &[Rename]) -> Model {
    renaming::apply(from, to, renames).0
}

fn has(model: &Model, id: &ObjectId) -> bool {
    model.contains(id)
}
