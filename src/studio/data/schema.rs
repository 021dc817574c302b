//! The database as the page sees it. Every name a browser sends is looked up here.

use super::kind::{Kind, typed};
use crate::database::{DatabaseError, Session};
use crate::dialect::sqlite;
use crate::inspect::{self, TableInfo};
use crate::model::{
    Column, ColumnValue, Dialect, FkAction, Identity, Index, IndexKey, Model, QName,
    Table as ModelTable,
};
use crate::source::schema_rs::identifiers::snake_case;
use crate::studio::problem::{Kind as ProblemKind, Problem};
use serde::{Deserialize, Serialize};

/// A table's name as it travels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TableName {
    #[serde(default)]
    pub schema: Option<String>,
    pub name: String,
}

impl From<&QName> for TableName {
    fn from(name: &QName) -> Self {
        Self { schema: name.schema.clone(), name: name.name.clone() }
    }
}

impl TableName {
    pub fn qname(&self) -> QName {
        QName { schema: self.schema.clone(), name: self.name.clone() }
    }
}

#[derive(Debug, Serialize)]
pub struct Schema {
    #[serde(skip)]
    pub dialect: Dialect,
    pub tables: Vec<Table>,
    pub enums: Vec<EnumType>,
    /// Rows are divided among tenants by `app.tenant_id`.
    #[serde(skip)]
    pub tenancy: bool,
}

