//! One row by its key, and the place in an order behind it.

use super::{InspectError, TableInfo};
use crate::database::{Session, Value};
use crate::dialect::{postgres, sqlite};
use crate::model::{Dialect, QName};

/// Names as a statement of that database has them.
pub(crate) fn ident(dialect: Dialect, name: &str) -> String {
    match dialect {
        Dialect::Postgres => postgres::quote::ident(name),
        Dialect::Sqlite => sqlite::quote::ident(name),
    }
}

pub(crate) fn qname(dialect: Dialect, name: &QName) -> String {
    match dialect {
        Dialect::Postgres => postgres::quote::qname(name),
        Dialect::Sqlite => sqlite::quote::qname(name),
    }
}

/// The placeholder of the bind value with that number, counted from 1.
fn placeholder(dialect: Dialect, number: usize) -> String {
    match dialect {
        Dialect::Postgres => format!("${number}"),
        Dialect::Sqlite => format!("?{number}"),
    }
}

/// A condition with the values of its placeholders.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Condition {
    pub sql: String,
    pub binds: Vec<Value>,
}

impl Condition {
    pub fn build(dialect: Dialect) -> Builder {
        Builder { dialect, binds: Vec::new() }
    }
}

/// Numbers placeholders as values are added.
pub(crate) struct Builder {
    dialect: Dialect,
    binds: Vec<Value>,
}

impl Builder {
    /// The placeholder of one more value.
    pub fn bind(&mut self, value: &Value) -> String {
        self.binds.push(value.clone());
        placeholder(self.dialect, self.binds.len())
    }

    /// Equality by which NULL is NULL.
    pub fn equal(&mut self, column: &str, value: &Value) -> String {
        if *value == Value::Null {
            return format!("{column} IS NULL");
        }
        format!("{column} = {}", self.bind(value))
    }

    /// What comes behind a value in the order of one column; `None` when nothing can.
    ///
    /// PostgreSQL takes NULL for the greatest value, SQLite for the least.
    fn behind(&mut self, position: &Position) -> Option<String> {
        let Position { column, value, .. } = position;
        let nulls_last = self.nulls_last(position);
        if *value == Value::Null {
            return (!nulls_last).then(|| format!("{column} IS NOT NULL"));
        }
        let beyond = format!("{column} {} {}", position.operator(), self.bind(value));
        Some(match nulls_last && position.nullable {
            true => format!("({beyond} OR {column} IS NULL)"),
            false => beyond,
        })
    }

    fn nulls_last(&self, position: &Position) -> bool {
        (self.dialect == Dialect::Postgres) != position.descending
    }

    /// What comes behind a row in an order of several columns.
    ///
    /// An index finds the place where the order is one comparison of rows, and near enough where
    /// the first column is compared by itself; not in alternatives alone.
    pub fn after(mut self, order: &[Position]) -> Condition {
        if let Some(first) = order.first()
            && order.iter().all(|p| !p.nullable && p.descending == first.descending)
        {
            let columns: Vec<&str> = order.iter().map(|p| p.column.as_str()).collect();
            let values: Vec<String> = order.iter().map(|p| self.bind(&p.value)).collect();
            let (columns, values) = (columns.join(", "), values.join(", "));
            return self.finish(match order.len() {
                1 => format!("{columns} {} {values}", first.operator()),
                _ => format!("({columns}) {} ({values})", first.operator()),
            });
        }
        let near = order.first().filter(|first| {
            first.value != Value::Null && !(first.nullable && self.nulls_last(first))
        });
        let near = near.map(|p| {
            let value = self.bind(&p.value);
            format!("{} {}= {value} AND ", p.column, p.operator())
        });
        let mut ways = Vec::new();
        for (at, position) in order.iter().enumerate() {
            // First: a value that no condition uses has no type on PostgreSQL.
            let Some(way) = self.behind(position) else { continue };
            let mut parts: Vec<String> =
                order.iter().take(at).map(|p| self.equal(&p.column, &p.value)).collect();
            parts.push(way);
            ways.push(parts.join(" AND "));
        }
        let sql = match ways.is_empty() {
            true => "1 = 0".to_owned(),
            false => format!("{}({})", near.unwrap_or_default(), ways.join(" OR ")),
        };
        self.finish(sql)
    }

