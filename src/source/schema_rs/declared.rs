//! What schema files call things, and where: a database knows only SQL names.

use super::ast::Span;
use crate::diagnostic::{Diagnostic, SourceFile};
use crate::model::{ColumnRef, QName};
use std::collections::{BTreeMap, BTreeSet};

/// A Rust identifier as it is written (`r#` included) and where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredName {
    pub ident: String,
    pub at: usize,
}

impl DeclaredName {
    pub(super) fn new(file: &SourceFile, span: &Span) -> Self {
        let ident = file.text.get(span.clone()).unwrap_or_default().to_owned();
        Self { ident, at: span.start }
    }
}

/// A table of a schema file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredTable {
    /// The file, by position.
    pub file: usize,
    /// It stands in `diesel::table!`.
    pub plain: bool,
    pub name: DeclaredName,
    /// SQL name and identifier of each column, in the file's order.
    pub columns: Vec<(String, DeclaredName)>,
}

/// Everything that schema files declare, by its SQL name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    pub tables: BTreeMap<QName, DeclaredTable>,
    pub enums: BTreeMap<QName, DeclaredName>,
    /// Structs that stand for a type of the database (`#[diesel(postgres_type(…))]`).
    pub types: BTreeMap<QName, String>,
    /// Some of the tables stand in `diesel::table!`, which takes no attributes of dbkit's.
    pub plain: bool,
    /// Views for which there is a `diesel::table!`.
    pub views: BTreeSet<QName>,
    /// Columns of `diesel::table!` with a type that only the application and the database know.
    pub undecided: BTreeMap<ColumnRef, Diagnostic>,
}

impl Declared {
    /// The identifiers alone, under the names that `rename` gives tables and columns.
    pub(super) fn identifiers(
        &self,
        rename: impl Fn(&QName, Option<&str>) -> Option<(QName, String)>,
    ) -> Identified {
        let mut out = Identified::default();
        for (name, table) in &self.tables {
            let Some((live, _)) = rename(name, None) else { continue };
            let columns = table.columns.iter().filter_map(|(column, declared)| {
                Some((rename(name, Some(column))?.1, declared.ident.clone()))
            });
            let columns = columns.collect();
            out.tables.insert(live, (table.name.ident.clone(), columns));
        }
        out.enums.clone_from(&self.types);
        let enums = self.enums.iter();
        out.enums.extend(enums.map(|(name, declared)| (name.clone(), declared.ident.clone())));
        out
    }
}

/// Identifiers that are given already: a table's own and those of its columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identified {
    pub tables: BTreeMap<QName, (String, BTreeMap<String, String>)>,
    pub enums: BTreeMap<QName, String>,
}
