//! What hangs on tables and may be written elsewhere: triggers, policies, statistics.

use super::catalog::{Catalog, class};
use super::row::rows;
use crate::database::postgres::libpq::PgResult;
use crate::model::{Enabled, Expr, OnTable, Policy, PolicyCommand, Statistics, Trigger};

/// Triggers that a partition has from its parent come and go with the parent's.
pub(super) fn triggers_sql(_: i32) -> String {
    "SELECT oid, tgname, tgrelid, tgenabled, pg_get_triggerdef(oid) \
     FROM pg_trigger WHERE NOT tgisinternal AND tgparentid = 0"
        .to_owned()
}

pub(super) fn triggers(catalog: &mut Catalog, result: &PgResult) {
    for row in rows(result) {
        let oid = row.number(0);
        if catalog.members.contains(&(class::TRIGGER, oid)) {
            continue;
        }
        let Some(relation) = catalog.managed(row.number(2)) else { continue };
        let id = OnTable { table: relation.name.clone(), name: row.owned(1) };
        let trigger = Trigger {
            id: id.clone(),
            definition: row.owned(4),
            enabled: enabled(row.code(3)),
            comment: catalog.comment(class::TRIGGER, oid),
        };
        catalog.model.triggers.insert(id, trigger);
    }
}

pub(super) fn enabled(code: u8) -> Enabled {
    match code {
        b'D' => Enabled::Disabled,
        b'R' => Enabled::Replica,
        b'A' => Enabled::Always,
        _ => Enabled::Origin,
    }
}

pub(super) fn policies_sql(_: i32) -> String {
    "SELECT oid, polname, polrelid, polpermissive, polcmd, \
       ARRAY(SELECT CASE WHEN r = 0 THEN 'public' ELSE pg_get_userbyid(r)::text END \
         FROM unnest(polroles) WITH ORDINALITY AS u (r, at) ORDER BY at), \
       pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid) FROM pg_policy"
        .to_owned()
}

pub(super) fn policies(catalog: &mut Catalog, result: &PgResult) {
    for row in rows(result) {
        let Some(relation) = catalog.managed(row.number(2)) else { continue };
        let id = OnTable { table: relation.name.clone(), name: row.owned(1) };
        let roles = row.list(5);
        let policy = Policy {
            id: id.clone(),
            permissive: row.flag(3),
            command: match row.code(4) {
                b'r' => PolicyCommand::Select,
                b'a' => PolicyCommand::Insert,
                b'w' => PolicyCommand::Update,
                b'd' => PolicyCommand::Delete,
                _ => PolicyCommand::All,
            },
            roles,
            using: row.opt(6).map(Expr::new),
            with_check: row.opt(7).map(Expr::new),
            comment: catalog.comment(class::POLICY, row.number(0)),
        };
        catalog.model.policies.insert(id, policy);
    }
}

pub(super) fn statistics_sql(_: i32) -> String {
    "SELECT oid, stxname, stxnamespace, stxrelid, pg_get_statisticsobjdef(oid), \
       CASE WHEN stxstattarget >= 0 THEN stxstattarget END FROM pg_statistic_ext"
        .to_owned()
}

pub(super) fn statistics(catalog: &mut Catalog, result: &PgResult) {
    for row in rows(result) {
        let oid = row.number(0);
        let Some(relation) = catalog.managed(row.number(3)) else { continue };
        let statistics = Statistics {
            name: catalog.qname(row.number(2), row.text(1)),
            table: relation.name.clone(),
            definition: row.owned(4),
            target: row.opt_number(5),
            comment: catalog.comment(class::STATISTICS, oid),
        };
        catalog.model.statistics.insert(statistics.name.clone(), statistics);
    }
}
