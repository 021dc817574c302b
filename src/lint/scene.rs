//! A model beside the schema files it comes from.

use super::place::{self, TablePlace};
use super::silence::{self, Silence};
use super::{ModelHit, line_column};
use crate::diagnostic::{Place, SourceFile};
use crate::model::{Column, Model, QName, Table};
use std::ops::Range;
use std::sync::Arc;

/// What rules for models look at.
#[derive(Debug)]
pub struct Scene<'a> {
    pub model: &'a Model,
    tables: Vec<TablePlace>,
    silences: Vec<(Arc<SourceFile>, Vec<Silence>)>,
}

impl<'a> Scene<'a> {
    #[must_use]
    pub fn new(model: &'a Model, files: &[Arc<SourceFile>]) -> Self {
        let rust = |file: &&Arc<SourceFile>| file.path.extension().is_some_and(|e| e == "rs");
        let tables = files.iter().filter(rust).flat_map(place::tables).collect();
        let silences = files
            .iter()
            .map(|file| {
                let mark = if rust(&file) { "//" } else { "--" };
                (Arc::clone(file), silence::read(&file.text, mark))
            })
            .collect();
        Self { model, tables, silences }
    }

    /// Tables that people write: partitions follow from their parents.
    pub(super) fn tables(&self) -> impl Iterator<Item = &'a Table> {
        self.model.tables.values().filter(|table| table.partition_of.is_none())
    }

    /// Their columns.
    pub(super) fn columns(&self) -> impl Iterator<Item = (&'a Table, &'a Column)> {
        self.tables()
            .flat_map(|table| table.columns.iter().map(move |column| (table, column)))
            .filter(|(_, column)| !column.inherited)
    }

    /// The column that holds a row's tenant.
    pub(super) fn tenant(&self, table: &QName) -> Option<&str> {
        self.declared(table)?.tenant.as_deref()
    }

    fn declared(&self, table: &QName) -> Option<&TablePlace> {
        let mut named = self.tables.iter().filter(|place| place.name == table.name);
        let (first, second) = (named.next()?, named.next());
        if second.is_none() {
            return Some(first);
        }
        self.tables.iter().find(|place| place.name == table.name && place.schema == table.schema)
    }

    pub(super) fn place(&self, table: &QName, column: Option<&str>) -> Option<Place> {
        let declared = self.declared(table)?;
        let of_column = column
            .and_then(|column| declared.columns.iter().find(|(name, _)| name == column))
            .map(|(_, span)| span.clone());
        let span = of_column.unwrap_or_else(|| declared.span.clone());
        Some(Place { file: Arc::clone(&declared.file), span })
    }

    pub(super) fn silences(&self) -> impl Iterator<Item = (&Arc<SourceFile>, &[Silence])> {
        self.silences.iter().map(|(file, silences)| (file, silences.as_slice()))
    }

    /// A comment above the first table is for the whole file; elsewhere it is for the table it
    /// stands above or in. A table of a SQL file has no place: any comment there is for it.
    pub(super) fn is_silent(&self, rule: &str, table: &QName, place: Option<&Place>) -> bool {
        self.silences.iter().any(|(file, silences)| {
            let named = |s: &&Silence| s.rules.iter().any(|(name, _)| name == rule);
            silences.iter().filter(named).any(|silence| match place {
                Some(place) if !Arc::ptr_eq(file, &place.file) => false,
                Some(place) => self.covers(silence, table, place),
                None => true,
            })
        })
    }

    fn covers(&self, silence: &Silence, table: &QName, place: &Place) -> bool {
        let line = |at: usize| line_column(&place.file.text, at).0;
        let here = self.tables.iter().filter(|t| Arc::ptr_eq(&t.file, &place.file));
        let mut blocks: Vec<(Range<usize>, &TablePlace)> =
            here.map(|t| (line(t.whole.start)..line(t.whole.end), t)).collect();
        blocks.sort_by_key(|(lines, _)| lines.start);
        let Some((first, _)) = blocks.first() else { return true };
        if silence.line < first.start {
            return true;
        }
        let owner = blocks.iter().find(|(lines, _)| lines.end >= silence.line);
        owner.is_some_and(|(_, owner)| {
            owner.name == table.name && self.declared(table).is_some_and(|t| t.span == owner.span)
        })
    }
}

/// A hit at a column.
pub(super) fn at_column(
    table: &Table,
    column: &Column,
    message: String,
    label: &'static str,
    help: impl Into<String>,
) -> ModelHit {
    let (table, column) = (table.name.clone(), Some(column.name.clone()));
    ModelHit { table, column, message, label, help: help.into() }
}

/// A hit at a table.
pub(super) fn at_table(
    table: &Table,
    message: String,
    label: &'static str,
    help: impl Into<String>,
) -> ModelHit {
    ModelHit { table: table.name.clone(), column: None, message, label, help: help.into() }
}
