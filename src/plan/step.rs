use super::Hazard;
use crate::diff::{Constraint, Rename, TableChange};
use crate::model::{
    Column, ColumnRef, DataType, Expr, Index, Object, ObjectId, Options, PartitionOf, QName,
    Sequence, Table,
};

/// Something a step can need, create or destroy: an object or a part of one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Item {
    Object(ObjectId),
    Column(ColumnRef),
    /// The default of a column: it is made and dropped apart from its column where it needs a
    /// sequence or a function.
    Default(ColumnRef),
    Constraint {
        table: QName,
        name: String,
    },
    /// An index of a table or materialized view; index names are unique in their schema.
    Index(QName),
    /// A point in the plan that another step waits for: a table freed from its parent, rows copied.
    Mark {
        table: QName,
        what: &'static str,
    },
    /// One change of a column, by its place among them.
    Change(ColumnRef, char),
    /// A partition's or inheritance child's link to its parent.
    Parent {
        child: QName,
        parent: QName,
    },
}

impl Item {
    /// The column of a table.
    #[must_use]
    pub fn column(table: &QName, column: &str) -> Self {
        Self::Column(ColumnRef { table: table.clone(), column: column.to_owned() })
    }

    /// The default of a column.
    #[must_use]
    pub fn default(table: &QName, column: &str) -> Self {
        Self::Default(ColumnRef { table: table.clone(), column: column.to_owned() })
    }

    /// A table.
    #[must_use]
    pub fn table(name: &QName) -> Self {
        Self::Object(ObjectId::Table(name.clone()))
    }

    /// A constraint of a table.
    #[must_use]
    pub fn constraint(table: &QName, name: &str) -> Self {
        Self::Constraint { table: table.clone(), name: name.to_owned() }
    }

    /// An index of a table.
    #[must_use]
    pub fn index(table: &QName, name: &str) -> Self {
        Self::Index(table.sibling(name))
    }
}

/// How sure a dependency is. Where dependencies form a circle, the weakest give way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Only for readable order: a table after the tables it references.
    Wish,
    /// Found in a body that the database can be told not to read.
    Body,
    /// Found in text: the name is mentioned.
    Mention,
    /// The database refuses otherwise.
    Must,
}

/// One end of a dependency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    pub item: Item,
    pub strength: Strength,
}

/// A column whose values go over to the successor of its table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedColumn {
    pub name: String,
    /// The type it gets.
    pub ty: DataType,
    pub using: Option<Conversion>,
}

/// One statement-sized piece of work.
///
/// Order follows from four lists. A step that *needs* an item runs after the step that creates
/// it; a step that *destroys* an item runs after every step that *releases* it (because what that
/// step drops or changes depended on it), and before a step that creates an item of the same
/// name. A step that changes an item in place both destroys and creates it: dependents let go of
/// it before and come back after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub action: Action,
    pub needs: Vec<Dependency>,
    pub creates: Vec<Item>,
    pub destroys: Vec<Item>,
    pub releases: Vec<Dependency>,
    pub hazards: Vec<Hazard>,
    /// False when the database refuses the statement inside a transaction.
    pub transactional: bool,
    /// Steps of a later stage come later and in a part of their own: the safe forms must not
    /// share a transaction with what they wait for.
    pub stage: u8,
}

impl Step {
    /// A step that nothing depends on yet.
    #[must_use]
    pub fn new(action: Action) -> Self {
        Self {
            action,
            needs: Vec::new(),
            creates: Vec::new(),
            destroys: Vec::new(),
            releases: Vec::new(),
            hazards: Vec::new(),
            transactional: true,
            stage: 0,
        }
    }

    #[must_use]
    pub fn needs(mut self, item: Item) -> Self {
        self.needs.push(Dependency { item, strength: Strength::Must });
        self
    }

    #[must_use]
    pub fn creates(mut self, item: Item) -> Self {
        self.creates.push(item);
        self
    }

    #[must_use]
    pub fn destroys(mut self, item: Item) -> Self {
        self.destroys.push(item);
        self
    }

