//! What a database looks like, as plain data: no I/O, no SQL text beyond the expressions and
//! bodies people write.
//!
//! Everything is kept by name in ordered maps, so that equal databases are equal values and equal
//! models serialise to equal bytes. Names are exact (as the database stores them, unquoted).
//! A model belongs to one [`Dialect`]: types, defaults and expressions are spelled the way that
//! database spells them.

mod column;
mod constraint;
mod index;
mod mask;
mod name;
mod object;
mod options;
mod routine;
mod scope;
mod sequence;
mod table;
mod types;
mod view;

pub use column::{Collation, Column, ColumnValue, GeneratedKind, Identity, IdentityMode, Storage};
pub use constraint::{
    Check, Deferrable, Exclusion, FkAction, ForeignKey, MatchKind, OnConflict, PrimaryKey, Unique,
};
pub use index::{Index, IndexElement, IndexKey, Nulls, Order};
pub use mask::Mask;
pub use name::{Dialect, Expr, OnTable, QName, RoutineId};
pub use object::{Object, ObjectId, ObjectKind, Unmodelled};
pub use options::Options;
pub use routine::{Enabled, Policy, PolicyCommand, Routine, RoutineKind, Rule, Trigger};
pub use scope::LEFT_OUT;
pub use sequence::{ColumnRef, Sequence, SequenceOptions};
pub use table::{PartitionOf, Persistence, ReplicaIdentity, Table};
pub use types::{
    Attribute, CollationObject, Composite, DataType, Domain, EnumType, Extension, RangeType,
    SchemaObject, Statistics, TypeName,
};
pub use view::{View, ViewKind};

use std::collections::BTreeMap;

/// A whole database (or what a schema file says one should be).
///
/// Maps are keyed by the object's own name; [`Model::insert`] keeps key and value in step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    pub dialect: Dialect,
    /// Schemas other than the default one, which always exists.
    pub schemas: BTreeMap<String, SchemaObject>,
    pub extensions: BTreeMap<String, Extension>,
    pub collations: BTreeMap<QName, CollationObject>,
    pub enums: BTreeMap<QName, EnumType>,
    pub domains: BTreeMap<QName, Domain>,
    pub composites: BTreeMap<QName, Composite>,
    pub ranges: BTreeMap<QName, RangeType>,
    pub sequences: BTreeMap<QName, Sequence>,
    pub tables: BTreeMap<QName, Table>,
    pub views: BTreeMap<QName, View>,
    pub routines: BTreeMap<RoutineId, Routine>,
    pub triggers: BTreeMap<OnTable, Trigger>,
    pub policies: BTreeMap<OnTable, Policy>,
    pub rules: BTreeMap<OnTable, Rule>,
    pub statistics: BTreeMap<QName, Statistics>,
    /// Objects that exist and that dbkit does not manage: named to the user, never touched.
    pub unmodelled: Vec<Unmodelled>,
}

impl Model {
    /// An empty model of the given dialect.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            schemas: BTreeMap::new(),
            extensions: BTreeMap::new(),
            collations: BTreeMap::new(),
            enums: BTreeMap::new(),
            domains: BTreeMap::new(),
            composites: BTreeMap::new(),
            ranges: BTreeMap::new(),
            sequences: BTreeMap::new(),
            tables: BTreeMap::new(),
            views: BTreeMap::new(),
            routines: BTreeMap::new(),
            triggers: BTreeMap::new(),
            policies: BTreeMap::new(),
            rules: BTreeMap::new(),
            statistics: BTreeMap::new(),
            unmodelled: Vec::new(),
        }
    }

    /// True when there is nothing in it that dbkit manages.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.object_ids().next().is_none()
    }
}
