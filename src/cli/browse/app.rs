//! What the keys do: screens on top of each other, and the questions they lead to.

use super::grid::{Grid, PART};
use super::line::Line;
use super::record::{Jump, Record};
use super::worker::{Answer, Question};
use crate::inspect::{Browsed, Overview, Place, TableInfo};
use crate::model::QName;
use crate::terminal::harmless;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// The list of tables.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    pub selected: usize,
    pub top: usize,
    /// Only names that hold it are shown.
    pub wanted: String,
}

/// Lines to scroll through.
#[derive(Clone, Debug, Default)]
pub struct Text {
    pub title: String,
    pub lines: Vec<String>,
    pub top: usize,
    pub left: usize,
}

#[derive(Clone, Debug)]
pub enum Screen {
    Tables(Tables),
    Grid(Box<Grid>),
    Record(Record),
    Text(Text),
}

/// What a line that is typed is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A condition on rows.
    Filter,
    /// A part of a table's name.
    Find,
}

/// What follows from a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Stay,
    Quit,
    /// End what is running.
    Stop,
    Ask(Question),
}

pub struct App {
    pub target: String,
    pub overview: Overview,
    /// Row counts are known.
    measured: bool,
    /// The last one is drawn.
    pub screens: Vec<Screen>,
    pub input: Option<(Purpose, Line)>,
    pub message: Option<String>,
    pub waiting: bool,
    /// What was looked at before a filter or an order that may be refused.
    undo: Option<Browsed>,
}

const HELP: &str = "\
↑ ↓ j k, Page Up, Page Down   rows                g G, Home, End   first and last row
← → h l, 0 $                  columns             w                whole width of the column
Enter                         a table's rows; a row with all values, what it refers to and what refers to it
Esc, Backspace                back                t                tables
f                             the row that a column with → refers to
s                             sort by the column: up, down, by key again
/                             only rows that meet an SQL condition; in the list: tables by name
=                             only rows with the same value in this column
c                             count the rows
d                             columns, keys, indexes of the table
r                             read again
q, Ctrl-C                     end (while something runs: stop it)

Nothing can be changed here: the database refuses to write in these transactions.";

impl App {
    pub fn new(target: String, overview: Overview) -> Self {
        Self {
            target,
            overview,
            measured: false,
            screens: vec![Screen::Tables(Tables::default())],
            input: None,
            message: None,
            waiting: false,
            undo: None,
        }
    }

    /// The first question: a table's rows, or how many rows each has.
    pub fn start(&mut self, table: Option<&TableInfo>) -> Question {
        self.waiting = true;
        match table {
            Some(table) => Question::Open(plain(table), PART),
            None => Question::Tables,
        }
    }

    pub fn key(&mut self, key: KeyEvent) -> Step {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let interrupt = control && key.code == KeyCode::Char('c');
        if self.waiting {
            return match key.code {
                KeyCode::Esc => Step::Stop,
                KeyCode::Char('q') => Step::Quit,
                _ if interrupt => Step::Stop,
                _ => Step::Stay,
            };
        }
        if interrupt {
            return Step::Quit;
        }
        self.message = None;
        let question = match self.input.take() {
            Some((purpose, line)) => self.typed(purpose, line, key),
            None if control => None,
            None => match key.code {
                KeyCode::Char('q') => return Step::Quit,
                code => self.pressed(code),
            },
        };
        self.waiting = question.is_some();
        question.map_or(Step::Stay, Step::Ask)
    }

    fn typed(&mut self, purpose: Purpose, mut line: Line, key: KeyEvent) -> Option<Question> {
        match key.code {
            KeyCode::Esc => {
                if let (Purpose::Find, Some(Screen::Tables(list))) =
                    (purpose, self.screens.last_mut())
                {
                    *list = Tables::default();
                }
                return None;
            }
            KeyCode::Enter => return self.entered(purpose, line.text()),
            _ => line.key(key),
        }
        if let (Purpose::Find, Some(Screen::Tables(list))) = (purpose, self.screens.last_mut()) {
            *list = Tables { wanted: line.text(), ..Tables::default() };
        }
        self.input = Some((purpose, line));
        None
    }

    fn entered(&mut self, purpose: Purpose, text: String) -> Option<Question> {
        match (purpose, self.screens.last_mut()?) {
            (Purpose::Filter, Screen::Grid(grid)) => {
                self.undo = Some(grid.browsed.clone());
                let text = text.trim();
                grid.browsed.condition = (!text.is_empty()).then(|| text.to_owned());
                grid.count = None;
                Some(grid.question(Place::First))
            }
            (Purpose::Find, _) => self.enter(),
            _ => None,
        }
    }

