//! Rows to be scrolled through: stretches that follow each other by key, never by number.

use super::key::{self, Builder, Condition, Position, ident, qname};
use super::related::detail_where;
use super::{Detail, InspectError, TableInfo};
use crate::database::{ErrorKind, Rows, Session, Value};
use crate::model::Dialect;

/// Which rows of a table are looked at, in which order.
#[derive(Clone, Debug, PartialEq)]
pub struct Browsed {
    pub table: TableInfo,
    /// An SQL condition, as a person typed it.
    pub condition: Option<String>,
    /// Columns with the values they must hold: the other end of a foreign key.
    pub equal: Vec<(String, Value)>,
    /// A column, and whether it goes down.
    pub order: Option<(String, bool)>,
}

/// Values of a row in the columns that order it.
pub type Identity = Vec<Value>;

/// Where a stretch begins or ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    First,
    Last,
    Behind(Identity),
    Before(Identity),
}

/// Some rows that follow each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stretch {
    pub columns: Vec<String>,
    pub types: Vec<String>,
    pub rows: Vec<Vec<Value>>,
    /// One for each row; empty where nothing tells rows apart.
    pub places: Vec<Identity>,
    /// There are more rows in the direction that was asked for.
    pub more: bool,
}

/// A column of an order.
struct Ordered {
    /// Quoted.
    column: String,
    descending: bool,
    nullable: bool,
}

