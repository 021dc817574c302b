//! Queries of views, and rules.

use super::attached::enabled;
use super::catalog::{Catalog, class};
use super::row::rows;
use crate::database::postgres::libpq::PgResult;
use crate::model::{OnTable, Rule};

pub(super) fn queries_sql(_: i32) -> String {
    "SELECT oid, pg_get_viewdef(oid) FROM pg_class WHERE oid >= 16384 AND relkind IN ('v', 'm')"
        .to_owned()
}

pub(super) fn queries(catalog: &mut Catalog, result: &PgResult) {
    for row in rows(result) {
        if let Some(view) = catalog.views.get_mut(&row.number(0)) {
            view.query = row.text(1).trim().trim_end_matches(';').trim_end().to_owned();
        }
    }
}

pub(super) fn rules_sql(_: i32) -> String {
    "SELECT oid, rulename, ev_class, ev_enabled, pg_get_ruledef(oid) \
     FROM pg_rewrite WHERE oid >= 16384 AND rulename <> '_RETURN'"
        .to_owned()
}

pub(super) fn rules(catalog: &mut Catalog, result: &PgResult) {
    for row in rows(result) {
        let Some(relation) = catalog.managed(row.number(2)) else { continue };
        let id = OnTable { table: relation.name.clone(), name: row.owned(1) };
        let rule = Rule {
            id: id.clone(),
            definition: row.text(4).trim().trim_end_matches(';').trim_end().to_owned(),
            enabled: enabled(row.code(3)),
            comment: catalog.comment(class::REWRITE, row.number(0)),
        };
        catalog.model.rules.insert(id, rule);
    }
}
