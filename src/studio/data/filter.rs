//! Conditions that a page asks for, as SQL with placeholders.

use super::kind::Kind;
use super::schema::{ColumnInfo, Table};
use crate::database::Value;
use crate::inspect::key::{Builder, ident};
use crate::model::Dialect;
use crate::studio::problem::Problem;
use serde::Deserialize;

/// A condition on rows.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Filter {
    And { and: Vec<Filter> },
    Or { or: Vec<Filter> },
    Not { not: Box<Filter> },
    Column(Comparison),
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    pub column: String,
    pub op: Op,
    #[serde(default)]
    pub value: Option<String>,
    #[serde(default)]
    pub values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Op {
    #[serde(rename = "=")]
    Equal,
    #[serde(rename = "!=")]
    Unequal,
    #[serde(rename = "<")]
    Less,
    #[serde(rename = "<=")]
    AtMost,
    #[serde(rename = ">")]
    More,
    #[serde(rename = ">=")]
    AtLeast,
    #[serde(rename = "between")]
    Between,
    #[serde(rename = "in")]
    In,
    #[serde(rename = "contains")]
    Contains,
    #[serde(rename = "starts")]
    Starts,
    #[serde(rename = "ends")]
    Ends,
    #[serde(rename = "like")]
    Like,
    #[serde(rename = "matches")]
    Matches,
    #[serde(rename = "is null")]
    IsNull,
    #[serde(rename = "is not null")]
    IsNotNull,
    #[serde(rename = "is true")]
    IsTrue,
    #[serde(rename = "is false")]
    IsFalse,
    #[serde(rename = "has key")]
    HasKey,
    #[serde(rename = "json contains")]
    JsonContains,
    #[serde(rename = "array contains")]
    ArrayContains,
}

/// Conditions within conditions; deeper ones are no use to anybody.
const DEEPEST: usize = 32;

/// The condition as SQL; its values are added to the builder.
///
/// # Errors
/// A column that the table has not, an operator without its value.
pub fn sql(
    filter: &Filter,
    table: &Table,
    dialect: Dialect,
    binds: &mut Builder,
) -> Result<String, Problem> {
    Writer { table, dialect, binds }.filter(filter, 0)
}

/// Rows that hold the text somewhere.
pub fn search(text: &str, table: &Table, dialect: Dialect, binds: &mut Builder) -> String {
    let mut pattern = None;
    let mut ways = Vec::new();
    for column in &table.columns {
        let name = ident(dialect, &column.name);
        let readable = matches!(
            column.kind,
            Kind::Text | Kind::Enum | Kind::Uuid | Kind::Json | Kind::Array | Kind::Other
        );
        if readable {
            let bound = pattern
                .get_or_insert_with(|| binds.bind(&Value::Text(format!("%{}%", escape(text)))));
            ways.push(like(&name, column, bound, dialect));
        } else if let (Kind::Integer, Ok(number)) = (column.kind, text.trim().parse::<i64>()) {
            ways.push(format!("{name} = {number}"));
        }
    }
    match ways.is_empty() {
        true => "1 = 0".to_owned(),
        false => format!("({})", ways.join(" OR ")),
    }
}

struct Writer<'w> {
    table: &'w Table,
    dialect: Dialect,
    binds: &'w mut Builder,
}