    /// What the step drops or changes depended on `item` until now.
    #[must_use]
    pub fn releases(mut self, item: Item) -> Self {
        self.releases.push(Dependency { item, strength: Strength::Must });
        self
    }

    /// Changes the item in place.
    #[must_use]
    pub fn changes(self, item: Item) -> Self {
        self.destroys(item.clone()).creates(item)
    }

    #[must_use]
    pub fn hazard(mut self, kind: super::HazardKind, consequence: impl Into<String>) -> Self {
        self.hazards.push(Hazard::new(kind, consequence));
        self
    }
}

/// What a step does, with everything a dialect needs to say it in SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Always before everything else, in the order of [`crate::diff::Diff::renames`].
    Rename(Rename),
    /// Any object but a table: the dialect renders it by kind, comments included.
    Create(Box<Object>),
    Drop(Box<Object>),
    /// Brings an object to its new version without dropping it (`CREATE OR REPLACE`, `ALTER`).
    Alter {
        from: Box<Object>,
        to: Box<Object>,
    },

    /// The table with the constraints that need not wait; the rest follows as steps. Indexes are
    /// always steps of their own.
    CreateTable(Box<Table>),
    DropTable(Box<Table>),
    /// SQLite: a new table beside the old one, the rows copied, the old one dropped, the new one
    /// renamed.
    RebuildTable {
        from: Box<Table>,
        to: Box<Table>,
    },
    /// Renames a table out of the way of its successor and frees the names of its constraints,
    /// indexes and sequences (`sequences` are those its columns own).
    SetAsideTable {
        table: Box<Table>,
        aside: QName,
        sequences: Vec<QName>,
        /// Sequences that go with the table and whose names are free from here on.
        freed: Vec<QName>,
    },
    /// Copies the rows of the columns that both tables have.
    CopyRows {
        from: QName,
        to: QName,
        columns: Vec<CopiedColumn>,
        keeps_identity: bool,
    },
    /// A property of the table itself (options, comment, row security …).
    AlterTable {
        table: QName,
        change: Box<TableChange>,
    },

    AddColumn {
        table: QName,
        column: Box<Column>,
    },
    DropColumn {
        table: QName,
        column: Box<Column>,
    },
    AlterColumn {
        table: QName,
        column: String,
        change: ColumnChange,
        only: bool,
    },

    /// `not_valid`: existing rows are checked by a later [`Action::ValidateConstraint`].
    AddConstraint {
        table: QName,
        constraint: Box<Constraint>,
        not_valid: bool,
    },
    /// A constraint made of an index that exists under the same name.
    AddConstraintUsingIndex {
        table: QName,
        constraint: Box<Constraint>,
    },
    DropConstraint {
        table: QName,
        constraint: Box<Constraint>,
    },
    ValidateConstraint {
        table: QName,
        name: String,
    },
    /// Only what `ALTER CONSTRAINT` can do: whether a foreign key is deferrable.
    AlterConstraint {
        table: QName,
        from: Box<Constraint>,
        to: Box<Constraint>,
    },
    ConstraintComment {
        table: QName,
        name: String,
        text: Option<String>,
    },

    CreateIndex {
        table: QName,
        index: Box<Index>,
        concurrently: bool,
    },
    DropIndex {
        /// Partitions' own keys stand in for copies of it and go with it.
        cascade: bool,
        table: QName,
        index: Box<Index>,
        concurrently: bool,
    },
    /// Only what `ALTER INDEX` can do: options, tablespace, statistics, comment, clustered.
    AlterIndex {
        table: QName,
        from: Box<Index>,
        to: Box<Index>,
    },
    AttachIndex {
        parent: QName,
        child: QName,
    },
    IndexComment {
        index: QName,
        text: Option<String>,
    },

    AttachPartition {
        table: QName,
        partition: PartitionOf,
    },
    DetachPartition {
        table: QName,
        parent: QName,
    },
    Inherit {
        table: QName,
        parent: QName,
    },
    NoInherit {
        table: QName,
        parent: QName,
    },

    /// `position` is the label's place in the wanted enum.
    AddEnumValue {
        ty: QName,
        label: String,
        place: EnumPlace,
        position: usize,
    },
    /// A type that no ALTER can bring to its new version: a new one, the columns converted by
    /// way of text, the old one dropped. Both objects have the same name.
    ReplaceType {
        from: Box<Object>,
        to: Box<Object>,
        columns: Vec<TypeColumn>,
        /// Labels of an enum that others replace: old, new.
        labels: Vec<(String, String)>,
    },

    /// Renames a type or collation out of the way of its successor: what uses it is brought over
    /// piece by piece.
    SetTypeAside {
        object: Box<Object>,
        aside: QName,
    },

    SetSequenceOwner {
        sequence: QName,
        owner: Option<ColumnRef>,
    },
    /// Lets the sequence of a column go on after the highest value in it.
    AdvanceSequence {
        column: ColumnRef,
        sequence: Option<Box<Sequence>>,
    },
}

