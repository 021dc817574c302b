//! What people and programs read on stdout.

pub use crate::terminal::harmless;

use comfy_table::{ContentArrangement, Table, presets};
use std::io::{self, Write};

/// Rows under headings: drawn on a terminal, columns with two spaces between them when piped.
pub struct Grid {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
    /// Columns (from 0) that are numbers.
    numeric: Vec<usize>,
}

impl Grid {
    #[must_use]
    pub fn new<const N: usize>(headings: [&str; N]) -> Self {
        let headings = headings.iter().map(|h| (*h).to_owned()).collect();
        Self { headings, rows: Vec::new(), numeric: Vec::new() }
    }

    /// Aligns a column to the right.
    #[must_use]
    pub fn numeric(mut self, column: usize) -> Self {
        self.numeric.push(column);
        self
    }

    /// Adds a row; control characters in it are made visible.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.iter().map(|cell| harmless(cell)).collect());
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    #[must_use]
    pub fn render(&self, terminal: bool) -> String {
        let mut table = Table::new();
        table.load_style(if terminal { presets::UTF8_FULL_CONDENSED } else { presets::NOTHING });
        if terminal && terminal_width().is_some() {
            table.set_content_arrangement(ContentArrangement::Dynamic);
        } else {
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
        table.set_header(&self.headings);
        for row in &self.rows {
            table.add_row(row);
        }
        for at in &self.numeric {
            if let Some(column) = table.column_mut(*at) {
                column.set_cell_alignment(comfy_table::CellAlignment::Right);
            }
        }
        if !terminal {
            for column in table.column_iter_mut() {
                column.set_padding((0, 2));
            }
        }
        table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
    }
}

/// Columns of the terminal; `None` where there is none, or one without a size.
#[must_use]
pub fn terminal_width() -> Option<usize> {
    Table::new().width().map(usize::from).filter(|width| *width > 0)
}

/// Writes the result to stdout. A reader that went away (`dbkit … | head`) is no error.
///
/// # Errors
/// Any other error of stdout.
pub fn print(text: &str) -> io::Result<()> {
    print_on(text).map(drop)
}

/// The same, for one part of a long result: `false` when nobody reads any more.
///
/// # Errors
/// Any other error of stdout.
pub fn print_on(text: &str) -> io::Result<bool> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error),
    }
}

/// `3 tables`, `1 table`
#[must_use]
pub fn count(number: usize, noun: &str) -> String {
    let plural = match noun {
        "index" => "indexes".to_owned(),
        _ if noun.ends_with('y') => format!("{}ies", noun.trim_end_matches('y')),
        _ => format!("{noun}s"),
    };
    format!("{number} {}", if number == 1 { noun } else { &plural })
}