impl Writer<'_> {
    fn filter(&mut self, filter: &Filter, depth: usize) -> Result<String, Problem> {
        if depth > DEEPEST {
            return Err(Problem::bad_request("the conditions are nested too deeply"));
        }
        let mut all = |parts: &[Filter], word: &str, empty: &str| {
            let parts = parts.iter().map(|part| self.filter(part, depth + 1));
            let parts = parts.collect::<Result<Vec<_>, _>>()?;
            Ok(match parts.as_slice() {
                [] => empty.to_owned(),
                [one] => one.clone(),
                parts => format!("({})", parts.join(word)),
            })
        };
        match filter {
            Filter::And { and } => all(and, " AND ", "1 = 1"),
            Filter::Or { or } => all(or, " OR ", "1 = 0"),
            Filter::Not { not } => Ok(format!("NOT ({})", self.filter(not, depth + 1)?)),
            Filter::Column(comparison) => self.comparison(comparison),
        }
    }

    fn comparison(&mut self, comparison: &Comparison) -> Result<String, Problem> {
        let column = self.table.column(&comparison.column)?;
        let name = ident(self.dialect, &column.name);
        let needed = || {
            let message = format!("the condition on {} has no value", column.name);
            comparison.value.clone().ok_or_else(|| Problem::bad_request(message))
        };
        let operator = match comparison.op {
            Op::Equal if comparison.value.is_none() => return Ok(format!("{name} IS NULL")),
            Op::Unequal if comparison.value.is_none() => return Ok(format!("{name} IS NOT NULL")),
            Op::IsNull => return Ok(format!("{name} IS NULL")),
            Op::IsNotNull => return Ok(format!("{name} IS NOT NULL")),
            Op::IsTrue => return Ok(format!("{name} IS TRUE")),
            Op::IsFalse => return Ok(format!("{name} IS FALSE")),
            Op::Between => {
                let [low, high] = comparison.values.as_slice() else {
                    let message = format!("`between` on {} takes two values", column.name);
                    return Err(Problem::bad_request(message));
                };
                let (low, high) = (self.bind(column, low), self.bind(column, high));
                return Ok(format!("{} BETWEEN {low} AND {high}", self.comparable(column)));
            }
            Op::In => {
                let list: Vec<String> =
                    comparison.values.iter().map(|value| self.bind(column, value)).collect();
                return Ok(match list.is_empty() {
                    true => "1 = 0".to_owned(),
                    false => format!("{} IN ({})", self.comparable(column), list.join(", ")),
                });
            }
            Op::Contains => return Ok(self.like(column, &format!("%{}%", escape(&needed()?)))),
            Op::Starts => return Ok(self.like(column, &format!("{}%", escape(&needed()?)))),
            Op::Ends => return Ok(self.like(column, &format!("%{}", escape(&needed()?)))),
            Op::Like => {
                let pattern = self.text(&needed()?);
                return Ok(format!("{} LIKE {pattern}", as_text(&name, column, self.dialect)));
            }
            Op::Matches | Op::HasKey | Op::JsonContains | Op::ArrayContains => {
                return self.special(comparison.op, column, &needed()?);
            }
            Op::Equal => "=",
            Op::Unequal => "<>",
            Op::Less => "<",
            Op::AtMost => "<=",
            Op::More => ">",
            Op::AtLeast => ">=",
        };
        let value = self.bind(column, &needed()?);
        Ok(format!("{} {operator} {value}", self.comparable(column)))
    }

    fn special(&mut self, op: Op, column: &ColumnInfo, value: &str) -> Result<String, Problem> {
        let name = ident(self.dialect, &column.name);
        if self.dialect == Dialect::Sqlite {
            if op != Op::HasKey {
                return Err(Problem::bad_request("SQLite has no such comparison"));
            }
            let path = self.text(&format!("$.\"{value}\""));
            // Also what Diesel writes, SQLite's binary form.
            return Ok(format!(
                "CASE WHEN json_valid({name}, 9) THEN json_type({name}, {path}) IS NOT NULL ELSE 0 END"
            ));
        }
        let json = match column.ty.as_str() {
            "json" => format!("{name}::jsonb"),
            _ => name.clone(),
        };
        let bound = self.text(value);
        Ok(match op {
            Op::Matches => format!("{} ~ {bound}", as_text(&name, column, self.dialect)),
            Op::HasKey => format!("{json} ? {bound}"),
            Op::JsonContains => format!("{json} @> {bound}::jsonb"),
            _ => format!("{bound} = ANY ({name})"),
        })
    }

    fn text(&mut self, text: &str) -> String {
        self.binds.bind(&Value::Text(text.to_owned()))
    }

    fn bind(&mut self, column: &ColumnInfo, text: &str) -> String {
        let value = typed(text, column, self.dialect);
        self.binds.bind(&value)
    }

    fn like(&mut self, column: &ColumnInfo, pattern: &str) -> String {
        let bound = self.text(pattern);
        like(&ident(self.dialect, &column.name), column, &bound, self.dialect)
    }

    /// Some types cannot be compared but as text.
    fn comparable(&self, column: &ColumnInfo) -> String {
        let name = ident(self.dialect, &column.name);
        let incomparable = matches!(column.ty.as_str(), "json" | "xml" | "point" | "polygon");
        match self.dialect {
            Dialect::Postgres if incomparable => format!("{name}::text"),
            _ => as_json(&name, column, self.dialect),
        }
    }
}

/// SQLite compares by storage class: a number must be one. PostgreSQL takes the column's type.
pub fn typed(text: &str, column: &ColumnInfo, dialect: Dialect) -> Value {
    if dialect == Dialect::Postgres {
        let whole = text.parse().map(Value::Integer).ok();
        let whole = whole.filter(|_| column.kind == Kind::Integer);
        return whole.unwrap_or_else(|| Value::Text(text.to_owned()));
    }
    let number = || {
        let whole = text.trim().parse().map(Value::Integer).ok();
        whole.or_else(|| text.trim().parse().map(Value::Real).ok())
    };
    let found = match column.kind {
        Kind::Boolean => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" => Some(Value::Integer(1)),
            "false" | "f" | "no" => Some(Value::Integer(0)),
            _ => number(),
        },
        Kind::Integer | Kind::Number | Kind::Other => number(),
        _ => None,
    };
    found.unwrap_or_else(|| Value::Text(text.to_owned()))
}

fn as_text(name: &str, column: &ColumnInfo, dialect: Dialect) -> String {
    let is_text = column.kind == Kind::Text && column.ty != "xml";
    match dialect {
        Dialect::Postgres if !is_text => format!("{name}::text"),
        _ => as_json(name, column, dialect),
    }
}

/// The column, or its text where it holds JSON in SQLite's binary form.
fn as_json(name: &str, column: &ColumnInfo, dialect: Dialect) -> String {
    match column.is_binary_json(dialect) {
        true => format!("CASE WHEN json_valid({name}, 9) THEN json({name}) ELSE {name} END"),
        false => name.to_owned(),
    }
}

fn like(name: &str, column: &ColumnInfo, pattern: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::Postgres => format!("{} ILIKE {pattern}", as_text(name, column, dialect)),
        Dialect::Sqlite => {
            let text = as_json(name, column, dialect);
            format!("{text} LIKE {pattern} ESCAPE '\\'")
        }
    }
}

/// The text as a pattern that means itself.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
