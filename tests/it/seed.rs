//! Seeding on a real database, through the library.

use crate::support::{PgDatabase, Project};
use dbkit::database::Session;
use dbkit::database::postgres::{ConnectOptions, PgSession};
use dbkit::seed::{self, Options, Report, SeedError};

/// A PostgreSQL database with a schema, and seed files beside it.
struct Bed {
    database: PgDatabase,
    project: Project,
}

impl Bed {
    fn new(schema: &str, files: &[(&str, &str)]) -> Self {
        let database = PgDatabase::create("seed");
        database.execute(schema);
        Self { database, project: Project::with(files) }
    }

    fn session(&self) -> PgSession {
        PgSession::connect(self.database.url(), &ConnectOptions::default()).unwrap()
    }

    fn try_seed(&self, options: Options) -> Result<Report, SeedError> {
        let sets = seed::load(&self.project.join("seeds"), "dev")?;
        seed::run(&mut self.session(), &sets, options)
    }

    #[track_caller]
    fn seed(&self) -> Vec<String> {
        match self.try_seed(Options::default()) {
            Ok(report) => counts(&report),
            Err(error) => panic!("{}", told(&error)),
        }
    }

    /// Every finding as a person reads it.
    #[track_caller]
    fn refused(&self) -> String {
        told(&self.try_seed(Options::default()).expect_err("the files have a mistake"))
    }
}

fn counts(report: &Report) -> Vec<String> {
    let mut tables: Vec<seed::TableReport> = Vec::new();
    for table in &report.tables {
        match tables.iter_mut().find(|t| t.table == table.table) {
            None => tables.push(table.clone()),
            Some(first) => {
                first.inserted += table.inserted;
                first.updated += table.updated;
                first.unchanged += table.unchanged;
                first.rows = table.rows;
            }
        }
    }
    let shown = |t: &seed::TableReport| {
        format!("{} +{} ~{} ={} ({})", t.table, t.inserted, t.updated, t.unchanged, t.rows)
    };
    tables.iter().map(shown).collect()
}

fn told(error: &SeedError) -> String {
    match error {
        SeedError::Mistakes(found) => {
            found.iter().map(|d| d.render(false)).collect::<Vec<_>>().join("\n")
        }
        other => other.to_string(),
    }
}

#[track_caller]
fn assert_has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "lacks {part:?}:\n{text}");
    }
}

const TREE: &str = "
    CREATE TABLE author (id integer PRIMARY KEY, name text NOT NULL, born date);
    CREATE TABLE book (
        id integer PRIMARY KEY,
        author_id integer NOT NULL REFERENCES author (id),
        title varchar(10) NOT NULL,
        price numeric(6, 2),
        added timestamptz NOT NULL DEFAULT now()
    );";

#[test]
fn a_second_run_changes_nothing() {
    let bed = Bed::new(
        TREE,
        &[
            // By file name the child comes first.
            (
                "seeds/common/a_book.toml",
                "[[book]]\nid = 1\nauthor_id = 1\ntitle = \"SQL\"\nprice = 9.999\n\
                 added = 2026-01-01T00:00:00Z\n",
            ),
            (
                "seeds/common/b_author.toml",
                "[[author]]\nid = 1\nname = \"Ada\"\nborn = 1815-12-10\n",
            ),
        ],
    );
    assert_eq!(bed.seed(), ["author +1 ~0 =0 (1)", "book +1 ~0 =0 (1)"]);
    assert_eq!(bed.seed(), ["author +0 ~0 =1 (1)", "book +0 ~0 =1 (1)"]);
    // The server rounds on the way in.
    assert_eq!(bed.database.value("SELECT price FROM book"), "10.00");

    bed.project.write("seeds/common/b_author.toml", "[[author]]\nid = 1\nname = \"Ada L.\"\n");
    assert_eq!(bed.seed(), ["author +0 ~1 =0 (1)", "book +0 ~0 =1 (1)"]);
    assert_eq!(bed.database.value("SELECT name || ' ' || born FROM author"), "Ada L. 1815-12-10");
}

