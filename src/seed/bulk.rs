//! Rows that are too many to be held.

use super::SeedError;
use super::keys::Declared;
use super::read::CsvFile;
use super::write::Counts;
use crate::database::Session;
use crate::model::{Model, QName, Table};

/// A source of rows for one table.
#[derive(Clone, Debug)]
pub(super) struct Bulk {
    pub set: String,
    pub table: QName,
    pub source: Source,
}

#[derive(Clone, Debug)]
pub(super) enum Source {
    Csv(CsvFile),
}

pub(super) fn sources(
    large: Vec<CsvFile>,
    _declared: &Declared,
    _model: &Model,
) -> Result<Vec<Bulk>, SeedError> {
    let bulk = |file: CsvFile| Bulk {
        set: file.set.clone(),
        table: file.table.clone(),
        source: Source::Csv(file),
    };
    Ok(large.into_iter().map(bulk).collect())
}

impl Bulk {
    pub fn write(
        &self,
        _session: &mut dyn Session,
        _table: &Table,
        _model: &Model,
    ) -> Result<Counts, SeedError> {
        Ok(Counts::default())
    }
}
