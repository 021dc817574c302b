//! `dbkit inspect TABLE --describe`: what a table is made of.

use crate::support::{Outcome, PgDatabase, Project};

/// Columns of a table are as wide as what is in them.
fn narrow(text: &str) -> String {
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

const RICH: &str = r#"
    CREATE TABLE author (id integer PRIMARY KEY);
    CREATE TABLE "bo|ok" (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        author_id integer NOT NULL CONSTRAINT book_author REFERENCES author (id) ON DELETE CASCADE,
        title varchar(80) DEFAULT 'none',
        loud text GENERATED ALWAYS AS (upper(title)) STORED,
        pages integer CONSTRAINT thick CHECK (pages > 0),
        CONSTRAINT once UNIQUE (author_id, title)
    );
    CREATE INDEX "by USING pages" ON "bo|ok" (pages DESC) WHERE pages > 100;
    CREATE UNIQUE INDEX lowered ON "bo|ok" (lower(title), id);
    CREATE TABLE page (id integer PRIMARY KEY, book integer REFERENCES "bo|ok" (id));
    COMMENT ON TABLE "bo|ok" IS 'What is read.';
    COMMENT ON COLUMN "bo|ok".title IS 'On the cover.';
    ALTER TABLE "bo|ok" ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON "bo|ok" FOR SELECT USING (author_id > 0);
    CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER watch BEFORE UPDATE ON "bo|ok" FOR EACH ROW EXECUTE FUNCTION nothing();
    INSERT INTO author VALUES (1);
    INSERT INTO "bo|ok" (author_id, pages) VALUES (1, 10);
    CREATE TABLE region (id integer, name text) PARTITION BY LIST (name);
    CREATE TABLE region_eu PARTITION OF region FOR VALUES IN ('eu');
    CREATE VIEW titles AS SELECT title FROM "bo|ok";"#;

const PLAIN: &str = "
    CREATE TABLE author (id integer PRIMARY KEY);
    CREATE TABLE book (
        id integer PRIMARY KEY,
        author_id integer NOT NULL REFERENCES author (id) ON DELETE CASCADE,
        title text DEFAULT 'none',
        loud text AS (upper(title)),
        pages integer CHECK (pages > 0),
        UNIQUE (author_id, title)
    );
    CREATE INDEX by_pages ON book (pages DESC) WHERE pages > 100;
    CREATE TABLE page (id integer PRIMARY KEY, book integer REFERENCES book (id));
    CREATE TRIGGER watch AFTER UPDATE ON book BEGIN SELECT 1; END;
    CREATE VIEW titles AS SELECT title FROM book;
    INSERT INTO author VALUES (1);
    INSERT INTO book (author_id, pages) VALUES (1, 10);";

fn describe(url: &str, project: &Project, args: &[&str]) -> Outcome {
    project.dbkit(["inspect", "--database-url", url, "--describe"]).args(args).run()
}

#[test]
fn postgres_tells_everything_in_its_own_words() {
    let database = PgDatabase::create("inspect_describe");
    database.execute(RICH);
    let project = Project::empty();
    let shown = describe(database.url(), &project, &["bo|ok"]).success().nowhere("\u{1b}");
    for line in [
        "bo|ok: table, 1 row, ",
        "; What is read.",
        "id integer NOT NULL identity always",
        "title character varying(80) 'none'::character varying On the cover.",
        "loud text generated upper((title)::text)",
        "bo|ok_pkey PRIMARY KEY (id)",
        "book_author FOREIGN KEY (author_id) REFERENCES author(id) ON DELETE CASCADE",
        "once UNIQUE (author_id, title)",
        "thick CHECK (pages > 0)",
        "by USING pages btree (pages DESC) WHERE (pages > 100)",
        "lowered UNIQUE btree (lower((title)::text), id)",
        "page (book) FOREIGN KEY (book) REFERENCES \"bo|ok\"(id)",
        "watch CREATE TRIGGER watch BEFORE UPDATE",
        "own PERMISSIVE FOR SELECT TO public USING ((author_id > 0))",
    ] {
        assert!(narrow(&shown.stdout).contains(line), "{line}\n{shown}");
    }
    let json = describe(database.url(), &project, &["bo|ok", "--format", "json"]).success().json();
    assert_eq!(json["rows"], 1);
    assert_eq!(json["primary_key"]["columns"], serde_json::json!(["id"]));
    assert_eq!(json["columns"][0]["identity"], "always");
    assert_eq!(json["columns"][3]["generated"], "upper((title)::text)");
    assert_eq!(json["foreign_keys"][0]["table"], "author");
    assert_eq!(json["foreign_keys"][0]["parent_columns"], serde_json::json!(["id"]));
    assert_eq!(json["referenced_by"][0]["table"], "page");
    assert_eq!(json["indexes"][1]["unique"], true);
    assert!(json["indexes"][0]["bytes"].as_u64().is_some());
    let shown = describe(database.url(), &project, &["region"]).success();
    shown.stdout_has("region_eu  FOR VALUES IN ('eu')");
    describe(database.url(), &project, &["titles"]).success().stdout_has("titles: view");
    describe(database.url(), &project, &["book"]).code(2).stderr_has("did you mean");
}

#[test]
fn sqlite_tells_the_same() {
    let project = Project::empty();
    project.sqlite("a.db").execute(PLAIN);
    let shown = describe("a.db", &project, &["book"]).success();
    for line in [
        "book: table, 1 row, ",
        "PRIMARY KEY (id)",
        "FOREIGN KEY (author_id) REFERENCES author (id) ON DELETE CASCADE",
        "UNIQUE (author_id, title)",
        "CHECK (pages > 0)",
        "by_pages (pages DESC) WHERE pages > 100",
        "page (book) FOREIGN KEY (book) REFERENCES book (id)",
        "CREATE TRIGGER watch",
        "generated (upper(title)) VIRTUAL",
    ] {
        assert!(narrow(&shown.stdout).contains(line), "{line}\n{shown}");
    }
    describe("a.db", &project, &["titles"]).success().stdout_has("titles: view");
    describe("a.db", &project, &["book", "--all"]).code(2);
}

#[test]
fn every_format_has_it() {
    let project = Project::empty();
    project.sqlite("a.db").execute(PLAIN);
    let shown = |format| describe("a.db", &project, &["book", "--format", format]).success().stdout;
    let csv = shown("csv");
    assert!(csv.starts_with("object,name,type,nullable,definition,bytes,comment\n"), "{csv}");
    assert!(csv.contains("\ncolumn,title,TEXT,"), "{csv}");
    let lines = shown("ndjson");
    assert_eq!(lines.lines().count(), csv.lines().count() - 1);
    for line in lines.lines() {
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(object["object"].is_string(), "{line}");
    }
    let markdown = shown("markdown");
    assert!(markdown.contains("\n## Indexes\n\n| name | definition |"), "{markdown}");
    assert!(shown("vertical").contains("column   author_id\n"), "{}", shown("vertical"));
}