#[test]
fn an_environment_lays_its_rows_over_the_common_ones() {
    let bed = Bed::new(
        TREE,
        &[
            ("seeds/common/a.toml", "[[author]]\nid = 1\nname = \"Common\"\nborn = 1900-01-01\n"),
            (
                "seeds/dev/a.toml",
                "[[author]]\nid = 1\nname = \"Dev\"\n[[author]]\nid = 2\nname = \"B\"\n",
            ),
            ("seeds/prod/a.toml", "[[author]]\nid = 3\nname = \"Never\"\n"),
        ],
    );
    assert_eq!(bed.seed(), ["author +2 ~0 =0 (2)"]);
    assert_eq!(bed.seed(), ["author +0 ~0 =2 (2)"]);
    assert_eq!(bed.database.value("SELECT name || born FROM author WHERE id = 1"), "Dev1900-01-01");
}

#[test]
fn every_mistake_is_told_at_once_and_nothing_is_written() {
    let bed = Bed::new(
        TREE,
        &[
            ("seeds/dev/a.toml", "[[author]]\nid = 1\nname = \"fine\"\n\n[[auther]]\nid = 1\n"),
            (
                "seeds/dev/b.toml",
                "[[book]]\nid = \"1\"\nauthor_id = 1\ntitel = \"x\"\n\n\
                 [[book]]\nid = 2\nauthor_id = 1\ntitle = \"much too long\"\n\n\
                 [[book]]\nid = 3\n\n\
                 [[book]]\nid = 3\nauthor_id = 1\ntitle = \"x\"\n\n\
                 [[book]]\nid = 4\nauthor_id = 1\ntitle = \"x\"\nadded = 2026-01-01T00:00:00\n",
            ),
        ],
    );
    let told = bed.refused();
    assert_has(
        &told,
        &[
            "there is no table auther",
            "did you mean author?",
            "seeds/dev/a.toml:5:",
            "book.id: text here, but the column takes a whole number",
            "table book has no column titel",
            "did you mean title?",
            "13 characters, but the column takes at most 10",
            "this row of book needs author_id, title",
            "a second row of book with (id) = (3)",
            "a date and time without offset here",
        ],
    );
    assert_eq!(bed.database.value("SELECT count(*) FROM author"), "0");
}

#[test]
fn a_broken_reference_is_found_before_any_write() {
    let bed = Bed::new(
        TREE,
        &[
            ("seeds/dev/a.toml", "[[author]]\nid = 1\nname = \"x\"\n"),
            ("seeds/dev/b.toml", "[[book]]\nid = 1\nauthor_id = 7\ntitle = \"x\"\n"),
        ],
    );
    assert_has(&bed.refused(), &["no row of author has (id) = (7)", "b.toml:3:13"]);
    // A row that is there already will do.
    bed.database.execute("INSERT INTO author VALUES (7, 'there')");
    assert_eq!(bed.seed(), ["author +1 ~0 =0 (2)", "book +1 ~0 =0 (1)"]);
}

#[test]
fn a_row_the_database_refuses_is_named_and_nothing_stays() {
    let bed = Bed::new(
        "CREATE TABLE t (id integer PRIMARY KEY, n integer CONSTRAINT small CHECK (n < 10))",
        &[(
            "seeds/dev/t.toml",
            "[[t]]\nid = 1\nn = 1\n[[t]]\nid = 2\nn = 10\n[[t]]\nid = 3\nn = 2\n",
        )],
    );
    assert_has(&bed.refused(), &["t.toml:6:5", "table t, row (id) = (2), column n", "small"]);
    assert_eq!(bed.database.value("SELECT count(*) FROM t"), "0");
}

#[test]
fn a_dry_run_counts_and_leaves_nothing() {
    let bed = Bed::new(TREE, &[("seeds/dev/a.toml", "[[author]]\nid = 1\nname = \"x\"\n")]);
    let report = bed.try_seed(Options { dry_run: true, ..Options::default() }).unwrap();
    assert_eq!(counts(&report), ["author +1 ~0 =0 (1)"]);
    assert_eq!(bed.database.value("SELECT count(*) FROM author"), "0");
}

