//! Schemas, extensions and the small lists that the other queries refer to by OID.

use super::catalog::{Catalog, OpClass, class};
use super::row::rows;
use crate::database::postgres::libpq::PgResult;
use crate::model::{CollationObject, Extension, SchemaObject};

/// What initdb writes on `public`; anything else is the user's comment.
const PUBLIC_COMMENT: &str = "standard public schema";

pub(super) fn namespaces_sql(_: i32) -> String {
    "SELECT oid, nspname FROM pg_namespace".to_owned()
}

pub(super) fn namespaces(catalog: &mut Catalog, result: &PgResult) {
    catalog.schemas = rows(result).map(|r| (r.number(0), r.owned(1))).collect();
}

pub(super) fn members_sql(_: i32) -> String {
    "SELECT classid, objid FROM pg_depend WHERE refclassid = 3079 AND deptype = 'e'".to_owned()
}

pub(super) fn members(catalog: &mut Catalog, result: &PgResult) {
    catalog.members = rows(result).map(|r| (r.number(0), r.number(1))).collect();
}

pub(super) fn comments_sql(_: i32) -> String {
    "SELECT classoid, objoid, objsubid, description FROM pg_description \
     WHERE objoid >= 16384 OR classoid = 2615"
        .to_owned()
}

pub(super) fn comments(catalog: &mut Catalog, result: &PgResult) {
    catalog.comments =
        rows(result).map(|r| ((r.number(0), r.number(1), r.number(2)), r.owned(3))).collect();
    let mut schemas: Vec<(u32, String)> = catalog.schemas.clone().into_iter().collect();
    schemas.sort();
    for (oid, name) in schemas {
        let comment = catalog.comment(class::NAMESPACE, oid);
        let wanted = if name == "public" {
            comment.as_ref().is_some_and(|text| text != PUBLIC_COMMENT)
        } else {
            catalog.is_managed(class::NAMESPACE, oid, oid)
        };
        if wanted {
            catalog.model.schemas.insert(name.clone(), SchemaObject { name, comment });
        }
    }
}

/// Version and comment count only where they are not what CREATE EXTENSION takes by itself.
pub(super) fn extensions_sql(_: i32) -> String {
    "SELECT e.oid, e.extname, e.extnamespace, CASE WHEN e.extversion <> a.default_version THEN e.extversion END, a.comment \
     FROM pg_extension e LEFT JOIN pg_available_extensions() a ON a.name = e.extname WHERE e.oid >= 16384"
        .to_owned()
}

pub(super) fn extensions(catalog: &mut Catalog, result: &PgResult) {
    for row in rows(result) {
        let name = row.owned(1);
        let schema = catalog.qname(row.number(2), "").schema;
        let version = row.opt(3).map(str::to_owned);
        let comment = catalog.comment(class::EXTENSION, row.number(0));
        let comment = comment.filter(|text| Some(text.as_str()) != row.opt(4));
        let extension = Extension { name: name.clone(), schema, version, comment };
        catalog.model.extensions.insert(name, extension);
    }
}

pub(super) fn access_methods_sql(_: i32) -> String {
    "SELECT oid, amname FROM pg_am".to_owned()
}

pub(super) fn access_methods(catalog: &mut Catalog, result: &PgResult) {
    catalog.access_methods = rows(result).map(|r| (r.number(0), r.owned(1))).collect();
}

pub(super) fn tablespaces_sql(_: i32) -> String {
    "SELECT oid, spcname FROM pg_tablespace".to_owned()
}

pub(super) fn tablespaces(catalog: &mut Catalog, result: &PgResult) {
    catalog.tablespaces = rows(result).map(|r| (r.number(0), r.owned(1))).collect();
}

pub(super) fn opclasses_sql(_: i32) -> String {
    "SELECT oid, opcname, opcnamespace, opcmethod, opcintype, opcdefault FROM pg_opclass".to_owned()
}

pub(super) fn opclasses(catalog: &mut Catalog, result: &PgResult) {
    for row in rows(result) {
        let (method, input, default) = (row.number(3), row.number(4), row.flag(5));
        let name = catalog.qname(row.number(2), row.text(1));
        if default {
            catalog.default_opclasses.insert((method, input));
        }
        catalog.opclasses.insert(row.number(0), OpClass { name, method, input, default });
    }
}

pub(super) fn collations_sql(version: i32) -> String {
    let locale = match version {
        170_000.. => "colllocale",
        150_000.. => "colliculocale",
        _ => "CASE WHEN collprovider = 'i' THEN collcollate END",
    };
    let rules = if version >= 160_000 { "collicurules" } else { "NULL" };
    format!(
        "SELECT oid, collname, collnamespace, collprovider, collisdeterministic, collcollate, \
         collctype, {locale}, {rules} FROM pg_collation"
    )
}

pub(super) fn collations(catalog: &mut Catalog, result: &PgResult) {
    for row in rows(result) {
        let (oid, schema) = (row.number(0), row.number(2));
        let name = catalog.qname(schema, row.text(1));
        catalog.collations.insert(oid, name.clone());
        if !catalog.is_managed(class::COLLATION, oid, schema) {
            continue;
        }
        let mut parts = Vec::new();
        let literal = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let provider = match row.code(3) {
            b'i' => "icu",
            b'b' => "builtin",
            _ => "libc",
        };
        parts.push(format!("provider = {provider}"));
        let (collate, ctype) = (row.text(5), row.text(6));
        if let Some(locale) = row.opt(7) {
            parts.push(format!("locale = {}", literal(locale)));
        } else if collate == ctype {
            parts.push(format!("locale = {}", literal(collate)));
        } else {
            parts.push(format!("lc_collate = {}", literal(collate)));
            parts.push(format!("lc_ctype = {}", literal(ctype)));
        }
        if !row.flag(4) {
            parts.push("deterministic = false".to_owned());
        }
        if let Some(rules) = row.opt(8) {
            parts.push(format!("rules = {}", literal(rules)));
        }
        let comment = catalog.comment(class::COLLATION, oid);
        let object = CollationObject { name: name.clone(), definition: parts.join(", "), comment };
        catalog.model.collations.insert(name, object);
    }
}
