//! Functions, procedures and aggregates.

use super::catalog::{Catalog, class};
use super::row::{Row, rows};
use crate::database::postgres::libpq::PgResult;
use crate::dialect::postgres::quote;
use crate::model::{Routine, RoutineId, RoutineKind};

/// Functions that a type brings along (constructors of ranges) depend on it internally.
pub(super) fn routines_sql(_: i32) -> String {
    "SELECT p.oid, p.proname, p.pronamespace, p.prokind, p.proargtypes, \
       pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), \
       CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END, p.proparallel, \
       g.aggkind, g.aggnumdirectargs, g.aggtransfn, g.aggtranstype, g.aggtransspace, g.aggfinalfn, \
       g.aggfinalextra, g.aggfinalmodify, g.aggcombinefn, g.aggserialfn, g.aggdeserialfn, g.agginitval, \
       g.aggmtransfn, g.aggminvtransfn, g.aggmtranstype, g.aggmtransspace, g.aggmfinalfn, \
       g.aggmfinalextra, g.aggmfinalmodify, g.aggminitval, nullif(g.aggsortop::oid, 0)::regoper \
     FROM pg_proc p LEFT JOIN pg_aggregate g ON g.aggfnoid = p.oid \
     WHERE p.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend d \
       WHERE d.classid = 1255 AND d.objid = p.oid AND d.deptype IN ('i', 'e'))"
        .to_owned()
}

pub(super) fn routines(catalog: &mut Catalog, result: &PgResult) {
    for row in rows(result) {
        let (oid, schema) = (row.number(0), row.number(2));
        if !catalog.is_managed(class::PROC, oid, schema) {
            continue;
        }
        let name = catalog.qname(schema, row.text(1));
        let kind = match row.code(3) {
            b'a' => RoutineKind::Aggregate,
            b'p' => RoutineKind::Procedure,
            _ => RoutineKind::Function,
        };
        let types: Vec<u32> = row.numbers(4);
        let mut arguments: Vec<String> = types.iter().map(|ty| catalog.type_text(*ty)).collect();
        if kind == RoutineKind::Aggregate && row.code(9) != b'n' {
            arguments.insert(row.number::<usize>(10).min(arguments.len()), "ORDER BY".to_owned());
        }
        let id = RoutineId { name, arguments };
        let definition = match kind {
            RoutineKind::Aggregate => aggregate(catalog, &id, row),
            _ => row.text(7).trim_end().to_owned(),
        };
        let routine = Routine {
            id: id.clone(),
            kind,
            arguments: row.owned(5),
            // An aggregate's follows from its functions, and no statement says it.
            result: if kind == RoutineKind::Aggregate { String::new() } else { row.owned(6) },
            definition,
            comment: catalog.comment(class::PROC, oid),
        };
        catalog.model.routines.insert(id, routine);
    }
}

/// The CREATE AGGREGATE statement that makes this one (manual, CREATE AGGREGATE); options that
/// have their default are left out.
fn aggregate(catalog: &Catalog, id: &RoutineId, row: Row<'_>) -> String {
    let mut options: Vec<String> = Vec::new();
    let ordered = row.code(9) != b'n';
    // What a function is not set to reads as `-`.
    let function = |column: usize| row.opt(column).filter(|name| *name != "-");
    let mut put = |name: &str, value: Option<String>| {
        options.extend(value.map(|value| format!("{name} = {value}")));
    };
    let own = |column| function(column).map(str::to_owned);
    let ty = |column: usize| {
        row.opt_number::<u32>(column).filter(|oid| *oid != 0).map(|oid| catalog.type_text(oid))
    };
    let space = |column: usize| row.opt(column).filter(|n| *n != "0").map(str::to_owned);
    let literal = |column: usize| row.opt(column).map(quote::literal);
    // Ordered-set aggregates write to their state by default, the others do not.
    let modify = |column: usize| match (row.code(column), ordered) {
        (b'r', true) => Some("READ_ONLY".to_owned()),
        (b's', _) => Some("SHAREABLE".to_owned()),
        (b'w', false) => Some("READ_WRITE".to_owned()),
        _ => None,
    };
    put("SFUNC", own(11));
    put("STYPE", ty(12));
    put("SSPACE", space(13));
    put("FINALFUNC", own(14));
    let flag = |column: usize| row.flag(column).then_some(());
    let mut flags = Vec::new();
    flags.extend(flag(15).map(|()| "FINALFUNC_EXTRA"));
    put("FINALFUNC_MODIFY", function(14).and_then(|_| modify(16)));
    put("COMBINEFUNC", own(17));
    put("SERIALFUNC", own(18));
    put("DESERIALFUNC", own(19));
    put("INITCOND", literal(20));
    put("MSFUNC", own(21));
    put("MINVFUNC", own(22));
    put("MSTYPE", ty(23));
    put("MSSPACE", space(24));
    put("MFINALFUNC", own(25));
    flags.extend(flag(26).map(|()| "MFINALFUNC_EXTRA"));
    put("MFINALFUNC_MODIFY", function(25).and_then(|_| modify(27)));
    put("MINITCOND", literal(28));
    put("SORTOP", row.opt(29).map(|operator| format!("OPERATOR({})", qualified(operator))));
    put(
        "PARALLEL",
        match row.code(8) {
            b's' => Some("SAFE".to_owned()),
            b'r' => Some("RESTRICTED".to_owned()),
            _ => None,
        },
    );
    flags.extend((row.code(9) == b'h').then_some("HYPOTHETICAL"));
    options.extend(flags.into_iter().map(str::to_owned));
    let arguments = if row.text(5).is_empty() { "*" } else { row.text(5) };
    format!(
        "CREATE AGGREGATE {}({arguments}) (\n    {}\n)",
        quote::qname(&id.name),
        options.join(",\n    ")
    )
}

/// An operator inside `OPERATOR(…)` must have its schema.
fn qualified(operator: &str) -> String {
    if operator.contains('.') { operator.to_owned() } else { format!("pg_catalog.{operator}") }
}