#[test]
fn a_row_is_found_by_a_unique_key_and_ids_go_on() {
    let bed = Bed::new(
        "CREATE TABLE u (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                         email text NOT NULL UNIQUE, note text);
         CREATE TABLE s (id serial PRIMARY KEY, note text)",
        &[(
            "seeds/dev/u.toml",
            "[[u]]\nid = 40\nemail = \"a@x\"\n[[u]]\nemail = \"b@x\"\nnote = \"@@b\"\n\
                 [[s]]\nid = 7\n",
        )],
    );
    assert_eq!(bed.seed(), ["s +1 ~0 =0 (1)", "u +2 ~0 =0 (2)"]);
    assert_eq!(bed.seed(), ["s +0 ~0 =1 (1)", "u +0 ~0 =2 (2)"]);
    assert_eq!(bed.database.value("SELECT note FROM u WHERE email = 'b@x'"), "@b");
    bed.database.execute("INSERT INTO u (email) VALUES ('c@x'); INSERT INTO s (note) VALUES ('n')");
    assert_eq!(bed.database.value("SELECT id FROM u WHERE email = 'c@x'"), "41");
    assert_eq!(bed.database.value("SELECT max(id) FROM s"), "8");

    bed.project.write("seeds/dev/s.toml", "[[s]]\nnote = \"no key\"\n");
    assert_has(&bed.refused(), &["a second run could not find this row of s again", "(id)"]);
}

#[test]
fn circles_are_opened_or_named() {
    let files = [(
        "seeds/dev/a.toml",
        "[[a]]\nid = 1\nb_id = 1\n[[b]]\nid = 1\na_id = 1\n[[tree]]\nid = 1\nup = 2\n[[tree]]\nid = 2\n",
    )];
    let tree = "CREATE TABLE tree (id int PRIMARY KEY, up int REFERENCES tree (id));";
    let bed = Bed::new(
        &format!(
            "{tree} CREATE TABLE a (id int PRIMARY KEY, b_id int);
             CREATE TABLE b (id int PRIMARY KEY, a_id int NOT NULL REFERENCES a (id));
             ALTER TABLE a ADD FOREIGN KEY (b_id) REFERENCES b (id)"
        ),
        &files,
    );
    assert_eq!(bed.seed(), ["tree +2 ~0 =0 (2)", "a +1 ~0 =0 (1)", "b +1 ~0 =0 (1)"]);
    assert_eq!(bed.database.value("SELECT b_id FROM a"), "1");
    assert_eq!(bed.seed(), ["tree +0 ~0 =2 (2)", "a +0 ~0 =1 (1)", "b +0 ~0 =1 (1)"]);

    let deferred = Bed::new(
        &format!(
            "{tree} CREATE TABLE a (id int PRIMARY KEY, b_id int NOT NULL);
             CREATE TABLE b (id int PRIMARY KEY, a_id int NOT NULL REFERENCES a (id));
             ALTER TABLE a ADD FOREIGN KEY (b_id) REFERENCES b (id) DEFERRABLE"
        ),
        &files,
    );
    assert_eq!(deferred.seed().len(), 3);

    let closed = Bed::new(
        &format!(
            "{tree} CREATE TABLE a (id int PRIMARY KEY, b_id int NOT NULL);
             CREATE TABLE b (id int PRIMARY KEY, a_id int NOT NULL REFERENCES a (id));
             ALTER TABLE a ADD FOREIGN KEY (b_id) REFERENCES b (id)"
        ),
        &files,
    );
    assert_has(&closed.refused(), &["a → b → a"]);
}

#[test]
fn values_of_many_types_survive() {
    let bed = Bed::new(
        r#"CREATE TYPE mood AS ENUM ('sad', 'ok');
           CREATE DOMAIN short AS varchar(3);
           CREATE SCHEMA "Odd";
           CREATE TABLE "Odd"."t able" (
               "i d" uuid PRIMARY KEY, big bigint, n numeric, tags text[], nested int[][],
               j json, jb jsonb, m mood, moods mood[], d date, t time, ts timestamp(0),
               b boolean, f double precision, c char(3), bits bit(3), bytes bytea, ip inet,
               sh short, x xml, empty text, nothing text
           )"#,
        &[(
            "seeds/dev/t.toml",
            r#"
[["Odd"."t able"]]
"i d" = "00000000-0000-4000-8000-000000000001"
big = 9007199254740993
n = "12345678901234567890.123"
tags = ["a,b", "NULL", "quo\"te", "{}"]
nested = [[1, 2], [3, 4]]
j = { b = 1, a = [1.5, "x"] }
jb = [true, { k = "@null" }]
m = "ok"
moods = ["sad"]
d = 2026-02-28
t = 12:30:00
ts = 2026-02-28T12:30:00.6
b = false
f = 0.1
c = "ab"
bits = "101"
bytes = '\x00ff'
ip = "10.0.0.1/8"
sh = "abc"
x = "<a/>"
empty = ""
nothing = "@null"
"#,
        )],
    );
    assert_eq!(bed.seed(), ["Odd.t able +1 ~0 =0 (1)"]);
    assert_eq!(bed.seed(), ["Odd.t able +0 ~0 =1 (1)"]);
    let row = "SELECT r::text FROM \"Odd\".\"t able\" AS r";
    assert_eq!(
        bed.database.value(row),
        r#"(00000000-0000-4000-8000-000000000001,9007199254740993,12345678901234567890.123,"{""a,b"",""NULL"",""quo\\""te"",""{}""}","{{1,2},{3,4}}","{""b"":1,""a"":[1.5,""x""]}","[true, {""k"": ""@null""}]",ok,{sad},2026-02-28,12:30:00,"2026-02-28 12:30:01",f,0.1,"ab ",101,"\\x00ff",10.0.0.1/8,abc,<a/>,"",)"#
    );
    bed.project.write(
        "seeds/dev/t.toml",
        "[[\"Odd\".\"t able\"]]\n\"i d\" = \"00000000-0000-4000-8000-000000000002\"\nm = \"okay\"\n",
    );
    assert_has(&bed.refused(), &["\"okay\" is not one of sad, ok", "did you mean \"ok\"?"]);
}