#[derive(Debug, Serialize)]
pub struct EnumType {
    schema: Option<String>,
    name: String,
    labels: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct Table {
    #[serde(flatten)]
    pub name: TableName,
    pub kind: &'static str,
    pub comment: Option<String>,
    pub columns: Vec<ColumnInfo>,
    pub primary_key: Vec<String>,
    /// What tells rows apart; empty where nothing does.
    pub key: Vec<String>,
    pub foreign_keys: Vec<ForeignKey>,
    pub referenced_by: Vec<Reference>,
    indexes: Vec<IndexInfo>,
    checks: Vec<CheckInfo>,
    pub rows: Option<RowCount>,
    bytes: Option<u64>,
    /// The path of Diesel's module.
    pub rust: String,
    /// Its rows have a hidden number: `ctid`, `rowid`.
    #[serde(skip)]
    pub row_number: Option<&'static str>,
}

#[derive(Debug, Serialize)]
pub struct ColumnInfo {
    pub name: String,
    #[serde(rename = "type")]
    pub ty: String,
    pub kind: Kind,
    pub nullable: bool,
    default: Option<String>,
    pub generated: bool,
    identity: bool,
    labels: Option<Vec<String>>,
    pub max_length: Option<u32>,
    comment: Option<String>,
    /// Rust's name of the column.
    #[serde(skip)]
    pub rust: String,
    #[serde(skip)]
    pub diesel: Option<&'static str>,
}

impl ColumnInfo {
    /// SQLite's binary form of JSON, which is shown and written as text.
    pub fn is_binary_json(&self, dialect: Dialect) -> bool {
        dialect == Dialect::Sqlite && sqlite::types::says_jsonb(&self.ty)
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct ForeignKey {
    pub name: Option<String>,
    pub columns: Vec<String>,
    pub table: TableName,
    pub parent_columns: Vec<String>,
    pub on_delete: &'static str,
    on_update: &'static str,
}

#[derive(Clone, Debug, Serialize)]
pub struct Reference {
    pub from: TableName,
    #[serde(flatten)]
    pub key: ForeignKey,
}

#[derive(Debug, Serialize)]
struct IndexInfo {
    name: String,
    columns: Vec<String>,
    unique: bool,
    method: String,
    #[serde(rename = "where")]
    condition: Option<String>,
}

#[derive(Debug, Serialize)]
struct CheckInfo {
    name: Option<String>,
    expression: String,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct RowCount {
    pub rows: u64,
    pub exact: bool,
}

impl Schema {
    /// Reads names, columns, keys, sizes and what else the page shows of a database.
    ///
    /// # Errors
    /// The database's own.
    pub fn read(session: &mut dyn Session) -> Result<Self, DatabaseError> {
        let model = session.introspect()?;
        let overview = inspect::overview(session)?;
        Ok(Self::of(&model, &overview.tables))
    }

    /// The same from what was read already.
    pub fn of(model: &Model, found: &[TableInfo]) -> Self {
        let mut tables: Vec<Table> = found.iter().map(|info| table(info, model)).collect();
        let references: Vec<Reference> = tables
            .iter()
            .flat_map(|table| {
                let from =
                    |key: &ForeignKey| Reference { from: table.name.clone(), key: key.clone() };
                table.foreign_keys.iter().map(from)
            })
            .collect();
        for reference in references {
            if let Some(table) = tables.iter_mut().find(|table| table.name == reference.key.table) {
                table.referenced_by.push(reference);
            }
        }
        let enums = model.enums.values().map(|found| EnumType {
            schema: found.name.schema.clone(),
            name: found.name.name.clone(),
            labels: found.labels.clone(),
        });
        let mut policies = model.policies.values();
        let tenancy = policies.any(|policy| {
            let texts = [&policy.using, &policy.with_check];
            texts.into_iter().flatten().any(|expr| expr.as_str().contains("app.tenant_id"))
        });
        Self { dialect: model.dialect, tables, enums: enums.collect(), tenancy }
    }

    /// The table of that name.
    ///
    /// # Errors
    /// There is none.
    pub fn table(&self, name: &TableName) -> Result<&Table, Problem> {
        self.tables.iter().find(|table| table.name == *name).ok_or_else(|| {
            let message = format!("there is no table or view {}", name.qname());
            Problem::new(ProblemKind::UnknownTable, message)
        })
    }
}

/// Cheap to ask: SQLite counts its changes, PostgreSQL's catalogue of columns is summed up.
const VERSION: &str = "\
    SELECT count(*) || ':' || coalesce(sum(pg_catalog.hashtext(a.attrelid || '/' || c.relname || '/' || a.attname \
        || '/' || a.atttypid || '/' || a.atttypmod || '/' || a.attnotnull)::bigint), 0) \
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid \
    WHERE c.oid >= 16384 AND c.relpersistence <> 't' AND a.attnum > 0 AND NOT a.attisdropped";

/// What is different when tables or columns are.
///
/// # Errors
/// The database's own.
pub fn schema_version(session: &mut dyn Session) -> Result<String, DatabaseError> {
    let found = match session.dialect() {
        Dialect::Postgres => session.query(VERSION, &[])?,
        Dialect::Sqlite => session.query("PRAGMA schema_version", &[])?,
    };
    let version = found.rows.first().and_then(|row| row.first());
    Ok(version.map(inspect::plain_text).unwrap_or_default())
}

impl Table {
    /// The columns of the index or key of that name.
    pub fn index_columns(&self, name: &str) -> Option<&[String]> {
        self.indexes.iter().find(|index| index.name == name).map(|index| index.columns.as_slice())
    }

    /// The check of that name.
    pub fn check(&self, name: &str) -> Option<&str> {
        let found = self.checks.iter().find(|check| check.name.as_deref() == Some(name));
        found.map(|check| check.expression.as_str())
    }

    /// The column of that name.
    ///
    /// # Errors
    /// There is none.
    pub fn column(&self, name: &str) -> Result<&ColumnInfo, Problem> {
        self.columns.iter().find(|column| column.name == name).ok_or_else(|| {
            let message = format!("{} has no column {name}", self.name.qname());
            Problem::new(ProblemKind::UnknownColumn, message)
        })
    }
}

fn table(info: &TableInfo, model: &Model) -> Table {
    let known = model.tables.get(&info.name);
    let view = model.views.get(&info.name);
    let kind = match known {
        Some(table) if table.partition_by.is_some() => "partitioned table",
        _ => info.kind,
    };
    let comments = view.map(|view| &view.column_comments);
    let columns: Vec<ColumnInfo> = info
        .columns
        .iter()
        .map(|column| {
            let of_model = known.and_then(|table| table.column(&column.name));
            let comment = comments.and_then(|comments| comments.get(&column.name)).cloned();
            column_info(column, of_model, comment, model)
        })
        .collect();
    let indexes = match (known, view) {
        (Some(table), _) => indexes(table),
        (None, Some(view)) => view.indexes.iter().map(index).collect(),
        (None, None) => Vec::new(),
    };
    let mut rust = "schema::".to_owned();
    if let Some(schema) = &info.name.schema {
        rust.push_str(&format!("{}::", snake_case(schema)));
    }
    rust.push_str(&snake_case(&info.name.name));
    let comment = known.map(|t| &t.comment).or(view.map(|v| &v.comment)).cloned().flatten();
    Table {
        name: TableName::from(&info.name),
        kind,
        comment,
        key: known.map(|table| key(table, info)).unwrap_or_default(),
        columns,
        primary_key: info.primary_key.clone(),
        foreign_keys: known.map(foreign_keys).unwrap_or_default(),
        referenced_by: Vec::new(),
        indexes,
        checks: known.map(checks).unwrap_or_default(),
        rows: info.rows.map(|count| RowCount { rows: count.rows, exact: count.exact }),
        bytes: info.bytes,
        rust,
        row_number: match (model.dialect, known) {
            (Dialect::Postgres, Some(_)) if kind == "table" => Some("ctid"),
            (Dialect::Sqlite, Some(table)) if !table.without_rowid => row_number(info),
            _ => None,
        },
    }
}

/// A column may have taken the name away.
fn row_number(info: &TableInfo) -> Option<&'static str> {
    let taken = |name: &str| info.columns.iter().any(|c| c.name.eq_ignore_ascii_case(name));
    ["rowid", "_rowid_", "oid"].into_iter().find(|name| !taken(name))
}

fn column_info(
    column: &inspect::ColumnInfo,
    known: Option<&Column>,
    comment: Option<String>,
    model: &Model,
) -> ColumnInfo {
    let ty = typed(&column.ty, model.dialect, model);
    let value = known.map(|known| &known.value);
    let identity = matches!(value, Some(ColumnValue::Identity(Identity { .. })));
    ColumnInfo {
        rust: snake_case(&column.name),
        name: column.name.clone(),
        kind: ty.kind,
        ty: column.ty.clone(),
        nullable: column.nullable,
        default: column.default.clone(),
        generated: matches!(value, Some(ColumnValue::Generated { .. })),
        identity,
        labels: ty.labels,
        max_length: ty.max_length,
        comment: known.and_then(|known| known.comment.clone()).or(comment),
        diesel: ty.diesel,
    }
}

/// The primary key, else the first unique constraint or index none of whose columns can be NULL.
fn key(table: &ModelTable, info: &TableInfo) -> Vec<String> {
    if !info.primary_key.is_empty() {
        return info.primary_key.clone();
    }
    let required = |names: &[String]| {
        !names.is_empty()
            && names.iter().all(|name| table.column(name).is_some_and(|column| !column.nullable))
    };
    let uniques = table.uniques.iter().filter(|unique| unique.deferrable.is_no());
    let of_index = |index: &Index| {
        let name = |key: &IndexKey| match key {
            IndexKey::Column(name) => Some(name.clone()),
            IndexKey::Expr(_) => None,
        };
        let whole = index.unique && index.predicate.is_none() && !index.invalid;
        index.elements.iter().map(|e| name(&e.key)).collect::<Option<Vec<_>>>().filter(|_| whole)
    };
    uniques
        .map(|unique| unique.columns.clone())
        .chain(table.indexes.iter().filter_map(of_index))
        .find(|columns| required(columns))
        .unwrap_or_default()
}

fn action(action: FkAction) -> &'static str {
    match action {
        FkAction::NoAction => "no action",
        FkAction::Restrict => "restrict",
        FkAction::Cascade => "cascade",
        FkAction::SetNull => "set null",
        FkAction::SetDefault => "set default",
    }
}

fn foreign_keys(table: &ModelTable) -> Vec<ForeignKey> {
    let key = |key: &crate::model::ForeignKey| ForeignKey {
        name: key.name.clone(),
        columns: key.columns.clone(),
        table: TableName::from(&key.parent),
        parent_columns: key.parent_columns.clone(),
        on_delete: action(key.on_delete),
        on_update: action(key.on_update),
    };
    table.foreign_keys.iter().map(key).collect()
}

/// With those behind constraints: they are what a query can use.
fn indexes(table: &ModelTable) -> Vec<IndexInfo> {
    let constraint = |name: Option<&String>, columns: &[String]| IndexInfo {
        name: name.cloned().unwrap_or_default(),
        columns: columns.to_vec(),
        unique: true,
        method: "btree".to_owned(),
        condition: None,
    };
    let primary = table.primary_key.iter().map(|k| constraint(k.name.as_ref(), &k.columns));
    let uniques = table.uniques.iter().map(|u| constraint(u.name.as_ref(), &u.columns));
    primary.chain(uniques).chain(table.indexes.iter().map(index)).collect()
}

fn index(index: &Index) -> IndexInfo {
    let column = |key: &IndexKey| match key {
        IndexKey::Column(name) => name.clone(),
        IndexKey::Expr(expr) => format!("({expr})"),
    };
    IndexInfo {
        name: index.name.clone(),
        columns: index.elements.iter().map(|element| column(&element.key)).collect(),
        unique: index.unique,
        method: index.method.clone(),
        condition: index.predicate.as_ref().map(ToString::to_string),
    }
}

fn checks(table: &ModelTable) -> Vec<CheckInfo> {
    let check = |check: &crate::model::Check| CheckInfo {
        name: check.name.clone(),
        expression: check.expr.to_string(),
    };
    table.checks.iter().map(check).collect()
}