    /// What comes behind a row in an order, as conditions that no row meets two of, those of the
    /// nearest rows first; with `from` the row itself (and its equals) before them.
    ///
    /// Each is a stretch of an index on those columns, so that a page costs the same wherever it
    /// begins; one condition of alternatives would read everything in front of it.
    pub fn stretches(&mut self, order: &[Position], from: bool) -> Vec<String> {
        let comparable =
            |p: &Position| !p.nullable || (p.value != Value::Null && !self.nulls_last(p));
        if let Some(first) = order.first()
            && order.iter().all(|p| p.descending == first.descending && comparable(p))
        {
            let columns: Vec<&str> = order.iter().map(|p| p.column.as_str()).collect();
            let values: Vec<String> = order.iter().map(|p| self.bind(&p.value)).collect();
            let operator = format!("{}{}", first.operator(), if from { "=" } else { "" });
            return vec![match (columns.as_slice(), values.as_slice()) {
                ([column], [value]) => format!("{column} {operator} {value}"),
                _ => format!("({}) {operator} ({})", columns.join(", "), values.join(", ")),
            }];
        }
        let mut equal = Vec::new();
        let mut ways: Vec<Vec<String>> = Vec::new();
        for position in order {
            let Position { column, value, .. } = position;
            let last = self.nulls_last(position);
            let prefix = equal.join(" AND ");
            let way = |condition: String| match prefix.is_empty() {
                true => condition,
                false => format!("{prefix} AND {condition}"),
            };
            if *value == Value::Null {
                let behind = (!last).then(|| way(format!("{column} IS NOT NULL")));
                ways.push(behind.into_iter().collect());
                equal.push(format!("{column} IS NULL"));
                continue;
            }
            let bound = self.bind(value);
            let mut stretch = vec![way(format!("{column} {} {bound}", position.operator()))];
            if last && position.nullable {
                stretch.push(way(format!("{column} IS NULL")));
            }
            ways.push(stretch);
            equal.push(format!("{column} = {bound}"));
        }
        let itself = from.then(|| equal.join(" AND "));
        itself.into_iter().chain(ways.into_iter().rev().flatten()).collect()
    }

    pub fn finish(self, sql: String) -> Condition {
        Condition { sql, binds: self.binds }
    }
}

/// One page as a statement: a SELECT where one stretch or none says where it begins, else a union of
/// one for each stretch, each with the limit, sorted once more.
pub(crate) fn page(
    select: &str,
    condition: Option<&str>,
    stretches: &[String],
    order: &str,
    limit: usize,
) -> String {
    let one = |stretch: Option<&str>| {
        let parts: Vec<&str> = condition.into_iter().chain(stretch).collect();
        let filter = match parts.is_empty() {
            true => String::new(),
            false => format!(" WHERE {}", parts.join(" AND ")),
        };
        format!("{select}{filter}{order} LIMIT {limit}")
    };
    match stretches {
        [] => one(None),
        [stretch] => one(Some(stretch)),
        several => {
            let part = |(at, stretch): (usize, &String)| {
                format!("SELECT * FROM ({}) AS s{at}", one(Some(stretch)))
            };
            let parts: Vec<String> = several.iter().enumerate().map(part).collect();
            let parts = parts.join("\nUNION ALL\n");
            format!("SELECT * FROM (\n{parts}\n) AS page{order} LIMIT {limit}")
        }
    }
}

/// A column of an order with the value a row has there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Position {
    /// Quoted.
    pub column: String,
    pub descending: bool,
    pub nullable: bool,
    pub value: Value,
}

impl Position {
    fn operator(&self) -> char {
        if self.descending { '<' } else { '>' }
    }
}