/// What tells rows apart: the primary key, else a number that the database has for each.
fn identity(dialect: Dialect, table: &TableInfo) -> Vec<Ordered> {
    let nullable = |name: &str| table.columns.iter().any(|c| c.name == name && c.nullable);
    let ordered = |column: String| Ordered { column, descending: false, nullable: false };
    // SQLite takes any number of NULLs in a primary key.
    let whole = !table.primary_key.iter().any(|name| nullable(name));
    if !table.primary_key.is_empty() && whole {
        let names = table.primary_key.iter().map(|name| ident(dialect, name));
        return names.map(ordered).collect();
    }
    let number = |column: &str| ordered(column.to_owned());
    match (dialect, table.kind) {
        // Partitions count their rows each for itself.
        (Dialect::Postgres, "table") => vec![number("tableoid"), number("ctid")],
        (Dialect::Sqlite, "table") => {
            let taken =
                |name: &str| table.columns.iter().any(|c| c.name.eq_ignore_ascii_case(name));
            let free = ["rowid", "_rowid_", "oid"].into_iter().find(|name| !taken(name));
            free.map(number).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn order(dialect: Dialect, browsed: &Browsed) -> Vec<Ordered> {
    let mut order = Vec::new();
    if let Some((name, descending)) = &browsed.order {
        let known = browsed.table.columns.iter().find(|column| column.name == *name);
        let nullable = known.is_none_or(|column| column.nullable);
        order.push(Ordered { column: ident(dialect, name), descending: *descending, nullable });
    }
    let down = order.last().is_some_and(|order| order.descending);
    for part in identity(dialect, &browsed.table) {
        if !order.iter().any(|known| known.column == part.column) {
            // In the direction of what is asked for, so that one index serves both.
            order.push(Ordered { descending: down, ..part });
        }
    }
    order
}

/// Reads a stretch of at most `limit` rows where the database refuses to write.
///
/// # Errors
/// A condition that is none, the database's own.
pub fn browse(
    session: &mut dyn Session,
    browsed: &Browsed,
    place: &Place,
    limit: usize,
) -> Result<Stretch, InspectError> {
    let dialect = session.dialect();
    let order = order(dialect, browsed);
    let (sql, binds, back) = statement(dialect, browsed, &order, place, limit);
    super::begin_reading_tables(session)?;
    let found = session.query(&sql, &binds);
    let ended = super::end_read_only(session);
    let found = found.map_err(|error| refused(error, browsed))?;
    ended?;
    let identified = !identity(dialect, &browsed.table).is_empty();
    Ok(stretch(found, &order, limit, back, identified))
}

fn refused(error: crate::database::DatabaseError, browsed: &Browsed) -> InspectError {
    match &browsed.condition {
        Some(_) if error.kind == ErrorKind::Statement => InspectError::Condition(error),
        _ => InspectError::Database(error),
    }
}

fn stretch(found: Rows, order: &[Ordered], limit: usize, back: bool, identified: bool) -> Stretch {
    let Rows { mut columns, mut types, mut rows, .. } = found;
    let more = rows.len() > limit;
    rows.truncate(limit);
    if back {
        rows.reverse();
    }
    // Those of the order stand behind all others, whether they are shown or not.
    let shown = columns.len().saturating_sub(order.len());
    let places = match identified {
        true => rows.iter_mut().map(|row| row.split_off(shown.min(row.len()))).collect(),
        false => {
            rows.iter_mut().for_each(|row| row.truncate(shown));
            Vec::new()
        }
    };
    columns.truncate(shown);
    types.truncate(shown);
    Stretch { columns, types, rows, places, more }
}

fn statement(
    dialect: Dialect,
    browsed: &Browsed,
    order: &[Ordered],
    place: &Place,
    limit: usize,
) -> (String, Vec<Value>, bool) {
    let mut binds = Condition::build(dialect);
    let condition = condition(dialect, browsed, &mut binds);
    let (values, back) = match place {
        Place::First => (None, false),
        Place::Last => (None, true),
        Place::Behind(values) => (Some(values), false),
        Place::Before(values) => (Some(values), true),
    };
    let positions = values.map(|values| {
        let position = |(part, value): (&Ordered, &Value)| Position {
            column: part.column.clone(),
            descending: part.descending != back,
            nullable: part.nullable,
            value: value.clone(),
        };
        order.iter().zip(values).map(position).collect::<Vec<_>>()
    });
    let stretches =
        positions.map(|positions| binds.stretches(&positions, false)).unwrap_or_default();
    let mut list: Vec<String> = match browsed.table.columns.is_empty() {
        true => vec!["*".to_owned()],
        false => browsed.table.columns.iter().map(|c| ident(dialect, &c.name)).collect(),
    };
    let places: Vec<String> = (0..order.len()).map(|at| format!("dbkit_place_{at}")).collect();
    list.extend(
        order.iter().zip(&places).map(|(part, place)| format!("{} AS {place}", part.column)),
    );
    let select = format!("SELECT {} FROM {}", list.join(", "), qname(dialect, &browsed.table.name));
    let by: Vec<String> = order
        .iter()
        .zip(&places)
        .map(|(part, place)| {
            format!("{place}{}", if part.descending != back { " DESC" } else { "" })
        })
        .collect();
    let by = match by.is_empty() {
        true => String::new(),
        false => format!(" ORDER BY {}", by.join(", ")),
    };
    let sql = key::page(&select, condition.as_deref(), &stretches, &by, limit + 1);
    (sql, binds.finish(String::new()).binds, back)
}

fn condition(dialect: Dialect, browsed: &Browsed, binds: &mut Builder) -> Option<String> {
    let mut parts: Vec<String> = browsed
        .equal
        .iter()
        .map(|(column, value)| binds.equal(&ident(dialect, column), value))
        .collect();
    // The line break ends a comment the condition may end with.
    parts.extend(browsed.condition.as_ref().map(|typed| format!("({typed}\n)")));
    (!parts.is_empty()).then(|| parts.join(" AND "))
}

/// How many rows there are, exactly.
///
/// # Errors
/// Those of [`browse`].
pub fn counted(session: &mut dyn Session, browsed: &Browsed) -> Result<u64, InspectError> {
    let dialect = session.dialect();
    let mut binds = Condition::build(dialect);
    let filter = condition(dialect, browsed, &mut binds);
    let filter = filter.map(|condition| format!(" WHERE {condition}")).unwrap_or_default();
    let sql = format!("SELECT count(*) FROM {}{filter}", qname(dialect, &browsed.table.name));
    super::begin_reading_tables(session)?;
    let found = session.query(&sql, &binds.finish(String::new()).binds);
    let ended = super::end_read_only(session);
    let found = found.map_err(|error| refused(error, browsed))?;
    ended?;
    let number = found.rows.first().and_then(|row| row.first()).and_then(Value::as_integer);
    Ok(number.and_then(|number| u64::try_from(number).ok()).unwrap_or(0))
}

/// The row at a place with what it refers to and what refers to it; `None` when it is gone.
///
/// # Errors
/// The database's own.
pub fn identified(
    session: &mut dyn Session,
    browsed: &Browsed,
    place: &Identity,
) -> Result<Option<Detail>, InspectError> {
    let dialect = session.dialect();
    let order = order(dialect, browsed);
    let identity = identity(dialect, &browsed.table);
    let mut binds = Condition::build(dialect);
    let values = order
        .iter()
        .zip(place)
        .filter(|(part, _)| identity.iter().any(|known| known.column == part.column));
    let parts: Vec<String> = values.map(|(part, value)| binds.equal(&part.column, value)).collect();
    if parts.is_empty() {
        return Ok(None);
    }
    let condition = binds.finish(parts.join(" AND "));
    detail_where(session, &browsed.table, &condition)
}
