//! The screen, drawn on one that is not there, over a database in memory.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::app::{App, Screen as Shown, Step};
use super::draw::draw;
use super::worker::Worker;
use crate::config::{Location, Origin, Target};
use crate::database::sqlite::{OpenMode, SqliteSession};
use crate::database::{Connection, Session};
use crate::inspect;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::time::Duration;

const SHOP: &str = "
    CREATE TABLE person (id integer PRIMARY KEY, name text NOT NULL, note text);
    CREATE TABLE sale (id integer PRIMARY KEY, person_id integer REFERENCES person (id), amount real, what text);
    CREATE INDEX sale_person ON sale (person_id);
    CREATE TABLE unkeyed (a text, b text);
    CREATE VIEW named AS SELECT name FROM person;
    INSERT INTO person VALUES (1, 'Ada', NULL), (2, '漢字', ''), (3, 'x' || char(27) || '[2Jy', 'NULL');
    WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 2500)
    INSERT INTO sale SELECT n, CASE WHEN n % 5 = 0 THEN NULL ELSE n % 3 + 1 END, n / 2.0, 'thing ' || (n % 7) FROM c;
    INSERT INTO unkeyed SELECT 'same', 'same' FROM sale LIMIT 700;";

struct Screen {
    app: App,
    worker: Worker,
    terminal: Terminal<TestBackend>,
}

impl Screen {
    fn open(table: Option<&str>, width: u16, height: u16) -> Self {
        let mut session = SqliteSession::open(":memory:", OpenMode::Create).unwrap();
        session.execute(SHOP).unwrap();
        let mut connection = Connection::Sqlite(session);
        let known = inspect::tables(&mut connection).unwrap();
        let table = table.map(|name| inspect::find(&known, name).unwrap().clone());
        let target = Target {
            location: Location::Sqlite { path: ":memory:".to_owned() },
            origin: Origin::Flag("--database-url"),
            environment: None,
            protected: false,
            connect_timeout: None,
            wait: None,
        };
        let mut app = App::new("shop.db".to_owned(), known);
        let worker = Worker::start(connection, target).unwrap();
        worker.ask(app.start(table.as_ref()));
        let terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let mut screen = Self { app, worker, terminal };
        screen.wait();
        screen
    }

    fn wait(&mut self) {
        while self.app.waiting {
            let answer = self.worker.answers.recv_timeout(Duration::from_secs(20)).unwrap();
            self.app.answer(answer);
        }
    }

    /// A key between two looks at the screen.
    fn press(&mut self, code: KeyCode) -> &mut Self {
        self.draw();
        self.blindly(code)
    }

    fn blindly(&mut self, code: KeyCode) -> &mut Self {
        match self.app.key(KeyEvent::new(code, KeyModifiers::NONE)) {
            Step::Ask(question) => self.worker.ask(question),
            Step::Stay => {}
            other => panic!("{other:?}"),
        }
        self.wait();
        self
    }

