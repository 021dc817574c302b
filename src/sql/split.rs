//! Splitting a script into statements, in one pass over the text.
//!
//! A semicolon ends a statement unless it stands in a string, a comment, parentheses (as in
//! `CREATE RULE … DO (a; b)`), a `BEGIN ATOMIC … END` body (PostgreSQL, CREATE FUNCTION) or the
//! `BEGIN … END` body of a trigger (SQLite, "CREATE TRIGGER"). After `COPY … FROM stdin;` the
//! lines up to `\.` are data.

use super::lex::{Lexer, Token, TokenKind, tokens};
use crate::model::Dialect;
use std::ops::Range;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementSpan {
    /// From the first word to the semicolon, which is included. Between statements there is only
    /// white space and comments.
    pub range: Range<usize>,
    /// Of the first word, from 1.
    pub line: usize,
    pub kind: StatementKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementKind {
    Sql,
    /// `COPY … FROM stdin;` with the rows that follow it (whole lines, without the `\.` line).
    /// The span's range ends behind the `\.` line.
    CopyIn {
        /// Where the COPY statement itself ends.
        statement_end: usize,
        data: Range<usize>,
    },
    /// A backslash command: psql's, not the server's.
    MetaCommand,
}

impl StatementSpan {
    /// The statement as the server takes it: without COPY data.
    #[must_use]
    pub fn sql<'t>(&self, text: &'t str) -> &'t str {
        let end = match &self.kind {
            StatementKind::CopyIn { statement_end, .. } => *statement_end,
            _ => self.range.end,
        };
        text.get(self.range.start..end).unwrap_or("")
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} opened on line {line} is never closed")]
pub struct SplitError {
    /// `string`, `quoted name`, `dollar-quoted string`, `comment`, `parenthesis`, `COPY data`,
    /// `BEGIN ATOMIC body`, `trigger body`.
    pub what: &'static str,
    /// Where it was opened, from 1.
    pub line: usize,
    /// Where it was opened, in bytes.
    pub at: usize,
}

/// All statements of a script.
///
/// # Errors
/// A construct that is never closed, with the line that opened it.
pub fn statements(text: &str, dialect: Dialect) -> Result<Vec<StatementSpan>, SplitError> {
    Statements::new(text, dialect).collect()
}

/// The statements of a script, one at a time: memory does not grow with the script. After an
/// error there is nothing more.
#[derive(Clone, Debug)]
pub struct Statements<'t> {
    text: &'t str,
    dialect: Dialect,
    lexer: Lexer<'t>,
    /// Lines are counted up to here.
    counted: usize,
    line: usize,
    failed: bool,
}

impl<'t> Statements<'t> {
    #[must_use]
    pub fn new(text: &'t str, dialect: Dialect) -> Self {
        let lexer = tokens(text, dialect);
        Self { text, dialect, lexer, counted: 0, line: 1, failed: false }
    }

    fn line_at(&mut self, at: usize) -> usize {
        let between = self.text.as_bytes().get(self.counted..at).unwrap_or(&[]);
        self.line += between.iter().filter(|b| **b == b'\n').count();
        self.counted = self.counted.max(at);
        self.line
    }

    fn fail(&mut self, what: &'static str, at: usize) -> SplitError {
        self.failed = true;
        let before = self.text.as_bytes().get(..at).unwrap_or(&[]);
        let line = 1 + before.iter().filter(|b| **b == b'\n').count();
        SplitError { what, line, at }
    }

    fn advance(&mut self) -> Result<Option<StatementSpan>, SplitError> {
        let mut state = Nesting::new(self.dialect);
        let mut start = None;
        let mut end = 0;
        while let Some(token) = self.lexer.next() {
            if !token.closed {
                return Err(self.fail(what(token.kind), token.span.start));
            }
            if token.is_trivia() {
                continue;
            }
            if token.kind == TokenKind::MetaCommand && start.is_none() {
                let line = self.line_at(token.span.start);
                let range = token.span;
                return Ok(Some(StatementSpan { range, line, kind: StatementKind::MetaCommand }));
            }
            let first = *start.get_or_insert(token.span.start);
            end = token.span.end;
            if state.feed(&token, self.text) {
                return self.finish(first, end, &state).map(Some);
            }
        }
        let Some(first) = start else { return Ok(None) };
        match state.open() {
            Some((what, at)) => Err(self.fail(what, at)),
            None => self.finish(first, end, &state).map(Some),
        }
    }

    fn finish(
        &mut self,
        first: usize,
        end: usize,
        state: &Nesting,
    ) -> Result<StatementSpan, SplitError> {
        let line = self.line_at(first);
        if !state.copy_from_stdin() {
            return Ok(StatementSpan { range: first..end, line, kind: StatementKind::Sql });
        }
        let rest = self.text.get(end..).unwrap_or("");
        let begin = end + rest.find('\n').map_or(rest.len(), |at| at + 1);
        let mut at = begin;
        for row in self.text.get(begin..).unwrap_or("").split_inclusive('\n') {
            if row.trim_end_matches(['\n', '\r']) == "\\." {
                let stop = at + row.len();
                self.lexer.skip_to(stop);
                let kind = StatementKind::CopyIn { statement_end: end, data: begin..at };
                return Ok(StatementSpan { range: first..stop, line, kind });
            }
            at += row.len();
        }
        Err(self.fail("COPY data", first))
    }
}

