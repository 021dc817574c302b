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