    fn pressed(&mut self, code: KeyCode) -> Option<Question> {
        match code {
            KeyCode::Char('?') | KeyCode::F(1) => self.text("Keys", HELP),
            KeyCode::Esc | KeyCode::Backspace => {
                self.screens.truncate(self.screens.len().saturating_sub(1).max(1));
                return self.unmeasured();
            }
            KeyCode::Char('t') => {
                self.screens.truncate(1);
                return self.unmeasured();
            }
            KeyCode::Char('/') => {
                self.input = match self.screens.last()? {
                    Screen::Grid(grid) => {
                        let old = grid.browsed.condition.clone().unwrap_or_default();
                        Some((Purpose::Filter, Line::new(&old)))
                    }
                    Screen::Tables(_) => Some((Purpose::Find, Line::default())),
                    _ => None,
                };
            }
            KeyCode::Char('d') => return Some(Question::Structure(self.table()?)),
            KeyCode::Enter => return self.enter(),
            code => return self.moved(code),
        }
        None
    }

    /// The list of tables is shown for the first time: how many rows each has is asked then.
    fn unmeasured(&self) -> Option<Question> {
        (self.screens.len() == 1 && !self.measured).then_some(Question::Tables)
    }

    /// Keys that mean the same on every screen as far as it has them.
    fn moved(&mut self, code: KeyCode) -> Option<Question> {
        let shown = self.shown().len();
        match self.screens.last_mut()? {
            Screen::Tables(list) => {
                let last = shown.saturating_sub(1);
                match code {
                    KeyCode::Char('r') => return Some(Question::Tables),
                    KeyCode::Home | KeyCode::Char('g') => list.selected = 0,
                    KeyCode::End | KeyCode::Char('G') => list.selected = last,
                    code => {
                        let by = steps(code, 20).unwrap_or(0);
                        list.selected = list.selected.saturating_add_signed(by).min(last);
                    }
                }
            }
            Screen::Record(record) => match code {
                KeyCode::PageDown => record.top = record.top.saturating_add(10),
                KeyCode::PageUp => record.top = record.top.saturating_sub(10),
                KeyCode::Home | KeyCode::Char('g') => record.selected = 0,
                KeyCode::End | KeyCode::Char('G') => record.go(isize::MAX),
                code => record.go(steps(code, 1).unwrap_or(0)),
            },
            Screen::Text(text) => match code {
                KeyCode::Left | KeyCode::Char('h') => text.left = text.left.saturating_sub(8),
                KeyCode::Right | KeyCode::Char('l') => text.left += 8,
                KeyCode::Home | KeyCode::Char('g') => text.top = 0,
                code => {
                    let by = steps(code, 20).unwrap_or(0);
                    let last = text.lines.len().saturating_sub(1);
                    text.top = text.top.saturating_add_signed(by).min(last);
                }
            },
            Screen::Grid(_) => return self.moved_in_rows(code),
        }
        None
    }

    fn moved_in_rows(&mut self, code: KeyCode) -> Option<Question> {
        let Some(Screen::Grid(grid)) = self.screens.last_mut() else { return None };
        let page = isize::try_from(grid.height).unwrap_or(20);
        match code {
            KeyCode::Left | KeyCode::Char('h') => grid.go_column(-1),
            KeyCode::Right | KeyCode::Char('l') => grid.go_column(1),
            KeyCode::Char('0') => grid.column = 0,
            KeyCode::Char('$') => grid.go_column(isize::MAX),
            KeyCode::Home | KeyCode::Char('g') => return grid.end(false),
            KeyCode::End | KeyCode::Char('G') => return grid.end(true),
            KeyCode::Char('w') => grid.wide = !grid.wide,
            KeyCode::Char('s') => {
                self.undo = Some(grid.browsed.clone());
                return grid.sort();
            }
            KeyCode::Char('=') => {
                let cell = grid.cell().map(|(name, value)| (name.clone(), value.clone()))?;
                let browsed = grid.browsed.clone();
                return self.narrow(browsed, cell);
            }
            KeyCode::Char('c') => return Some(Question::Count(grid.browsed.clone())),
            KeyCode::Char('r') => return Some(grid.question(Place::First)),
            KeyCode::Char('f') => {
                let Some(link) = grid.link() else {
                    self.message = Some("this column is of no foreign key".to_owned());
                    return None;
                };
                let values = grid.values(&link.columns)?;
                let equal = link.parent_columns.iter().cloned().zip(values).collect();
                let jump = Jump { table: link.parent.clone(), equal };
                return self.jump(jump);
            }
            code => return steps(code, page).and_then(|rows| grid.go(rows)),
        }
        None
    }

