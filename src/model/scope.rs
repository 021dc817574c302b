use super::{Dialect, Model, QName, Unmodelled};
use std::collections::BTreeSet;

/// What such a table is called among what is not managed.
pub const LEFT_OUT: &str = "table left out by the filter";

impl Model {
    /// Takes tables out that are somebody else's, with what belongs to them alone. On SQLite foreign
    /// keys to them stay: a table is written anew with all it has.
    pub fn leave_out(&mut self, is_left_out: &dyn Fn(&QName) -> bool) {
        let gone: BTreeSet<QName> =
            self.tables.keys().filter(|name| is_left_out(name)).cloned().collect();
        if gone.is_empty() {
            return;
        }
        self.tables.retain(|name, _| !gone.contains(name));
        self.triggers.retain(|id, _| !gone.contains(&id.table));
        self.policies.retain(|id, _| !gone.contains(&id.table));
        self.rules.retain(|id, _| !gone.contains(&id.table));
        self.statistics.retain(|_, statistics| !gone.contains(&statistics.table));
        self.sequences.retain(|_, sequence| {
            sequence.owned_by.as_ref().is_none_or(|owner| !gone.contains(&owner.table))
        });
        if self.dialect == Dialect::Postgres {
            for table in self.tables.values_mut() {
                table.foreign_keys.retain(|key| !gone.contains(&key.parent));
            }
        }
        let told = gone
            .iter()
            .map(|name| Unmodelled { kind: LEFT_OUT.to_owned(), name: name.to_string() });
        self.unmodelled.extend(told);
        self.unmodelled.sort();
    }
}