#[test]
fn sql_files_run_in_the_same_transaction() {
    let bed = Bed::new(
        TREE,
        &[
            ("seeds/dev/a.toml", "[[author]]\nid = 1\nname = \"x\"\n"),
            (
                "seeds/dev/b.sql",
                "-- after the rows\nINSERT INTO book (id, author_id, title)\n\
                 SELECT 1, id, 'x' FROM author ON CONFLICT DO NOTHING;\nSELECT 1;",
            ),
        ],
    );
    let report = bed.try_seed(Options::default()).unwrap();
    assert_eq!((report.scripts[0].statements, report.scripts[0].rows), (2, 1));
    assert!(bed.try_seed(Options::default()).unwrap().is_unchanged());

    bed.project.write("seeds/dev/b.sql", "SELECT 1;\nINSERT INTO book\n  (nope) VALUES (1);");
    assert_has(&bed.refused(), &["b.sql:3:4", "nope"]);
    bed.project.write("seeds/dev/b.sql", "DELETE FROM book;\nCOMMIT;");
    assert_has(&bed.refused(), &["b.sql:2:1", "one transaction"]);
    assert_eq!(bed.database.value("SELECT count(*) FROM book"), "1");
}

#[test]
fn bad_files_are_told() {
    let bed =
        Bed::new(TREE, &[("seeds/dev/a.toml", "\u{feff}[[author]]\r\nid = 1\r\nname = \"x\"\r\n")]);
    assert_eq!(bed.seed(), ["author +1 ~0 =0 (1)"]);
    bed.project.write("seeds/dev/a.toml", b"[[author]]\nname = \"M\xfcller\"\n");
    assert_has(&bed.refused(), &["a.toml:2:10"]);
    bed.project.write("seeds/dev/a.toml", "[[author]\nid = 1\n");
    assert_has(&bed.refused(), &["a.toml:1:"]);
    bed.project.write("seeds/dev/a.toml", "author = 1\n");
    assert_has(&bed.refused(), &["a row begins with [[author]]"]);
    bed.project.write("seeds/dev/a.toml", "[[author]]\nid = 1\nname = \"@never\"\n");
    assert_has(&bed.refused(), &["unknown directive @never", "@@"]);
    bed.project.write("seeds/dev/a.toml", "[[author]]\nid = 1\nname = \"a\\u0000\"\n");
    assert_has(&bed.refused(), &["NUL"]);
}

#[test]
fn many_rows_go_in_few_statements() {
    let rows: String =
        (0..5000).map(|n| format!("[[author]]\nid = {n}\nname = \"n{n}\"\n")).collect();
    let bed = Bed::new(TREE, &[("seeds/dev/a.toml", &rows)]);
    assert_eq!(bed.seed(), ["author +5000 ~0 =0 (5000)"]);
    assert_eq!(bed.seed(), ["author +0 ~0 =5000 (5000)"]);
    assert!(bed.session().query("SELECT 1", &[]).is_ok());
}

#[test]
fn a_missing_environment_is_told() {
    let project = Project::with(&[("seeds/develop/a.toml", "")]);
    match seed::load(&project.join("seeds"), "devlop") {
        Err(SeedError::NoEnvironment { nearest, .. }) => {
            assert_eq!(nearest.as_deref(), Some("develop"))
        }
        other => panic!("{other:?}"),
    }
}
