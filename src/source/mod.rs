//! Where a model comes from: schema files, declarative SQL files, snapshots, a live database.

pub mod files;
pub mod lineage;
mod locate;
pub mod schema_rs;
pub mod snapshot;
pub mod sql;

pub use locate::locate;

use crate::diagnostic::SourceFile;
use crate::diff::Conversions;
use crate::diff::Rename;
use crate::model::{ColumnRef, Mask, Model, ObjectKind, QName};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A model as files describe it, with the intentions a model cannot hold.
#[derive(Clone, Debug)]
pub struct Source {
    pub model: Model,
    pub renames: Vec<Rename>,
    /// How values get to what they become.
    pub conversions: Conversions,
    /// Columns of personal data, and what becomes of them in a dump where that is said.
    pub personal: BTreeMap<ColumnRef, Option<Mask>>,
    /// What the files call things in Rust.
    pub declared: schema_rs::Declared,
    /// The tables with `#[tenant]`, and its column.
    pub tenants: BTreeMap<QName, String>,
    /// The files, to tell places in them.
    pub files: Vec<Arc<SourceFile>>,
}

impl Source {
    /// A model without intentions and files.
    #[must_use]
    pub fn of(model: Model) -> Self {
        Self {
            model,
            renames: Vec::new(),
            conversions: Conversions::default(),
            personal: BTreeMap::new(),
            declared: schema_rs::Declared::default(),
            tenants: BTreeMap::new(),
            files: Vec::new(),
        }
    }

    /// The columns of personal data under the names they have here and under those they had: a
    /// database may not have had the rename yet.
    #[must_use]
    pub fn personal_under_all_names(&self) -> BTreeMap<ColumnRef, Option<Mask>> {
        let mut all = self.personal.clone();
        for rename in &self.renames {
            if let Rename::Column { table, from, to } = rename {
                let new = ColumnRef { table: table.clone(), column: to.clone() };
                if let Some(mask) = self.personal.get(&new) {
                    all.insert(ColumnRef { column: from.clone(), ..new }, *mask);
                }
            }
        }
        for rename in &self.renames {
            if let Rename::Object { kind: ObjectKind::Table, from, to } = rename {
                let moved: Vec<_> = all
                    .iter()
                    .filter(|(place, _)| place.table == *to)
                    .map(|(place, mask)| {
                        (ColumnRef { table: from.clone(), ..place.clone() }, *mask)
                    })
                    .collect();
                all.extend(moved);
            }
        }
        all
    }
}
