//! Function bodies that name what is made only later: functions that call each other have no
//! order in which the server could check them.

use crate::model::{Dialect, Object, ObjectId};
use crate::plan::{Action, Item, Step};
use crate::sql::names::mentioned;
use std::collections::{BTreeSet, HashMap};

/// The steps (by position) that make a routine whose body names what a later step makes. They need
/// `check_function_bodies = off` (PostgreSQL manual, "Client Connection Defaults").
pub(super) fn ahead_of_their_names(steps: &[Step]) -> BTreeSet<usize> {
    let mut made: HashMap<&str, usize> = HashMap::new();
    for (at, step) in steps.iter().enumerate() {
        for item in &step.creates {
            let name = match item {
                Item::Object(ObjectId::Table(n) | ObjectId::View(n) | ObjectId::Sequence(n)) => {
                    &n.name
                }
                Item::Object(ObjectId::Routine(id)) => &id.name.name,
                _ => continue,
            };
            made.insert(name, at);
        }
    }
    let mut found = BTreeSet::new();
    for (at, step) in steps.iter().enumerate() {
        let object = match &step.action {
            Action::Create(object) | Action::Alter { to: object, .. } => object,
            _ => continue,
        };
        if let Object::Routine(routine) = &**object {
            let names = mentioned(&routine.definition, Dialect::Postgres);
            let ahead = |name: &String| made.get(name.as_str()).is_some_and(|other| *other > at);
            if names.contains("sql") && names.iter().any(ahead) {
                found.insert(at);
            }
        }
    }
    found
}