/// The condition that finds the row with that key, given as one text for each column of it.
///
/// # Errors
/// No key, or another number of values than it has columns.
pub(crate) fn by_key(
    dialect: Dialect,
    table: &TableInfo,
    key: &[String],
) -> Result<Condition, InspectError> {
    if table.primary_key.is_empty() {
        return Err(InspectError::NoKey { table: table.name.to_string() });
    }
    if key.len() != table.primary_key.len() {
        return Err(InspectError::KeyLength {
            table: table.name.to_string(),
            columns: table.primary_key.join(", "),
            wanted: table.primary_key.len(),
            given: key.len(),
        });
    }
    let mut builder = Condition::build(dialect);
    let parts: Vec<String> = table
        .primary_key
        .iter()
        .zip(key)
        .map(|(column, text)| builder.equal(&ident(dialect, column), &Value::Text(text.clone())))
        .collect();
    Ok(builder.finish(parts.join(" AND ")))
}

/// The values a row has in some columns.
///
/// # Errors
/// The database's own.
pub(crate) fn values_of(
    session: &mut dyn Session,
    table: &QName,
    columns: &[String],
    condition: &Condition,
) -> Result<Option<Vec<Value>>, InspectError> {
    let dialect = session.dialect();
    let list: Vec<String> = columns.iter().map(|column| ident(dialect, column)).collect();
    let sql = format!(
        "SELECT {} FROM {} WHERE {} LIMIT 1",
        list.join(", "),
        qname(dialect, table),
        condition.sql
    );
    Ok(session.query(&sql, &condition.binds)?.rows.into_iter().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(dialect: Dialect, descending: bool, nullable: bool, value: Value) -> String {
        let position = |column: &str, descending, nullable, value| Position {
            column: column.to_owned(),
            descending,
            nullable,
            value,
        };
        let order = [
            position("a", descending, nullable, value),
            position("id", false, false, Value::Integer(7)),
        ];
        Condition::build(dialect).after(&order).sql
    }

    #[test]
    fn null_stands_where_the_database_puts_it() {
        let one = || Value::Integer(1);
        let (postgres, sqlite) = (Dialect::Postgres, Dialect::Sqlite);
        assert_eq!(after(postgres, false, false, one()), "(a, id) > ($1, $2)");
        assert_eq!(
            after(postgres, false, true, one()),
            "((a > $1 OR a IS NULL) OR a = $3 AND id > $2)"
        );
        assert_eq!(
            after(postgres, true, true, one()),
            "a <= $1 AND (a < $2 OR a = $4 AND id > $3)"
        );
        assert_eq!(after(sqlite, false, true, one()), "a >= ?1 AND (a > ?2 OR a = ?4 AND id > ?3)");
        assert_eq!(
            after(sqlite, true, true, one()),
            "((a < ?1 OR a IS NULL) OR a = ?3 AND id > ?2)"
        );
        let null = Value::Null;
        assert_eq!(
            after(sqlite, false, true, null.clone()),
            "(a IS NOT NULL OR a IS NULL AND id > ?1)"
        );
        assert_eq!(after(postgres, false, true, null), "(a IS NULL AND id > $1)");
    }

    #[test]
    fn stretches_follow_each_other() {
        let position = |column: &str, descending, nullable, value| Position {
            column: column.to_owned(),
            descending,
            nullable,
            value,
        };
        let id = |descending| position("id", descending, false, Value::Integer(7));
        let stretches =
            |dialect, order: &[Position], from| Condition::build(dialect).stretches(order, from);
        let a = |descending, nullable, value| position("a", descending, nullable, value);
        let one = || Value::Integer(1);
        let postgres = Dialect::Postgres;
        assert_eq!(stretches(postgres, &[id(false)], true), ["id >= $1"]);
        // NULLs come before what is behind: a comparison of rows leaves them out.
        assert_eq!(
            stretches(postgres, &[a(true, true, one()), id(true)], false),
            ["(a, id) < ($1, $2)"]
        );
        assert_eq!(
            stretches(postgres, &[a(false, true, one()), id(false)], false),
            ["a = $1 AND id > $2", "a > $1", "a IS NULL"]
        );
        assert_eq!(
            stretches(Dialect::Sqlite, &[a(false, true, Value::Null), id(true)], true),
            ["a IS NULL AND id = ?1", "a IS NULL AND id < ?1", "a IS NOT NULL"]
        );
    }
}
