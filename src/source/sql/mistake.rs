//! What can be wrong with a statement, before it has a place in a file.

use super::statement::Statement;
use crate::model::Dialect;
use std::ops::Range;

/// A mistake in one statement; spans are bytes of the statement.
#[derive(Debug)]
pub(super) struct Mistake {
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) span: Option<Range<usize>>,
    pub(super) label: Option<String>,
    pub(super) help: Option<String>,
    /// The statement is left out, and that is all.
    pub(super) warning: bool,
}

pub(super) type Read<T> = Result<T, Box<Mistake>>;

impl Mistake {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            code,
            message: message.into(),
            span: None,
            label: None,
            help: None,
            warning: false,
        })
    }

    pub(super) fn ignored(message: impl Into<String>) -> Box<Self> {
        let mut mistake = Self::new("ignored-statement", message);
        mistake.warning = true;
        mistake
    }

    pub(super) fn at(mut self: Box<Self>, span: Range<usize>) -> Box<Self> {
        self.span = Some(span);
        self
    }

    pub(super) fn help(mut self: Box<Self>, help: impl Into<String>) -> Box<Self> {
        self.help = Some(help.into());
        self
    }

    /// Something else stands where `what` should.
    pub(super) fn expected(s: &Statement, what: &str) -> Box<Self> {
        let (message, span) = match s.c.peek() {
            Some(token) => {
                let found = token.text(s.c.text).chars().take(40).collect::<String>();
                (format!("expected {what}, found `{found}`"), token.span.clone())
            }
            None => {
                let end = s.c.text.trim_end().len();
                (format!("expected {what}, found the end of the statement"), end..end)
            }
        };
        let mut mistake = Self::new("syntax", message).at(span);
        mistake.label = Some(format!("expected {what}"));
        mistake
    }

    /// A statement about something that no file declares.
    pub(super) fn missing(what: &str, name: impl std::fmt::Display) -> Box<Self> {
        Self::new("unknown-object", format!("there is no {what} {name} in the schema files"))
            .help(format!("declare the {what}, or remove this statement"))
    }
}

/// Statements that people put into SQL files and that declare nothing.
pub(super) fn not_declarative(s: &Statement) -> Option<Box<Mistake>> {
    let first = s.c.peek()?.text(s.c.text).to_ascii_uppercase();
    match first.as_str() {
        "GRANT" | "REVOKE" => Some(
            Mistake::ignored(format!("{first} is left out: dbkit does not manage privileges"))
                .help("put it into a migration made with `dbkit generate --custom`"),
        ),
        "SET" | "RESET" | "BEGIN" | "COMMIT" | "START" => {
            Some(Mistake::ignored(format!("{first} has no effect in a schema file")))
        }
        "DROP" => Some(
            Mistake::new("not-a-declaration", "a schema file says what exists; it drops nothing")
                .help("remove the declaration of the object instead; dbkit writes the DROP"),
        ),
        "INSERT" | "UPDATE" | "DELETE" | "SELECT" | "WITH" | "TRUNCATE" | "DO" | "CALL"
        | "MERGE" => {
            Some(Mistake::new("not-a-declaration", format!("{first} declares nothing")).help(
                "rows belong in seeds/, changes in a migration made with `dbkit generate --custom`",
            ))
        }
        _ => None,
    }
}

/// A statement whose kind dbkit does not take from `.sql` files.
pub(super) fn unknown(s: &Statement) -> Box<Mistake> {
    let mut c = s.c.clone();
    c.rewind(0);
    c.eat("CREATE");
    c.eat_words("OR REPLACE");
    for word in ["TEMP", "TEMPORARY", "UNLOGGED", "UNIQUE", "FOREIGN", "VIRTUAL"] {
        c.eat(word);
    }
    if c.is_word("TABLE") {
        let name = c.peek_at(1).map_or("…", |t| t.text(s.c.text)).to_owned();
        return Mistake::new("table-in-sql-file", "tables belong in schema.rs")
            .at(s.head())
            .help(format!("write `table {name} (…) {{ … }}` in the `schema!` block of schema.rs"));
    }
    let head = s.c.text.get(s.head()).unwrap_or("").to_uppercase();
    let kinds: &[&str] = match s.dialect() {
        Dialect::Postgres => KINDS,
        Dialect::Sqlite => &["VIEW", "TRIGGER"],
    };
    let word = c.peek().map_or("", |t| t.text(s.c.text)).to_uppercase();
    let help = match dbkit_syntax::nearest(&word, kinds.iter().copied()) {
        Some(kind) => format!("did you mean {kind}?"),
        None => format!("known here: {}", kinds.join(", ")),
    };
    Mistake::new("unknown-statement", format!("`{head}` is not a declaration dbkit knows"))
        .at(s.head())
        .help(help)
}

const KINDS: &[&str] = &[
    "VIEW",
    "MATERIALIZED VIEW",
    "FUNCTION",
    "PROCEDURE",
    "AGGREGATE",
    "TRIGGER",
    "POLICY",
    "RULE",
    "DOMAIN",
    "TYPE",
    "SEQUENCE",
    "EXTENSION",
    "COLLATION",
    "STATISTICS",
    "SCHEMA",
];
