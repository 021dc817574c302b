//! Keys and indexes of an empty table that step aside while it is filled, and are built when it is
//! full: one sort each instead of a search for every row. The table is locked, so nobody sees it
//! without them, and the transaction that drops them makes them anew.

use super::SeedError;
use super::statements::qname;
use crate::database::{DatabaseError, Session, Value};
use crate::dialect::postgres::quote::{ident, literal};
use crate::model::{Dialect, QName};

/// How to bring back what was dropped.
#[derive(Debug, Default)]
pub(super) struct Keys {
    drops: Vec<String>,
    restores: Vec<String>,
}

/// Drops keys and indexes that can be made anew exactly; `None`: nothing was changed, because
/// somebody else uses the table, it is not ours, or something holds on to them.
pub(super) fn set_aside(
    session: &mut dyn Session,
    table: &QName,
) -> Result<Option<Keys>, SeedError> {
    let database = SeedError::database("setting the keys of an empty table aside");
    session.execute("SAVEPOINT dbkit_aside").map_err(&database)?;
    match try_set_aside(session, table) {
        Ok(Some(keys)) => {
            session.execute("RELEASE SAVEPOINT dbkit_aside").map_err(&database)?;
            Ok(Some(keys))
        }
        // With the keys in place the load is slower, and no less right.
        Ok(None) | Err(_) => {
            session
                .execute("ROLLBACK TO SAVEPOINT dbkit_aside; RELEASE SAVEPOINT dbkit_aside")
                .map_err(&database)?;
            Ok(None)
        }
    }
}

fn try_set_aside(session: &mut dyn Session, table: &QName) -> Result<Option<Keys>, DatabaseError> {
    let name = qname(table, Dialect::Postgres);
    session.execute(&format!("LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE NOWAIT"))?;
    let bind = [Value::Text(name.clone())];
    let plain = session.query(
        &format!(
            "SELECT c.relkind = 'r' AND NOT c.relispartition AND NOT c.relhassubclass \
             AND NOT EXISTS (SELECT 1 FROM {name}) \
             AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = c.oid) \
             FROM pg_catalog.pg_class AS c WHERE c.oid = $1::regclass"
        ),
        &bind,
    )?;
    if plain.rows.first().and_then(|row| row.first()).and_then(Value::as_bool) != Some(true) {
        return Ok(None);
    }
    let mut keys = Keys::default();
    // Foreign keys first: they may hold on to a key of the same table.
    let constraints = session.query(
        "SELECT c.conname, pg_catalog.pg_get_constraintdef(c.oid), \
                pg_catalog.obj_description(c.oid, 'pg_constraint'), i.relname, \
                pg_catalog.obj_description(i.oid, 'pg_class') \
         FROM pg_catalog.pg_constraint AS c \
         LEFT JOIN pg_catalog.pg_index AS x ON x.indexrelid = c.conindid AND c.contype IN ('p', 'u') \
         LEFT JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid \
         WHERE c.conrelid = $1::regclass AND c.contype IN ('p', 'u', 'f') \
         AND c.conislocal AND c.coninhcount = 0 AND c.conparentid = 0 \
         AND (x.indexrelid IS NULL OR NOT x.indisclustered AND NOT x.indisreplident \
              AND i.reltablespace = 0 AND i.reloptions IS NULL) \
         AND NOT (c.contype IN ('p', 'u') AND EXISTS (SELECT 1 FROM pg_catalog.pg_constraint AS f \
              WHERE f.contype = 'f' AND f.conindid = c.conindid AND f.conrelid <> c.conrelid)) \
         ORDER BY c.contype = 'f', c.contype, c.conname",
        &bind,
    )?;
    let text = |row: &[Value], at: usize| row.get(at).and_then(Value::as_text).map(str::to_owned);
    for row in &constraints.rows {
        let (Some(constraint), Some(definition)) = (text(row, 0), text(row, 1)) else { continue };
        let constraint = ident(&constraint);
        keys.drops.insert(0, format!("ALTER TABLE {name} DROP CONSTRAINT {constraint}"));
        keys.restores.push(format!("ALTER TABLE {name} ADD CONSTRAINT {constraint} {definition}"));
        if let Some(comment) = text(row, 2) {
            let comment = literal(&comment);
            keys.restores
                .push(format!("COMMENT ON CONSTRAINT {constraint} ON {name} IS {comment}"));
        }
        if let (Some(index), Some(comment)) = (text(row, 3), text(row, 4)) {
            let index = qname(&table.sibling(index), Dialect::Postgres);
            keys.restores.push(format!("COMMENT ON INDEX {index} IS {}", literal(&comment)));
        }
    }
    let indexes = session.query(
        "SELECT i.relname, pg_catalog.pg_get_indexdef(i.oid), \
                pg_catalog.obj_description(i.oid, 'pg_class') \
         FROM pg_catalog.pg_index AS x JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid \
         WHERE x.indrelid = $1::regclass AND x.indisvalid AND NOT x.indisclustered \
         AND NOT x.indisreplident AND x.indexprs IS NULL AND i.reltablespace = 0 \
         AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint AS c WHERE c.conindid = i.oid) \
         ORDER BY i.relname",
        &bind,
    )?;
    let first = keys.restores.iter().position(|sql| sql.contains(" FOREIGN KEY "));
    let first = first.unwrap_or(keys.restores.len());
    for row in &indexes.rows {
        let (Some(index), Some(definition)) = (text(row, 0), text(row, 1)) else { continue };
        let index = qname(&table.sibling(index), Dialect::Postgres);
        keys.drops.push(format!("DROP INDEX {index}"));
        if let Some(comment) = text(row, 2) {
            let sql = format!("COMMENT ON INDEX {index} IS {}", literal(&comment));
            keys.restores.insert(first, sql);
        }
        keys.restores.insert(first, definition);
    }
    for sql in &keys.drops {
        session.execute(sql)?;
    }
    Ok(Some(keys))
}

impl Keys {
    /// Makes them anew.
    pub(super) fn restore(&self, session: &mut dyn Session) -> Result<(), DatabaseError> {
        // More memory than for everyday work, for this transaction: the sorts stay out of files.
        session.execute(
            "SELECT pg_catalog.set_config('maintenance_work_mem', '256MB', true) \
             WHERE pg_catalog.pg_size_bytes(pg_catalog.current_setting('maintenance_work_mem')) \
                   < 268435456",
        )?;
        self.restores.iter().try_for_each(|sql| session.execute(sql))
    }
}
