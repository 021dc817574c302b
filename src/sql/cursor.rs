//! A cursor over the tokens that matter (no white space, no comments): what the parsers of
//! statements are written with.

use super::lex::{Token, TokenKind, tokens};
use super::names;
use crate::model::Dialect;
use std::ops::Range;

/// Tokens of a text with a position. A failed `eat_…` moves nothing.
#[derive(Clone, Debug)]
pub struct Cursor<'t> {
    pub text: &'t str,
    pub dialect: Dialect,
    tokens: Vec<Token>,
    at: usize,
}

impl<'t> Cursor<'t> {
    #[must_use]
    pub fn new(text: &'t str, dialect: Dialect) -> Self {
        let tokens = tokens(text, dialect).filter(|t| !t.is_trivia()).collect();
        Self { text, dialect, tokens, at: 0 }
    }

    /// The next token.
    #[must_use]
    pub fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    /// The token `ahead` places after the next one.
    #[must_use]
    pub fn peek_at(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead)
    }

    /// Takes the next token.
    pub fn bump(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += usize::from(token.is_some());
        token
    }

    #[must_use]
    pub fn is_done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// A mark to come back to with [`Cursor::rewind`].
    #[must_use]
    pub fn mark(&self) -> usize {
        self.at
    }

    pub fn rewind(&mut self, mark: usize) {
        self.at = mark;
    }

    #[must_use]
    pub fn is_kind(&self, kind: TokenKind) -> bool {
        self.peek().is_some_and(|t| t.kind == kind)
    }

    #[must_use]
    pub fn is_word(&self, keyword: &str) -> bool {
        self.is_word_at(0, keyword)
    }

    #[must_use]
    pub fn is_word_at(&self, ahead: usize, keyword: &str) -> bool {
        self.peek_at(ahead).is_some_and(|t| t.is_word(self.text, keyword))
    }

    /// True when the next tokens are these keywords, separated by single spaces in `keywords`.
    #[must_use]
    pub fn is_words(&self, keywords: &str) -> bool {
        keywords.split(' ').enumerate().all(|(n, keyword)| self.is_word_at(n, keyword))
    }

    /// Takes the keyword if it is next.
    pub fn eat(&mut self, keyword: &str) -> bool {
        let found = self.is_word(keyword);
        self.at += usize::from(found);
        found
    }

    /// Takes all the keywords if they are next.
    pub fn eat_words(&mut self, keywords: &str) -> bool {
        let found = self.is_words(keywords);
        if found {
            self.at += keywords.split(' ').count();
        }
        found
    }

    pub fn eat_kind(&mut self, kind: TokenKind) -> bool {
        let found = self.is_kind(kind);
        self.at += usize::from(found);
        found
    }

    /// Takes the operator if it is next, exactly as written.
    pub fn eat_operator(&mut self, operator: &str) -> bool {
        let found = self
            .peek()
            .is_some_and(|t| t.kind == TokenKind::Operator && t.text(self.text) == operator);
        self.at += usize::from(found);
        found
    }

    /// A name, folded or unquoted. On SQLite a string may stand where a name is wanted.
    pub fn name(&mut self) -> Option<String> {
        let token = self.peek()?;
        let name = match token.kind {
            TokenKind::Word | TokenKind::QuotedName => {
                names::value(token.text(self.text), self.dialect)
            }
            TokenKind::Text if self.dialect == Dialect::Sqlite => {
                names::string_value(token.text(self.text))
            }
            _ => return None,
        };
        self.at += 1;
        Some(name)
    }

    /// A name with any number of qualifiers, outermost first.
    pub fn dotted(&mut self) -> Option<Vec<String>> {
        let mut parts = vec![self.name()?];
        while self.is_kind(TokenKind::Dot) {
            let mark = self.mark();
            self.at += 1;
            match self.name() {
                Some(part) => parts.push(part),
                None => {
                    self.rewind(mark);
                    break;
                }
            }
        }
        Some(parts)
    }

    /// The value of a string constant, if one is next.
    pub fn string(&mut self) -> Option<String> {
        let token = self.peek()?;
        let value = match token.kind {
            TokenKind::Text | TokenKind::DollarText => names::string_value(token.text(self.text)),
            _ => return None,
        };
        self.at += 1;
        Some(value)
    }

    /// An integer with an optional sign.
    pub fn integer(&mut self) -> Option<i64> {
        let mark = self.mark();
        let negative = self.eat_operator("-");
        if !negative {
            self.eat_operator("+");
        }
        let digits = self.peek().filter(|t| t.kind == TokenKind::Number).map(|t| t.text(self.text));
        let sign = if negative { "-" } else { "" };
        let value = digits.and_then(|d| format!("{sign}{}", d.replace('_', "")).parse().ok());
        match value {
            Some(_) => self.at += 1,
            None => self.rewind(mark),
        }
        value
    }

    /// Takes a parenthesised group with everything in it; the span of what is inside.
    pub fn group(&mut self) -> Option<Range<usize>> {
        let mark = self.mark();
        let start = self.peek().filter(|t| t.kind == TokenKind::Open)?.span.end;
        let mut depth = 0_usize;
        while let Some(token) = self.bump() {
            match token.kind {
                TokenKind::Open => depth += 1,
                TokenKind::Close => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(start..token.span.start);
                    }
                }
                _ => {}
            }
        }
        self.rewind(mark);
        None
    }

    /// Takes tokens, groups whole, up to a token outside parentheses and brackets for which `stop`
    /// answers true (not taken), or the end. The span of what was taken, empty if nothing.
    pub fn until(&mut self, stop: impl Fn(&Self) -> bool) -> Range<usize> {
        let start = self.position();
        let mut end = start;
        let mut depth = 0_usize;
        while let Some(token) = self.peek() {
            if depth == 0 && (token.kind == TokenKind::Close || stop(self)) {
                break;
            }
            match token.kind {
                TokenKind::Open | TokenKind::OpenBracket => depth += 1,
                TokenKind::Close | TokenKind::CloseBracket => depth = depth.saturating_sub(1),
                _ => {}
            }
            end = token.span.end;
            self.at += 1;
        }
        start..end
    }

    /// Where the next token begins; the end of the text after the last one.
    #[must_use]
    pub fn position(&self) -> usize {
        self.peek().map_or(self.text.len(), |t| t.span.start)
    }

    /// Where the token before the position ends.
    #[must_use]
    pub fn last_end(&self) -> usize {
        self.at.checked_sub(1).and_then(|n| self.tokens.get(n)).map_or(0, |t| t.span.end)
    }

    /// A stretch of the text, without surrounding white space.
    #[must_use]
    pub fn slice(&self, span: Range<usize>) -> &'t str {
        self.text.get(span).unwrap_or("").trim()
    }
}