impl Iterator for Statements<'_> {
    type Item = Result<StatementSpan, SplitError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        self.advance().transpose()
    }
}

fn what(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Comment => "comment",
        TokenKind::QuotedName => "quoted name",
        TokenKind::DollarText => "dollar-quoted string",
        _ => "string",
    }
}

/// What the statement read so far is, as far as finding its end needs it.
#[derive(Debug)]
struct Nesting {
    dialect: Dialect,
    /// Where each open parenthesis stands: only the outermost matters for messages.
    depth: usize,
    opened_at: usize,
    head: Head,
    words: usize,
    body: Body,
    previous: Previous,
    from_seen: bool,
    from_stdin: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Head {
    Start,
    Create,
    Routine,
    Trigger,
    Copy,
    Other,
}

#[derive(Debug)]
enum Body {
    None,
    /// Nested BEGIN and CASE, and where the body began.
    Atomic(usize, usize),
    Trigger(usize),
    TriggerEnded,
}

#[derive(Debug, PartialEq, Eq)]
enum Previous {
    Begin(usize),
    Semicolon,
    Other,
}

impl Nesting {
    fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            depth: 0,
            opened_at: 0,
            head: Head::Start,
            words: 0,
            body: Body::None,
            previous: Previous::Other,
            from_seen: false,
            from_stdin: false,
        }
    }

    /// Takes one token; true when it ends the statement.
    fn feed(&mut self, token: &Token, text: &str) -> bool {
        let mut previous = Previous::Other;
        match token.kind {
            TokenKind::Open => {
                if self.depth == 0 {
                    self.opened_at = token.span.start;
                }
                self.depth += 1;
            }
            TokenKind::Close => self.depth = self.depth.saturating_sub(1),
            TokenKind::Semicolon => match self.body {
                Body::None | Body::TriggerEnded if self.depth == 0 => return true,
                Body::Trigger(_) => previous = Previous::Semicolon,
                _ => {}
            },
            TokenKind::Word => previous = self.word(token, token.text(text)),
            _ => self.words += 1,
        }
        self.previous = previous;
        false
    }

    fn word(&mut self, token: &Token, word: &str) -> Previous {
        let is = |keyword: &str| word.eq_ignore_ascii_case(keyword);
        self.words += 1;
        self.head_word(&is);
        if self.depth > 0 {
            return Previous::Other;
        }
        match (&mut self.body, &self.head) {
            (Body::Atomic(depth, _), _) => {
                if is("begin") || is("case") {
                    *depth += 1;
                } else if is("end") {
                    *depth -= 1;
                    if *depth == 0 {
                        self.body = Body::None;
                    }
                }
            }
            // SQLite's own rule for complete statements: a body ends at END after a semicolon.
            (Body::Trigger(_), _) if is("end") && self.previous == Previous::Semicolon => {
                self.body = Body::TriggerEnded;
            }
            (Body::Trigger(_), _) => {}
            (Body::None, Head::Routine) => match self.previous {
                Previous::Begin(at) if is("atomic") => self.body = Body::Atomic(1, at),
                _ if is("begin") => return Previous::Begin(token.span.start),
                _ => {}
            },
            (Body::None, Head::Trigger) if is("begin") && self.words > 3 => {
                self.body = Body::Trigger(token.span.start);
                return Previous::Semicolon;
            }
            (Body::None, Head::Copy) => {
                self.from_stdin |= self.from_seen && is("stdin");
                self.from_seen = is("from");
            }
            _ => {}
        }
        Previous::Other
    }

    /// Follows the first words as far as they decide the kind.
    fn head_word(&mut self, is: &dyn Fn(&str) -> bool) {
        let postgres = self.dialect == Dialect::Postgres;
        self.head = match self.head {
            Head::Start if is("create") => Head::Create,
            Head::Start if is("copy") && postgres => Head::Copy,
            Head::Start => Head::Other,
            Head::Create if self.words <= 4 => {
                if postgres && (is("function") || is("procedure")) {
                    Head::Routine
                } else if !postgres && is("trigger") {
                    Head::Trigger
                } else if ["or", "replace", "temp", "temporary"].iter().any(|w| is(w)) {
                    Head::Create
                } else {
                    Head::Other
                }
            }
            Head::Create => Head::Other,
            Head::Routine => Head::Routine,
            Head::Trigger => Head::Trigger,
            Head::Copy => Head::Copy,
            Head::Other => Head::Other,
        };
    }

    fn copy_from_stdin(&self) -> bool {
        self.from_stdin
    }

    fn open(&self) -> Option<(&'static str, usize)> {
        match self.body {
            Body::Atomic(_, at) => Some(("BEGIN ATOMIC body", at)),
            Body::Trigger(at) => Some(("trigger body", at)),
            _ if self.depth > 0 => Some(("parenthesis", self.opened_at)),
            _ => None,
        }
    }
}
