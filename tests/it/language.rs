//! docs/schema-language.md: every attribute has a section, every example says what dbkit makes of
//! it, and both databases take that. `DBKIT_UPDATE_CASES=1` writes what comes out into the page.

use crate::support::PgDatabase;
use dbkit::database::Session;
use dbkit::database::postgres::{ConnectOptions, PgSession};
use dbkit::database::sqlite::{OpenMode, SqliteSession};
use dbkit::diagnostic::{Diagnostic, SourceFile};
use dbkit::dialect::script;
use dbkit::model::{Dialect, Model};
use dbkit::plan::{PlanOptions, Style};
use dbkit::source::{Source, schema_rs, sql};
use dbkit_syntax::ast::{Attribute, Item};
use dbkit_syntax::attributes::KNOWN;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema-language.md")
}

/// Attributes that mean nothing to one of the dialects and are no mistake there.
const WITHOUT_EFFECT: &[(&str, Dialect)] = &[
    // PostgreSQL is always strict, and has no rowid to leave out.
    ("strict", Dialect::Postgres),
    ("without_rowid", Dialect::Postgres),
    // There are no policies; the application filters.
    ("tenant", Dialect::Sqlite),
];

/// A fenced block of the page.
struct Block<'a> {
    info: &'a str,
    body: &'a str,
}

/// Blocks of code with the text before each; the last text has none.
fn blocks(text: &str) -> Vec<(&str, Option<Block<'_>>)> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("\n```") {
        let (before, fence) = rest.split_at(start + 1);
        let (info, body) = fence[3..].split_once('\n').unwrap();
        let end = if body.starts_with("```") { 0 } else { body.find("\n```").unwrap() + 1 };
        out.push((before, Some(Block { info, body: &body[..end] })));
        rest = &body[end + 3..];
    }
    out.push((rest, None));
    out
}

/// An example: the schema, what must be there before it, and its former state.
#[derive(Default)]
struct Example<'a> {
    schema: &'a str,
    companion: &'a str,
    before: &'a str,
    given: &'a str,
}

fn read(schema: &str, companion: &str, dialect: Dialect) -> Result<Source, Vec<Diagnostic>> {
    let file =
        |name: &str, text: &str| Arc::new(SourceFile { path: name.into(), text: text.to_owned() });
    let mut source = schema_rs::read(&[file("schema.rs", schema)], dialect)?;
    if !companion.is_empty() {
        let found = sql::read(&file("schema.sql", companion), dialect, &mut source.model);
        if !found.is_empty() {
            return Err(found);
        }
    }
    Ok(source)
}

/// The statements that make the example out of what was there before.
fn statements(example: &Example<'_>, dialect: Dialect) -> Result<Vec<String>, Vec<Diagnostic>> {
    let before = match example.before {
        "" => Model::new(dialect),
        text => read(text, "", dialect)?.model,
    };
    let after = read(example.schema, example.companion, dialect)?;
    let options = PlanOptions { style: Style::Fast, conversions: after.conversions.clone() };
    let (made, _) = script(&before, &after.model, &after.renames, &options).unwrap();
    Ok(made.statements().map(|statement| statement.sql.clone()).collect())
}

struct Databases {
    postgres: PgSession,
    _database: PgDatabase,
}

impl Databases {
    fn run(&mut self, example: &Example<'_>, sql: &[String], dialect: Dialect, at: &str) {
        let before = Example { schema: example.before, ..Example::default() };
        let mut all = vec![example.given.to_owned()];
        if !example.before.is_empty() {
            all.extend(statements(&before, dialect).unwrap());
        }
        all.extend_from_slice(sql);
        let all: Vec<String> = all.into_iter().filter(|sql| !sql.trim().is_empty()).collect();
        let mut sqlite;
        let session: &mut dyn Session = match dialect {
            Dialect::Postgres => &mut self.postgres,
            Dialect::Sqlite => {
                sqlite = SqliteSession::open(":memory:", OpenMode::Create).unwrap();
                &mut sqlite
            }
        };
        // One database serves all: what an example makes is rolled back.
        session.execute("BEGIN").unwrap();
        for sql in &all {
            session.execute(sql).unwrap_or_else(|error| panic!("{at}: {error}\n{sql}"));
        }
        session.execute("ROLLBACK").unwrap();
    }
}

/// The part of the page that follows from the example.
fn outcome(example: &Example<'_>, dialect: Dialect, databases: &mut Databases, at: &str) -> String {
    let name = dialect.to_string();
    match statements(example, dialect) {
        Ok(sql) => {
            databases.run(example, &sql, dialect, at);
            let sql = if sql.is_empty() { "-- nothing".to_owned() } else { sql.join("\n") };
            format!("```sql {name}\n{sql}\n```")
        }
        Err(found) => {
            let shown: Vec<String> = found.iter().map(|mistake| mistake.render(false)).collect();
            format!("```text {name}\n{}\n```", shown.join("\n\n"))
        }
    }
}

