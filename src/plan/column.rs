use super::recreate::{is_recreated, retyped};
use super::table::Planner;
use super::{Action, ColumnChange, Conversion, HazardKind, Item, Step, Style, cast};
use crate::diff::Constraint;
use crate::model::{
    Check, Column, ColumnRef, ColumnValue, Dialect, Expr, ObjectId, Options, QName, Table,
};

/// The check that spares `SET NOT NULL` the scan.
fn proof(column: &str) -> String {
    format!("{}__dbkit_not_null", column.chars().take(40).collect::<String>())
}

/// The point from which a column is NOT NULL, where it becomes so by way of a check.
pub(super) fn set_not_null(table: &QName, column: &str) -> Item {
    Item::constraint(table, &format!("{} used", proof(column)))
}

impl Planner<'_> {
    pub(super) fn alter_column_action(
        &self,
        table: &QName,
        column: &str,
        change: ColumnChange,
    ) -> Action {
        Action::AlterColumn {
            table: table.clone(),
            column: column.to_owned(),
            change,
            only: self.has_children(table),
        }
    }

    fn has_children(&self, table: &QName) -> bool {
        let is_child = |t: &Table| {
            t.inherits.contains(table)
                || t.partition_of.as_ref().is_some_and(|p| p.parent == *table)
        };
        self.base.tables.values().any(is_child) || self.to.tables.values().any(is_child)
    }

    pub(super) fn add_column(&mut self, old: &Table, new: &Table, column: &Column) {
        let name = &new.name;
        // It comes with the parent's.
        if column.inherited
            && self.follows_parent(name, &column.name).is_some_and(|parent| {
                self.base.tables.get(&parent).is_some_and(|p| p.column(&column.name).is_none())
            })
        {
            self.column_extras(name, &Column { comment: None, ..column.clone() }, column);
            return;
        }
        let mut step =
            Step::new(Action::AddColumn { table: name.clone(), column: Box::new(column.clone()) })
                .needs(Item::table(name))
                .creates(Item::column(name, &column.name))
                .creates(Item::default(name, &column.name));
        step.needs.extend(self.after.column(name, column));
        if let ColumnValue::Identity(identity) = &column.value
            && let Some(sequence) = identity_sequence(name, &column.name, identity)
        {
            step = step.creates(Item::Object(ObjectId::Sequence(sequence)));
        }
        let filled = !column.value.is_none();
        if !column.nullable && !filled {
            step = step.hazard(
                HazardKind::MayFail,
                format!("fails when {name} has rows: they have no value for {}", column.name),
            );
        }
        if cast::is_volatile(&column.value) {
            step = step.hazard(
                HazardKind::TableRewrite,
                format!("writes {name} anew while readers and writers wait"),
            );
        }
        self.steps.push(step);
        let plain = Column {
            comment: None,
            storage: None,
            compression: None,
            statistics: None,
            options: Options::new(),
            ..column.clone()
        };
        self.column_extras(name, &plain, column);
        let _ = old;
    }

    pub(super) fn drop_column(&mut self, old: &Table, new: &Table, column: &Column) {
        let name = &old.name;
        let with_parent = column.inherited
            && self.follows_parent(name, &column.name).is_some_and(|parent| {
                self.to.tables.get(&parent).is_some_and(|p| p.column(&column.name).is_none())
            });
        if with_parent {
            return;
        }
        let generated = matches!(column.value, ColumnValue::Generated { .. });
        let mut step =
            Step::new(Action::DropColumn { table: name.clone(), column: Box::new(column.clone()) })
                .destroys(Item::column(name, &column.name))
                .destroys(Item::default(name, &column.name))
                .creates(Item::Mark { table: name.clone(), what: "narrowed" });
        step.releases.extend(self.before.column(name, column));
        if !generated {
            step = step.hazard(
                HazardKind::DataLoss,
                format!("drops column {name}.{} and its values", column.name),
            );
        }
        if let ColumnValue::Identity(identity) = &column.value
            && let Some(sequence) = identity_sequence(name, &column.name, identity)
        {
            step = step.destroys(Item::Object(ObjectId::Sequence(sequence)));
        }
        for sequence in self.base.sequences.values() {
            let owner = ColumnRef { table: name.clone(), column: column.name.clone() };
            if sequence.owned_by.as_ref() == Some(&owner)
                && !self.to.sequences.contains_key(&sequence.name)
            {
                step = step.destroys(Item::Object(ObjectId::Sequence(sequence.name.clone())));
            }
        }
        self.steps.push(step);
        let _ = new;
    }

    pub(super) fn alter_column(&mut self, old: &Table, new: &Table, from: &Column, to: &Column) {
        let name = &new.name;
        if is_recreated(from, to) {
            self.recreate_column(old, new, from, to);
            return;
        }
        let parent = self.follows_parent(name, &to.name).filter(|_| from.inherited || to.inherited);
        let parent_change = parent.and_then(|p| {
            let before = self.base.tables.get(&p)?.column(&to.name)?.clone();
            let after = self.to.tables.get(&p)?.column(&to.name)?.clone();
            Some((before, after))
        });
        let shared = |same: &dyn Fn(&Column, &Column) -> bool| {
            parent_change.as_ref().is_some_and(|(b, a)| !same(b, a) && same(a, to))
        };
        let follows = from.inherited && self.follows_parent(name, &to.name).is_some();
        let converted = self.is_converted(name, &to.name);
        let with_parent = shared(&|a, b| !retyped(a, b)) || converted && follows;
        let default_gone = self.leave_value(name, from, to, with_parent);
        if (retyped(from, to) || converted) && !with_parent {
            self.retype(name, from, to);
        }
        if from.nullable != to.nullable && !shared(&|a, b| a.nullable == b.nullable) {
            self.change_nullable(new, to);
        }
        self.enter_value(name, from, to, default_gone);
        if retyped(from, to) && !with_parent {
            // A new type brings its own storage and compression.
            let reset = Column { storage: None, compression: None, ..from.clone() };
            self.column_extras(name, &reset, to);
        } else {
            self.column_extras(name, from, to);
        }
    }

    /// Takes away what the old value was and the new one is not. True when a default that both
    /// have is gone now.
    fn leave_value(
        &mut self,
        table: &QName,
        from: &Column,
        to: &Column,
        with_parent: bool,
    ) -> bool {
        let item = Item::column(table, &to.name);
        match (&from.value, &to.value) {
            (ColumnValue::Default(old), new) => {
                let kept = matches!(new, ColumnValue::Default(new) if new == old);
                let cast_needed = retyped(from, to) && cast::default_blocks(&from.ty, &to.ty);
                let recreated = self
                    .recreate
                    .defaults
                    .contains(&ColumnRef { table: table.clone(), column: to.name.clone() });
                if kept && !recreated && (!cast_needed || with_parent) {
                    return false;
                }
                if matches!(new, ColumnValue::Default(_)) && !cast_needed && !recreated {
                    return false;
                }
                let action = self.alter_column_action(table, &to.name, ColumnChange::DropDefault);
                let mut step =
                    Step::new(action).destroys(Item::default(table, &to.name)).releases(item);
                step.releases.extend(self.before.default(table, old));
                self.steps.push(step);
                true
            }
            (ColumnValue::Identity(_), ColumnValue::Identity(_)) => false,
            (ColumnValue::Identity(identity), _) => {
                let action = self.alter_column_action(table, &to.name, ColumnChange::DropIdentity);
                let mut step = Step::new(action).releases(item);
                if let Some(sequence) = identity_sequence(table, &to.name, identity) {
                    step = step.destroys(Item::Object(ObjectId::Sequence(sequence)));
                }
                self.steps.push(step);
                false
            }
            (ColumnValue::Generated { expr, .. }, _) => {
                let action =
                    self.alter_column_action(table, &to.name, ColumnChange::DropExpression);
                let mut step = Step::new(action).releases(item);
                step.releases.extend(self.before.expr(table, expr));
                self.steps.push(step);
                false
            }
            (ColumnValue::None, _) => false,
        }
    }

    /// How values come over to the new type, and whether nothing but the user could tell.
    pub(super) fn using(
        &self,
        table: &QName,
        from: &Column,
        to: &Column,
    ) -> (Option<Conversion>, bool) {
        let place = ColumnRef { table: table.clone(), column: to.name.clone() };
        let told = self.options.conversions.using.get(&place);
        let told = told.and_then(|using| using.expression(from, to)).map(Expr::new);
        let missing = told.is_none() && !cast::is_sensible(&from.ty, &to.ty);
        let using = told
            .map(Conversion::Expr)
            .or_else(|| self.conversion(from, to))
            .or_else(|| cast::using(self.base, from, to));
        (using, missing)
    }

    fn retype(&mut self, table: &QName, from: &Column, to: &Column) {
        let (using, missing) = self.using(table, from, to);
        let mut action = self.alter_column_action(
            table,
            &to.name,
            ColumnChange::Type {
                from: Box::new(from.clone()),
                to: Box::new(to.clone()),
                using: using.clone(),
            },
        );
        if let Action::AlterColumn { only, .. } = &mut action {
            *only = false;
        }
        let mut step = Step::new(action).changes(Item::column(table, &to.name));
        if self.is_converted(table, &to.name) {
            // It reaches the partitions and children, whose defaults stand in its way, too.
            for child in self.family(table) {
                step = step.changes(Item::column(&child, &to.name));
            }
        }
        step.needs.extend(self.after.column_type(to));
        // A type that is replaced has taken the column with it; one that is altered keeps it.
        let replaced = |item: &Item| {
            matches!(item, Item::Object(id)
                if self.recreate.types.contains(id) || self.to.contains(id) && self.base.contains(id))
                && step.needs.iter().any(|need| need.item == *item)
        };
        let released = self.before.column_type(from);
        step.releases
            .extend(released.into_iter().filter(|d| !replaced(&d.item)).collect::<Vec<_>>());
        step.hazards.extend(cast::hazards(table, from, to, using.as_ref()));
        if missing {
            step = step.hazard(
                HazardKind::NoConversion,
                format!(
                    "nothing converts {table}.{} to its new type: say how, with #[using(\"…\", from = \"{}\", back = \"…\")] on the column",
                    to.name,
                    cast::spelled(&from.ty)
                ),
            );
        }
        self.steps.push(step);
    }

    /// All partitions and children below a table.
    fn family(&self, table: &QName) -> Vec<QName> {
        let mut out: Vec<QName> = Vec::new();
        let mut work = vec![table.clone()];
        while let Some(parent) = work.pop() {
            for child in self.base.tables.values() {
                let below = child.inherits.contains(&parent)
                    || child.partition_of.as_ref().is_some_and(|p| p.parent == parent);
                if below && !out.contains(&child.name) {
                    out.push(child.name.clone());
                    work.push(child.name.clone());
                }
            }
        }
        out
    }

    fn change_nullable(&mut self, table: &Table, to: &Column) {
        let name = &table.name;
        let item = Item::column(name, &to.name);
        if to.nullable {
            let action = self.alter_column_action(name, &to.name, ColumnChange::DropNotNull);
            let action = without_only(action);
            let dropped = super::constraint::no_primary_key(name);
            let freed = Item::Mark { table: name.clone(), what: "replica identity" };
            self.steps.push(Step::new(action).needs(item).needs(dropped).needs(freed));
            return;
        }
        let action =
            without_only(self.alter_column_action(name, &to.name, ColumnChange::SetNotNull));
        let mut step = Step::new(action)
            .needs(item.clone())
            .hazard(HazardKind::MayFail, format!("fails where {name}.{} is null", to.name));
        let old = self.base_table(name);
        if old.is_some_and(|old| super::assess::proves_not_null(old, &to.name)) {
            step.hazards.clear();
            self.steps.push(step);
            return;
        }
        let plain = super::constraint::in_partitions(table)
            || self.options.style == Style::Fast
            // A parent, or the role of replica identity, asks for it at once.
            || old.is_some_and(|old| table.inherits.iter().any(|p| !old.inherits.contains(p)))
            || matches!(table.replica_identity, crate::model::ReplicaIdentity::Index(_))
            // An identity may only be added once the column is NOT NULL.
            || matches!(to.value, ColumnValue::Identity(_))
            || self.to.dialect == Dialect::Sqlite;
        if plain {
            step = step.hazard(
                HazardKind::TableScan,
                format!("reads every row of {name} while readers and writers wait"),
            );
            self.steps.push(step);
            return;
        }
        // A valid check that the column is not null spares the scan under the lock (PostgreSQL
        // manual, ALTER TABLE, SET NOT NULL).
        let check = proof(&to.name);
        let column = crate::plan::quoted(&to.name);
        let constraint = Constraint::Check(Check {
            name: Some(check.clone()),
            expr: Expr::new(format!("{column} IS NOT NULL")),
            not_valid: false,
            no_inherit: false,
            inherited: false,
            comment: None,
        });
        let mark = Item::constraint(name, &check);
        let add = Step::new(Action::AddConstraint {
            table: name.clone(),
            constraint: Box::new(constraint.clone()),
            not_valid: true,
        })
        .needs(item)
        .creates(mark.clone());
        self.steps.push(add);
        let mut validate =
            Step::new(Action::ValidateConstraint { table: name.clone(), name: check.clone() })
                .needs(mark.clone())
                .hazard(HazardKind::MayFail, format!("fails where {name}.{} is null", to.name));
        let proven = Item::constraint(name, &format!("{check} validated"));
        validate = validate.creates(proven.clone());
        validate.stage = 2;
        self.steps.push(validate);
        step.hazards.clear();
        step.needs.push(super::Dependency { item: proven, strength: super::Strength::Must });
        step.releases.push(super::Dependency { item: mark, strength: super::Strength::Must });
        step.stage = 3;
        self.steps.push(step);
        let mut drop = Step::new(Action::DropConstraint {
            table: name.clone(),
            constraint: Box::new(constraint),
        });
        let gone = Item::constraint(name, &check);
        // After SET NOT NULL, which comes after its creation.
        drop.needs.push(super::Dependency { item: gone, strength: super::Strength::Must });
        let used = set_not_null(name, &to.name);
        drop.needs.push(super::Dependency { item: used.clone(), strength: super::Strength::Must });
        if let Some(last) = self.steps.last_mut() {
            last.creates.push(used);
            last.releases.clear();
        }
        drop.stage = 3;
        self.steps.push(drop);
    }

    pub(super) fn set_default(&mut self, table: &QName, column: &str, expr: &Expr, only: bool) {
        let mut action =
            self.alter_column_action(table, column, ColumnChange::SetDefault(expr.clone()));
        if only && let Action::AlterColumn { only, .. } = &mut action {
            *only = true;
        }
        let mut step = Step::new(action)
            .needs(Item::column(table, column))
            .creates(Item::default(table, column));
        step.needs.extend(self.after.default(table, expr));
        self.steps.push(step);
    }

    fn enter_value(&mut self, table: &QName, from: &Column, to: &Column, default_gone: bool) {
        match (&from.value, &to.value) {
            (ColumnValue::Default(old), ColumnValue::Default(new))
                if old == new && !default_gone => {}
            (old, ColumnValue::Default(new)) => {
                self.set_default(table, &to.name, new, false);
                // Where the old one is not dropped first, the new one takes its place.
                if let ColumnValue::Default(old) = old
                    && !default_gone
                    && let Some(step) = self.steps.last_mut()
                {
                    step.releases.extend(self.before.default(table, old));
                }
            }
            (ColumnValue::Identity(a), ColumnValue::Identity(b)) if a != b => {
                let action = self.alter_column_action(
                    table,
                    &to.name,
                    ColumnChange::AlterIdentity { from: a.clone(), to: b.clone() },
                );
                self.steps
                    .push(Step::new(without_only(action)).needs(Item::column(table, &to.name)));
            }
            (ColumnValue::Identity(_), ColumnValue::Identity(_)) => {}
            (_, ColumnValue::Identity(identity)) => {
                let action = self.alter_column_action(
                    table,
                    &to.name,
                    ColumnChange::AddIdentity(identity.clone()),
                );
                let mark = Item::constraint(table, &format!("{} identity", to.name));
                let mut step = Step::new(without_only(action))
                    .needs(Item::column(table, &to.name))
                    .creates(mark.clone());
                if let Some(sequence) = identity_sequence(table, &to.name, identity) {
                    step = step.creates(Item::Object(ObjectId::Sequence(sequence)));
                }
                self.steps.push(step);
                let column = ColumnRef { table: table.clone(), column: to.name.clone() };
                let action = Action::AdvanceSequence { column, sequence: None };
                self.steps.push(Step::new(action).needs(mark));
            }
            _ => {}
        }
    }

    /// Drops and adds a column whose values follow from others.
    pub(super) fn recreate_column(&mut self, old: &Table, new: &Table, from: &Column, to: &Column) {
        if to.inherited && self.follows_parent(&new.name, &to.name).is_some() {
            return;
        }
        let at = self.steps.len();
        self.drop_column(old, new, from);
        self.add_column(old, new, to);
        if let ColumnValue::Generated { .. } = to.value
            && let Some(step) = self.steps.get_mut(at)
        {
            let lost = !matches!(from.value, ColumnValue::Generated { .. });
            step.hazards.clear();
            let (kind, text) = if lost {
                (
                    HazardKind::DataLoss,
                    format!("the values of {}.{} are computed anew", new.name, to.name),
                )
            } else {
                (
                    HazardKind::TableRewrite,
                    format!("computes {}.{} anew for every row", new.name, to.name),
                )
            };
            step.hazards.push(super::Hazard::new(kind, text));
        }
    }

    /// What is set apart from the column's definition.
    pub(super) fn column_extras(&mut self, table: &QName, from: &Column, to: &Column) {
        let mut changes = Vec::new();
        if from.storage != to.storage {
            changes.push(ColumnChange::Storage(to.storage));
        }
        if from.compression != to.compression {
            changes.push(ColumnChange::Compression(to.compression.clone()));
        }
        if from.statistics != to.statistics {
            changes.push(ColumnChange::Statistics(to.statistics));
        }
        if from.options != to.options {
            changes
                .push(ColumnChange::Options { from: from.options.clone(), to: to.options.clone() });
        }
        if from.comment != to.comment {
            changes.push(ColumnChange::Comment(to.comment.clone()));
        }
        for change in changes {
            let action = self.alter_column_action(table, &to.name, change);
            self.steps.push(Step::new(action).needs(Item::column(table, &to.name)));
        }
    }
}

fn without_only(mut action: Action) -> Action {
    if let Action::AlterColumn { only, .. } = &mut action {
        *only = false;
    }
    action
}

/// The sequence behind an identity column.
pub(super) fn identity_sequence(
    table: &QName,
    column: &str,
    identity: &crate::model::Identity,
) -> Option<QName> {
    let default = format!("{}_{column}_seq", table.name);
    identity.sequence.clone().or_else(|| Some(table.sibling(default)))
}
