//! Tables that no ALTER brings to their new version: the old one is set aside, its successor takes
//! the rows.

use super::table::Planner;
use super::{Action, ColumnChange, CopiedColumn, Dependency, HazardKind, Item, Step, Strength};
use crate::diff::Constraint;
use crate::model::{ColumnValue, ObjectId, QName, Table};

impl Planner<'_> {
    /// A table that changes its nature: the old one steps aside, the new one takes the rows.
    pub(super) fn rebuild_table(&mut self, name: &QName) {
        let (base, to) = (self.base, self.to);
        let (Some(old), Some(new)) = (base.tables.get(name), to.tables.get(name)) else { return };
        let aside = aside(name);
        let mut left = old.clone();
        left.foreign_keys.retain(|key| {
            let circle = key.inherited_from.is_none()
                && key.parent != *name
                && self.recreate.tables.contains(&key.parent);
            if circle {
                // Two that step aside for their successors could each wait for the other.
                self.drop_constraint(old, &Constraint::ForeignKey(key.clone()));
            }
            !circle
        });
        let kept = self.to.sequences.values().filter(|s| {
            let owned = base.sequences.get(&s.name).and_then(|b| b.owned_by.as_ref());
            owned.is_some_and(|o| o.table == *name)
        });
        let sequences: Vec<QName> = kept.map(|s| s.name.clone()).collect();
        let goes = base.sequences.values().filter(|s| {
            s.owned_by.as_ref().is_some_and(|o| o.table == *name)
                && !to.sequences.contains_key(&s.name)
        });
        let freed: Vec<QName> = goes.map(|s| s.name.clone()).collect();
        let mut step = Step::new(Action::SetAsideTable {
            table: Box::new(left.clone()),
            aside: aside.clone(),
            sequences: sequences.clone(),
            freed,
        })
        .creates(Item::table(&aside));
        for parent in old.inherits.iter().chain(old.partition_of.iter().map(|p| &p.parent)) {
            let link = Item::Parent { child: name.clone(), parent: parent.clone() };
            step.destroys.push(link);
        }
        self.end_table(&mut step, old);
        // The rest goes with the old table; it gives way where the new one waits for what changes.
        let mut rest = std::mem::take(&mut step.releases);
        rest.iter_mut().for_each(|d| d.strength = Strength::Mention);
        for key in left.foreign_keys.iter().filter(|key| key.parent != *name) {
            let constraint = Constraint::ForeignKey(key.clone());
            let released = super::constraint::dependencies(&self.before, old, &constraint);
            let own = step.destroys.clone();
            step.releases.extend(released.into_iter().filter(|d| !own.contains(&d.item)));
        }
        if let Some(partition) = &old.partition_of {
            // Its successor could not have its bound, and its rows must not be copied twice.
            let parent = partition.parent.clone();
            self.detach(old, &parent);
            step = step.needs(Item::Mark { table: name.clone(), what: "freed" });
        }
        self.steps.push(step);
        self.free_expressions(old);
        let (kept, later): (Vec<_>, Vec<_>) =
            new.foreign_keys.iter().cloned().partition(|key| key.inherited_from.is_some());
        let later: Vec<Constraint> = later.into_iter().map(Constraint::ForeignKey).collect();
        let mut made = new.clone();
        made.foreign_keys = kept;
        self.create_table(made, later);
        let common: Vec<&crate::model::Column> = new
            .columns
            .iter()
            .filter(|c| {
                old.column(&c.name).is_some() && !matches!(c.value, ColumnValue::Generated { .. })
            })
            .collect();
        let mut copied = Vec::new();
        let mut untold = Vec::new();
        for to in &common {
            let Some(from) = old.column(&to.name) else { continue };
            let converted = from.ty != to.ty || self.conversion(from, to).is_some();
            let (using, missing) =
                if converted { self.using(name, from, to) } else { (None, false) };
            if missing {
                untold.push(to.name.clone());
            }
            copied.push(CopiedColumn { name: to.name.clone(), ty: to.ty.clone(), using });
        }
        let identity = |c: &&&crate::model::Column| matches!(c.value, ColumnValue::Identity(_));
        let mut copy = Step::new(Action::CopyRows {
            from: aside.clone(),
            to: name.clone(),
            columns: copied,
            keeps_identity: common.iter().any(|c| identity(&c)),
        })
        .needs(Item::table(name))
        .needs(Item::table(&aside))
        .hazard(
            HazardKind::TableRewrite,
            format!("copies every row of {name} while readers and writers wait"),
        )
        .hazard(
            HazardKind::MayFail,
            format!("fails where a row of {name} does not fit the new table"),
        );
        for column in untold {
            copy = copy.hazard(
                HazardKind::NoConversion,
                format!(
                    "nothing converts {name}.{column} to its new type: say how, with #[using(\"…\")] on the column"
                ),
            );
        }
        let copied = Item::Mark { table: aside.clone(), what: "copied" };
        copy = copy.creates(copied.clone());
        for child in to.tables.values() {
            if child.partition_of.as_ref().is_some_and(|p| p.parent == *name) {
                copy = copy.needs(Item::Parent { child: child.name.clone(), parent: name.clone() });
            }
        }
        self.steps.push(copy);
        let mut gone = old.clone();
        gone.name = aside.clone();
        let emptied = Item::Mark { table: aside.clone(), what: "emptied" };
        let mut drop = Step::new(Action::DropTable(Box::new(gone))).needs(copied).needs(emptied);
        drop.releases = rest;
        self.steps.push(drop);
        for sequence in sequences {
            let owner = self.to.sequences.get(&sequence).and_then(|s| s.owned_by.clone());
            if let Some(owner) = owner {
                self.own_sequence(&sequence, None, Some(&owner));
            }
        }
    }

    /// The table from which the rows of a partition are copied, where the table it belongs to is
    /// rebuilt: the plan drops the partition only then.
    pub(super) fn rows_move_to(&self, table: &Table) -> Option<QName> {
        let parent = &table.partition_of.as_ref()?.parent;
        if self.recreate.tables.contains(parent) {
            return Some(aside(parent));
        }
        self.base.tables.get(parent).and_then(|parent| self.rows_move_to(parent))
    }

    /// Takes from a table that is about to be set aside the defaults and checks that use what is
    /// dropped or made anew.
    fn free_expressions(&mut self, table: &Table) {
        let name = &table.name;
        let goes = |needs: &[Dependency]| {
            needs.iter().any(|d| match &d.item {
                Item::Object(id @ ObjectId::Routine(_)) => {
                    self.to.object(id).is_none() || self.recreate.objects.contains(id)
                }
                _ => false,
            })
        };
        let mut steps = Vec::new();
        for column in &table.columns {
            let ColumnValue::Default(expr) = &column.value else { continue };
            let released = self.before.default(name, expr);
            if goes(&released) {
                let action =
                    self.alter_column_action(name, &column.name, ColumnChange::DropDefault);
                let mut step = Step::new(action).releases(Item::column(name, &column.name));
                step.releases.extend(released);
                steps.push(step);
            }
        }
        let checks = table.checks.iter().filter(|check| !check.inherited);
        let held: Vec<Constraint> = checks
            .filter(|check| goes(&self.before.expr(name, &check.expr)))
            .map(|check| Constraint::Check(check.clone()))
            .collect();
        self.steps.extend(steps);
        for check in held {
            self.drop_constraint(table, &check);
            if let Some(step) = self.steps.last_mut() {
                step.releases
                    .push(Dependency { item: Item::table(name), strength: Strength::Must });
            }
        }
    }
}

/// What a table is called that makes room for its successor.
fn aside(name: &QName) -> QName {
    name.sibling(format!("{}__dbkit_old", shortened(&name.name)))
}

fn shortened(name: &str) -> String {
    let mut end = name.len().min(50);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.get(..end).unwrap_or(name).to_owned()
}
