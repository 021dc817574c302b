//! Identity and serial columns continue after the ids that seeds gave.

use super::statements::{ident, qname};
use crate::database::{DatabaseError, Session, Value};
use crate::model::{ColumnValue, Dialect, Model, QName};

/// Moves the sequences behind the table's columns past its greatest values. SQLite's AUTOINCREMENT
/// does so by itself.
pub(super) fn advance(
    session: &mut dyn Session,
    table: &QName,
    model: &Model,
) -> Result<(), DatabaseError> {
    let Some(found) = model.tables.get(table).filter(|_| model.dialect == Dialect::Postgres) else {
        return Ok(());
    };
    for column in &found.columns {
        let identity = matches!(column.value, ColumnValue::Identity(_));
        let owned = model.sequences.values().any(|sequence| {
            sequence.owned_by.as_ref().is_some_and(|o| o.table == *table && o.column == column.name)
        });
        if !identity && !owned {
            continue;
        }
        // pg_get_serial_sequence takes the table as an identifier and the column as plain text.
        let sql = format!(
            "SELECT setval(s.name, m.greatest) \
             FROM (SELECT pg_get_serial_sequence($1, $2)::regclass AS name) AS s, \
                  (SELECT max({})::bigint AS greatest FROM {}) AS m, \
                  pg_sequence AS q \
             WHERE q.seqrelid = s.name AND q.seqincrement > 0 AND m.greatest BETWEEN q.seqmin AND \
                   q.seqmax AND m.greatest > coalesce(pg_sequence_last_value(s.name), m.greatest - 1)",
            ident(&column.name, model.dialect),
            qname(table, model.dialect),
        );
        let binds = [Value::Text(qname(table, model.dialect)), Value::Text(column.name.clone())];
        session.query(&sql, &binds)?;
    }
    Ok(())
}
