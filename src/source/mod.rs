//! Where a model comes from: schema files, declarative SQL files, snapshots, a live database.

pub mod files;
pub mod lineage;
pub mod schema_rs;
pub mod snapshot;
pub mod sql;

use crate::diff::Rename;
use crate::model::Model;

/// A model as files describe it, with the intentions a model cannot hold.
#[derive(Clone, Debug)]
pub struct Source {
    pub model: Model,
    pub renames: Vec<Rename>,
}
