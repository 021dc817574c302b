//! Columns that are exactly what `serial` makes (PostgreSQL manual, "Serial Types").

use super::names::object_name;
use crate::dialect::postgres::quote;
use crate::model::{
    Column, ColumnRef, ColumnValue, Expr, Model, QName, Sequence, SequenceOptions, Table, TypeName,
};

/// The sequence `serial` makes for that column.
#[must_use]
pub fn sequence_of(table: &QName, column: &str, ty: &str) -> Sequence {
    Sequence {
        name: table.sibling(object_name(&table.name, Some(column), "seq")),
        ty: ty.to_owned(),
        options: SequenceOptions::default(),
        owned_by: Some(ColumnRef { table: table.clone(), column: column.to_owned() }),
        unlogged: false,
        comment: None,
    }
}

/// The default that draws from the sequence, as PostgreSQL prints it.
#[must_use]
pub fn next_value(sequence: &QName) -> Expr {
    Expr::new(format!("nextval({}::regclass)", quote::literal(&quote::qname(sequence))))
}

/// The sequence behind the column when the column is exactly what `serial` makes.
#[must_use]
pub fn behind<'a>(model: &'a Model, table: &Table, column: &Column) -> Option<&'a Sequence> {
    let ColumnValue::Default(default) = &column.value else { return None };
    let TypeName::Builtin(ty) = &column.ty.name else { return None };
    if column.nullable || !matches!(ty.as_str(), "smallint" | "integer" | "bigint") {
        return None;
    }
    let wanted = sequence_of(&table.name, &column.name, ty);
    let found = model.sequences.get(&wanted.name)?;
    (*found == wanted && *default == next_value(&found.name)).then_some(found)
}

/// True when `schema.rs` says all there is to say about the sequence (`#[serial]`), so that no
/// other file must.
#[must_use]
pub fn is_serial(model: &Model, sequence: &Sequence) -> bool {
    let Some(owner) = &sequence.owned_by else { return false };
    let Some(table) = model.tables.get(&owner.table) else { return false };
    let Some(column) = table.column(&owner.column) else { return false };
    behind(model, table, column).is_some_and(|found| found.name == sequence.name)
}
