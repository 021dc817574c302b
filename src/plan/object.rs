use super::enum_type;
use super::recreate::{columns_of_type, replaces_type};
use super::table::Planner;
use super::{Action, Dependency, Hazard, HazardKind, Item, Step, Strength, TypeColumn};
use crate::model::{ColumnRef, ColumnValue, Object, ObjectId, QName};

impl Planner<'_> {
    pub(super) fn create_object(&mut self, id: &ObjectId) {
        let Some(object) = self.to.object(id) else { return };
        let mut step =
            Step::new(Action::Create(Box::new(object.clone()))).creates(Item::Object(id.clone()));
        step.needs = self.after.object(&object);
        if let Object::View(view) = &object {
            for index in &view.indexes {
                step.creates.push(Item::index(&view.name, &index.name));
            }
        }
        self.steps.push(step);
        if let Object::Sequence(sequence) = &object
            && let Some(owner) = &sequence.owned_by
        {
            self.own_sequence(&sequence.name, None, Some(owner));
            if self.base.tables.get(&owner.table).is_some_and(|t| t.column(&owner.column).is_some())
            {
                let action = Action::AdvanceSequence {
                    column: owner.clone(),
                    sequence: Some(sequence.clone()),
                };
                let step = Step::new(action)
                    .needs(Item::Object(id.clone()))
                    .needs(Item::column(&owner.table, &owner.column));
                self.steps.push(step);
            }
        }
    }

    pub(super) fn drop_object(&mut self, id: &ObjectId, again: bool) {
        let Some(object) = self.base.object(id) else { return };
        if self.goes_with_its_relation(&object) {
            return;
        }
        let mut step =
            Step::new(Action::Drop(Box::new(object.clone()))).destroys(Item::Object(id.clone()));
        step.releases = self.before.held(&object);
        if let Object::View(view) = &object {
            for index in &view.indexes {
                step.destroys.push(Item::index(&view.name, &index.name));
            }
            for part in self.parts_of(&view.name) {
                if let Some(object) = self.base.object(&part) {
                    step.releases.extend(self.before.held(&object));
                }
                step.destroys.push(Item::Object(part));
            }
            // A step does not wait for itself.
            let own = step.destroys.clone();
            step.releases.retain(|d| !own.contains(&d.item));
        }
        if let Object::Sequence(sequence) = &object {
            if self.owner_goes(sequence.owned_by.as_ref()) {
                return;
            }
            if !again {
                step = step.hazard(
                    HazardKind::DataLoss,
                    format!("drops sequence {} and where it stands", sequence.name),
                );
            }
        }
        self.steps.push(step);
    }

    /// Triggers, policies, rules and statistics go with their table or view.
    fn goes_with_its_relation(&self, object: &Object) -> bool {
        let relation = match object {
            Object::Trigger(o) => &o.id.table,
            Object::Policy(o) => &o.id.table,
            Object::Rule(o) => &o.id.table,
            Object::Statistics(o) => &o.table,
            _ => return false,
        };
        self.ends(relation) && !self.is_entangled(object, relation)
    }

    /// True for tables and views that are dropped, be it to be made anew.
    fn ends(&self, relation: &QName) -> bool {
        let view = ObjectId::View(relation.clone());
        self.dropped.contains(relation)
            || (self.base.views.contains_key(relation)
                && (!self.to.views.contains_key(relation) || self.recreate.objects.contains(&view)))
    }

    /// A rule or policy that uses another relation that goes, too, goes ahead of both: two
    /// relations may hold each other by such.
    pub(super) fn is_entangled(&self, object: &Object, relation: &QName) -> bool {
        let uses_one_that_ends = |d: &Dependency| match &d.item {
            Item::Object(ObjectId::Table(name) | ObjectId::View(name)) => {
                d.strength != Strength::Wish && name != relation && self.ends(name)
            }
            _ => false,
        };
        matches!(object, Object::Rule(_) | Object::Policy(_))
            && self.ends(relation)
            && self.before.held(object).iter().any(uses_one_that_ends)
    }

    fn owner_goes(&self, owner: Option<&ColumnRef>) -> bool {
        let Some(owner) = owner else { return false };
        if self.dropped.contains(&owner.table) || self.recreate.tables.contains(&owner.table) {
            return true;
        }
        let column = |model: &crate::model::Model| {
            model.tables.get(&owner.table).is_some_and(|t| t.column(&owner.column).is_some())
        };
        column(self.base) && !column(self.to)
    }

    pub(super) fn alter_object(&mut self, id: &ObjectId) {
        let (Some(old), Some(new)) = (self.base.object(id), self.to.object(id)) else { return };
        if replaces_type(&old, &new) {
            self.replace_type(id, old, new);
            return;
        }
        if let (Object::Enum(from), Object::Enum(to)) = (&old, &new) {
            self.steps.extend(enum_type::additions(from, to));
            if from.comment == to.comment {
                return;
            }
        }
        if let (Object::Sequence(from), Object::Sequence(to)) = (&old, &new) {
            if from.owned_by != to.owned_by {
                let (before, after) = (from.owned_by.clone(), to.owned_by.clone());
                self.own_sequence(&to.name, before.as_ref(), after.as_ref());
            }
            let mut rest = from.clone();
            rest.owned_by.clone_from(&to.owned_by);
            if rest == *to {
                return;
            }
        }
        let step =
            Step::new(Action::Alter { from: Box::new(old.clone()), to: Box::new(new.clone()) });
        // What hangs on these may stay as it is while they change.
        let mut step = match new {
            Object::Sequence(_) | Object::Composite(_) => step.changes(Item::Object(id.clone())),
            _ => step.creates(Item::Object(id.clone())),
        };
        step.needs = self.after.object(&new);
        step.releases = self.before.held(&old);
        if let ObjectId::Composite(_) = id {
            // It need not leave a type that only changes in place.
            step.releases.retain(|d| self.goes(d));
        }
        self.steps.push(step);
    }

    /// True when what is depended on is dropped, be it to be made anew.
    fn goes(&self, dependency: &Dependency) -> bool {
        match &dependency.item {
            Item::Object(part) => {
                self.to.object(part).is_none()
                    || self.recreate.types.contains(part)
                    || self.recreate.objects.contains(part)
            }
            _ => true,
        }
    }

    pub(super) fn own_sequence(
        &mut self,
        sequence: &QName,
        from: Option<&ColumnRef>,
        to: Option<&ColumnRef>,
    ) {
        let freed = Item::Mark { table: sequence.clone(), what: "freed" };
        if let Some(owner) = from.filter(|o| to.is_some() && self.dropped.contains(&o.table)) {
            // The new owner may need names that the old one has until it is dropped.
            let action = Action::SetSequenceOwner { sequence: sequence.clone(), owner: None };
            let step = Step::new(action)
                .creates(freed.clone())
                .releases(Item::column(&owner.table, &owner.column));
            self.steps.push(step);
            return self.own_freed(sequence, to, freed);
        }
        let action = Action::SetSequenceOwner { sequence: sequence.clone(), owner: to.cloned() };
        let mut step = Step::new(action).needs(Item::Object(ObjectId::Sequence(sequence.clone())));
        if let Some(owner) = to {
            step = step.needs(Item::column(&owner.table, &owner.column));
        }
        if let Some(owner) = from {
            step = step.releases(Item::column(&owner.table, &owner.column));
        }
        self.steps.push(step);
    }

    fn replaced_labels(&self, old: &Object, new: &Object) -> Vec<(String, String)> {
        let (Object::Enum(old), Object::Enum(new)) = (old, new) else { return Vec::new() };
        let all = self.options.conversions.labels.get(&new.name);
        let fits = |(from, to): &&(String, String)| {
            old.labels.contains(from) && !new.labels.contains(from) && new.labels.contains(to)
        };
        let mut out: Vec<(String, String)> = Vec::new();
        for pair in all.into_iter().flatten().filter(fits) {
            if !out.iter().any(|(old, _)| *old == pair.0) {
                out.push(pair.clone());
            }
        }
        out
    }

    fn own_freed(&mut self, sequence: &QName, to: Option<&ColumnRef>, freed: Item) {
        let Some(owner) = to else { return };
        let action =
            Action::SetSequenceOwner { sequence: sequence.clone(), owner: Some(owner.clone()) };
        let column = Item::column(&owner.table, &owner.column);
        self.steps.push(Step::new(action).needs(freed).needs(column));
    }

    fn replace_type(&mut self, id: &ObjectId, old: Object, new: Object) {
        let columns = columns_of_type(self.base, self.to, id);
        let labels = self.replaced_labels(&old, &new);
        let mut step = Step::new(Action::ReplaceType {
            from: Box::new(old.clone()),
            to: Box::new(new.clone()),
            columns: Vec::new(),
            labels: labels.clone(),
        })
        .changes(Item::Object(id.clone()));
        step.needs = self.after.object(&new);
        step.releases = self.before.held(&old);
        step.releases.retain(|d| self.goes(d));
        let mut converted = Vec::new();
        for place in columns {
            let column = |model: &crate::model::Model| {
                model.tables.get(&place.table).and_then(|t| t.column(&place.column)).cloned()
            };
            let (Some(before), Some(after)) = (column(self.base), column(self.to)) else {
                continue;
            };
            step = step.changes(Item::column(&place.table, &place.column));
            let text = format!("writes {} anew while readers and writers wait", place.table);
            step.hazards.push(Hazard::new(HazardKind::TableRewrite, text).on(&place.table));
            if before.inherited && self.follows_parent(&place.table, &place.column).is_some() {
                continue;
            }
            let default = |column: &crate::model::Column| match &column.value {
                ColumnValue::Default(expr) => Some(expr.clone()),
                _ => None,
            };
            // A default that changes anyway has steps of its own, except that the old one must
            // not stand in the way.
            let kept = default(&before) == default(&after);
            converted.push(TypeColumn {
                column: place,
                array: before.ty.array,
                default_before: default(&before),
                default_after: if kept { default(&after) } else { None },
            });
        }
        if let (Object::Enum(from), Object::Enum(to)) = (&old, &new) {
            let gone: Vec<&str> = from
                .labels
                .iter()
                .filter(|label| !to.labels.contains(label))
                .filter(|label| !labels.iter().any(|(old, _)| old == *label))
                .map(String::as_str)
                .collect();
            if !gone.is_empty() {
                step = step.hazard(
                    HazardKind::MayFail,
                    format!(
                        "fails where a row of a table still has {}; #[replaces = \"…\"] on another label takes its rows",
                        gone.join(", ")
                    ),
                );
            }
            for (old, new) in &labels {
                if !from.labels.contains(new) && labels.iter().filter(|(_, n)| n == new).count() < 2
                {
                    continue;
                }
                step = step.hazard(
                    HazardKind::Irreversible,
                    format!("rows with '{old}' get '{new}': nothing tells later which they were"),
                );
            }
        }
        if let Action::ReplaceType { columns, .. } = &mut step.action {
            *columns = converted;
        }
        self.steps.push(step);
    }
}
