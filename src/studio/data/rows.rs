//! A page of a table's rows, by key: what it costs does not depend on how far behind it is.

use super::cell::{Cell, cells};
use super::cursor::Cursor;
use super::filter::{self, Filter};
use super::kind::Kind;
use super::schema::{Table, TableName};
use super::{diesel, shown};
use crate::database::{Rows, Session, Value};
use crate::inspect::key::{self, Builder, Condition, Position, ident, qname};
use crate::model::Dialect;
use crate::studio::problem::Problem;
use serde::{Deserialize, Serialize};

/// Rows a page may have.
const MOST: u64 = 10_000;
/// The name of the hidden number of a row in a result.
const NUMBER: &str = "dbkit_row";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    pub column: String,
    #[serde(default)]
    pub desc: bool,
}

/// Which rows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    pub table: TableName,
    #[serde(default)]
    pub filter: Option<Filter>,
    #[serde(default)]
    pub search: Option<String>,
    #[serde(default)]
    pub order: Vec<Order>,
    #[serde(default)]
    pub cursor: Option<String>,
    /// Values of the first columns of the order: begin at them, or behind where there are none.
    #[serde(default)]
    pub jump: Vec<Cell>,
    /// The last page of the order.
    #[serde(default)]
    pub last: bool,
    #[serde(default = "hundred")]
    pub limit: u64,
    #[serde(default)]
    pub columns: Vec<String>,
}

fn hundred() -> u64 {
    100
}

#[derive(Debug, Serialize)]
pub struct Page {
    columns: Vec<ColumnHead>,
    rows: Vec<Vec<Cell>>,
    keys: Vec<Vec<Cell>>,
    next: Option<String>,
    previous: Option<String>,
    sql: String,
    diesel: String,
    pub ms: f64,
}

#[derive(Debug, Serialize)]
struct ColumnHead {
    name: String,
    #[serde(rename = "type")]
    ty: String,
    kind: Kind,
}

/// Reads one page.
///
/// # Errors
/// An unknown column, a cursor of another order, the database's own.
pub fn page(session: &mut dyn Session, table: &Table, asked: &Asked) -> Result<Page, Problem> {
    let statement = Statement::new(session.dialect(), table, asked)?;
    let found = session.query(&statement.sql, &statement.binds)?;
    Ok(statement.page(found, session.dialect(), table, asked))
}

/// One SELECT with what is needed to understand its rows.
pub struct Statement {
    pub sql: String,
    pub binds: Vec<Value>,
    /// The columns that are shown.
    shown: Vec<String>,
    /// The whole order, and where its columns stand in the result.
    order: Vec<Order>,
    order_at: Vec<usize>,
    key_at: Vec<usize>,
    limit: usize,
    cursor: Option<Cursor>,
    /// Nothing tells rows apart: pages are counted.
    counted: bool,
    jumped: bool,
    /// It was asked for from the end.
    last: bool,
}

impl Statement {
    /// # Errors
    /// An unknown column, a cursor of another order.
    pub fn new(dialect: Dialect, table: &Table, asked: &Asked) -> Result<Self, Problem> {
        let shown = match asked.columns.is_empty() {
            true => table.columns.iter().map(|column| column.name.clone()).collect(),
            false => {
                let names = asked.columns.iter().map(|name| table.column(name));
                names.map(|found| found.map(|c| c.name.clone())).collect::<Result<Vec<_>, _>>()?
            }
        };
        let (order, counted) = whole_order(table, &asked.order)?;
        let mut selected: Vec<String> = shown.clone();
        let mut place = |name: &str| {
            selected.iter().position(|column| column == name).unwrap_or_else(|| {
                selected.push(name.to_owned());
                selected.len() - 1
            })
        };
        let order_at: Vec<usize> = order.iter().map(|order| place(&order.column)).collect();
        let key_at: Vec<usize> = table.key.iter().map(|name| place(name)).collect();
        let cursor = asked.cursor.as_deref().map(|text| Cursor::read(text, &order)).transpose()?;
        let limit = asked.limit.clamp(1, MOST);
        let mut statement = Self {
            sql: String::new(),
            binds: Vec::new(),
            shown,
            order,
            order_at,
            key_at,
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            cursor,
            counted,
            jumped: !asked.jump.is_empty(),
            last: asked.last && asked.cursor.is_none() && asked.jump.is_empty(),
        };
        if statement.last && statement.counted {
            let message = format!("nothing tells the rows of {} apart", table.name.qname());
            return Err(Problem::bad_request(message).hint("sort the other way round"));
        }
        statement.write(dialect, table, asked, &selected)?;
        Ok(statement)
    }

