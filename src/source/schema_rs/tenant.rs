//! What `#[tenant(column)]` makes of a table on PostgreSQL: forced row-level security, one policy,
//! an index that leads with the column, and foreign keys that cannot point at another tenant's row.

use super::fit::is_unique;
use crate::dialect::postgres::{quote, types};
use crate::model::{
    DataType, Dialect, Expr, FkAction, ForeignKey, Index, IndexElement, IndexKey, MatchKind, Model,
    OnTable, Options, Order, Policy, PolicyCommand, QName, Table, TypeName, Unique,
};
use std::collections::BTreeMap;

/// The setting that holds the tenant of a transaction.
const CURRENT: &str = "NULLIF(current_setting('app.tenant_id'::text, true), ''::text)";

/// The name of every tenant policy.
pub const POLICY: &str = "tenant_isolation";

/// The tables with their tenant columns.
pub type Tenants = BTreeMap<QName, String>;

/// What a tenant table still lacks besides its policy.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// No index or key leads with the tenant column.
    pub index: bool,
    /// Columns that a foreign key of another tenant table needs to be unique.
    pub uniques: Vec<Vec<String>>,
    /// Foreign keys, by position, as they must be.
    pub keys: Vec<(usize, ForeignKey)>,
    /// Foreign keys, by position, that cannot be kept within a tenant, and why.
    pub unfit: Vec<(usize, &'static str)>,
}

/// The policy of a tenant table, spelled as PostgreSQL prints it.
#[must_use]
pub fn policy(table: &Table, column: &str) -> Option<Policy> {
    let expr = Expr::new(format!("({})", condition(table, column, CURRENT)?));
    Some(Policy {
        id: OnTable { table: table.name.clone(), name: POLICY.to_owned() },
        permissive: true,
        command: PolicyCommand::All,
        roles: vec!["public".to_owned()],
        using: Some(expr.clone()),
        with_check: Some(expr),
        comment: None,
    })
}

/// The row is the tenant's whom the text `value`, an SQL expression, names.
#[must_use]
pub fn condition(table: &Table, column: &str, value: &str) -> Option<String> {
    let ty = &table.column(column)?.ty;
    let name = quote::ident(column);
    Some(match &ty.name {
        TypeName::Builtin(builtin) if !ty.array => match builtin.as_str() {
            "text" => format!("{name} = {value}"),
            // Compared as text: a cast to `character` would cut the setting off.
            "character varying" | "character" | "bpchar" => format!("({name})::text = {value}"),
            _ => cast(&name, ty, value),
        },
        _ => cast(&name, ty, value),
    })
}

fn cast(column: &str, ty: &DataType, value: &str) -> String {
    // A length would cut a longer setting off, and another tenant's name might be left.
    let bare = match &ty.name {
        TypeName::Builtin(_) => DataType { modifier: None, ..ty.clone() },
        TypeName::User(_) => ty.clone(),
    };
    format!("{column} = ({value})::{}", types::render(&bare))
}

/// The tables that have a tenant policy as the attribute makes it, whatever else they lack.
#[must_use]
pub fn protected(model: &Model) -> Tenants {
    let column = |table: &Table| {
        let mut columns = table.columns.iter();
        let found = columns.find(|column| {
            policy(table, &column.name).is_some_and(|p| model.policies.get(&p.id) == Some(&p))
        });
        found.map(|column| (table.name.clone(), column.name.clone()))
    };
    model.tables.values().filter_map(column).collect()
}

/// What the tenant tables lack. Partitions take theirs from the parent.
#[must_use]
pub fn missing(tables: &[&Table], tenants: &Tenants) -> BTreeMap<QName, Missing> {
    let mut out: BTreeMap<QName, Missing> = BTreeMap::new();
    let whole = tables.iter().filter(|table| table.partition_of.is_none());
    let by_name: BTreeMap<&QName, &Table> = whole.map(|table| (&table.name, *table)).collect();
    for table in by_name.values() {
        let Some(column) = tenants.get(&table.name) else { continue };
        for (at, key) in table.foreign_keys.iter().enumerate() {
            let Some(other) = tenants.get(&key.parent) else { continue };
            let mut pairs = key.columns.iter().zip(&key.parent_columns);
            if key.inherited_from.is_some()
                || pairs.any(|(own, theirs)| own == column && theirs == other)
            {
                continue;
            }
            match within(key, column, other) {
                Ok(key) => {
                    let parent = by_name.get(&key.parent);
                    if parent.is_some_and(|parent| !is_unique(parent, &key.parent_columns)) {
                        let uniques = &mut out.entry(key.parent.clone()).or_default().uniques;
                        if !uniques.contains(&key.parent_columns) {
                            uniques.push(key.parent_columns.clone());
                        }
                    }
                    out.entry(table.name.clone()).or_default().keys.push((at, key));
                }
                Err(why) => out.entry(table.name.clone()).or_default().unfit.push((at, why)),
            }
        }
    }
    for table in by_name.values() {
        let Some(column) = tenants.get(&table.name) else { continue };
        let unique = out.get(&table.name).is_some_and(|missing| !missing.uniques.is_empty());
        if !unique && !leads(table, column) {
            out.entry(table.name.clone()).or_default().index = true;
        }
    }
    out
}