    /// Rows with the same value, on a screen of their own to come back from.
    fn narrow(
        &mut self,
        mut browsed: Browsed,
        cell: (String, crate::database::Value),
    ) -> Option<Question> {
        browsed.equal.retain(|(column, _)| *column != cell.0);
        browsed.equal.push(cell);
        Some(Question::Open(browsed, PART))
    }

    fn jump(&mut self, jump: Jump) -> Option<Question> {
        if jump.equal.iter().any(|(_, value)| *value == crate::database::Value::Null) {
            self.message = Some("it is NULL and refers to nothing".to_owned());
            return None;
        }
        let Some(table) = self.overview.tables.iter().find(|t| t.name == jump.table) else {
            self.message =
                Some(format!("{} is not among the tables", harmless(&jump.table.to_string())));
            return None;
        };
        Some(Question::Open(Browsed { equal: jump.equal, ..plain(table) }, PART))
    }

    fn enter(&mut self) -> Option<Question> {
        match self.screens.last()? {
            Screen::Tables(list) => {
                let table = (*self.shown().get(list.selected)?).clone();
                Some(Question::Open(plain(&table), PART))
            }
            Screen::Grid(grid) => match grid.detail() {
                Some(question) => Some(question),
                None => {
                    let row = grid.current()?;
                    let table = &grid.browsed.table.name;
                    let record = Record::plain(table, &grid.columns, &row.values);
                    self.screens.push(Screen::Record(record));
                    None
                }
            },
            Screen::Record(record) => {
                let jump = record.jump()?.clone();
                self.jump(jump)
            }
            Screen::Text(_) => None,
        }
    }

    /// The table that is looked at or stands under the cursor.
    fn table(&self) -> Option<QName> {
        self.screens.iter().rev().find_map(|screen| match screen {
            Screen::Grid(grid) => Some(grid.browsed.table.name.clone()),
            Screen::Tables(list) => self.shown().get(list.selected).map(|t| t.name.clone()),
            _ => None,
        })
    }

    /// The tables of the list.
    pub fn shown(&self) -> Vec<&TableInfo> {
        let wanted = match self.screens.first() {
            Some(Screen::Tables(list)) => list.wanted.to_lowercase(),
            _ => String::new(),
        };
        let all = self.overview.tables.iter();
        all.filter(|t| t.name.to_string().to_lowercase().contains(&wanted)).collect()
    }

    fn text(&mut self, title: &str, text: &str) {
        let lines = text.lines().map(str::to_owned).collect();
        let title = title.to_owned();
        self.screens.push(Screen::Text(Text { title, lines, ..Text::default() }));
    }

    pub fn answer(&mut self, answer: Answer) {
        self.waiting = false;
        let undo = self.undo.take();
        match (answer, self.screens.last_mut()) {
            (Answer::Tables(overview), _) => {
                self.overview = overview;
                self.measured = true;
            }
            (Answer::Opened(browsed, stretch, links), _) => {
                self.screens.push(Screen::Grid(Box::new(Grid::new(browsed, stretch, links))));
            }
            (Answer::Rows(place, stretch), Some(Screen::Grid(grid))) => grid.take(&place, stretch),
            (Answer::Count(rows), Some(Screen::Grid(grid))) => grid.count = Some(rows),
            (Answer::Row(Some(detail)), Some(Screen::Grid(grid))) => {
                let record = Record::of(&grid.browsed.table.name, &detail);
                self.screens.push(Screen::Record(record));
            }
            (Answer::Row(None), _) => {
                self.message = Some("the row is gone; r reads again".to_owned());
            }
            (Answer::Structure(text), _) => self.text("Structure", &text),
            (Answer::Failed(message), screen) => {
                if let (Some(browsed), Some(Screen::Grid(grid))) = (undo, screen) {
                    grid.browsed = browsed;
                }
                self.message = Some(harmless(&message));
            }
            (Answer::Rows(..) | Answer::Count(_) | Answer::Row(Some(_)), _) => {}
        }
    }
}

fn plain(table: &TableInfo) -> Browsed {
    Browsed { table: table.clone(), condition: None, equal: Vec::new(), order: None }
}

/// How far a key goes, `page` for those that go by pages.
fn steps(code: KeyCode, page: isize) -> Option<isize> {
    match code {
        KeyCode::Down | KeyCode::Char('j') => Some(1),
        KeyCode::Up | KeyCode::Char('k') => Some(-1),
        KeyCode::PageDown | KeyCode::Char(' ') => Some(page),
        KeyCode::PageUp => Some(-page),
        _ => None,
    }
}
