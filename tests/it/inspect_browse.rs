//! `dbkit inspect --interactive` on a terminal, over real databases.

use crate::support::{INTERRUPT, PgDatabase, Project, Screen};

const SHOP: &str = "
    CREATE TABLE person (id integer PRIMARY KEY, name text NOT NULL, note text);
    CREATE TABLE sale (id integer PRIMARY KEY, person_id integer REFERENCES person (id), what text);
    CREATE TABLE loose (what text);
    INSERT INTO person VALUES (1, 'Ada', NULL), (2, 'Grace', '');
    INSERT INTO sale SELECT n, n % 2 + 1, 'thing' FROM numbers;
    INSERT INTO loose SELECT 'x' FROM numbers;";

const RIGHT: &str = "\u{1b}[C";
const ESCAPE: &str = "\u{1b}";

/// The same shop on both databases.
struct Shop {
    project: Project,
    postgres: PgDatabase,
}

impl Shop {
    fn open() -> Self {
        let postgres = PgDatabase::create("inspect_browse");
        let project = Project::empty();
        postgres.execute(&format!(
            "CREATE TEMP TABLE numbers AS SELECT n FROM generate_series(1, 1500) n; {SHOP}
             CREATE SCHEMA mine; CREATE TABLE mine.person (id integer PRIMARY KEY, name text);"
        ));
        project.sqlite("a.db").execute(&format!(
            "CREATE TEMP TABLE numbers AS WITH RECURSIVE c (n) AS
               (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1500) SELECT n FROM c; {SHOP}"
        ));
        Self { project, postgres }
    }

    fn screens(&self, args: &[&str]) -> Vec<Screen> {
        let start = |url: &str| {
            let all = [&["inspect", "--database-url", url, "-i"], args].concat();
            Screen::start(self.project.path(), &all)
        };
        // The path of a session must not lead elsewhere.
        let mine = format!("{}?options=-csearch_path%3Dmine", self.postgres.url());
        vec![start(&mine), start("a.db")]
    }
}

#[test]
fn a_person_looks_around_and_the_terminal_is_given_back() {
    let shop = Shop::open();
    for mut screen in shop.screens(&["sale"]) {
        screen.shows(" sale · ");
        screen.shows("person_id →");
        screen.types("G").shows("1500");
        screen.types(RIGHT).types("f").shows(" person where id = 1");
        screen.shows("Ada");
        screen.types("\r").shows("← sale (person_id)");
        screen.shows("750 rows");
        screen.types("G\r").shows(" sale where person_id = 1");
        screen.types("/id > 1490\rc").shows("5 rows");
        // What is no condition leaves everything as it was.
        screen.types("/\u{15}delete from sale\r").shows("filter:");
        screen.types("/\u{15}\r").shows("person_id = 1 ·");
        screen.types(ESCAPE).shows("one row");
        // Keys that come together with a new size are not lost.
        for rows in [9, 12, 8, 11] {
            screen.resize(rows, 50);
            screen.types("d").shows("Structure");
            screen.resize(rows + 1, 50);
            screen.types(ESCAPE).shows("one row");
        }
        screen.resize(10, 40);
        screen.types("d").shows("Structure");
        screen.types("q");
        assert_eq!(screen.ends(), (Some(0), true));
    }
    assert_eq!(shop.postgres.value("SELECT count(*) FROM sale"), "1500");
}

#[test]
fn a_slow_statement_can_be_stopped_and_signals_end_it() {
    let shop = Shop::open();
    let never = "/(WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c) > 0\r";
    for mut screen in shop.screens(&["person"]) {
        screen.shows("Ada");
        screen.types(never).shows("reading…");
        screen.types(INTERRUPT).shows("stopped");
        screen.types("\u{7f}").shows("tables");
        screen.shows("1500");
        screen.types(INTERRUPT);
        assert_eq!(screen.ends(), (Some(0), true));
    }
    for mut screen in shop.screens(&["person"]) {
        screen.shows("Ada");
        screen.signal(libc::SIGTERM);
        assert!(screen.ends().1, "the terminal is given back");
    }
    for mut screen in shop.screens(&["person"]) {
        screen.shows("Ada");
        screen.closes();
    }
}

#[test]
fn without_a_terminal_it_says_so() {
    let project = Project::empty();
    project.sqlite("a.db").execute("CREATE TABLE t (id integer PRIMARY KEY)");
    let refused = project.dbkit(["inspect", "t", "-i", "--database-url", "a.db"]).run().code(2);
    refused.stderr_has("--interactive needs a terminal").stdout_is("");
    let both = project.dbkit(["inspect", "t", "-i", "--all", "--database-url", "a.db"]).run();
    both.code(2);
}
