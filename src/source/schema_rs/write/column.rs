//! What a column's attributes say beside its type.

use super::super::serial;
use super::layout::{Arg, Attribute};
use super::options;
use super::table::TableWriter;
use crate::dialect::postgres::quote;
use crate::model::{
    Column, ColumnValue, GeneratedKind, Identity, IdentityMode, OnConflict, QName, SequenceOptions,
    Storage,
};

impl TableWriter<'_> {
    /// Default, identity, generation, collation and storage of a column.
    pub fn value_attributes(&self, column: &Column, attributes: &mut Vec<Attribute>) {
        if let Some(collation) = &column.collation {
            attributes.push(match &collation.0 {
                QName { schema: None, name } => Attribute::value("collate", Arg::text(name)),
                QName { schema: Some(schema), name } => Attribute::list(
                    "collate",
                    vec![Arg::text(name), Arg::pair("schema", Arg::text(schema))],
                ),
            });
        }
        match &column.value {
            ColumnValue::None => {}
            ColumnValue::Default(_) if serial::behind(self.model, self.table, column).is_some() => {
                attributes.push(Attribute::flag("serial"));
            }
            ColumnValue::Default(expr) => {
                attributes.push(Attribute::value("default", Arg::text(expr.as_str())));
            }
            ColumnValue::Identity(identity) => attributes.push(identity_attribute(identity)),
            ColumnValue::Generated { expr, kind: GeneratedKind::Stored } => {
                attributes.push(Attribute::value("generated", Arg::text(expr.as_str())));
            }
            ColumnValue::Generated { expr, kind: GeneratedKind::Virtual } => {
                let args = vec![Arg::text(expr.as_str()), Arg::word("virtual")];
                attributes.push(Attribute::list("generated", args));
            }
        }
        if let Some(conflict) = column.not_null_conflict {
            let args = vec![Arg::pair("on_conflict", conflict_word(conflict))];
            attributes.push(Attribute::list("not_null", args));
        }
        if let Some(storage) = column.storage {
            let word = match storage {
                Storage::Plain => "plain",
                Storage::External => "external",
                Storage::Extended => "extended",
                Storage::Main => "main",
            };
            attributes.push(Attribute::value("storage", Arg::word(word)));
        }
        if let Some(method) = &column.compression {
            attributes.push(Attribute::value("compression", Arg::text(method)));
        }
        if let Some(target) = column.statistics {
            attributes.push(Attribute::value("statistics", Arg::word(target.to_string())));
        }
        if !column.options.is_empty() {
            attributes.push(Attribute::list("options", options(&column.options)));
        }
        if column.inherited {
            attributes.push(Attribute::flag("inherited"));
        }
    }
}

/// The word for a conflict clause.
pub fn conflict_word(conflict: OnConflict) -> Arg {
    Arg::word(match conflict {
        OnConflict::Rollback => "rollback",
        OnConflict::Abort => "abort",
        OnConflict::Fail => "fail",
        OnConflict::Ignore => "ignore",
        OnConflict::Replace => "replace",
    })
}

fn identity_attribute(identity: &Identity) -> Attribute {
    let SequenceOptions { start, increment, min, max, cache, cycle } = &identity.options;
    let mut args = Vec::new();
    match identity.mode {
        IdentityMode::Autoincrement => return Attribute::flag("autoincrement"),
        IdentityMode::Always => {}
        IdentityMode::ByDefault => args.push(Arg::word("by_default")),
    }
    if let Some(name) = &identity.sequence {
        args.push(Arg::pair("sequence", Arg::text(quote::qname(name))));
    }
    for (key, value) in
        [("start", start), ("increment", increment), ("min", min), ("max", max), ("cache", cache)]
    {
        if let Some(value) = value {
            args.push(Arg::pair(key, Arg::word(value.to_string())));
        }
    }
    if *cycle {
        args.push(Arg::word("cycle"));
    }
    Attribute::list("identity", args)
}
