//! The screen. No colours: bold, dim and reversed are readable on every terminal.

use super::app::{App, Purpose, Screen, Tables, Text};
use super::grid::Grid;
use super::record::Record;
use crate::inspect::{Count, fit, human_size, width};
use crate::terminal::harmless;
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};

/// Blanks between columns.
pub const GAP: usize = 2;

const PLAIN: Style = Style::new();
const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);
const FAINT: Style = Style::new().add_modifier(Modifier::DIM);
const MARKED: Style = Style::new().add_modifier(Modifier::REVERSED);

pub fn draw(app: &mut App, frame: &mut Frame<'_>) {
    let area = frame.area();
    let (height, wide) = (usize::from(area.height), usize::from(area.width));
    if height == 0 || wide == 0 {
        return;
    }
    let mut canvas = Canvas { buffer: frame.buffer_mut(), area };
    canvas.bar(0, &title(app));
    let body = height.saturating_sub(3);
    let waiting = app.waiting;
    let shown: Vec<_> = app.shown().into_iter().cloned().collect();
    let mut status = String::new();
    let mut keys = "? keys  Esc back  q end";
    match app.screens.last_mut() {
        Some(Screen::Tables(list)) => {
            tables(&mut canvas, list, &shown, body);
            keys = "Enter rows  d structure  / find  ? keys  q end";
        }
        Some(Screen::Grid(grid)) => {
            grid.show(body.saturating_sub(1), wide);
            rows(&mut canvas, grid, body);
            status = about(grid);
            keys = "Enter row  f follow  s sort  / filter  = same  d structure  ? keys  Esc back  q end";
        }
        Some(Screen::Record(found)) => {
            record(&mut canvas, found, body);
            keys = "Enter go there  d structure  ? keys  Esc back  q end";
        }
        Some(Screen::Text(found)) => text(&mut canvas, found, body),
        None => {}
    }
    let message = app.message.as_ref();
    if waiting {
        canvas.put(height.saturating_sub(2), 0, "reading…  Esc stops", STRONG);
    } else {
        let style = if message.is_some() { STRONG } else { FAINT };
        canvas.put(height.saturating_sub(2), 0, message.unwrap_or(&status), style);
    }
    match &app.input {
        Some((purpose, line)) => {
            let label = match purpose {
                Purpose::Filter => "where ",
                Purpose::Find => "find ",
            };
            let at = width(label) + line.offset();
            // The end of a long line is what is being typed.
            let skip = (at + 1).saturating_sub(wide);
            canvas.put(height - 1, 0, &skipped(&format!("{label}{}", line.text()), skip), PLAIN);
            let column = u16::try_from(at - skip).unwrap_or(0);
            frame.set_cursor_position(Position::new(area.x + column, area.bottom() - 1));
        }
        None => canvas.put(height - 1, 0, keys, FAINT),
    }
}

fn title(app: &App) -> String {
    let what = match app.screens.last() {
        Some(Screen::Grid(grid)) => {
            let browsed = &grid.browsed;
            let equal = browsed
                .equal
                .iter()
                .map(|(column, value)| format!("{column} = {}", crate::inspect::cell_text(value)));
            let conditions: Vec<String> = equal.chain(browsed.condition.clone()).collect();
            let filter = match conditions.is_empty() {
                true => String::new(),
                false => format!(" where {}", conditions.join(" and ")),
            };
            format!("{}{filter}", browsed.table.name)
        }
        Some(Screen::Record(record)) => format!("{}, one row", record.title),
        Some(Screen::Text(text)) => text.title.clone(),
        Some(Screen::Tables(_)) | None => "tables".to_owned(),
    };
    harmless(&format!(" {what} · {}", app.target))
}

/// What is known of the column under the cursor and of the rows.
fn about(grid: &Grid) -> String {
    let mut parts = Vec::new();
    let column = grid.columns.get(grid.column);
    let known = grid.browsed.table.columns.iter().find(|known| Some(&known.name) == column);
    if let Some(known) = known {
        let null = if known.nullable { "" } else { " NOT NULL" };
        parts.push(format!("{} {}{null}", known.name, known.ty));
    }
    if let Some(link) = grid.link() {
        parts.push(format!("→ {} ({})", link.parent, link.parent_columns.join(", ")));
    }
    match grid.count {
        Some(rows) => parts.push(format!("{rows} rows")),
        None if grid.rows.is_empty() => parts.push("no rows".to_owned()),
        None => {}
    }
    if grid.behind && !grid.identified() {
        parts.push("no key: only the first rows; filter or sort for others".to_owned());
    }
    harmless(&parts.join(" · "))
}

