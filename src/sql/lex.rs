//! The lexer for PostgreSQL and SQLite text. It never fails: whatever it does not know is
//! [`TokenKind::Other`], and a construct that is not closed is a token with `closed == false`
//! reaching to the end of the text.
//!
//! Sources: PostgreSQL manual, "Lexical Structure"; SQLite, "lang_keywords", "lang_comment",
//! "lang_expr" (literals and parameters). `standard_conforming_strings` is taken to be on.

use crate::model::Dialect;
use std::ops::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// White space; also a byte order mark.
    Space,
    /// `-- …` up to the end of the line, or `/* … */`.
    Comment,
    /// A keyword or an identifier without quotes.
    Word,
    /// `"…"`, `U&"…"`; on SQLite also `` `…` `` and `[…]`.
    QuotedName,
    /// `'…'` with any prefix: `E`, `B`, `X`, `N`, `U&`.
    Text,
    /// `$tag$ … $tag$` (PostgreSQL).
    DollarText,
    Number,
    /// `$1`; on SQLite `?`, `?1`, `:name`, `@name`, `$name`.
    Parameter,
    /// A run of operator characters, `::`, `:=`, `=>`, `..`.
    Operator,
    Open,
    Close,
    OpenBracket,
    CloseBracket,
    Comma,
    Dot,
    Semicolon,
    /// A backslash command of psql, up to the end of the line (PostgreSQL).
    MetaCommand,
    /// A character that begins nothing in SQL.
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    /// In bytes; always on character borders.
    pub span: Range<usize>,
    /// False when the text ended inside a string, quoted name or comment.
    pub closed: bool,
}

impl Token {
    /// True for white space and comments.
    #[must_use]
    pub fn is_trivia(&self) -> bool {
        matches!(self.kind, TokenKind::Space | TokenKind::Comment)
    }

    /// The token as written.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.span.clone()).unwrap_or("")
    }

    /// True when the token is this keyword (without quotes, in any case).
    #[must_use]
    pub fn is_word(&self, text: &str, keyword: &str) -> bool {
        self.kind == TokenKind::Word && self.text(text).eq_ignore_ascii_case(keyword)
    }
}

/// All tokens of a text in order; their spans cover the text without gaps.
#[must_use]
pub fn tokens(text: &str, dialect: Dialect) -> Lexer<'_> {
    Lexer { text, bytes: text.as_bytes(), pos: 0, postgres: dialect == Dialect::Postgres }
}

