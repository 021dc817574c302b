//! Columns that the database counts up.

use super::super::ast::Span;
use super::args::Args;
use super::column::qname;
use super::draft::Draft;
use crate::model::{
    Column, ColumnValue, DataType, Dialect, Identity, IdentityMode, SequenceOptions, TypeName,
};

pub(super) fn identity(args: &mut Args<'_>, mistakes: &mut super::mistakes::Mistakes) -> Identity {
    let by_default = args.flag("by_default", mistakes);
    args.flag("always", mistakes);
    let sequence = args.text("sequence", mistakes).and_then(|name| qname(&name));
    let mut number = |key| args.integer(key, mistakes);
    let options = SequenceOptions {
        start: number("start"),
        increment: number("increment"),
        min: number("min"),
        max: number("max"),
        cache: number("cache"),
        cycle: false,
    };
    let cycle = args.flag("cycle", mistakes);
    Identity {
        mode: if by_default { IdentityMode::ByDefault } else { IdentityMode::Always },
        sequence,
        options: SequenceOptions { cycle, ..options },
    }
}

/// SQLite's own counter works only for the rowid, which a lone `INTEGER` key is.
pub(super) fn autoincrement(
    out: &mut Column,
    span: &Span,
    draft: &Draft,
    dialect: Dialect,
    mistakes: &mut super::mistakes::Mistakes,
) {
    if dialect == Dialect::Postgres {
        out.value = ColumnValue::Identity(Identity {
            mode: IdentityMode::ByDefault,
            sequence: None,
            options: SequenceOptions::default(),
        });
        return;
    }
    let alone = draft
        .table
        .primary_key
        .as_ref()
        .is_some_and(|key| matches!(key.columns.as_slice(), [only] if *only == out.name));
    if !alone {
        mistakes
            .add(
                "no-equivalent",
                span,
                format!("SQLite counts only for a primary key of one column, not `{}`", out.name),
            )
            .help("make it the primary key, or remove the attribute");
        return;
    }
    out.ty =
        DataType { name: TypeName::Builtin("INTEGER".to_owned()), modifier: None, array: false };
    out.value = ColumnValue::Identity(Identity {
        mode: IdentityMode::Autoincrement,
        sequence: None,
        options: SequenceOptions::default(),
    });
}