fn tables(
    canvas: &mut Canvas<'_>,
    list: &mut Tables,
    all: &[crate::inspect::TableInfo],
    body: usize,
) {
    let lines = body.saturating_sub(1);
    list.selected = list.selected.min(all.len().saturating_sub(1));
    let least = (list.selected + 1).saturating_sub(lines.max(1));
    list.top = list.top.clamp(least, list.selected.max(least));
    let names: Vec<String> = all
        .iter()
        .map(|table| match table.kind {
            "table" => harmless(&table.name.to_string()),
            kind => harmless(&format!("{} ({kind})", table.name)),
        })
        .collect();
    let wide = canvas.width();
    let widest = names.iter().map(|name| width(name)).max().unwrap_or(0).max(5);
    let name = widest.min(wide.saturating_sub(30).max(10));
    canvas.put(1, 0, &row_of("table", name, "rows", "size", "columns"), STRONG);
    for (line, (at, table)) in all.iter().enumerate().skip(list.top).take(lines).enumerate() {
        let size = table.bytes.map(human_size).unwrap_or_default();
        let count = table.rows.map(|count| Count::shown(Some(count))).unwrap_or_default();
        let label = fit(names.get(at).map_or("", String::as_str), name);
        let text = row_of(&label, name, &count, &size, &table.columns.len().to_string());
        let style = if at == list.selected { MARKED } else { PLAIN };
        canvas.put(line + 2, 0, &text, style);
    }
    if all.is_empty() {
        canvas.put(2, 0, "no tables", FAINT);
    }
}

fn row_of(label: &str, room: usize, rows: &str, size: &str, columns: &str) -> String {
    let blanks = " ".repeat(room.saturating_sub(width(label)));
    format!("{label}{blanks}  {rows:>10}  {size:>8}  {columns:>7}")
}

fn rows(canvas: &mut Canvas<'_>, grid: &Grid, body: usize) {
    let wide = canvas.width();
    let mut x = 0;
    for column in grid.left..grid.columns.len() {
        if x >= wide {
            break;
        }
        let room = grid.width(column).min(wide - x);
        let heading = grid.columns.get(column).map(|name| grid.heading(name)).unwrap_or_default();
        canvas.put(1, x, &fit(&heading, room), STRONG);
        let lines = grid.rows.iter().enumerate().skip(grid.top).take(body.saturating_sub(1));
        for (line, (at, row)) in lines.enumerate() {
            let Some(cell) = row.cells.get(column) else { continue };
            let text = fit(&cell.text, room);
            let blanks = " ".repeat(room - width(&text).min(room));
            let text = if cell.number { blanks + &text } else { text + &blanks };
            let style = match at == grid.row {
                true if column == grid.column => MARKED.add_modifier(Modifier::BOLD),
                true => MARKED,
                false if cell.null => FAINT,
                false => PLAIN,
            };
            canvas.put(line + 2, x, &text, style);
            if at == grid.row {
                let gap = if column == grid.column { PLAIN } else { MARKED };
                canvas.put(line + 2, x + room, &" ".repeat(GAP), gap);
            }
        }
        x += room + GAP;
    }
}

fn record(canvas: &mut Canvas<'_>, record: &mut Record, body: usize) {
    let wide = canvas.width();
    record.show(body, wide);
    let lines = record.lines(wide);
    for (line, (at, text)) in lines.iter().skip(record.top).take(body).enumerate() {
        let null = record.entries.get(*at).is_some_and(|entry| entry.null);
        let style = match *at == record.selected {
            true => MARKED,
            false if null => FAINT,
            false => PLAIN,
        };
        canvas.put(line + 1, 0, text, style);
    }
}

fn text(canvas: &mut Canvas<'_>, text: &mut Text, body: usize) {
    text.top = text.top.min(text.lines.len().saturating_sub(body));
    let widest = text.lines.iter().map(|line| width(line)).max().unwrap_or(0);
    text.left = text.left.min(widest.saturating_sub(canvas.width()));
    for (line, content) in text.lines.iter().skip(text.top).take(body).enumerate() {
        canvas.put(line + 1, 0, &skipped(content, text.left), PLAIN);
    }
}

/// The text without what fills its first columns.
fn skipped(text: &str, columns: usize) -> String {
    let mut passed = 0;
    let mut rest = text.chars();
    while passed < columns {
        match rest.next() {
            Some(c) => passed += width(c.encode_utf8(&mut [0; 4])),
            None => break,
        }
    }
    // A wide character that is cut leaves a blank.
    format!("{}{}", " ".repeat(passed.saturating_sub(columns)), rest.as_str())
}

/// Where text can be put; what does not fit is cut.
struct Canvas<'b> {
    buffer: &'b mut Buffer,
    area: Rect,
}

impl Canvas<'_> {
    fn width(&self) -> usize {
        usize::from(self.area.width)
    }

    fn put(&mut self, line: usize, column: usize, text: &str, style: Style) {
        let (Ok(line), Ok(column)) = (u16::try_from(line), u16::try_from(column)) else { return };
        if line >= self.area.height || column >= self.area.width {
            return;
        }
        let room = usize::from(self.area.width - column);
        let (x, y) = (self.area.x + column, self.area.y + line);
        self.buffer.set_stringn(x, y, fit(text, room), room, style);
    }

    /// A line that is marked over the whole width.
    fn bar(&mut self, line: usize, text: &str) {
        let room = self.width();
        let text = fit(text, room);
        let blanks = " ".repeat(room.saturating_sub(width(&text)));
        self.put(line, 0, &format!("{text}{blanks}"), MARKED);
    }
}
