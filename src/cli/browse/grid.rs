//! Rows on the screen: what is loaded, where the cursor is, what must be loaded next.

use super::worker::Question;
use crate::database::Value;
use crate::inspect::{self, Browsed, Identity, Link, Place, Stretch};
use std::collections::VecDeque;

/// Rows fetched at once.
pub const PART: usize = 200;
/// Rows kept; those farthest away are dropped and fetched again by their key.
const KEPT: usize = 1_000;
/// Rows between the cursor and the border at which more are fetched.
const MARGIN: usize = 50;
/// A column is no wider unless it is widened.
const WIDEST: usize = 40;
/// Of a long value this much is prepared for the screen.
const SHOWN: usize = 400;

/// A cell as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    pub null: bool,
    pub number: bool,
}

impl Cell {
    fn of(value: &Value) -> Self {
        let text = match value {
            Value::Text(text) if text.len() > SHOWN => {
                let end = (0..=SHOWN).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
                let start = text.get(..end).unwrap_or_default();
                format!("{}…", inspect::cell_text(&Value::Text(start.to_owned())))
            }
            Value::Blob(bytes) if bytes.len() > SHOWN / 2 => {
                let start = bytes.get(..SHOWN / 2).unwrap_or_default().to_vec();
                format!("{}…", inspect::cell_text(&Value::Blob(start)))
            }
            value => inspect::cell_text(value),
        };
        let number = matches!(value, Value::Integer(_) | Value::Real(_));
        Self { text, null: *value == Value::Null, number }
    }
}

#[derive(Clone, Debug)]
pub struct Row {
    pub values: Vec<Value>,
    pub cells: Vec<Cell>,
    place: Option<Identity>,
}

/// A table's rows.
#[derive(Clone, Debug)]
pub struct Grid {
    pub browsed: Browsed,
    pub links: Vec<Link>,
    pub columns: Vec<String>,
    pub rows: VecDeque<Row>,
    /// The row and the column of the cursor.
    pub row: usize,
    pub column: usize,
    /// The first row and the first column that are drawn.
    pub top: usize,
    pub left: usize,
    /// Lines for rows when it was drawn last.
    pub height: usize,
    /// Rows in front of and behind those that are loaded.
    before: bool,
    pub behind: bool,
    pub wide: bool,
    /// Of the cells that are loaded, column by column.
    widest: Vec<usize>,
    pub count: Option<u64>,
}

impl Grid {
    pub fn new(browsed: Browsed, stretch: Stretch, links: Vec<Link>) -> Self {
        let mut grid = Self {
            browsed,
            links,
            columns: Vec::new(),
            rows: VecDeque::new(),
            row: 0,
            column: 0,
            top: 0,
            left: 0,
            height: 20,
            before: false,
            behind: false,
            wide: false,
            widest: Vec::new(),
            count: None,
        };
        grid.take(&Place::First, stretch);
        grid
    }

    /// Takes rows in that were asked for.
    pub fn take(&mut self, place: &Place, stretch: Stretch) {
        let Stretch { columns, rows, places, more, .. } = stretch;
        self.columns = columns;
        let mut places = places.into_iter().map(Some);
        let rows = rows.into_iter().map(|values| Row {
            cells: values.iter().map(Cell::of).collect(),
            values,
            place: places.next().flatten(),
        });
        match place {
            Place::First | Place::Last => {
                self.rows = rows.collect();
                let last = *place == Place::Last;
                (self.before, self.behind) = if last { (more, false) } else { (false, more) };
                self.row = if last { self.rows.len().saturating_sub(1) } else { 0 };
                self.top = self.row;
            }
            Place::Behind(_) => {
                self.rows.extend(rows);
                self.behind = more;
                while self.rows.len() > KEPT {
                    self.rows.pop_front();
                    self.before = true;
                    self.row = self.row.saturating_sub(1);
                    self.top = self.top.saturating_sub(1);
                }
            }
            Place::Before(_) => {
                let rows: Vec<Row> = rows.collect();
                self.row += rows.len();
                self.top += rows.len();
                rows.into_iter().rev().for_each(|row| self.rows.push_front(row));
                self.before = more;
                while self.rows.len() > KEPT {
                    self.rows.pop_back();
                    self.behind = true;
                }
            }
        }
        let cell =
            |row: &Row, column| row.cells.get(column).map_or(0, |c: &Cell| inspect::width(&c.text));
        self.widest = (0..self.columns.len())
            .map(|column| self.rows.iter().map(|row| cell(row, column)).max().unwrap_or(0))
            .collect();
        self.row = self.row.min(self.rows.len().saturating_sub(1));
        self.column = self.column.min(self.columns.len().saturating_sub(1));
    }