    fn write(
        &mut self,
        dialect: Dialect,
        table: &Table,
        asked: &Asked,
        selected: &[String],
    ) -> Result<(), Problem> {
        let back = self.is_back();
        let mut binds = Condition::build(dialect);
        let condition = condition(dialect, table, asked, &mut binds)?;
        let stretches = match &self.cursor {
            Some(cursor) if cursor.skip.is_none() => {
                let place = self.positions(dialect, table, &cursor.values, back)?;
                binds.stretches(&place, false)
            }
            None if self.jumped => {
                let place = self.positions(dialect, table, &asked.jump, false)?;
                binds.stretches(&place, true)
            }
            _ => Vec::new(),
        };
        let number = table.row_number.unwrap_or_default();
        let list: Vec<String> = selected
            .iter()
            .map(|name| match name == NUMBER {
                true => format!("{number} AS {NUMBER}"),
                false => ident(dialect, name),
            })
            .collect();
        let order = self.order_by(dialect, back && !self.counted);
        let limit = self.limit + 1;
        let from =
            format!("SELECT {} FROM {}", list.join(", "), qname(dialect, &table.name.qname()));
        self.sql = key::page(&from, condition.as_deref(), &stretches, &order, limit);
        let skip = self.cursor.as_ref().and_then(|cursor| cursor.skip).unwrap_or(0);
        if stretches.is_empty() && skip > 0 {
            self.sql.push_str(&format!(" OFFSET {skip}"));
        }
        self.binds = binds.finish(String::new()).binds;
        Ok(())
    }

    /// Rows are read from behind.
    fn is_back(&self) -> bool {
        self.last || self.cursor.as_ref().is_some_and(|cursor| cursor.back)
    }

    fn positions(
        &self,
        dialect: Dialect,
        table: &Table,
        values: &[Cell],
        back: bool,
    ) -> Result<Vec<Position>, Problem> {
        if values.len() > self.order.len() {
            return Err(Problem::bad_request("more values to jump to than columns in the order"));
        }
        let position = |(order, cell): (&Order, &Cell)| {
            let known = table.column(&order.column).ok();
            Ok(Position {
                column: match known {
                    Some(column) => ident(dialect, &column.name),
                    None => table.row_number.unwrap_or_default().to_owned(),
                },
                descending: order.desc != back,
                nullable: known.is_some_and(|column| column.nullable),
                value: match (cell, known) {
                    // A jump comes from a text field.
                    (Cell::Text(text), Some(column)) => filter::typed(text, column, dialect),
                    (cell, _) => cell.value()?,
                },
            })
        };
        self.order.iter().zip(values).map(position).collect()
    }

    fn order_by(&self, dialect: Dialect, back: bool) -> String {
        let columns: Vec<String> = self
            .order
            .iter()
            .map(|Order { column, desc }| {
                format!("{}{}", ident(dialect, column), if *desc != back { " DESC" } else { "" })
            })
            .collect();
        match columns.is_empty() {
            true => String::new(),
            false => format!(" ORDER BY {}", columns.join(", ")),
        }
    }

    fn page(&self, found: Rows, dialect: Dialect, table: &Table, asked: &Asked) -> Page {
        let back = self.is_back();
        let Rows { types, mut rows, .. } = found;
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        if back && !self.counted {
            rows.reverse();
        }
        let mut rows = cells(rows, dialect);
        let pick = |row: &Vec<Cell>, at: &[usize]| -> Vec<Cell> {
            at.iter().filter_map(|at| row.get(*at).cloned()).collect()
        };
        let keys = match self.key_at.is_empty() {
            true => Vec::new(),
            false => rows.iter().map(|row| pick(row, &self.key_at)).collect(),
        };
        let (next, previous) = match self.counted {
            true => self.counted_neighbours(more),
            false => {
                let cursor = |row: Option<&Vec<Cell>>, back: bool| {
                    let values = pick(row?, &self.order_at);
                    Some(Cursor::new(values, back, &self.order).text())
                };
                let began = self.cursor.is_none() && !self.jumped;
                let next =
                    ((more || back) && !self.last).then(|| cursor(rows.last(), false)).flatten();
                let before = if back { more } else { !began };
                (next, before.then(|| cursor(rows.first(), true)).flatten())
            }
        };
        for row in &mut rows {
            row.truncate(self.shown.len());
        }
        let columns = self.shown.iter().zip(types).map(|(name, ty)| {
            let known = table.column(name).ok();
            ColumnHead {
                name: name.clone(),
                ty: known.map_or(ty, |column| column.ty.clone()),
                kind: known.map_or(Kind::Other, |column| column.kind),
            }
        });
        Page {
            columns: columns.collect(),
            rows,
            keys,
            next,
            previous,
            sql: shown::inline(&self.sql, &self.binds, dialect),
            diesel: diesel::select(table, asked, &self.order_said()),
            ms: 0.0,
        }
    }

