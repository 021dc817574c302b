use crate::model::{
    Check, Column, Exclusion, Expr, ForeignKey, Index, ObjectId, Options, Persistence, PrimaryKey,
    QName, ReplicaIdentity, Unique,
};

/// One difference between two models, without a dialect.
///
/// Objects of every kind are created, dropped or altered whole; only tables are told in detail,
/// because their rows must survive. The old and the new object are looked up in
/// [`super::Diff::base`] and in the wanted model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Create(ObjectId),
    Drop(ObjectId),
    /// Both models have the object and it is not equal. Never a table.
    Alter(ObjectId),
    /// One difference of a table that both models have.
    Table {
        table: QName,
        change: TableChange,
    },
}

/// One difference between two versions of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableChange {
    AddColumn(Column),
    DropColumn(Column),
    AlterColumn {
        from: Column,
        to: Column,
    },
    AddConstraint(Constraint),
    DropConstraint(Constraint),
    /// Same kind and name on both sides, not equal.
    AlterConstraint {
        from: Constraint,
        to: Constraint,
    },
    AddIndex(Index),
    DropIndex(Index),
    /// Same name on both sides, not equal.
    AlterIndex {
        from: Index,
        to: Index,
    },
    Comment(Option<String>),
    Persistence(Persistence),
    Options {
        from: Options,
        to: Options,
    },
    Tablespace(Option<String>),
    AccessMethod(Option<String>),
    PartitionBy {
        from: Option<Expr>,
        to: Option<Expr>,
    },
    PartitionOf {
        from: Option<crate::model::PartitionOf>,
        to: Option<crate::model::PartitionOf>,
    },
    Inherits {
        from: Vec<QName>,
        to: Vec<QName>,
    },
    OfType {
        from: Option<QName>,
        to: Option<QName>,
    },
    RowSecurity(bool),
    ForceRowSecurity(bool),
    ReplicaIdentity(ReplicaIdentity),
    /// SQLite.
    Strict(bool),
    /// SQLite.
    WithoutRowid(bool),
}

/// A constraint of any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Constraint {
    PrimaryKey(PrimaryKey),
    Unique(Unique),
    ForeignKey(ForeignKey),
    Check(Check),
    Exclusion(Exclusion),
}

impl Constraint {
    /// The constraint's name; always there on PostgreSQL.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::PrimaryKey(c) => c.name.as_deref(),
            Self::Unique(c) => c.name.as_deref(),
            Self::ForeignKey(c) => c.name.as_deref(),
            Self::Check(c) => c.name.as_deref(),
            Self::Exclusion(c) => Some(&c.name),
        }
    }

    /// The words of SQL, for messages.
    #[must_use]
    pub fn words(&self) -> &'static str {
        match self {
            Self::PrimaryKey(_) => "primary key",
            Self::Unique(_) => "unique constraint",
            Self::ForeignKey(_) => "foreign key",
            Self::Check(_) => "check constraint",
            Self::Exclusion(_) => "exclusion constraint",
        }
    }

    /// A copy under another name.
    #[must_use]
    pub fn renamed(&self, name: Option<&str>) -> Self {
        let mut copy = self.clone();
        let name = name.map(str::to_owned);
        match &mut copy {
            Self::PrimaryKey(c) => c.name = name,
            Self::Unique(c) => c.name = name,
            Self::ForeignKey(c) => c.name = name,
            Self::Check(c) => c.name = name,
            Self::Exclusion(c) => {
                let name = name.unwrap_or_default();
                c.index.name.clone_from(&name);
                c.name = name;
            }
        }
        copy
    }

    /// The comment on the constraint.
    #[must_use]
    pub fn comment(&self) -> Option<&str> {
        match self {
            Self::PrimaryKey(c) => c.comment.as_deref(),
            Self::Unique(c) => c.comment.as_deref(),
            Self::ForeignKey(c) => c.comment.as_deref(),
            Self::Check(c) => c.comment.as_deref(),
            Self::Exclusion(c) => c.comment.as_deref(),
        }
    }

    /// The comment on the index behind the constraint.
    #[must_use]
    pub fn index_comment(&self) -> Option<&str> {
        match self {
            Self::PrimaryKey(c) => c.index_comment.as_deref(),
            Self::Unique(c) => c.index_comment.as_deref(),
            Self::Exclusion(c) => c.index.comment.as_deref(),
            Self::ForeignKey(_) | Self::Check(_) => None,
        }
    }

    /// A copy without comments: two constraints that then are equal need no rebuilding.
    #[must_use]
    pub fn without_comments(&self) -> Self {
        let mut copy = self.clone();
        match &mut copy {
            Self::PrimaryKey(c) => (c.comment, c.index_comment) = (None, None),
            Self::Unique(c) => (c.comment, c.index_comment) = (None, None),
            Self::ForeignKey(c) => c.comment = None,
            Self::Check(c) => c.comment = None,
            Self::Exclusion(c) => (c.comment, c.index.comment) = (None, None),
        }
        copy
    }

    /// True when an index stands behind it.
    #[must_use]
    pub fn has_index(&self) -> bool {
        matches!(self, Self::PrimaryKey(_) | Self::Unique(_) | Self::Exclusion(_))
    }

    /// True when it is a partition's (or an inheritance child's) copy of its parent's.
    #[must_use]
    pub fn is_inherited(&self) -> bool {
        match self {
            Self::PrimaryKey(c) => c.inherited_from.is_some(),
            Self::Unique(c) => c.inherited_from.is_some(),
            Self::ForeignKey(c) => c.inherited_from.is_some(),
            Self::Check(c) => c.inherited,
            Self::Exclusion(_) => false,
        }
    }

    pub(crate) fn rank(&self) -> u8 {
        match self {
            Self::PrimaryKey(_) => 0,
            Self::Unique(_) => 1,
            Self::Exclusion(_) => 2,
            Self::Check(_) => 3,
            Self::ForeignKey(_) => 4,
        }
    }
}

/// Every constraint of a table: primary key, uniques, exclusions, checks, foreign keys.
#[must_use]
pub fn constraints(table: &crate::model::Table) -> Vec<Constraint> {
    let mut all = Vec::new();
    all.extend(table.primary_key.iter().cloned().map(Constraint::PrimaryKey));
    all.extend(table.uniques.iter().cloned().map(Constraint::Unique));
    all.extend(table.exclusions.iter().cloned().map(Constraint::Exclusion));
    all.extend(table.checks.iter().cloned().map(Constraint::Check));
    all.extend(table.foreign_keys.iter().cloned().map(Constraint::ForeignKey));
    all
}
