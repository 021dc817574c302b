//! Constraints of tables.

use super::catalog::{Catalog, IndexFact, class};
use super::row::{Row, rows};
use crate::database::postgres::libpq::PgResult;
use crate::model::{
    Check, Deferrable, Exclusion, Expr, FkAction, ForeignKey, Index, IndexKey, MatchKind,
    PrimaryKey, ReplicaIdentity, Unique,
};
use std::collections::HashMap;

/// What PostgreSQL 18 has and a model has not: NOT ENFORCED, WITHOUT OVERLAPS, PERIOD.
pub(super) const UNMODELLED: &str = "(k.contype <> 'n' AND (NOT k.conenforced OR k.conperiod))";

/// PostgreSQL 18 keeps NOT NULL here too (`n`); the column says that already.
pub(super) fn constraints_sql(version: i32) -> String {
    let delete_columns = if version >= 150_000 { "k.confdelsetcols" } else { "NULL" };
    let unmodelled = if version >= 180_000 { UNMODELLED } else { "false" };
    format!(
        "SELECT k.oid, k.conname, k.contype, k.conrelid, k.conindid, k.conparentid, k.confrelid, \
           k.confupdtype, k.confdeltype, k.confmatchtype, k.conislocal, k.connoinherit, k.conkey, k.confkey, \
           k.condeferrable, k.condeferred, k.convalidated, {delete_columns}, \
           CASE WHEN k.contype = 'c' THEN pg_get_expr(k.conbin, k.conrelid) END, \
           CASE WHEN k.contype = 'x' THEN ARRAY(SELECT CASE WHEN n.nspname IN ('pg_catalog', 'public') THEN o.oprname::text \
             ELSE 'OPERATOR(' || quote_ident(n.nspname) || '.' || o.oprname || ')' END \
             FROM unnest(k.conexclop) WITH ORDINALITY e(operator, place) \
             JOIN pg_operator o ON o.oid = e.operator JOIN pg_namespace n ON n.oid = o.oprnamespace ORDER BY e.place) END, \
           {unmodelled} \
         FROM pg_constraint k WHERE k.oid >= 16384 AND k.conrelid <> 0 AND k.contype IN ('c', 'f', 'p', 'u', 'x')"
    )
}

pub(super) fn constraints(catalog: &mut Catalog, result: &PgResult) {
    replica_identities(catalog);
    let names: HashMap<u32, (&str, u32)> =
        rows(result).map(|r| (r.number(0), (r.text(1), r.number(3)))).collect();
    for row in rows(result) {
        let table: u32 = row.number(3);
        if !catalog.tables.contains_key(&table) {
            continue;
        }
        let parent = names.get(&row.number(5));
        // A foreign key that points at a partitioned table has one more row for each partition.
        if row.code(2) == b'f' && parent.is_some_and(|(_, relation)| *relation == table) {
            continue;
        }
        if row.flag(20) {
            // Its index goes with it: made alone, it would be another one.
            catalog.indexes.remove(&row.number(4));
            continue;
        }
        let parent = parent.map(|(name, _)| (*name).to_owned());
        match row.code(2) {
            b'c' => check(catalog, table, row),
            b'f' => foreign_key(catalog, table, parent, row),
            kind => with_index(catalog, table, kind, parent, row),
        }
    }
    for table in catalog.tables.values_mut() {
        table.checks.sort_by(|a, b| a.name.cmp(&b.name));
        table.foreign_keys.sort_by(|a, b| a.name.cmp(&b.name));
        table.uniques.sort_by(|a, b| a.name.cmp(&b.name));
        table.exclusions.sort_by(|a, b| a.name.cmp(&b.name));
    }
}

fn replica_identities(catalog: &mut Catalog) {
    for fact in catalog.indexes.values().filter(|f| f.replica_identity) {
        if let Some(table) = catalog.tables.get_mut(&fact.table) {
            table.replica_identity = ReplicaIdentity::Index(fact.index.name.clone());
        }
    }
}

