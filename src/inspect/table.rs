//! Plain tables: aligned columns, nothing a program would have to parse around.

use super::text::{cell_text, fit, width};
use super::{Count, Page};
use crate::database::Value;
use crate::terminal::harmless;

/// How a column's cells stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

const GAP: usize = 2;
/// A column is not cut below this.
const NARROWEST: usize = 8;

/// Aligned columns under a heading and a line. `columns` is the terminal's width, `None` when
/// nothing may be cut. Cells must be harmless already.
#[must_use]
pub fn table(heading: &[(&str, Align)], rows: &[Vec<String>], columns: Option<usize>) -> String {
    let mut widths: Vec<usize> = heading.iter().map(|(name, _)| width(name)).collect();
    for row in rows {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(width(cell));
        }
    }
    if let Some(columns) = columns {
        shrink(&mut widths, columns);
    }
    let mut out = String::new();
    let names: Vec<String> = heading.iter().map(|(name, _)| (*name).to_owned()).collect();
    line(&mut out, heading, &names, &widths);
    let rule: Vec<String> = widths.iter().map(|w| "-".repeat(*w)).collect();
    line(&mut out, heading, &rule, &widths);
    for row in rows {
        line(&mut out, heading, row, &widths);
    }
    out
}

fn line(out: &mut String, heading: &[(&str, Align)], cells: &[String], widths: &[usize]) {
    let mut text = String::new();
    for (number, ((cell, (_, align)), room)) in cells.iter().zip(heading).zip(widths).enumerate() {
        if number > 0 {
            text.push_str(&" ".repeat(GAP));
        }
        let cell = fit(cell, *room);
        let blanks = " ".repeat(room.saturating_sub(width(&cell)));
        match align {
            Align::Left => text.extend([cell, blanks]),
            Align::Right => text.extend([blanks, cell]),
        }
    }
    out.push_str(text.trim_end());
    out.push('\n');
}

/// Takes width from the widest columns until the line fits, but never so much that nothing of a
/// column can be read: a line that is still too long wraps.
fn shrink(widths: &mut [usize], columns: usize) {
    let gaps = GAP * widths.len().saturating_sub(1);
    loop {
        let total: usize = widths.iter().sum::<usize>() + gaps;
        let Some(widest) = widths.iter_mut().max() else { return };
        if total <= columns || *widest <= NARROWEST {
            return;
        }
        *widest -= 1;
    }
}

/// Rows as a table.
#[must_use]
pub fn page_table(page: &Page, columns: Option<usize>) -> String {
    let names: Vec<String> = page.columns.iter().map(|name| harmless(name)).collect();
    let number = |column: usize| {
        let cells = page.rows.iter().filter_map(|row| row.get(column));
        let mut known = cells.filter(|value| **value != Value::Null).peekable();
        let is_number = |v: &Value| matches!(v, Value::Integer(_) | Value::Real(_));
        let named = page.types.get(column).is_some_and(|ty| ty.starts_with("numeric"));
        named || (known.peek().is_some() && known.all(is_number))
    };
    let heading: Vec<(&str, Align)> = names
        .iter()
        .enumerate()
        .map(|(at, name)| (name.as_str(), if number(at) { Align::Right } else { Align::Left }))
        .collect();
    let rows: Vec<Vec<String>> =
        page.rows.iter().map(|row| row.iter().map(cell_text).collect()).collect();
    table(&heading, &rows, columns)
}

/// Rows as a table of Markdown. Values have no line breaks once they are harmless.
#[must_use]
pub fn markdown(page: &Page) -> String {
    let names = page.columns.iter().map(|name| harmless(name)).collect();
    markdown_of(names, page.rows.iter().map(|row| row.iter().map(cell_text).collect()))
}

/// Cells that are harmless already as a table of Markdown.
pub(super) fn markdown_of(heading: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let cells = |row: Vec<String>| line(row.iter().map(|cell| markdown_cell(cell)).collect());
    let rule = line(heading.iter().map(|_| "---".to_owned()).collect());
    let mut out = cells(heading);
    out.push_str(&rule);
    rows.for_each(|row| out.push_str(&cells(row)));
    out
}

/// Text that ends no cell.
pub(super) fn markdown_cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|")
}

/// Each row as a list of its columns, for rows that are wider than a terminal. Nothing is cut.
#[must_use]
pub fn vertical(page: &Page) -> String {
    let names: Vec<String> = page.columns.iter().map(|name| harmless(name)).collect();
    let widest = names.iter().map(|name| width(name)).max().unwrap_or(0);
    let mut out = String::new();
    for (number, row) in page.rows.iter().enumerate() {
        if page.rows.len() > 1 {
            out.push_str(&format!("-- row {} --\n", number + 1));
        }
        for (name, value) in names.iter().zip(row) {
            let blanks = " ".repeat(widest.saturating_sub(width(name)));
            out.push_str(&format!("{name}{blanks}  {}\n", cell_text(value)));
        }
    }
    out
}

/// `1.5 MiB`.
#[must_use]
pub fn human_size(bytes: u64) -> String {
    let mut amount = bytes as f64;
    let mut unit = "B";
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if amount < 1024.0 {
            break;
        }
        amount /= 1024.0;
        unit = next;
    }
    if unit == "B" || amount >= 100.0 {
        format!("{amount:.0} {unit}")
    } else {
        format!("{amount:.1} {unit}")
    }
}

impl Count {
    /// The count as a table shows it; `-` when there is none.
    #[must_use]
    pub fn shown(count: Option<Self>) -> String {
        count.map_or_else(|| "-".to_owned(), |count| count.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows =
            vec![vec!["漢".to_owned(), "1".to_owned()], vec!["abc".to_owned(), "100".to_owned()]];
        let shown = table(&[("name", Align::Left), ("n", Align::Right)], &rows, None);
        assert_eq!(shown, "name    n\n----  ---\n漢      1\nabc   100\n");
    }

    #[test]
    fn a_terminal_cuts_the_widest() {
        let rows = vec![vec!["x".repeat(50), "short".to_owned()]];
        let shown = table(&[("a", Align::Left), ("b", Align::Left)], &rows, Some(20));
        assert!(shown.lines().all(|line| width(line) <= 20), "{shown}");
        assert!(shown.contains("…  short"), "{shown}");
    }

    #[test]
    fn sizes_are_short() {
        assert_eq!(human_size(0), "0 B");
        assert_eq!(human_size(8192), "8.0 KiB");
        assert_eq!(human_size(300 << 20), "300 MiB");
    }
}
