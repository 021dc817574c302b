//! Columns of tables, views and composite types, and their defaults.

use super::catalog::{Catalog, ColumnFact, class};
use super::row::{Row, rows};
use super::types::{add_composite, attribute_collation};
use crate::database::postgres::libpq::PgResult;
use crate::model::{
    Attribute, Column, ColumnValue, Expr, GeneratedKind, Identity, IdentityMode, QName, Storage,
};
use std::collections::BTreeMap;

pub(super) fn defaults_sql(_: i32) -> String {
    "SELECT adrelid, adnum, pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid >= 16384"
        .to_owned()
}

pub(super) fn defaults(catalog: &mut Catalog, result: &PgResult) {
    catalog.defaults = rows(result).map(|r| ((r.number(0), r.number(1)), r.owned(2))).collect();
}

pub(super) fn columns_sql(version: i32) -> String {
    let compression = if version >= 140_000 { "a.attcompression" } else { "NULL" };
    format!(
        "SELECT a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, \
           CASE WHEN a.atttypmod >= 0 AND a.atttypid >= 16384 THEN format_type(a.atttypid, a.atttypmod) END, \
           a.attnotnull, a.attidentity, a.attgenerated, a.attcollation, a.attstorage, {compression}, \
           CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END, a.attoptions, a.attislocal \
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
         WHERE a.attnum > 0 AND NOT a.attisdropped AND c.oid >= 16384 \
           AND c.relkind IN ('r', 'p', 'v', 'm', 'c', 'f') ORDER BY a.attrelid, a.attnum"
    )
}

pub(super) fn columns(catalog: &mut Catalog, result: &PgResult) {
    let mut attributes: BTreeMap<u32, Vec<Attribute>> = BTreeMap::new();
    for row in rows(result) {
        let (relation, number, ty): (u32, i16, u32) = (row.number(0), row.number(1), row.number(3));
        let name = row.owned(2);
        let fact = ColumnFact { number, name: name.clone(), ty, collation: row.number(9) };
        catalog.columns.entry(relation).or_default().push(fact);
        if catalog.tables.contains_key(&relation) {
            let column = column(catalog, relation, number, ty, row);
            if let Some(table) = catalog.tables.get_mut(&relation) {
                table.columns.push(column);
            }
        } else if catalog.views.contains_key(&relation) {
            let default = catalog.defaults.get(&(relation, number)).cloned();
            let comment = catalog.column_comment(relation, number);
            if let Some(view) = catalog.views.get_mut(&relation) {
                view.columns.push(name.clone());
                view.column_defaults.extend(default.map(|d| (name.clone(), Expr::new(d))));
                view.column_comments.extend(comment.map(|c| (name, c)));
            }
        } else if catalog.managed(relation).is_some_and(|r| r.kind == b'c') {
            attributes.entry(relation).or_default().push(Attribute {
                name,
                ty: catalog.data_type(ty, row.number(4), row.opt(5)),
                collation: attribute_collation(catalog, row.number(9), ty),
                comment: catalog.column_comment(relation, number),
            });
        }
    }
    add_composites(catalog, &mut attributes);
}

/// Composite types, those without attributes too.
fn add_composites(catalog: &mut Catalog, attributes: &mut BTreeMap<u32, Vec<Attribute>>) {
    let types = catalog.relations.iter().filter(|(_, r)| r.managed && r.kind == b'c');
    let types: Vec<(u32, QName, u32)> =
        types.map(|(oid, r)| (*oid, r.name.clone(), r.row_type)).collect();
    for (oid, name, row_type) in types {
        // A member of an extension is recorded under its type only.
        if !catalog.members.contains(&(class::TYPE, row_type)) {
            let comment = catalog.comment(class::TYPE, row_type);
            let attributes = attributes.remove(&oid).unwrap_or_default();
            add_composite(catalog, name, attributes, comment);
        }
    }
}

fn column(catalog: &Catalog, relation: u32, number: i16, ty: u32, row: Row<'_>) -> Column {
    let fact = catalog.types.get(&ty);
    let usual_collation = fact.map_or(0, |t| t.collation);
    let usual_storage = fact.map_or(0, |t| t.storage);
    let default = catalog.defaults.get(&(relation, number));
    let value = match (row.code(7), row.code(8), default) {
        (mode @ (b'a' | b'd'), _, _) => identity(catalog, relation, number, mode, row.text(2)),
        (_, b's', Some(expr)) => {
            ColumnValue::Generated { expr: Expr::new(expr), kind: GeneratedKind::Stored }
        }
        (_, b'v', Some(expr)) => {
            ColumnValue::Generated { expr: Expr::new(expr), kind: GeneratedKind::Virtual }
        }
        (_, _, Some(expr)) => ColumnValue::Default(Expr::new(expr)),
        (_, _, None) => ColumnValue::None,
    };
    Column {
        name: row.owned(2),
        ty: catalog.data_type(ty, row.number(4), row.opt(5)),
        nullable: !row.flag(6),
        value,
        collation: catalog.collation_unless(row.number(9), usual_collation),
        storage: (row.code(10) != usual_storage).then(|| storage(row.code(10))),
        compression: match row.code(11) {
            b'p' => Some("pglz".to_owned()),
            b'l' => Some("lz4".to_owned()),
            _ => None,
        },
        statistics: row.opt_number(12),
        options: row.options(13),
        inherited: !row.flag(14),
        not_null_conflict: None,
        comment: catalog.column_comment(relation, number),
    }
}

fn storage(code: u8) -> Storage {
    match code {
        b'e' => Storage::External,
        b'x' => Storage::Extended,
        b'm' => Storage::Main,
        _ => Storage::Plain,
    }
}

fn identity(catalog: &Catalog, relation: u32, number: i16, mode: u8, column: &str) -> ColumnValue {
    let mode = if mode == b'a' { IdentityMode::Always } else { IdentityMode::ByDefault };
    // A partition's identity is its parent's; the sequence belongs to the parent (PostgreSQL 17).
    let Some((name, options)) = catalog.identities.get(&(relation, number)) else {
        return ColumnValue::Identity(Identity {
            mode,
            sequence: None,
            options: Default::default(),
        });
    };
    let usual = catalog
        .relations
        .get(&relation)
        .map(|r| r.name.sibling(default_name(&r.name.name, column, "seq")));
    let sequence = (usual.as_ref() != Some(name)).then(|| name.clone());
    ColumnValue::Identity(Identity { mode, sequence, options: options.clone() })
}

/// The name that PostgreSQL makes of a table's, a column's and a label (makeObjectName): at most
/// 63 bytes, the longer of the two names cut first.
fn default_name(table: &str, column: &str, label: &str) -> String {
    let room = 63_usize.saturating_sub(label.len() + 2);
    let (mut first, mut second) = (table.len(), column.len());
    while first + second > room {
        if first > second {
            first -= 1;
        } else {
            second -= 1;
        }
    }
    let cut = |name: &str, mut length: usize| {
        while !name.is_char_boundary(length) {
            length -= 1;
        }
        name.get(..length).unwrap_or_default().to_owned()
    };
    format!("{}_{}_{label}", cut(table, first), cut(column, second))
}

#[cfg(test)]
mod tests {
    use super::default_name;

    #[test]
    fn default_names_are_cut_as_postgresql_cuts_them() {
        assert_eq!(default_name("t", "id", "seq"), "t_id_seq");
        let long = default_name(&"a".repeat(60), &"b".repeat(60), "seq");
        assert_eq!(long, format!("{}_{}_seq", "a".repeat(29), "b".repeat(29)));
    }
}