/// The iterator of [`tokens`].
#[derive(Clone, Debug)]
pub struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    pos: usize,
    postgres: bool,
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let start = self.pos;
        let first = *self.bytes.get(start)?;
        let (kind, closed) = self.scan(first);
        // A backslash escape or a stray byte may leave the position inside a character.
        self.pos = self.pos.max(start + 1).min(self.bytes.len());
        while !self.text.is_char_boundary(self.pos) {
            self.pos += 1;
        }
        Some(Token { kind, span: start..self.pos, closed })
    }
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_word_part(byte: u8) -> bool {
    is_word_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

const BOM: &[u8] = "\u{feff}".as_bytes();

impl Lexer<'_> {
    /// Continues at a later position: the caller has read something that is not SQL.
    pub fn skip_to(&mut self, position: usize) {
        self.pos = position.max(self.pos);
    }

    /// Where the next token begins.
    #[must_use]
    pub fn position(&self) -> usize {
        self.pos
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.pos + ahead).copied()
    }

    fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) {
        while self.peek(0).is_some_and(&wanted) {
            self.pos += 1;
        }
    }

    fn one(&mut self, kind: TokenKind) -> (TokenKind, bool) {
        self.pos += 1;
        (kind, true)
    }

    fn scan(&mut self, first: u8) -> (TokenKind, bool) {
        use TokenKind as K;
        if self.pos == 0 && self.bytes.starts_with(BOM) {
            self.pos = BOM.len();
            return (K::Space, true);
        }
        match first {
            _ if is_space(first) => {
                self.skip_while(is_space);
                (K::Space, true)
            }
            b'-' if self.peek(1) == Some(b'-') => {
                self.skip_line();
                (K::Comment, true)
            }
            b'/' if self.peek(1) == Some(b'*') => (K::Comment, self.block_comment()),
            b'\'' => (K::Text, self.quoted(b'\'', false)),
            b'"' => (K::QuotedName, self.quoted(b'"', false)),
            b'`' if !self.postgres => (K::QuotedName, self.quoted(b'`', false)),
            b'[' if !self.postgres => (K::QuotedName, self.past(b']')),
            b'[' => self.one(K::OpenBracket),
            b']' => self.one(K::CloseBracket),
            b'(' => self.one(K::Open),
            b')' => self.one(K::Close),
            b',' => self.one(K::Comma),
            b';' => self.one(K::Semicolon),
            b'$' => self.dollar(),
            b'\\' if self.postgres => {
                self.skip_line();
                (K::MetaCommand, true)
            }
            b'.' if self.peek(1) == Some(b'.') => {
                self.pos += 2;
                (K::Operator, true)
            }
            b'.' if !self.peek(1).is_some_and(|b| b.is_ascii_digit()) => self.one(K::Dot),
            b'.' | b'0'..=b'9' => self.number(),
            _ if is_word_start(first) => self.word(first),
            _ => self.operator(first),
        }
    }

    /// A lone carriage return ends a comment on PostgreSQL; SQLite reads on to the line feed.
    fn skip_line(&mut self) {
        let postgres = self.postgres;
        self.skip_while(|b| b != b'\n' && !(postgres && b == b'\r'));
    }

    /// PostgreSQL nests block comments; SQLite does not, and lets the last one stay open.
    fn block_comment(&mut self) -> bool {
        self.pos += 2;
        let mut depth = 1_usize;
        while let Some(byte) = self.peek(0) {
            match (byte, self.peek(1)) {
                (b'*', Some(b'/')) => {
                    self.pos += 2;
                    depth -= 1;
                    if depth == 0 {
                        return true;
                    }
                }
                (b'/', Some(b'*')) if self.postgres => {
                    self.pos += 2;
                    depth += 1;
                }
                _ => self.pos += 1,
            }
        }
        !self.postgres
    }

    /// From an opening quote to its partner; a doubled quote stands for itself.
    fn quoted(&mut self, quote: u8, backslashes: bool) -> bool {
        self.pos += 1;
        while let Some(byte) = self.peek(0) {
            if byte == b'\\' && backslashes {
                self.pos += 2;
            } else if byte != quote {
                self.pos += 1;
            } else if self.peek(1) == Some(quote) {
                self.pos += 2;
            } else {
                self.pos += 1;
                if !(backslashes && self.continued()) {
                    return true;
                }
            }
        }
        self.pos = self.bytes.len();
        false
    }

    /// `E'a'` and a string on a following line are one constant, escapes included.
    fn continued(&mut self) -> bool {
        let rest = self.bytes.get(self.pos..).unwrap_or(&[]);
        let space = rest.iter().take_while(|b| is_space(**b)).count();
        let newline = rest.iter().take(space).any(|b| matches!(b, b'\n' | b'\r'));
        if newline && rest.get(space) == Some(&b'\'') {
            self.pos += space + 1;
            return true;
        }
        false
    }

    fn past(&mut self, end: u8) -> bool {
        self.skip_while(|b| b != end);
        let found = self.peek(0).is_some();
        self.pos += usize::from(found);
        found
    }

    fn dollar(&mut self) -> (TokenKind, bool) {
        let start = self.pos;
        self.pos += 1;
        if !self.postgres {
            self.skip_while(is_word_part);
            return (TokenKind::Parameter, true);
        }
        if self.peek(0).is_some_and(|b| b.is_ascii_digit()) {
            self.skip_while(|b| b.is_ascii_digit());
            return (TokenKind::Parameter, true);
        }
        self.skip_while(|b| is_word_part(b) && b != b'$');
        if self.peek(0) != Some(b'$') {
            self.pos = start + 1;
            return (TokenKind::Other, true);
        }
        self.pos += 1;
        let tag = self.text.get(start..self.pos).unwrap_or("$$");
        match self.text.get(self.pos..).and_then(|rest| rest.find(tag)) {
            Some(at) => {
                self.pos += at + tag.len();
                (TokenKind::DollarText, true)
            }
            None => {
                self.pos = self.bytes.len();
                (TokenKind::DollarText, false)
            }
        }
    }

    fn number(&mut self) -> (TokenKind, bool) {
        if self.peek(0) == Some(b'0') && matches!(self.peek(1), Some(b'x' | b'X')) {
            self.pos += 2;
            self.skip_while(|b| b.is_ascii_hexdigit() || b == b'_');
            return (TokenKind::Number, true);
        }
        self.skip_while(|b| b.is_ascii_digit() || b == b'_');
        // `1..10` is a range of PL/pgSQL, not a number with two dots.
        if self.peek(0) == Some(b'.') && self.peek(1) != Some(b'.') {
            self.pos += 1;
            self.skip_while(|b| b.is_ascii_digit() || b == b'_');
        }
        if matches!(self.peek(0), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.peek(1), Some(b'+' | b'-')));
            if self.peek(1 + sign).is_some_and(|b| b.is_ascii_digit()) {
                self.pos += 1 + sign;
                self.skip_while(|b| b.is_ascii_digit() || b == b'_');
            }
        }
        (TokenKind::Number, true)
    }

    fn word(&mut self, first: u8) -> (TokenKind, bool) {
        match (first, self.peek(1)) {
            (b'e' | b'E', Some(b'\'')) if self.postgres => {
                self.pos += 1;
                return (TokenKind::Text, self.quoted(b'\'', true));
            }
            (b'x' | b'X', Some(b'\'')) => {
                self.pos += 1;
                return (TokenKind::Text, self.quoted(b'\'', false));
            }
            (b'b' | b'B' | b'n' | b'N', Some(b'\'')) if self.postgres => {
                self.pos += 1;
                return (TokenKind::Text, self.quoted(b'\'', false));
            }
            (b'u' | b'U', Some(b'&')) if self.postgres => match self.peek(2) {
                Some(b'\'') => {
                    self.pos += 2;
                    return (TokenKind::Text, self.quoted(b'\'', false));
                }
                Some(b'"') => {
                    self.pos += 2;
                    return (TokenKind::QuotedName, self.quoted(b'"', false));
                }
                _ => {}
            },
            _ => {}
        }
        self.skip_while(is_word_part);
        (TokenKind::Word, true)
    }

    fn operator(&mut self, first: u8) -> (TokenKind, bool) {
        if !self.postgres && matches!(first, b'?' | b'@' | b'#' | b':') {
            self.pos += 1;
            self.skip_while(is_word_part);
            return (TokenKind::Parameter, true);
        }
        if first == b':' {
            self.pos += 1;
            self.pos += usize::from(matches!(self.peek(0), Some(b':' | b'=')));
            return (TokenKind::Operator, true);
        }
        let part = |b: u8| b"+-*/<>=~!@#%^&|`?".contains(&b);
        if !part(first) {
            return self.one(TokenKind::Other);
        }
        while self.peek(0).is_some_and(part) {
            let comment = matches!((self.peek(0), self.peek(1)), (Some(b'-'), Some(b'-')))
                || matches!((self.peek(0), self.peek(1)), (Some(b'/'), Some(b'*')));
            if comment {
                break;
            }
            self.pos += 1;
        }
        (TokenKind::Operator, true)
    }
}
