use crate::model::{ObjectKind, QName};
use serde::{Deserialize, Serialize};

/// A rename the user declared (`renamed_from`, `--rename`) or confirmed: what looks like a drop
/// and an add keeps its data and dependents.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rename {
    /// A whole object: table, view, enum, sequence, domain …
    Object {
        kind: ObjectKind,
        from: QName,
        to: QName,
    },
    /// `table` is the table's new name.
    Column {
        table: QName,
        from: String,
        to: String,
    },
    EnumLabel {
        ty: QName,
        from: String,
        to: String,
    },
    Index {
        table: QName,
        from: String,
        to: String,
    },
    Constraint {
        table: QName,
        from: String,
        to: String,
    },
}

impl Rename {
    /// As `--rename` takes it: `users:people`, `users.name:full_name`.
    #[must_use]
    pub fn flag(&self) -> String {
        match self {
            Self::Object { from, to, .. } => format!("{from}:{to}"),
            Self::Column { table, from, to }
            | Self::EnumLabel { ty: table, from, to }
            | Self::Index { table, from, to }
            | Self::Constraint { table, from, to } => format!("{table}.{from}:{to}"),
        }
    }
}

/// The renames of the way back. Columns, labels, indexes and constraints name their table or type
/// as it is called after all renames, so that on the way back they take its old name.
#[must_use]
pub fn reversed(renames: &[Rename]) -> Vec<Rename> {
    let old_name = |name: &QName| {
        let found = renames.iter().find_map(|rename| match rename {
            Rename::Object { from, to, .. } if to == name => Some(from.clone()),
            _ => None,
        });
        found.unwrap_or_else(|| name.clone())
    };
    let back = |rename: &Rename| match rename.clone() {
        Rename::Object { kind, from, to } => Rename::Object { kind, from: to, to: from },
        Rename::Column { table, from, to } => {
            Rename::Column { table: old_name(&table), from: to, to: from }
        }
        Rename::EnumLabel { ty, from, to } => {
            Rename::EnumLabel { ty: old_name(&ty), from: to, to: from }
        }
        Rename::Index { table, from, to } => {
            Rename::Index { table: old_name(&table), from: to, to: from }
        }
        Rename::Constraint { table, from, to } => {
            Rename::Constraint { table: old_name(&table), from: to, to: from }
        }
    };
    renames.iter().map(back).collect()
}