#[test]
fn every_example_says_what_comes_of_it() {
    let text = std::fs::read_to_string(page()).unwrap().replace("\r\n", "\n");
    let database = PgDatabase::create("language");
    let options = ConnectOptions::default();
    let postgres = PgSession::connect(database.url(), &options).unwrap();
    let mut databases = Databases { postgres, _database: database };
    let mut out = String::new();
    let mut example = Example::default();
    let mut section = "";
    let mut examples = 0;
    for (before, block) in blocks(&text) {
        section = before.lines().rfind(|line| line.starts_with('#')).unwrap_or(section);
        let Some(Block { info, body }) = block else {
            out.push_str(before);
            break;
        };
        let generated = info.split_once(' ').is_some_and(|(kind, rest)| {
            matches!(kind, "sql" | "text") && matches!(rest, "postgres" | "sqlite")
        });
        if generated {
            continue;
        }
        // Where a block was left out, so is the empty line before it.
        out.push_str(if out.ends_with("```") { "\n\n" } else { "" });
        out.push_str(before.trim_start_matches('\n'));
        out.push_str(&format!("```{info}\n{body}```"));
        let (kind, rest) = info.split_once(' ').unwrap_or((info, ""));
        let dialects: &[Dialect] = match (kind, rest) {
            ("rust", "") => &[Dialect::Postgres, Dialect::Sqlite],
            ("rust", "for postgres") => &[Dialect::Postgres],
            ("rust", "for sqlite") => &[Dialect::Sqlite],
            ("rust", "before") => {
                example.before = body;
                continue;
            }
            ("sql", "given") => {
                example.given = body;
                continue;
            }
            ("sql", "companion") => {
                example.companion = body;
                continue;
            }
            _ => continue,
        };
        example.schema = body;
        examples += 1;
        for dialect in dialects {
            out.push_str("\n\n");
            out.push_str(&outcome(&example, *dialect, &mut databases, section));
        }
        example = Example::default();
    }
    assert!(examples > KNOWN.len(), "{examples} examples");
    let out = types(&out);
    if std::env::var_os("DBKIT_UPDATE_CASES").is_some() {
        std::fs::write(page(), out).unwrap();
    } else {
        assert!(out == text, "run with DBKIT_UPDATE_CASES=1 and look at the difference");
    }
}

/// The page with its table of types as the dialects have them.
fn types(page: &str) -> String {
    use dbkit::dialect::{postgres, sqlite};
    let mark = "<!-- types -->\n";
    let (before, rest) = page.split_once(mark).unwrap();
    let (_, after) = rest.split_once(mark).unwrap();
    let names: BTreeSet<&str> =
        postgres::types::diesel_names().chain(sqlite::types::diesel_names()).collect();
    let mut table = String::from("\n| Diesel | PostgreSQL | SQLite |\n|---|---|---|\n");
    for name in names {
        let cell = |sql: Option<String>| sql.map_or("–".to_owned(), |sql| format!("`{sql}`"));
        let postgres = postgres::types::from_diesel(name).map(|ty| postgres::types::render(&ty));
        let sqlite = sqlite::types::from_diesel(name).map(|ty| sqlite::types::render(&ty));
        table += &format!("| `{name}` | {} | {} |\n", cell(postgres), cell(sqlite));
    }
    format!("{before}{mark}{table}\n{mark}{after}")
}

/// The section of an attribute, from its heading to the next.
fn section<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let heading = format!("\n### `{name}`\n");
    let start = page.find(&heading)? + heading.len();
    let end = page[start..].find("\n#").map_or(page.len(), |at| start + at);
    Some(&page[start..end])
}

/// Every attribute in the text, with its bytes.
fn attributes(text: &str) -> Vec<Attribute> {
    let (file, _) = dbkit_syntax::read_file(text);
    let mut out = Vec::new();
    for item in file.items {
        match item.item {
            Item::Table(table) => {
                out.extend(table.attributes);
                out.extend(table.columns.into_iter().flat_map(|column| column.attributes));
            }
            Item::Enum(item) => {
                out.extend(item.attributes);
                out.extend(item.labels.into_iter().flat_map(|label| label.attributes));
            }
            Item::Joinable(_) | Item::SqlType(_) => {}
        }
    }
    out
}

#[test]
fn no_attribute_is_silently_ignored() {
    let page = std::fs::read_to_string(page()).unwrap().replace("\r\n", "\n");
    let mut wrong = Vec::new();
    for known in KNOWN {
        let Some(section) = section(&page, known.name) else {
            wrong.push(format!("`{}` has no section", known.name));
            continue;
        };
        let examples: Vec<&str> = blocks(section)
            .into_iter()
            .filter_map(|(_, block)| block)
            .filter(|block| block.info.starts_with("rust") && block.info != "rust before")
            .map(|block| block.body)
            .collect();
        for dialect in [Dialect::Postgres, Dialect::Sqlite] {
            let heeded = examples.iter().any(|example| {
                attributes(example).iter().filter(|a| a.name.text == known.name).any(|attribute| {
                    let mut without = (*example).to_owned();
                    // It has brackets of its own.
                    let own = attribute.span.byte_range();
                    without.replace_range(own.start - 2..own.end + 1, "");
                    let shown = |text: &str| {
                        let told = |found: Vec<Diagnostic>| {
                            found.into_iter().map(|mistake| mistake.message).collect::<Vec<_>>()
                        };
                        read(text, "", dialect).map_err(told).map(|s| {
                            let intentions = (s.renames, s.conversions, s.personal);
                            format!("{:?}{intentions:?}", s.model)
                        })
                    };
                    shown(example) != shown(&without)
                })
            });
            if heeded == WITHOUT_EFFECT.contains(&(known.name, dialect)) {
                wrong.push(format!("`{}` on {dialect}: heeded is {heeded}", known.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
