use super::change::constraints;
use super::{Constraint, TableChange};
use crate::model::{Index, Table};

/// The differences of two versions of one table. The order of columns does not matter, nor that
/// of constraints and indexes.
pub(super) fn changes(from: &Table, to: &Table) -> Vec<TableChange> {
    let mut out = Vec::new();
    columns(from, to, &mut out);
    compare_constraints(from, to, &mut out);
    compare_indexes(&from.indexes, &to.indexes, &mut out);
    properties(from, to, &mut out);
    out
}

fn columns(from: &Table, to: &Table, out: &mut Vec<TableChange>) {
    for old in &from.columns {
        match to.column(&old.name) {
            None => out.push(TableChange::DropColumn(old.clone())),
            Some(new) if new != old => {
                out.push(TableChange::AlterColumn { from: old.clone(), to: new.clone() });
            }
            Some(_) => {}
        }
    }
    for new in &to.columns {
        if from.column(&new.name).is_none() {
            out.push(TableChange::AddColumn(new.clone()));
        }
    }
}

/// Constraints are matched by kind and name; unnamed ones (SQLite) by equality.
fn compare_constraints(from: &Table, to: &Table, out: &mut Vec<TableChange>) {
    let old = constraints(from);
    let mut new = constraints(to);
    for before in old {
        let same = new.iter().position(|after| matches(&before, after));
        match same.map(|at| new.remove(at)) {
            None => out.push(TableChange::DropConstraint(before)),
            Some(after) if after != before => {
                out.push(TableChange::AlterConstraint { from: before, to: after });
            }
            Some(_) => {}
        }
    }
    out.extend(new.into_iter().map(TableChange::AddConstraint));
}

fn matches(before: &Constraint, after: &Constraint) -> bool {
    before.rank() == after.rank()
        && before.name() == after.name()
        && (before.name().is_some() || before == after)
}

fn compare_indexes(from: &[Index], to: &[Index], out: &mut Vec<TableChange>) {
    for old in from {
        match to.iter().find(|new| new.name == old.name) {
            None => out.push(TableChange::DropIndex(old.clone())),
            Some(new) if new != old => {
                out.push(TableChange::AlterIndex { from: old.clone(), to: new.clone() });
            }
            Some(_) => {}
        }
    }
    for new in to {
        if !from.iter().any(|old| old.name == new.name) {
            out.push(TableChange::AddIndex(new.clone()));
        }
    }
}

fn properties(from: &Table, to: &Table, out: &mut Vec<TableChange>) {
    if from.comment != to.comment {
        out.push(TableChange::Comment(to.comment.clone()));
    }
    if from.persistence != to.persistence {
        out.push(TableChange::Persistence(to.persistence));
    }
    if from.options != to.options {
        out.push(TableChange::Options { from: from.options.clone(), to: to.options.clone() });
    }
    if from.tablespace != to.tablespace {
        out.push(TableChange::Tablespace(to.tablespace.clone()));
    }
    if from.access_method != to.access_method {
        out.push(TableChange::AccessMethod(to.access_method.clone()));
    }
    if from.partition_by != to.partition_by {
        out.push(TableChange::PartitionBy {
            from: from.partition_by.clone(),
            to: to.partition_by.clone(),
        });
    }
    if from.partition_of != to.partition_of {
        out.push(TableChange::PartitionOf {
            from: from.partition_of.clone(),
            to: to.partition_of.clone(),
        });
    }
    if from.inherits != to.inherits {
        out.push(TableChange::Inherits { from: from.inherits.clone(), to: to.inherits.clone() });
    }
    if from.of_type != to.of_type {
        out.push(TableChange::OfType { from: from.of_type.clone(), to: to.of_type.clone() });
    }
    if from.row_security != to.row_security {
        out.push(TableChange::RowSecurity(to.row_security));
    }
    if from.force_row_security != to.force_row_security {
        out.push(TableChange::ForceRowSecurity(to.force_row_security));
    }
    if from.replica_identity != to.replica_identity {
        out.push(TableChange::ReplicaIdentity(to.replica_identity.clone()));
    }
    if from.strict != to.strict {
        out.push(TableChange::Strict(to.strict));
    }
    if from.without_rowid != to.without_rowid {
        out.push(TableChange::WithoutRowid(to.without_rowid));
    }
}