    /// Moves the cursor, and asks for rows when it comes near the end of what is there.
    pub fn go(&mut self, rows: isize) -> Option<Question> {
        let last = self.rows.len().saturating_sub(1);
        self.row = self.row.saturating_add_signed(rows).min(last);
        let place = |row: Option<&Row>| row.and_then(|row| row.place.clone());
        let place = if rows > 0 && self.behind && self.row + MARGIN > last {
            place(self.rows.back()).map(Place::Behind)
        } else if rows < 0 && self.before && self.row < MARGIN {
            place(self.rows.front()).map(Place::Before)
        } else {
            None
        };
        place.map(|place| self.question(place))
    }

    pub fn question(&self, place: Place) -> Question {
        Question::Rows(self.browsed.clone(), place, PART)
    }

    /// The whole table's first or last row.
    pub fn end(&mut self, last: bool) -> Option<Question> {
        let loaded = if last { !self.behind } else { !self.before };
        if loaded || !self.identified() {
            self.row = if last { self.rows.len().saturating_sub(1) } else { 0 };
            return None;
        }
        Some(self.question(if last { Place::Last } else { Place::First }))
    }

    /// Something tells the rows apart.
    pub fn identified(&self) -> bool {
        self.rows.front().is_none_or(|row| row.place.is_some())
    }

    pub fn go_column(&mut self, columns: isize) {
        let last = self.columns.len().saturating_sub(1);
        self.column = self.column.saturating_add_signed(columns).min(last);
    }

    pub fn current(&self) -> Option<&Row> {
        self.rows.get(self.row)
    }

    /// The name and the value under the cursor.
    pub fn cell(&self) -> Option<(&String, &Value)> {
        let name = self.columns.get(self.column)?;
        Some((name, self.current()?.values.get(self.column)?))
    }

    /// The row in detail, where it can be found again.
    pub fn detail(&self) -> Option<Question> {
        let place = self.current()?.place.clone()?;
        Some(Question::Row(self.browsed.clone(), place))
    }

    /// The foreign key that the column under the cursor belongs to.
    pub fn link(&self) -> Option<&Link> {
        let name = self.columns.get(self.column)?;
        let own = |link: &&Link| link.child == self.browsed.table.name;
        self.links.iter().filter(own).find(|link| link.columns.contains(name))
    }

    pub fn is_link(&self, column: &str) -> bool {
        let table = &self.browsed.table.name;
        self.links
            .iter()
            .any(|link| link.child == *table && link.columns.iter().any(|c| c == column))
    }

    /// The current row's values in those columns.
    pub fn values(&self, columns: &[String]) -> Option<Vec<Value>> {
        let row = self.current()?;
        let value = |name: &String| {
            let at = self.columns.iter().position(|column| column == name)?;
            row.values.get(at).cloned()
        };
        columns.iter().map(value).collect()
    }

    /// Up, down, and back to the key's order.
    pub fn sort(&mut self) -> Option<Question> {
        let name = self.columns.get(self.column)?;
        self.browsed.order = match &self.browsed.order {
            Some((known, false)) if known == name => Some((name.clone(), true)),
            Some((known, true)) if known == name => None,
            _ => Some((name.clone(), false)),
        };
        Some(self.question(Place::First))
    }

    /// Width of a column, without the gap behind it.
    pub fn width(&self, column: usize) -> usize {
        let name = self.columns.get(column).map(|name| inspect::width(&self.heading(name)));
        let widest = self.widest.get(column).copied().unwrap_or(0).max(name.unwrap_or(0));
        if self.wide && column == self.column { widest } else { widest.min(WIDEST) }.max(1)
    }

    /// The name with the direction of the order and a mark where it leads to another table.
    pub fn heading(&self, name: &str) -> String {
        let link = if self.is_link(name) { " →" } else { "" };
        let order = match &self.browsed.order {
            Some((column, down)) if column == name => {
                if *down {
                    " ↓"
                } else {
                    " ↑"
                }
            }
            _ => "",
        };
        format!("{}{link}{order}", crate::terminal::harmless(name))
    }

    /// Scrolls so that the cursor is among the rows that are drawn.
    pub fn show(&mut self, height: usize, width: usize) {
        self.height = height.max(1);
        let top = self.row.saturating_sub(self.height - 1).max(self.top).min(self.row);
        // What was dropped or fetched in front must leave no empty lines behind.
        self.top = top.min(self.rows.len().saturating_sub(self.height));
        if self.column < self.left {
            self.left = self.column;
        }
        let fits = |left: &usize| {
            let widths = (*left..=self.column).map(|at| self.width(at) + super::draw::GAP);
            widths.sum::<usize>() <= width + super::draw::GAP
        };
        self.left = (self.left..self.column).find(fits).unwrap_or(self.column);
    }
}