/// The foreign key with both tenant columns in front.
fn within(key: &ForeignKey, own: &str, theirs: &str) -> Result<ForeignKey, &'static str> {
    let mut key = key.clone();
    if key.columns.iter().any(|c| c == own) || key.parent_columns.iter().any(|c| c == theirs) {
        return Err("it pairs the tenant column with another column");
    }
    if matches!(key.on_update, FkAction::SetNull | FkAction::SetDefault) {
        return Err("ON UPDATE SET NULL would take the tenant from the row");
    }
    if key.match_kind != MatchKind::Simple {
        // Of one column FULL and SIMPLE are the same; the tenant is never NULL.
        if key.columns.len() > 1 {
            return Err("MATCH FULL would ask for the other columns because of the tenant");
        }
        key.match_kind = MatchKind::Simple;
    }
    if matches!(key.on_delete, FkAction::SetNull | FkAction::SetDefault)
        && key.on_delete_columns.is_empty()
    {
        key.on_delete_columns.clone_from(&key.columns);
    }
    key.columns.insert(0, own.to_owned());
    key.parent_columns.insert(0, theirs.to_owned());
    Ok(key)
}

/// An index over all rows begins with the column.
fn leads(table: &Table, column: &str) -> bool {
    let first = |columns: &[String]| columns.first().is_some_and(|first| first == column);
    table.primary_key.as_ref().is_some_and(|key| first(&key.columns))
        || table.uniques.iter().any(|unique| first(&unique.columns))
        || table.indexes.iter().any(|index| {
            index.predicate.is_none()
                && matches!(
                    index.elements.first().map(|element| &element.key),
                    Some(IndexKey::Column(name)) if name == column
                )
        })
}

/// A unique constraint without a name.
#[must_use]
pub fn unique(columns: Vec<String>) -> Unique {
    Unique {
        name: None,
        columns,
        include: Vec::new(),
        nulls_not_distinct: false,
        deferrable: crate::model::Deferrable::No,
        options: Options::new(),
        tablespace: None,
        inherited_from: None,
        clustered: false,
        on_conflict: None,
        elements_sql: Vec::new(),
        behind_columns: false,
        comment: None,
        index_comment: None,
    }
}

/// An index on the tenant column, without a name.
#[must_use]
pub fn index(column: &str) -> Index {
    let element = IndexElement {
        key: IndexKey::Column(column.to_owned()),
        collation: None,
        opclass: None,
        order: Order::Asc,
        nulls: None,
    };
    Index::new("", vec![element])
}

/// The tables that are exactly what `#[tenant(column)]` makes, so that it says all there is to say
/// of their row-level security.
#[must_use]
pub fn exact(model: &Model) -> Tenants {
    let mut found = Tenants::new();
    if model.dialect != Dialect::Postgres {
        return found;
    }
    for table in model.tables.values().filter(|t| t.row_security && t.force_row_security) {
        let column = table.columns.iter().filter(|column| !column.nullable).find(|column| {
            policy(table, &column.name).is_some_and(|p| model.policies.get(&p.id) == Some(&p))
        });
        found.extend(column.map(|column| (table.name.clone(), column.name.clone())));
    }
    // Without one of them others may lack nothing: what is left is asked again.
    loop {
        let tables: Vec<&Table> = found.keys().filter_map(|name| model.tables.get(name)).collect();
        let lacking = missing(&tables, &found);
        if lacking.is_empty() {
            return found;
        }
        found.retain(|name, _| !lacking.contains_key(name));
    }
}
