//! One row on the screen: every value whole, and the rows at the other end of its foreign keys.

use crate::database::Value;
use crate::inspect::{self, Count, Detail};
use crate::model::QName;
use crate::terminal::harmless;

/// Rows of another table, by the values their columns must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Jump {
    pub table: QName,
    pub equal: Vec<(String, Value)>,
}

/// A name with what stands beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub name: String,
    /// Lines, harmless.
    pub lines: Vec<String>,
    pub null: bool,
    pub jump: Option<Jump>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    pub title: String,
    pub entries: Vec<Entry>,
    pub selected: usize,
    /// The first line that is drawn.
    pub top: usize,
}

impl Record {
    /// A row of a view, of which nothing else is known.
    pub fn plain(table: &QName, columns: &[String], values: &[Value]) -> Self {
        let entries = columns.iter().zip(values).map(|(name, value)| value_entry(name, value));
        Self { title: harmless(&table.to_string()), entries: entries.collect(), ..Self::default() }
    }

    pub fn of(table: &QName, detail: &Detail) -> Self {
        let values = detail.row.rows.first().map(Vec::as_slice).unwrap_or_default();
        let mut record = Self::plain(table, &detail.row.columns, values);
        for parent in &detail.parents {
            let key: Vec<String> = parent.key.iter().map(inspect::cell_text).collect();
            let empty = parent.key.contains(&Value::Null);
            let missing = if parent.row.rows.is_empty() { ": no such row" } else { "" };
            let equal = parent.parent_columns.iter().cloned().zip(parent.key.iter().cloned());
            let columns = parent.columns.join(", ");
            record.entries.push(Entry {
                name: harmless(&format!("→ {} by {columns}", parent.table)),
                lines: match empty {
                    true => vec!["NULL".to_owned()],
                    false => vec![format!("{}{missing}", key.join(", "))],
                },
                null: empty,
                jump: (!empty)
                    .then(|| Jump { table: parent.table.clone(), equal: equal.collect() }),
            });
        }
        for children in &detail.children {
            let count = match children.rows {
                Some(Count { rows, exact: false }) => format!("over {rows} rows"),
                Some(Count { rows: 1, .. }) => "1 row".to_owned(),
                Some(Count { rows, .. }) => format!("{rows} rows"),
                None => "may not be read".to_owned(),
            };
            let equal = children.columns.iter().cloned().zip(children.key.iter().cloned());
            record.entries.push(Entry {
                name: harmless(&format!("← {} ({})", children.table, children.columns.join(", "))),
                lines: vec![count],
                null: false,
                jump: Some(Jump { table: children.table.clone(), equal: equal.collect() }),
            });
        }
        record
    }

    pub fn go(&mut self, entries: isize) {
        let last = self.entries.len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(entries).min(last);
    }

    pub fn jump(&self) -> Option<&Jump> {
        self.entries.get(self.selected)?.jump.as_ref()
    }

    /// Lines of that width with the entry each belongs to.
    pub fn lines(&self, width: usize) -> Vec<(usize, String)> {
        let widest = self.entries.iter().map(|entry| inspect::width(&entry.name)).max();
        let names = widest.unwrap_or(0).min(width / 2).max(1);
        let mut lines = Vec::new();
        for (at, entry) in self.entries.iter().enumerate() {
            let mut name = inspect::fit(&entry.name, names);
            let room = width.saturating_sub(names + 2).max(8);
            for part in entry.lines.iter().flat_map(|line| wrap(line, room)) {
                let blanks = " ".repeat(names.saturating_sub(inspect::width(&name)) + 2);
                lines.push((at, format!("{name}{blanks}{part}")));
                name.clear();
            }
        }
        lines
    }

    /// Scrolls so that the selected entry's first line is drawn.
    pub fn show(&mut self, height: usize, width: usize) {
        let lines = self.lines(width);
        let first = lines.iter().position(|(at, _)| *at == self.selected).unwrap_or(0);
        let least = first.saturating_sub(height.saturating_sub(1));
        self.top = self.top.clamp(least, first.max(least));
    }
}

fn value_entry(name: &str, value: &Value) -> Entry {
    let lines = match value {
        // Line breaks of a text are line breaks here, so that it can be read.
        Value::Text(text) if text.contains('\n') => text.lines().map(harmless).collect(),
        value => vec![inspect::cell_text(value)],
    };
    Entry { name: harmless(name), lines, null: *value == Value::Null, jump: None }
}

/// The text in pieces of that width.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut used = 0;
    for c in text.chars() {
        let wide = inspect::width(c.encode_utf8(&mut [0; 4]));
        if used + wide > width && used > 0 {
            pieces.push(String::new());
            used = 0;
        }
        used += wide;
        if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
    }
    pieces
}
