//! What the catalogue queries have told so far, by OID, while the model is put together.

use crate::database::postgres::scope::Scope;
use crate::model::{
    Collation, ColumnRef, Dialect, Index, Model, Options, QName, Sequence, SequenceOptions, Table,
    View,
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// OIDs of the catalogues themselves (pg_class.dat and the headers beside it), as
/// `pg_description` and `pg_depend` use them.
pub(super) mod class {
    pub const TYPE: u32 = 1247;
    pub const PROC: u32 = 1255;
    pub const RELATION: u32 = 1259;
    pub const CONSTRAINT: u32 = 2606;
    pub const NAMESPACE: u32 = 2615;
    pub const REWRITE: u32 = 2618;
    pub const TRIGGER: u32 = 2620;
    pub const EXTENSION: u32 = 3079;
    pub const POLICY: u32 = 3256;
    pub const STATISTICS: u32 = 3381;
    pub const COLLATION: u32 = 3456;
}

/// Everything below this OID was made by initdb (transam.h, FirstNormalObjectId).
pub(super) const FIRST_USER_OID: u32 = 16384;

pub(super) struct Catalog {
    pub scope: Scope,
    pub model: Model,
    pub schemas: HashMap<u32, String>,
    /// (catalogue, object) pairs that belong to an extension.
    pub members: HashSet<(u32, u32)>,
    pub comments: HashMap<(u32, u32, i32), String>,
    pub access_methods: HashMap<u32, String>,
    pub tablespaces: HashMap<u32, String>,
    pub collations: HashMap<u32, QName>,
    pub opclasses: HashMap<u32, OpClass>,
    /// (access method, type) pairs that have a default operator class of their own.
    pub default_opclasses: HashSet<(u32, u32)>,
    pub types: HashMap<u32, TypeFact>,
    /// Element type by array type.
    pub elements: HashMap<u32, u32>,
    pub relations: HashMap<u32, Relation>,
    /// Parents of tables and indexes, in order.
    pub parents: HashMap<u32, Vec<u32>>,
    pub tables: BTreeMap<u32, Table>,
    pub views: BTreeMap<u32, View>,
    pub defaults: HashMap<(u32, i16), String>,
    pub identities: HashMap<(u32, i16), (QName, SequenceOptions)>,
    /// Sequences with the column that owns them.
    pub sequences: Vec<(Sequence, Option<(u32, i16)>)>,
    /// By relation, in order of their numbers.
    pub columns: HashMap<u32, Vec<ColumnFact>>,
    /// Indexes that are not yet at their table, by OID.
    pub indexes: BTreeMap<u32, IndexFact>,
}

pub(super) struct OpClass {
    pub name: QName,
    /// In `pg_catalog` or `public`: written without a schema.
    pub method: u32,
    pub input: u32,
    pub default: bool,
}

pub(super) struct TypeFact {
    pub name: String,
    pub schema: u32,
    /// `typtype`.
    pub kind: u8,
    pub collation: u32,
    pub storage: u8,
    /// Domains.
    pub base: u32,
}

pub(super) struct Relation {
    pub name: QName,
    pub kind: u8,
    /// False for what is left out: owned by an extension, temporary, bookkeeping.
    pub managed: bool,
    pub options: Options,
    pub tablespace: u32,
    pub unlogged: bool,
    pub access_method: u32,
    /// The type that goes with it: where comments on composite types stand.
    pub row_type: u32,
}

pub(super) struct ColumnFact {
    pub number: i16,
    pub name: String,
    pub ty: u32,
    pub collation: u32,
}

pub(super) struct IndexFact {
    pub table: u32,
    pub index: Index,
    pub replica_identity: bool,
    /// By position.
    pub opclasses: Vec<u32>,
}

impl Catalog {
    pub(super) fn new(scope: Scope) -> Self {
        Self {
            scope,
            model: Model::new(Dialect::Postgres),
            schemas: HashMap::new(),
            members: HashSet::new(),
            comments: HashMap::new(),
            access_methods: HashMap::new(),
            tablespaces: HashMap::new(),
            collations: HashMap::new(),
            opclasses: HashMap::new(),
            default_opclasses: HashSet::new(),
            types: HashMap::new(),
            elements: HashMap::new(),
            relations: HashMap::new(),
            parents: HashMap::new(),
            tables: BTreeMap::new(),
            views: BTreeMap::new(),
            defaults: HashMap::new(),
            identities: HashMap::new(),
            sequences: Vec::new(),
            columns: HashMap::new(),
            indexes: BTreeMap::new(),
        }
    }

    /// The name as the model writes it: without a schema in `public` and in `pg_catalog`.
    pub(super) fn qname(&self, schema: u32, name: &str) -> QName {
        let schema = self.schemas.get(&schema).map(String::as_str);
        let default = self.scope.default_schema();
        QName::new(schema.filter(|s| *s != default && *s != "pg_catalog"), name)
    }

    /// True for schemas whose objects are the user's.
    pub(super) fn is_user_schema(&self, schema: u32) -> bool {
        self.schemas.get(&schema).is_some_and(|name| {
            !name.starts_with("pg_") && name != "information_schema" && !self.scope.leaves_out(name)
        })
    }

    /// True for an object of the user's that no extension owns.
    pub(super) fn is_managed(&self, class: u32, oid: u32, schema: u32) -> bool {
        oid >= FIRST_USER_OID
            && self.is_user_schema(schema)
            && !self.members.contains(&(class, oid))
    }

    pub(super) fn comment(&self, class: u32, oid: u32) -> Option<String> {
        self.comments.get(&(class, oid, 0)).cloned()
    }

    pub(super) fn column_comment(&self, relation: u32, number: i16) -> Option<String> {
        self.comments.get(&(class::RELATION, relation, i32::from(number))).cloned()
    }

    /// The collation, where it is none of those given.
    pub(super) fn collation_unless(&self, collation: u32, usual: u32) -> Option<Collation> {
        if collation == 0 || collation == usual {
            return None;
        }
        self.collations.get(&collation).cloned().map(Collation)
    }

    /// The relation, where it is one of the user's.
    pub(super) fn managed(&self, relation: u32) -> Option<&Relation> {
        self.relations.get(&relation).filter(|r| r.managed)
    }

    pub(super) fn column(&self, relation: u32, number: i16) -> Option<&ColumnFact> {
        let columns = self.columns.get(&relation)?;
        let at = columns.binary_search_by_key(&number, |c| c.number).ok()?;
        columns.get(at)
    }

    pub(super) fn column_names(&self, relation: u32, numbers: &[i16]) -> Vec<String> {
        numbers.iter().filter_map(|n| self.column(relation, *n)).map(|c| c.name.clone()).collect()
    }

    pub(super) fn column_ref(&self, relation: u32, number: i16) -> Option<ColumnRef> {
        Some(ColumnRef {
            table: self.relations.get(&relation)?.name.clone(),
            column: self.column(relation, number)?.name.clone(),
        })
    }

    pub(super) fn tablespace(&self, tablespace: u32) -> Option<String> {
        self.tablespaces.get(&tablespace).cloned()
    }
}

/// True for the tables in which Diesel, dbkit and other tools for migrations keep their books.
pub(super) fn is_bookkeeping(name: &str) -> bool {
    ["__dbkit", "__diesel_schema_migrations", "__drizzle_migrations"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
        || matches!(name, "_sqlx_migrations" | "_prisma_migrations" | "refinery_schema_history")
}
