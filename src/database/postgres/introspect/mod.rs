//! A live database as a model: a fixed number of queries over the catalogues, each over all
//! objects of a family at once, sent in one go and put together here.

mod attached;
mod catalog;
mod columns;
mod constraints;
mod indexes;
mod routines;
mod row;
mod schemas;
mod sequences;
mod tables;
mod types;
mod unmodelled;
mod views;

use super::libpq::PgResult;
use super::session::{PgSession, TransactionStatus};
use crate::database::DatabaseError;
use crate::model::Model;
use catalog::Catalog;

type Family = (fn(i32) -> String, fn(&mut Catalog, &PgResult));

/// In the order in which one needs what another has found.
const FAMILIES: &[Family] = &[
    (schemas::namespaces_sql, schemas::namespaces),
    (schemas::members_sql, schemas::members),
    (schemas::comments_sql, schemas::comments),
    (schemas::extensions_sql, schemas::extensions),
    (schemas::access_methods_sql, schemas::access_methods),
    (schemas::tablespaces_sql, schemas::tablespaces),
    (schemas::opclasses_sql, schemas::opclasses),
    (schemas::collations_sql, schemas::collations),
    (types::types_sql, types::types),
    (types::enums_sql, types::enums),
    (types::domains_sql, types::domains),
    (types::ranges_sql, types::ranges),
    (tables::relations_sql, tables::relations),
    (tables::parents_sql, tables::parents),
    (sequences::sequences_sql, sequences::sequences),
    (columns::defaults_sql, columns::defaults),
    (columns::columns_sql, columns::columns),
    (indexes::indexes_sql, indexes::indexes),
    (indexes::attributes_sql, indexes::attributes),
    (constraints::constraints_sql, constraints::constraints),
    (views::queries_sql, views::queries),
    (views::rules_sql, views::rules),
    (routines::routines_sql, routines::routines),
    (attached::triggers_sql, attached::triggers),
    (attached::policies_sql, attached::policies),
    (attached::statistics_sql, attached::statistics),
    (unmodelled::unmodelled_sql, unmodelled::unmodelled),
];

/// How expressions and constants are printed depends on these; fixed, so that one database always
/// gives one model.
const PRINTING: &[(&str, &str)] = &[
    ("DateStyle", "ISO, YMD"),
    ("IntervalStyle", "postgres"),
    ("TimeZone", "UTC"),
    ("bytea_output", "hex"),
    ("extra_float_digits", "1"),
    ("standard_conforming_strings", "on"),
    ("quote_all_identifiers", "off"),
];

/// The whole database, from one snapshot of it. Inside a transaction of the caller's it is that
/// transaction's view.
///
/// # Errors
/// The server's.
pub(super) fn introspect(session: &mut PgSession) -> Result<Model, DatabaseError> {
    match session.scope().default_schema() {
        "public" => introspect_seen_from(session, "public"),
        home => {
            let path = format!("{}, public", crate::dialect::postgres::quote::ident(home));
            introspect_seen_from(session, &path)
        }
    }
}

/// The same with another `search_path`: names in those schemas are printed without a schema.
///
/// # Errors
/// The server's.
pub(super) fn introspect_seen_from(
    session: &mut PgSession,
    search_path: &str,
) -> Result<Model, DatabaseError> {
    let version = session.server_version();
    let own_transaction = session.transaction_status() == TransactionStatus::Idle;
    let fixed: Vec<(&str, &str)> =
        PRINTING.iter().copied().chain([("search_path", search_path)]).collect();
    let current: Vec<String> =
        fixed.iter().map(|(name, _)| format!("current_setting('{name}')")).collect();
    let mut statements = vec![
        format!("SELECT {}", current.join(", ")),
        set_local(fixed.iter().map(|(name, value)| (*name, *value))),
    ];
    if own_transaction {
        statements.insert(0, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".to_owned());
    }
    let before = statements.len();
    statements.extend(FAMILIES.iter().map(|(sql, _)| sql(version)));
    if own_transaction {
        statements.push("COMMIT".to_owned());
    }
    let mut catalog = Catalog::new(session.scope().clone());
    let mut saved: Vec<String> = Vec::new();
    let outcome = session.run_each(&statements.join(";\n"), &mut |number, result| {
        if !own_transaction && number == 0 {
            saved = (0..fixed.len())
                .map(|column| result.text(0, column).unwrap_or_default().to_owned())
                .collect();
        }
        let family = number.checked_sub(before).and_then(|n| FAMILIES.get(n));
        if let Some((_, read)) = family {
            read(&mut catalog, &result);
        }
    });
    if let Err(error) = outcome {
        if own_transaction && session.transaction_status() != TransactionStatus::Idle {
            session.run_each("ROLLBACK", &mut |_, _| {})?;
        }
        return Err(error);
    }
    if !own_transaction {
        let values = fixed.iter().zip(&saved).map(|((name, _), value)| (*name, value.as_str()));
        let restore = set_local(values);
        session.run_each(&restore, &mut |_, _| {})?;
    }
    Ok(finish(catalog))
}

fn set_local<'a>(settings: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let calls = settings.map(|(name, value)| {
        format!("set_config('{name}', {}, true)", crate::dialect::postgres::quote::literal(value))
    });
    format!("SELECT {}", calls.collect::<Vec<_>>().join(", "))
}

fn finish(mut catalog: Catalog) -> Model {
    indexes::distribute(&mut catalog);
    for (mut sequence, owner) in std::mem::take(&mut catalog.sequences) {
        sequence.owned_by = owner.and_then(|(table, column)| catalog.column_ref(table, column));
        catalog.model.sequences.insert(sequence.name.clone(), sequence);
    }
    let Catalog { mut model, tables, views, .. } = catalog;
    model.tables = tables.into_values().map(|t| (t.name.clone(), t)).collect();
    model.views = views.into_values().map(|v| (v.name.clone(), v)).collect();
    model
}