/// Where `ALTER TYPE … ADD VALUE` puts a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnumPlace {
    End,
    Before(String),
    After(String),
}

/// A column that has the type that is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeColumn {
    pub column: ColumnRef,
    pub array: bool,
    /// Taken away before and put back after.
    pub default_before: Option<Expr>,
    pub default_after: Option<Expr>,
}

/// One change of a column that both versions of the table have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnChange {
    /// Type and collation. `using` only where PostgreSQL has no assignment cast.
    Type {
        from: Box<Column>,
        to: Box<Column>,
        using: Option<Conversion>,
    },
    SetDefault(Expr),
    DropDefault,
    SetNotNull,
    DropNotNull,
    AddIdentity(crate::model::Identity),
    AlterIdentity {
        from: crate::model::Identity,
        to: crate::model::Identity,
    },
    DropIdentity,
    /// The value stays, the expression goes.
    DropExpression,
    /// PostgreSQL 17 and SQLite's rebuild.
    SetExpression(Expr),
    Storage(Option<crate::model::Storage>),
    Compression(Option<String>),
    Statistics(Option<i32>),
    Options {
        from: Options,
        to: Options,
    },
    Comment(Option<String>),
}

impl ColumnChange {
    /// The order of several changes of one column.
    pub(super) fn rank(&self) -> char {
        match self {
            Self::DropDefault => 'a',
            Self::DropIdentity => 'b',
            Self::DropExpression => 'c',
            Self::DropNotNull => 'd',
            Self::Type { .. } => 'e',
            Self::SetExpression(_) => 'f',
            Self::SetDefault(_) => 'g',
            Self::SetNotNull => 'h',
            Self::AddIdentity(_) => 'i',
            Self::AlterIdentity { .. } => 'j',
            Self::Storage(_) => 'k',
            Self::Compression(_) => 'l',
            Self::Statistics(_) => 'm',
            Self::Options { .. } => 'n',
            Self::Comment(_) => 'o',
        }
    }
}

/// The schema an item is in, where that is not the default one.
pub(super) fn schema_of(item: &Item) -> Option<String> {
    match item {
        Item::Object(id) => id.schema().map(str::to_owned),
        Item::Column(c) | Item::Default(c) | Item::Change(c, _) => c.table.schema.clone(),
        Item::Constraint { table, .. } | Item::Mark { table, .. } => table.schema.clone(),
        Item::Index(name) => name.schema.clone(),
        Item::Parent { child, .. } => child.schema.clone(),
    }
}

/// How a value gets to its new type where assignment does not do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// Attribute by attribute.
    Composite(Box<(crate::model::Composite, crate::model::Composite)>),
    /// `column::type`
    Cast,
    /// `column::text::type`: there is no cast between the two.
    ThroughText,
    /// `column::text[]::type`
    ThroughTextArray,
    /// One value becomes an array of one.
    ToArray,
    /// An array gives its first element.
    FirstElement,
    /// The same, where the element's type has no cast of its own.
    FirstElementThroughText,
    /// `column::integer::type`: only integers have a cast to the other one.
    ThroughInteger,
    /// `column::numeric::type`: money has a cast to numeric only.
    ThroughNumeric,
    /// What the user says.
    Expr(Expr),
}
