//! One file of a migration, cut into statements, with what came before it.

use super::parse;
use super::past::Past;
use super::statement::{ActionKind, ColumnDef, Kind, Statement};
use crate::diagnostic::SourceFile;
use crate::model::Dialect;
use crate::sql::classify::{self, Nature};
use crate::sql::split::{SplitError, StatementKind, Statements};
use std::ops::Range;
use std::sync::Arc;

/// A file to look at.
#[derive(Clone, Debug)]
pub struct File {
    pub source: Arc<SourceFile>,
    pub dialect: Dialect,
    /// It runs in one transaction.
    pub transactional: bool,
    /// It is as `generate` wrote it: the planner has looked at each statement already.
    pub generated: bool,
}

/// A file with its statements.
#[derive(Debug)]
pub struct Script<'f> {
    pub file: &'f File,
    pub statements: Vec<Statement>,
    /// What earlier migrations have left.
    pub past: &'f Past,
}

/// Comments that `generate` puts above statements that hold locks for long.
const MARKS: [&str; 3] = ["-- table-rewrite:", "-- table-scan:", "-- blocks-traffic:"];

impl<'f> Script<'f> {
    /// # Errors
    /// A construct that is never closed.
    pub fn read(file: &'f File, past: &'f Past) -> Result<Self, SplitError> {
        let text = &file.source.text;
        let mut statements = Vec::new();
        let mut last_end = 0;
        let (mut open, mut number) = (None, 0);
        for span in Statements::new(text, file.dialect) {
            let span = span?;
            let between = text.get(last_end..span.range.start).unwrap_or("");
            last_end = span.range.end;
            if span.kind == StatementKind::MetaCommand {
                continue;
            }
            let sql = span.sql(text);
            let start = span.range.start;
            let nature = classify::nature(sql, file.dialect);
            if nature == Nature::Begin && !file.transactional {
                number += 1;
                open = Some(number);
            }
            let (kind, head) = parse::kind(sql, file.dialect);
            statements.push(Statement {
                span: start..start + sql.len(),
                head: start + head.start..start + head.end,
                kind: moved(kind, start),
                transaction: if file.transactional { Some(0) } else { open },
                marked: between.lines().any(|l| MARKS.iter().any(|m| l.trim().starts_with(m))),
            });
            if matches!(nature, Nature::Commit | Nature::Rollback) {
                open = None;
            }
        }
        Ok(Self { file, statements, past })
    }

    #[must_use]
    pub fn text(&self, span: &Range<usize>) -> &str {
        self.file.source.text.get(span.clone()).unwrap_or("")
    }

    /// The statements before one.
    pub fn before(&self, at: &Statement) -> impl Iterator<Item = &Statement> {
        let start = at.span.start;
        self.statements.iter().take_while(move |earlier| earlier.span.start < start)
    }

    /// The statements behind one.
    pub fn after(&self, at: &Statement) -> impl Iterator<Item = &Statement> {
        let start = at.span.start;
        self.statements.iter().filter(move |later| later.span.start > start)
    }

    /// Those that share a transaction with it and come before.
    pub fn before_in_transaction(&self, at: &Statement) -> impl Iterator<Item = &Statement> {
        let number = at.transaction;
        self.before(at).filter(move |earlier| number.is_some() && earlier.transaction == number)
    }

    /// The table was made earlier in this file: nobody uses it yet.
    #[must_use]
    pub fn is_new(&self, table: &str, at: &Statement) -> bool {
        self.before(at).any(|earlier| match &earlier.kind {
            Kind::CreateTable { name, .. } => name == table,
            _ => false,
        })
    }

    /// The actions on a table in use, of every ALTER TABLE.
    pub fn actions<'s>(
        &'s self,
        at: &'s Statement,
    ) -> impl Iterator<Item = (&'s str, &'s super::statement::Action)> {
        let found = match &at.kind {
            Kind::AlterTable { name, actions } if !self.is_new(name, at) => {
                Some((name.as_str(), actions))
            }
            _ => None,
        };
        found.into_iter().flat_map(|(name, actions)| actions.iter().map(move |a| (name, a)))
    }

    /// The columns added to a table in use.
    pub fn added<'s>(
        &'s self,
        at: &'s Statement,
    ) -> impl Iterator<Item = (&'s str, &'s ColumnDef)> {
        self.actions(at).filter_map(|(table, action)| match &action.kind {
            ActionKind::AddColumn(column) => Some((table, column)),
            _ => None,
        })
    }

    /// The columns that a statement brings, to new tables as well.
    pub fn columns<'s>(&'s self, at: &'s Statement) -> impl Iterator<Item = &'s ColumnDef> {
        let (created, actions): (&[ColumnDef], &[super::statement::Action]) = match &at.kind {
            Kind::CreateTable { columns, .. } => (columns, &[]),
            Kind::AlterTable { actions, .. } => (&[], actions),
            _ => (&[], &[]),
        };
        created.iter().chain(actions.iter().filter_map(|action| match &action.kind {
            ActionKind::AddColumn(column) => Some(column),
            _ => None,
        }))
    }
}

/// The same with places in the file rather than in the statement.
fn moved(mut kind: Kind, by: usize) -> Kind {
    let shift = |span: &mut Range<usize>| *span = span.start + by..span.end + by;
    let column = |column: &mut ColumnDef| {
        shift(&mut column.span);
        shift(&mut column.ty_span);
        if let Some(default) = &mut column.default {
            shift(default);
        }
    };
    match &mut kind {
        Kind::CreateTable { columns, constraints, .. } => {
            columns.iter_mut().for_each(column);
            constraints.iter_mut().for_each(|constraint| shift(&mut constraint.span));
        }
        Kind::AlterTable { actions, .. } => {
            for action in actions {
                shift(&mut action.span);
                match &mut action.kind {
                    ActionKind::AddColumn(added) => column(added),
                    ActionKind::AddConstraint(added) => shift(&mut added.span),
                    _ => {}
                }
            }
        }
        _ => {}
    }
    kind
}
