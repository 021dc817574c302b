use super::Rename;
use crate::model::{Column, ColumnRef, DataType, ObjectKind, QName};
use std::collections::BTreeMap;

/// How values get to what they become, where the user says it. A model describes a state and
/// cannot hold this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conversions {
    /// Expressions for columns whose type changes, by the column's new name.
    pub using: BTreeMap<ColumnRef, Using>,
    /// Labels that others replace, by the enum's new name: old label, new label.
    pub labels: BTreeMap<QName, Vec<(String, String)>>,
    /// Renamed and replaced labels where an enum is text with a check (SQLite), by column.
    pub values: BTreeMap<ColumnRef, Vec<Value>>,
}

/// `USING` of one change of type. It says which, because the attribute may stay in the schema
/// when the type changes again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Using {
    /// The type before.
    pub old: DataType,
    pub there: String,
    pub back: Option<String>,
    /// It is the way back.
    pub reversed: bool,
}

impl Using {
    /// The expression for this change, if it is the one meant.
    #[must_use]
    pub fn expression(&self, from: &Column, to: &Column) -> Option<&str> {
        if self.reversed {
            self.back.as_deref().filter(|_| to.ty == self.old)
        } else {
            Some(self.there.as_str()).filter(|_| from.ty == self.old)
        }
    }
}

/// A value that becomes another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    pub old: String,
    pub new: String,
    /// Others have the new value already: there is no way back.
    pub merged: bool,
}

impl Conversions {
    /// Those of the way back. A label that took the rows of others keeps them, or gives them to
    /// the first of these where it goes itself.
    #[must_use]
    pub fn reversed(&self, renames: &[Rename]) -> Self {
        let place = |place: &ColumnRef| {
            let column = renames.iter().find_map(|rename| match rename {
                Rename::Column { table, from, to }
                    if *table == place.table && *to == place.column =>
                {
                    Some(from.clone())
                }
                _ => None,
            });
            let table = renames.iter().find_map(|rename| match rename {
                Rename::Object { kind: ObjectKind::Table, from, to } if *to == place.table => {
                    Some(from.clone())
                }
                _ => None,
            });
            ColumnRef {
                table: table.unwrap_or_else(|| place.table.clone()),
                column: column.unwrap_or_else(|| place.column.clone()),
            }
        };
        let using = self
            .using
            .iter()
            .map(|(at, using)| (place(at), Using { reversed: !using.reversed, ..using.clone() }));
        let values = self.values.iter().map(|(at, values)| {
            let back = values.iter().map(|value| Value {
                old: value.new.clone(),
                new: value.old.clone(),
                merged: false,
            });
            (place(at), back.collect())
        });
        let labels = self.labels.iter().map(|(ty, labels)| {
            let old = renames.iter().find_map(|rename| match rename {
                Rename::Object { kind: ObjectKind::Enum, from, to } if to == ty => Some(from),
                _ => None,
            });
            let back = labels.iter().map(|(old, new)| (new.clone(), old.clone()));
            (old.unwrap_or(ty).clone(), back.collect())
        });
        Self { using: using.collect(), labels: labels.collect(), values: values.collect() }
    }
}
