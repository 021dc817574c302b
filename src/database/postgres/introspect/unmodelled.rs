//! What exists and is not managed: named to the user, never touched.

use super::catalog::{Catalog, class};
use super::constraints::UNMODELLED;
use super::row::rows;
use crate::database::postgres::libpq::PgResult;
use crate::model::Unmodelled;

/// Catalogues whose objects are not modelled.
const CATALOGUES: &[&str] = &[
    "pg_operator",
    "pg_opclass",
    "pg_opfamily",
    "pg_cast",
    "pg_conversion",
    "pg_ts_config",
    "pg_ts_dict",
    "pg_ts_parser",
    "pg_ts_template",
    "pg_language",
    "pg_foreign_data_wrapper",
    "pg_foreign_server",
    "pg_publication",
    "pg_am",
    "pg_transform",
    "pg_event_trigger",
];

/// What a modelled object brings along (the cast of a range type) depends on it internally.
pub(super) fn unmodelled_sql(version: i32) -> String {
    let mut parts: Vec<String> = CATALOGUES
        .iter()
        .map(|c| format!("SELECT '{c}'::regclass::oid AS class, oid FROM {c} WHERE oid >= 16384"))
        .collect();
    // A base type of the user's, or one that is only declared.
    parts.push(
        "SELECT 1247, oid FROM pg_type WHERE oid >= 16384 AND typtype IN ('b', 'p') AND typelem = 0"
            .to_owned(),
    );
    parts.push("SELECT 1259, oid FROM pg_class WHERE oid >= 16384 AND relkind = 'f'".to_owned());
    if version >= 180_000 {
        // A NOT NULL that rows may break is read as one that they keep.
        parts.push(format!(
            "SELECT 2606, k.oid FROM pg_constraint k WHERE k.oid >= 16384 AND k.conrelid <> 0 \
               AND k.conparentid = 0 AND ({UNMODELLED} OR (k.contype = 'n' AND NOT k.convalidated))"
        ));
    }
    format!(
        "SELECT o.class, o.oid, i.type, i.identity, i.schema \
         FROM ({}) o, pg_identify_object(o.class, o.oid, 0) i \
         WHERE NOT EXISTS (SELECT FROM pg_depend d \
           WHERE d.classid = o.class AND d.objid = o.oid AND d.deptype = 'i')",
        parts.join(" UNION ALL ")
    )
}

pub(super) fn unmodelled(catalog: &mut Catalog, result: &PgResult) {
    for row in rows(result) {
        let outside = |schema: &str| schema.starts_with("pg_") || catalog.scope.leaves_out(schema);
        let elsewhere = row.opt(4).is_some_and(outside);
        let member = catalog.members.contains(&(row.number(0), row.number(1)));
        if !elsewhere && !member {
            // The server says `type` of a table's row type too; those never come here.
            let kind = if row.number::<u32>(0) == class::TYPE { "base type" } else { row.text(2) };
            let name = row.owned(3);
            catalog.model.unmodelled.push(Unmodelled { kind: kind.to_owned(), name });
        }
    }
    passed_over(catalog);
    catalog.model.unmodelled.sort();
}

/// There may be thousands of them: one line for all.
fn passed_over(catalog: &mut Catalog) {
    let names = catalog.schemas.values().filter(|name| catalog.scope.passes_over(name));
    let mut names: Vec<&str> = names.map(String::as_str).collect();
    names.sort_unstable();
    let name = match names.as_slice() {
        [] => return,
        [one] => (*one).to_owned(),
        [first, others @ ..] => format!("{first} and {} more", others.len()),
    };
    let kind = "schemas that tenants have for themselves:".to_owned();
    catalog.model.unmodelled.push(Unmodelled { kind, name });
}