fn check(catalog: &mut Catalog, table: u32, row: Row<'_>) {
    let comment = catalog.comment(class::CONSTRAINT, row.number(0));
    if let Some(table) = catalog.tables.get_mut(&table) {
        table.checks.push(Check {
            name: Some(row.owned(1)),
            expr: Expr::new(row.text(18)),
            not_valid: !row.flag(16),
            no_inherit: row.flag(11),
            inherited: !row.flag(10),
            comment,
        });
    }
}

fn foreign_key(catalog: &mut Catalog, table: u32, inherited_from: Option<String>, row: Row<'_>) {
    let parent: u32 = row.number(6);
    let Some(relation) = catalog.relations.get(&parent) else { return };
    let key = ForeignKey {
        behind_columns: false,
        name: Some(row.owned(1)),
        columns: catalog.column_names(table, &row.numbers(12)),
        parent: relation.name.clone(),
        parent_columns: catalog.column_names(parent, &row.numbers(13)),
        on_delete: action(row.code(8)),
        on_delete_columns: catalog.column_names(table, &row.numbers(17)),
        on_update: action(row.code(7)),
        match_kind: match row.code(9) {
            b'f' => MatchKind::Full,
            b'p' => MatchKind::Partial,
            _ => MatchKind::Simple,
        },
        deferrable: deferrable(row),
        not_valid: !row.flag(16),
        inherited_from,
        comment: catalog.comment(class::CONSTRAINT, row.number(0)),
    };
    if let Some(table) = catalog.tables.get_mut(&table) {
        table.foreign_keys.push(key);
    }
}

/// Primary key, unique and exclusion constraints take their index out of the list.
fn with_index(
    catalog: &mut Catalog,
    table: u32,
    kind: u8,
    inherited_from: Option<String>,
    row: Row<'_>,
) {
    let comment = catalog.comment(class::CONSTRAINT, row.number(0));
    let Some(IndexFact { index, .. }) = catalog.indexes.remove(&row.number(4)) else { return };
    let Some(table) = catalog.tables.get_mut(&table) else { return };
    let name = row.owned(1);
    if kind == b'x' {
        let operators = row.list(19);
        let deferrable = deferrable(row);
        table.exclusions.push(Exclusion { name, index, operators, deferrable, comment });
        return;
    }
    let columns = key_columns(&index);
    let Index { include, nulls_not_distinct, options, tablespace, clustered, .. } = index;
    let index_comment = index.comment;
    let deferrable = deferrable(row);
    if kind == b'p' {
        table.primary_key = Some(PrimaryKey {
            name: Some(name),
            columns,
            include,
            deferrable,
            options,
            tablespace,
            inherited_from,
            clustered,
            on_conflict: None,
            descending: Vec::new(),
            comment,
            index_comment,
        });
    } else {
        table.uniques.push(Unique {
            behind_columns: false,
            name: Some(name),
            columns,
            include,
            nulls_not_distinct,
            deferrable,
            options,
            tablespace,
            inherited_from,
            clustered,
            on_conflict: None,
            elements_sql: Vec::new(),
            comment,
            index_comment,
        });
    }
}

fn key_columns(index: &Index) -> Vec<String> {
    let column = |key: &IndexKey| match key {
        IndexKey::Column(name) => Some(name.clone()),
        IndexKey::Expr(_) => None,
    };
    index.elements.iter().filter_map(|element| column(&element.key)).collect()
}

fn action(code: u8) -> FkAction {
    match code {
        b'r' => FkAction::Restrict,
        b'c' => FkAction::Cascade,
        b'n' => FkAction::SetNull,
        b'd' => FkAction::SetDefault,
        _ => FkAction::NoAction,
    }
}

fn deferrable(row: Row<'_>) -> Deferrable {
    match (row.flag(14), row.flag(15)) {
        (true, true) => Deferrable::InitiallyDeferred,
        (true, false) => Deferrable::InitiallyImmediate,
        _ => Deferrable::No,
    }
}
