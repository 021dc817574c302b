//! Views and triggers around the work on tables.

use super::order;
use super::steps::{Rebuild, Step};
use crate::model::{Model, OnTable, QName, View};
use crate::sql::names;
use std::collections::{BTreeMap, BTreeSet};

/// Views and triggers that go, come, or must step aside.
#[derive(Default)]
pub(super) struct Bodies {
    pub views: BTreeSet<QName>,
    triggers: BTreeSet<OnTable>,
    new_views: BTreeSet<QName>,
    new_triggers: BTreeSet<OnTable>,
}

impl Bodies {
    /// What differs.
    pub fn changed(base: &Model, to: &Model) -> Self {
        let mut out = Self::default();
        for (name, view) in &base.views {
            if to.views.get(name) != Some(view) {
                out.views.insert(name.clone());
            }
        }
        for (name, view) in &to.views {
            if base.views.get(name) != Some(view) {
                out.new_views.insert(name.clone());
            }
        }
        for (id, trigger) in &base.triggers {
            if to.triggers.get(id) != Some(trigger) {
                out.triggers.insert(id.clone());
            }
        }
        for (id, trigger) in &to.triggers {
            if base.triggers.get(id) != Some(trigger) {
                out.new_triggers.insert(id.clone());
            }
        }
        out.views_go(base);
        out
    }

    /// A dropped view takes its INSTEAD OF triggers along.
    fn views_go(&mut self, base: &Model) {
        for id in base.triggers.keys().filter(|id| self.views.contains(&id.table)) {
            self.new_triggers.insert(id.clone());
        }
    }

    pub fn tables_go(&mut self, base: &Model, dropped: &BTreeSet<QName>) {
        for id in base.triggers.keys().filter(|id| dropped.contains(&id.table)) {
            self.new_triggers.insert(id.clone());
        }
    }

    /// The table's own triggers are made again; with `qualified` everything that names the table
    /// steps aside.
    pub fn rebuilt(&mut self, base: &Model, table: &QName, qualified: bool) {
        for id in base.triggers.keys().filter(|id| id.table == *table) {
            self.new_triggers.insert(id.clone());
        }
        if !qualified {
            return;
        }
        let mut away: BTreeSet<String> = self.views.iter().map(|v| v.name.to_lowercase()).collect();
        away.insert(table.name.to_lowercase());
        loop {
            let before = away.len();
            for view in base.views.values() {
                let mentions = names::mentioned(&view.query, base.dialect);
                if mentions.intersection(&away).next().is_some() {
                    away.insert(view.name.name.to_lowercase());
                    self.views.insert(view.name.clone());
                    self.new_views.insert(view.name.clone());
                }
            }
            if away.len() == before {
                break;
            }
        }
        for trigger in base.triggers.values() {
            let mentions = names::mentioned(&trigger.definition, base.dialect);
            if mentions.intersection(&away).next().is_some() {
                self.triggers.insert(trigger.id.clone());
                self.new_triggers.insert(trigger.id.clone());
            }
        }
        self.views_go(base);
    }

    pub fn drops(
        &self,
        base: &Model,
        dropped: &BTreeSet<QName>,
        rebuilds: &BTreeMap<QName, Rebuild>,
        out: &mut Vec<Step>,
    ) {
        // A table renamed the modern way is not there for a moment: then no trigger that names it
        // may be, either, not even one that goes with its own table later.
        let modern = rebuilds.values().any(|rebuild| rebuild.qualified);
        for id in &self.triggers {
            let rebuilt = !modern && rebuilds.contains_key(&id.table);
            let goes_along = dropped.contains(&id.table) || self.views.contains(&id.table);
            if !goes_along && !rebuilt {
                out.push(Step::DropTrigger(id.clone()));
            }
        }
        for name in self.views.iter().filter(|name| base.views.contains_key(*name)) {
            out.push(Step::DropView(name.clone()));
        }
    }

    pub fn creates(&self, to: &Model, out: &mut Vec<Step>) {
        let views: Vec<&View> =
            self.new_views.iter().filter_map(|name| to.views.get(name)).collect();
        let at: BTreeMap<String, usize> =
            views.iter().enumerate().map(|(n, view)| (view.name.name.to_lowercase(), n)).collect();
        let needs = |(n, view): (usize, &&View)| {
            let mentions = names::mentioned(&view.query, to.dialect);
            mentions.iter().filter_map(|m| at.get(m).copied()).filter(|m| *m != n).collect()
        };
        let (order, _) = order::order(&views.iter().enumerate().map(needs).collect::<Vec<_>>());
        for view in order.into_iter().filter_map(|n| views.get(n).copied()) {
            out.push(Step::CreateView(Box::new(view.clone())));
        }
        for trigger in self.new_triggers.iter().filter_map(|id| to.triggers.get(id)) {
            out.push(Step::CreateTrigger(Box::new(trigger.clone())));
        }
    }
}
