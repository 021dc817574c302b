//! What earlier migrations have left that makes a later statement harmless.

use super::script::Script;
use super::statement::{ActionKind, ConstraintKind, Kind};
use std::collections::{BTreeMap, BTreeSet};

/// Checks that say `column IS NOT NULL`: with a validated one, SET NOT NULL reads no row.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// By table and constraint: the column, and whether every row has been looked at.
    checks: BTreeMap<(String, String), (String, bool)>,
    /// Tables that exist or have existed.
    pub tables: BTreeSet<String>,
}

impl Past {
    /// True when a validated check says that the column holds no NULL.
    #[must_use]
    pub fn holds_no_null(&self, table: &str, column: &str) -> bool {
        let same = |name: &str| name == table;
        self.checks
            .iter()
            .any(|((of, _), (checked, valid))| same(of) && checked == column && *valid)
    }

    /// The state after the statements of a file that begin before `end`.
    #[must_use]
    pub fn after(&self, script: &Script<'_>, end: usize) -> Self {
        let mut past = self.clone();
        for statement in script.statements.iter().filter(|s| s.span.start < end) {
            past.take(&statement.kind);
        }
        past
    }

    fn take(&mut self, kind: &Kind) {
        match kind {
            Kind::CreateTable { name, .. } => {
                self.tables.insert(name.clone());
            }
            Kind::AlterTable { name: table, actions } => {
                for action in actions {
                    self.action(table, &action.kind);
                }
            }
            _ => {}
        }
    }

    fn action(&mut self, table: &str, action: &ActionKind) {
        let key = |name: &str| (table.to_owned(), name.to_owned());
        match action {
            ActionKind::AddConstraint(added) => {
                if let ConstraintKind::Check { not_null: Some(column) } = &added.kind {
                    let name = added.name.clone().unwrap_or_default();
                    self.checks.insert(key(&name), (column.clone(), !added.not_valid));
                }
            }
            ActionKind::Validate { name } => {
                if let Some((_, valid)) = self.checks.get_mut(&key(name)) {
                    *valid = true;
                }
            }
            ActionKind::DropConstraint { name } => {
                self.checks.remove(&key(name));
            }
            _ => {}
        }
    }
}
