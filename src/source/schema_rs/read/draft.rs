//! A table while it is being read, with the place of everything in it.

use super::super::ast::{self, Span};
use super::super::declared::{DeclaredName, DeclaredTable};
use super::args::Args;
use super::catalog::{Catalog, Home};
use super::mistakes::{Mistakes, suggestion};
use crate::diagnostic::{Diagnostic, SourceFile};
use crate::diff::Conversions;
use crate::diff::Rename;
use crate::model::{ColumnRef, Dialect, Mask, Table};
use std::collections::BTreeMap;

/// What reading a table may look at and add to.
pub struct Context<'a> {
    pub dialect: Dialect,
    pub catalog: &'a Catalog,
    pub mistakes: &'a mut Mistakes,
    pub renames: &'a mut Vec<Rename>,
    pub conversions: &'a mut Conversions,
    pub personal: &'a mut BTreeMap<ColumnRef, Option<Mask>>,
    pub undecided: &'a mut BTreeMap<ColumnRef, Diagnostic>,
}

/// A table and the places of its parts. The lists of places run beside the lists of the table.
pub struct Draft {
    pub table: Table,
    /// Identifier and SQL name of each column.
    pub columns: Vec<(String, String)>,
    pub home: Home,
    /// It stands in `diesel::table!`.
    pub plain: bool,
    pub name_span: Span,
    pub column_spans: Vec<Span>,
    pub key_span: Span,
    pub unique_spans: Vec<Span>,
    pub foreign_key_places: Vec<KeyPlace>,
    pub check_spans: Vec<Span>,
    pub exclusion_spans: Vec<Span>,
    pub index_spans: Vec<Span>,
    /// Columns marked `#[serial]`.
    pub serials: Vec<usize>,
    /// Columns with `#[on_update]`, and the expression.
    pub on_updates: Vec<(usize, String)>,
    /// The column of `#[tenant]`, and where it is written.
    pub tenant: Option<(String, Span)>,
}

/// Where a foreign key is written.
#[derive(Clone, Debug)]
pub struct KeyPlace {
    /// The file, by position: `joinable!` may stand in another one than its table.
    pub file: usize,
    pub span: Span,
    /// The parent is given by its exact names in the database, whatever is there.
    pub exact: bool,
}

impl Draft {
    /// What the file calls the table and its columns.
    pub fn declared(&self, file: &SourceFile) -> DeclaredTable {
        let columns = self.columns.iter().zip(&self.column_spans);
        let columns =
            columns.map(|((_, name), span)| (name.clone(), DeclaredName::new(file, span)));
        DeclaredTable {
            file: self.home.file,
            plain: self.plain,
            name: DeclaredName::new(file, &self.name_span),
            columns: columns.collect(),
        }
    }

    /// The SQL name of a column written in an attribute; reports an unknown one.
    pub fn column(&self, arg: &ast::Arg, mistakes: &mut Mistakes) -> Option<String> {
        let (word, span) = match arg {
            ast::Arg::Value(ast::Value { kind: ast::ValueKind::Text(text), .. }) => {
                // A string is the SQL name itself.
                return Some(text.clone());
            }
            ast::Arg::Value(ast::Value { kind: ast::ValueKind::Path(path), span })
                if path.len() == 1 =>
            {
                (path.first().map(|n| n.text.clone()).unwrap_or_default(), span.clone())
            }
            other => {
                mistakes
                    .add("wrong-value", &other.span(), "this is not a column")
                    .help("name a column of the table");
                return None;
            }
        };
        self.column_named(&word, &span, mistakes)
    }

    pub fn column_named(
        &self,
        ident: &str,
        span: &Span,
        mistakes: &mut Mistakes,
    ) -> Option<String> {
        if let Some((_, name)) = self.columns.iter().find(|(known, _)| known == ident) {
            return Some(name.clone());
        }
        if let Some((_, name)) = self.columns.iter().find(|(_, name)| name == ident) {
            return Some(name.clone());
        }
        let idents = self.columns.iter().map(|(ident, _)| ident.as_str());
        mistakes
            .add(
                "unknown-column",
                span,
                format!("table `{}` has no column `{ident}`", self.table.name),
            )
            .help(suggestion(ident, idents));
        None
    }

    pub fn column_list(&self, args: &[ast::Arg], mistakes: &mut Mistakes) -> Vec<String> {
        args.iter().filter_map(|arg| self.column(arg, mistakes)).collect()
    }

    /// The columns in `include(…)` and the like.
    pub fn listed(
        &self,
        key: &'static str,
        args: &mut Args<'_>,
        mistakes: &mut Mistakes,
    ) -> Vec<String> {
        args.list(key).map(|list| self.column_list(&list, mistakes)).unwrap_or_default()
    }
}
