use super::{
    CollationObject, Composite, Domain, EnumType, Extension, Model, OnTable, Policy, QName,
    RangeType, Routine, RoutineId, Rule, SchemaObject, Sequence, Statistics, Table, Trigger, View,
};
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! objects {
    ($($kind:ident, $words:literal, $field:ident, $key:ty, $value:ty, $id:expr;)*) => {
        /// What kind of thing an object is, in the words shown to people.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ObjectKind { $($kind),* }

        impl fmt::Display for ObjectKind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$kind => $words),* })
            }
        }

        /// Names one object of a model.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ObjectId { $($kind($key)),* }

        impl ObjectId {
            #[must_use]
            pub fn kind(&self) -> ObjectKind {
                match self { $(Self::$kind(_) => ObjectKind::$kind),* }
            }
        }

        impl fmt::Display for ObjectId {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(Self::$kind(id) => write!(f, concat!($words, " {}"), id)),* }
            }
        }

        /// One object of a model: what a snapshot stores.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Object { $($kind(Box<$value>)),* }

        impl Object {
            #[must_use]
            pub fn id(&self) -> ObjectId {
                match self { $(Self::$kind(o) => ObjectId::$kind(($id)(o))),* }
            }
        }

        impl Model {
            /// Every object's id, by kind and then by name.
            pub fn object_ids(&self) -> impl Iterator<Item = ObjectId> + '_ {
                std::iter::empty()$(.chain(self.$field.keys().cloned().map(ObjectId::$kind)))*
            }

            /// The object of that id, copied out.
            #[must_use]
            pub fn object(&self, id: &ObjectId) -> Option<Object> {
                match id { $(ObjectId::$kind(k) => self.$field.get(k).cloned().map(|o| Object::$kind(Box::new(o)))),* }
            }

            /// True when the model has an object of that id.
            #[must_use]
            pub fn contains(&self, id: &ObjectId) -> bool {
                match id { $(ObjectId::$kind(k) => self.$field.contains_key(k)),* }
            }

            /// True when both models have the object and it is equal, or both lack it.
            #[must_use]
            pub fn same_object(&self, other: &Self, id: &ObjectId) -> bool {
                match id { $(ObjectId::$kind(k) => self.$field.get(k) == other.$field.get(k)),* }
            }

            /// Puts an object under its own name. Returns false when that name was taken (the old
            /// object is replaced).
            pub fn insert(&mut self, object: Object) -> bool {
                match object { $(Object::$kind(o) => self.$field.insert(($id)(&o), *o).is_none()),* }
            }

            /// Takes an object out. Returns false when there was none.
            pub fn remove(&mut self, id: &ObjectId) -> bool {
                match id { $(ObjectId::$kind(k) => self.$field.remove(k).is_some()),* }
            }
        }
    };
}

objects! {
    Schema, "schema", schemas, String, SchemaObject, |o: &SchemaObject| o.name.clone();
    Extension, "extension", extensions, String, Extension, |o: &Extension| o.name.clone();
    Collation, "collation", collations, QName, CollationObject, |o: &CollationObject| o.name.clone();
    Enum, "enum", enums, QName, EnumType, |o: &EnumType| o.name.clone();
    Domain, "domain", domains, QName, Domain, |o: &Domain| o.name.clone();
    Composite, "composite type", composites, QName, Composite, |o: &Composite| o.name.clone();
    Range, "range type", ranges, QName, RangeType, |o: &RangeType| o.name.clone();
    Sequence, "sequence", sequences, QName, Sequence, |o: &Sequence| o.name.clone();
    Table, "table", tables, QName, Table, |o: &Table| o.name.clone();
    View, "view", views, QName, View, |o: &View| o.name.clone();
    Routine, "routine", routines, RoutineId, Routine, |o: &Routine| o.id.clone();
    Trigger, "trigger", triggers, OnTable, Trigger, |o: &Trigger| o.id.clone();
    Policy, "policy", policies, OnTable, Policy, |o: &Policy| o.id.clone();
    Rule, "rule", rules, OnTable, Rule, |o: &Rule| o.id.clone();
    Statistics, "statistics", statistics, QName, Statistics, |o: &Statistics| o.name.clone();
}

/// An object that exists in a database and that dbkit does not manage.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unmodelled {
    /// In the database's words: `operator`, `event trigger`, `virtual table`.
    pub kind: String,
    pub name: String,
}

impl fmt::Display for Unmodelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

impl ObjectId {
    /// The schema it is in, where that is not the default one.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        let name = match self {
            Self::Schema(_) | Self::Extension(_) => return None,
            Self::Collation(name)
            | Self::Enum(name)
            | Self::Domain(name)
            | Self::Composite(name)
            | Self::Range(name)
            | Self::Sequence(name)
            | Self::Table(name)
            | Self::View(name)
            | Self::Statistics(name) => name,
            Self::Routine(id) => &id.name,
            Self::Trigger(id) | Self::Policy(id) | Self::Rule(id) => &id.table,
        };
        name.schema.as_deref()
    }
}