    /// The order of the statement.
    fn order_said(&self) -> Vec<Order> {
        let turned = |order: &Order| Order { desc: order.desc != self.last, ..order.clone() };
        self.order.iter().map(turned).collect()
    }

    fn counted_neighbours(&self, more: bool) -> (Option<String>, Option<String>) {
        let skip = self.cursor.as_ref().and_then(|cursor| cursor.skip).unwrap_or(0);
        let limit = self.limit as u64;
        let text = |skip, back| Cursor::skipping(skip, back, &self.order).text();
        let next = more.then(|| text(skip + limit, false));
        (next, (skip > 0).then(|| text(skip.saturating_sub(limit), true)))
    }
}

/// What is asked for, then what tells rows apart, in the direction of the last column, so that one
/// index serves them all. True when nothing does.
fn whole_order(table: &Table, asked: &[Order]) -> Result<(Vec<Order>, bool), Problem> {
    let mut order: Vec<Order> = Vec::new();
    for wanted in asked {
        table.column(&wanted.column)?;
        if !order.iter().any(|known| known.column == wanted.column) {
            order.push(wanted.clone());
        }
    }
    let desc = order.last().is_some_and(|order| order.desc);
    let number = [NUMBER.to_owned()];
    let rest: &[String] = match (table.key.as_slice(), table.row_number) {
        ([], Some(_)) => &number,
        ([], None) => return Ok((order, true)),
        (key, _) => key,
    };
    for column in rest {
        if !order.iter().any(|known| known.column == *column) {
            order.push(Order { column: column.clone(), desc });
        }
    }
    Ok((order, false))
}

/// What the filter and the search ask for.
fn condition(
    dialect: Dialect,
    table: &Table,
    asked: &Asked,
    binds: &mut Builder,
) -> Result<Option<String>, Problem> {
    let filter =
        asked.filter.as_ref().map(|f| filter::sql(f, table, dialect, binds)).transpose()?;
    let text = asked.search.as_deref().filter(|text| !text.is_empty());
    let search = text.map(|text| filter::search(text, table, dialect, binds));
    Ok(match (filter, search) {
        (Some(filter), Some(search)) => Some(format!("{filter} AND {search}")),
        (filter, search) => filter.or(search),
    })
}

/// `SELECT count(*)` with the same conditions.
///
/// # Errors
/// An unknown column.
pub fn count_statement(
    dialect: Dialect,
    table: &Table,
    asked: &Asked,
) -> Result<(String, Vec<Value>), Problem> {
    let mut binds = Condition::build(dialect);
    let condition = condition(dialect, table, asked, &mut binds)?;
    let filter = condition.map(|condition| format!(" WHERE {condition}")).unwrap_or_default();
    let sql = format!("SELECT count(*) FROM {}{filter}", qname(dialect, &table.name.qname()));
    Ok((sql, binds.finish(String::new()).binds))
}

/// All rows of a table, or those that the conditions leave, in the order asked for.
///
/// # Errors
/// An unknown column.
pub fn export_statement(
    dialect: Dialect,
    table: &Table,
    asked: &Asked,
    writable: bool,
) -> Result<(String, Vec<Value>), Problem> {
    let mut binds = Condition::build(dialect);
    let condition = condition(dialect, table, asked, &mut binds)?;
    let columns = match asked.columns.is_empty() {
        true => table.columns.iter().collect(),
        false => {
            asked.columns.iter().map(|name| table.column(name)).collect::<Result<Vec<_>, _>>()?
        }
    };
    let columns = columns.into_iter().filter(|column| !(writable && column.generated));
    let columns: Vec<String> = columns.map(|column| ident(dialect, &column.name)).collect();
    let (order, _) = whole_order(table, &asked.order)?;
    let order: Vec<String> = order
        .iter()
        .filter(|order| order.column != NUMBER)
        .map(|Order { column, desc }| {
            format!("{}{}", ident(dialect, column), if *desc { " DESC" } else { "" })
        })
        .collect();
    let mut sql =
        format!("SELECT {} FROM {}", columns.join(", "), qname(dialect, &table.name.qname()));
    if let Some(condition) = condition {
        sql.push_str(&format!(" WHERE {condition}"));
    }
    if !order.is_empty() {
        sql.push_str(&format!(" ORDER BY {}", order.join(", ")));
    }
    Ok((sql, binds.finish(String::new()).binds))
}
