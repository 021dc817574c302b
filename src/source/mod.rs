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
use crate::model::Model;
use std::sync::Arc;

/// A model as files describe it, with the intentions a model cannot hold.
#[derive(Clone, Debug)]
pub struct Source {
    pub model: Model,
    pub renames: Vec<Rename>,
    /// How values get to what they become.
    pub conversions: Conversions,
    /// The files, to tell places in them.
    pub files: Vec<Arc<SourceFile>>,
}

impl Source {
    /// A model without intentions and files.
    #[must_use]
    pub fn of(model: Model) -> Self {
        Self { model, renames: Vec::new(), conversions: Conversions::default(), files: Vec::new() }
    }
}
