//! Indexes, put together from catalogue columns; the server is asked to print only expressions
//! and predicates.

use super::catalog::{Catalog, IndexFact, class};
use super::row::{Row, rows};
use crate::database::postgres::libpq::PgResult;
use crate::dialect::postgres::quote;
use crate::model::{Expr, Index, IndexElement, IndexKey, Nulls, Order};
use std::collections::BTreeMap;

/// Statistics targets and operator-class parameters of index columns; few indexes have any.
pub(super) fn attributes_sql(_: i32) -> String {
    "SELECT a.attrelid, a.attnum, CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END, a.attoptions \
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
     WHERE c.oid >= 16384 AND c.relkind IN ('i', 'I') AND (a.attstattarget >= 0 OR a.attoptions IS NOT NULL)"
        .to_owned()
}

pub(super) fn attributes(catalog: &mut Catalog, result: &PgResult) {
    for row in rows(result) {
        let (index, number): (u32, u16) = (row.number(0), row.number(1));
        let Some(fact) = catalog.indexes.get_mut(&index) else { continue };
        if let Some(target) = row.opt_number(2) {
            fact.index.statistics.insert(number, target);
        }
        let parameters = row.options(3);
        let element = fact.index.elements.get_mut(usize::from(number.saturating_sub(1)));
        if let (false, Some(element)) = (parameters.is_empty(), element) {
            let name = element.opclass.clone().or_else(|| {
                fact.opclasses
                    .get(usize::from(number.saturating_sub(1)))
                    .and_then(|oid| catalog.opclasses.get(oid))
                    .map(|opclass| quote::qname(&opclass.name))
            });
            let list: Vec<String> =
                parameters.iter().map(|(k, v)| format!("{k}={}", parameter(v))).collect();
            element.opclass = name.map(|name| format!("{name}({})", list.join(", ")));
        }
    }
}

/// A parameter's value as CREATE INDEX takes it.
fn parameter(value: &str) -> String {
    let plain = !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
    if plain { value.to_owned() } else { quote::literal(value) }
}

pub(super) fn indexes_sql(version: i32) -> String {
    let nulls = if version >= 150_000 { "i.indnullsnotdistinct" } else { "false" };
    format!(
        "SELECT i.indexrelid, i.indrelid, i.indnkeyatts, i.indisunique, i.indisclustered, i.indisvalid, \
           i.indisreplident, i.indkey, i.indcollation, i.indclass, i.indoption, {nulls}, \
           pg_get_expr(i.indpred, i.indrelid), \
           CASE WHEN i.indexprs IS NOT NULL THEN ARRAY(SELECT CASE WHEN i.indkey[k - 1] = 0 \
             THEN pg_get_indexdef(i.indexrelid, k, false) ELSE '' END FROM generate_series(1, i.indnkeyatts) k) END \
         FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid \
         WHERE i.indexrelid >= 16384 AND c.relkind IN ('r', 'p', 'm')"
    )
}

pub(super) fn indexes(catalog: &mut Catalog, result: &PgResult) {
    for row in rows(result) {
        let (oid, table): (u32, u32) = (row.number(0), row.number(1));
        if catalog.managed(table).is_none() {
            continue;
        }
        if let Some(fact) = index(catalog, oid, table, row) {
            catalog.indexes.insert(oid, fact);
        }
    }
}

fn index(catalog: &Catalog, oid: u32, table: u32, row: Row<'_>) -> Option<IndexFact> {
    let relation = catalog.relations.get(&oid)?;
    let method = catalog.access_methods.get(&relation.access_method)?.clone();
    let keys: Vec<i16> = row.numbers(7);
    let key_count: usize = row.number(2);
    let collations: Vec<u32> = row.numbers(8);
    let opclasses: Vec<u32> = row.numbers(9);
    let options: Vec<u16> = row.numbers(10);
    let expressions = row.list(13);
    let mut elements = Vec::with_capacity(key_count);
    for (at, number) in keys.iter().take(key_count).enumerate() {
        let column = catalog.column(table, *number);
        let collation = collations.get(at).copied().unwrap_or(0);
        // An expression's own collation is not in the catalogue: what is not the default is said.
        let usual = column.map_or(DEFAULT_COLLATION, |c| c.collation);
        let key = match column {
            Some(column) => IndexKey::Column(column.name.clone()),
            None => IndexKey::Expr(Expr::new(unwrapped(expressions.get(at)?))),
        };
        let opclass = opclasses.get(at).copied().unwrap_or(0);
        let flags = options.get(at).copied().unwrap_or(0);
        let (order, nulls) = order(flags);
        elements.push(IndexElement {
            key,
            collation: catalog.collation_unless(collation, usual),
            opclass: catalog.opclass_unless_default(opclass, column.map_or(0, |c| c.ty)),
            order,
            nulls,
        });
    }
    let partitioned = relation.kind == b'I';
    let valid = row.flag(5);
    let parent = catalog.parents.get(&oid).and_then(|p| p.first());
    Some(IndexFact {
        table,
        replica_identity: row.flag(6),
        opclasses,
        index: Index {
            name: relation.name.name.clone(),
            unique: row.flag(3),
            method,
            elements,
            include: catalog.column_names(table, keys.get(key_count..).unwrap_or_default()),
            nulls_not_distinct: row.flag(11),
            predicate: row.opt(12).map(Expr::new),
            options: relation.options.clone(),
            tablespace: catalog.tablespace(relation.tablespace),
            only: partitioned && !valid,
            attached_to: parent.and_then(|p| catalog.relations.get(p)).map(|p| p.name.clone()),
            invalid: !partitioned && !valid,
            clustered: row.flag(4),
            statistics: BTreeMap::new(),
            comment: catalog.comment(class::RELATION, oid),
        },
    })
}

/// `pg_collation."default"`.
const DEFAULT_COLLATION: u32 = 100;

/// Bits of `indoption` (pg_index.h): 1 descending, 2 nulls first.
fn order(flags: u16) -> (Order, Option<Nulls>) {
    match flags & 3 {
        0 => (Order::Asc, None),
        1 => (Order::Desc, Some(Nulls::Last)),
        2 => (Order::Asc, Some(Nulls::First)),
        _ => (Order::Desc, None),
    }
}

/// The server wraps whatever is not a plain function call in one more pair of parentheses.
fn unwrapped(text: &str) -> &str {
    text.strip_prefix('(').and_then(|t| t.strip_suffix(')')).unwrap_or(text)
}

impl Catalog {
    /// The operator class as it must be written, where it is not the one the server takes by
    /// itself for that type (0: an expression's, unknown).
    pub(super) fn opclass_unless_default(&self, opclass: u32, ty: u32) -> Option<String> {
        let opclass = self.opclasses.get(&opclass)?;
        let ty = self.base_type(ty);
        let is_default = opclass.default
            && (opclass.input == ty || !self.default_opclasses.contains(&(opclass.method, ty)));
        (!is_default).then(|| quote::qname(&opclass.name))
    }
}

/// Gives the indexes that no constraint took to their table or materialized view.
pub(super) fn distribute(catalog: &mut Catalog) {
    for fact in std::mem::take(&mut catalog.indexes).into_values() {
        if let Some(table) = catalog.tables.get_mut(&fact.table) {
            table.indexes.push(fact.index);
        } else if let Some(view) = catalog.views.get_mut(&fact.table) {
            view.indexes.push(fact.index);
        }
    }
    for table in catalog.tables.values_mut() {
        table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
    }
    for view in catalog.views.values_mut() {
        view.indexes.sort_by(|a, b| a.name.cmp(&b.name));
    }
}
