//! Sequences: those of identity columns go to their column, the others stand on their own.

use super::catalog::{Catalog, class};
use super::row::{Row, rows};
use crate::database::postgres::libpq::PgResult;
use crate::model::{Sequence, SequenceOptions};

pub(super) fn sequences_sql(_: i32) -> String {
    "SELECT s.seqrelid, s.seqtypid, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle, \
       d.refobjid, d.refobjsubid, d.deptype \
     FROM pg_sequence s LEFT JOIN pg_depend d ON d.classid = 1259 AND d.objid = s.seqrelid \
       AND d.objsubid = 0 AND d.refclassid = 1259 AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i') \
     WHERE s.seqrelid >= 16384"
        .to_owned()
}

pub(super) fn sequences(catalog: &mut Catalog, result: &PgResult) {
    for row in rows(result) {
        let oid = row.number(0);
        let Some(relation) = catalog.managed(oid) else { continue };
        let (name, unlogged) = (relation.name.clone(), relation.unlogged);
        let ty = catalog.type_text(row.number(1));
        let options = options(&ty, row);
        let owner: Option<(u32, i16)> = row.opt_number(8).zip(row.opt_number(9));
        if let (Some(owner), b'i') = (owner, row.code(10)) {
            catalog.identities.insert(owner, (name, options));
            continue;
        }
        // A sequence of a table that is left out is left out with it.
        if owner.is_some_and(|(table, _)| catalog.managed(table).is_none()) {
            continue;
        }
        let comment = catalog.comment(class::RELATION, oid);
        let sequence = Sequence { name, ty, options, owned_by: None, unlogged, comment };
        catalog.sequences.push((sequence, owner));
    }
}

fn options(ty: &str, row: Row<'_>) -> SequenceOptions {
    SequenceOptions {
        start: row.opt_number(2),
        increment: row.opt_number(3),
        min: row.opt_number(4),
        max: row.opt_number(5),
        cache: row.opt_number(6),
        cycle: row.flag(7),
    }
    .normalised(ty)
}
