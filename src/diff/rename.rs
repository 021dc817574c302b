use crate::model::{ObjectKind, QName};

/// A rename the user declared (`renamed_from`, `--rename`) or confirmed: what looks like a drop
/// and an add keeps its data and dependents.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