    fn keys(&mut self, keys: &str) -> &mut Self {
        for c in keys.chars() {
            self.press(if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) });
        }
        self
    }

    /// What is drawn, without the blanks at the ends of lines.
    fn draw(&mut self) -> String {
        self.terminal.draw(|frame| draw(&mut self.app, frame)).unwrap();
        let buffer = self.terminal.backend().buffer();
        let mut out = String::new();
        for y in 0..buffer.area.height {
            let mut line = String::new();
            let mut x = 0;
            while x < buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                x += u16::try_from(inspect::width(symbol).max(1)).unwrap();
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    fn first_cell(&self) -> String {
        let Some(Shown::Grid(grid)) = self.app.screens.last() else { panic!("no rows") };
        grid.rows[grid.row].cells[0].text.clone()
    }
}

#[test]
fn tables_are_listed_with_rows_and_found_by_name() {
    let mut screen = Screen::open(None, 60, 10);
    let shown = screen.draw();
    let expected = "\u{20}tables · shop.db
table               rows      size  columns
named (view)                              1
person                 3   4.0 KiB        3
sale                2500  88.0 KiB        4
unkeyed              700  16.0 KiB        2



Enter rows  d structure  / find  ? keys  q end
";
    assert_eq!(shown, expected);
    let shown = screen.keys("/unk").draw();
    assert!(shown.contains("unkeyed") && !shown.contains("person"), "{shown}");
    assert!(shown.contains("find unk"), "{shown}");
    let shown = screen.keys("\n").draw();
    assert!(shown.starts_with(" unkeyed"), "{shown}");
}

#[test]
fn values_are_shown_so_that_nothing_is_taken_for_something_else() {
    let mut screen = Screen::open(Some("person"), 60, 9);
    let expected = "\u{20}person · shop.db
id  name         note
 1  Ada          NULL
 2  漢字         ''
 3  x\\u{1b}[2Jy  'NULL'


id INTEGER
Enter row  f follow  s sort  / filter  = same  d structure …
";
    assert_eq!(screen.draw(), expected);
}

#[test]
fn rows_go_on_by_key_to_the_end_and_back() {
    let mut screen = Screen::open(Some("sale"), 60, 12);
    for _ in 0..400 {
        screen.press(KeyCode::PageDown);
    }
    assert_eq!(screen.first_cell(), "2500");
    for _ in 0..400 {
        screen.press(KeyCode::PageUp);
    }
    assert_eq!(screen.first_cell(), "1");
    assert_eq!(screen.keys("G").first_cell(), "2500");
    assert_eq!(screen.press(KeyCode::Up).first_cell(), "2499");
    assert_eq!(screen.keys("g").first_cell(), "1");
}

#[test]
fn every_row_is_passed_once_in_an_order_with_nulls_and_equals() {
    for (table, column, rows) in [("sale", 1, 2500), ("sale", 3, 2500), ("unkeyed", 0, 700)] {
        for presses in 1..=2 {
            let mut screen = Screen::open(Some(table), 60, 12);
            for _ in 0..column {
                screen.press(KeyCode::Right);
            }
            for _ in 0..presses {
                screen.press(KeyCode::Char('s'));
            }
            let mut passed = 0;
            let mut seen = std::collections::BTreeSet::new();
            loop {
                passed += 1;
                let Some(Shown::Grid(grid)) = screen.app.screens.last() else { panic!() };
                seen.insert(grid.rows[grid.row].values[0].clone().as_integer());
                let at = (grid.row, grid.rows.len(), grid.behind);
                screen.blindly(KeyCode::Down);
                let Some(Shown::Grid(grid)) = screen.app.screens.last() else { panic!() };
                if at == (grid.row, grid.rows.len(), false) {
                    break;
                }
            }
            assert_eq!(passed, rows, "{table} {column} {presses}");
            assert!(table == "unkeyed" || seen.len() == rows, "{table} {column} {presses}");
        }
    }
}

#[test]
fn foreign_keys_lead_both_ways_and_back() {
    let mut screen = Screen::open(Some("sale"), 70, 12);
    screen.press(KeyCode::Right);
    let shown = screen.keys("f").draw();
    assert!(shown.starts_with(" person where id = 2"), "{shown}");
    // The person in detail, then those who refer to it.
    let shown = screen.keys("\n").draw();
    let expected = "\u{20}person, one row · shop.db
id                  2
name                漢字
note                ''
← sale (person_id)  667 rows






Enter go there  d structure  ? keys  Esc back  q end
";
    assert_eq!(shown, expected);
    let shown = screen.keys("jjj\n").draw();
    assert!(shown.starts_with(" sale where person_id = 2"), "{shown}");
    for wanted in [" person, one row", " person where id = 2", " sale ·", " tables"] {
        let shown = screen.press(KeyCode::Esc).draw();
        assert!(shown.starts_with(wanted), "{wanted}\n{shown}");
    }
}

#[test]
fn a_filter_that_is_none_changes_nothing() {
    let mut screen = Screen::open(Some("sale"), 100, 8);
    let shown = screen.keys("/what = 'thing 3' and amount > 1200\n").draw();
    assert!(shown.starts_with(" sale where what = 'thing 3' and amount > 1200 ·"), "{shown}");
    let first = screen.first_cell();
    let shown = screen.keys("c").draw();
    assert!(shown.contains("14 rows"), "{shown}");
    let shown = screen.keys("/ ) or (\n").draw();
    assert!(shown.contains("filter: "), "{shown}");
    assert!(shown.starts_with(" sale where what = 'thing 3'"), "{shown}");
    assert_eq!(screen.first_cell(), first);
    let shown = screen.keys("/; delete from sale\n").draw();
    assert!(shown.contains("filter: "), "{shown}");
}

#[test]
fn a_narrow_screen_follows_the_cursor() {
    let mut screen = Screen::open(Some("sale"), 22, 7);
    let shown = screen.keys("$").draw();
    assert!(shown.contains("what"), "{shown}");
    assert!(!shown.contains("person_id"), "{shown}");
    for (width, height) in [(1, 1), (5, 2), (200, 3), (3, 40), (80, 24)] {
        screen.terminal.backend_mut().resize(width, height);
        screen.draw();
        screen.keys("j?").draw();
        screen.press(KeyCode::Esc).keys("\n").draw();
        screen.press(KeyCode::Esc);
    }
}

#[test]
fn a_view_and_a_table_without_a_key_can_be_read() {
    let mut screen = Screen::open(Some("named"), 60, 8);
    let shown = screen.keys("\n").draw();
    assert!(shown.contains("name  Ada"), "{shown}");
    let mut screen = Screen::open(Some("unkeyed"), 60, 8);
    let shown = screen.keys("G\n").draw();
    assert!(shown.contains("a  same\nb  same\n"), "{shown}");
}

#[test]
fn structure_and_keys_are_told() {
    let mut screen = Screen::open(Some("sale"), 110, 24);
    let shown = screen.keys("d").draw();
    assert!(shown.contains("FOREIGN KEY (person_id) REFERENCES person (id)"), "{shown}");
    assert!(shown.contains("sale_person"), "{shown}");
    let shown = screen.press(KeyCode::Esc).keys("?").draw();
    assert!(shown.contains("Nothing can be changed here"), "{shown}");
}
