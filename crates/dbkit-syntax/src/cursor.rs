//! A place in a list of token trees.

use crate::ast::{Name, SyntaxError};
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

/// Reads token trees from left to right. Every `take_*` moves on only when it finds what it looks
/// for.
pub(crate) struct Cursor {
    tokens: Vec<TokenTree>,
    at: usize,
    /// Where the end is, for errors about something missing.
    end: Span,
}

impl Cursor {
    pub(crate) fn new(tokens: TokenStream, end: Span) -> Self {
        Self { tokens: tokens.into_iter().collect(), at: 0, end }
    }

    pub(crate) fn of(group: &Group) -> Self {
        Self::new(group.stream(), group.span_close())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub(crate) fn peek(&self) -> Option<&TokenTree> {
        self.tokens.get(self.at)
    }

    pub(crate) fn peek_second(&self) -> Option<&TokenTree> {
        self.tokens.get(self.at + 1)
    }

    pub(crate) fn next(&mut self) -> Option<TokenTree> {
        let token = self.tokens.get(self.at).cloned();
        self.at += usize::from(token.is_some());
        token
    }

    /// Where the next token is, or the end.
    pub(crate) fn span(&self) -> Span {
        self.peek().map_or(self.end, TokenTree::span)
    }

    /// Where the last token taken was.
    pub(crate) fn last_span(&self) -> Span {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(self.end, TokenTree::span)
    }

    pub(crate) fn peeks_punct(&self, wanted: char) -> bool {
        matches!(self.peek(), Some(TokenTree::Punct(p)) if p.as_char() == wanted)
    }

    pub(crate) fn take_punct(&mut self, wanted: char) -> bool {
        let found = self.peeks_punct(wanted);
        self.at += usize::from(found);
        found
    }

    /// `::` or `->`
    pub(crate) fn take_pair(&mut self, first: char, second: char) -> bool {
        let found = self.peeks_punct(first)
            && matches!(self.peek_second(), Some(TokenTree::Punct(p)) if p.as_char() == second);
        self.at += if found { 2 } else { 0 };
        found
    }

    pub(crate) fn peeks_ident(&self, wanted: &str) -> bool {
        matches!(self.peek(), Some(TokenTree::Ident(i)) if i == wanted)
    }

    pub(crate) fn take_ident(&mut self) -> Option<Ident> {
        let Some(TokenTree::Ident(ident)) = self.peek() else { return None };
        let ident = ident.clone();
        self.at += 1;
        Some(ident)
    }

    pub(crate) fn take_name(&mut self) -> Option<Name> {
        self.take_ident().as_ref().map(name)
    }

    pub(crate) fn take_group(&mut self, delimiter: Delimiter) -> Option<Group> {
        let Some(TokenTree::Group(group)) = self.peek() else { return None };
        if group.delimiter() != delimiter {
            return None;
        }
        let group = group.clone();
        self.at += 1;
        Some(group)
    }

    /// Skips to behind the next `stop` of this level, or to the end.
    pub(crate) fn skip_past(&mut self, stop: char) {
        while let Some(token) = self.next() {
            if matches!(&token, TokenTree::Punct(p) if p.as_char() == stop) {
                return;
            }
        }
    }

    /// An error where the next token is: `expected …, found …`.
    pub(crate) fn expected(&self, what: &str) -> SyntaxError {
        let found = self.peek().map_or_else(
            || "the end".to_owned(),
            |token| match token {
                TokenTree::Group(group) => match group.delimiter() {
                    Delimiter::Parenthesis => "`(…)`".to_owned(),
                    Delimiter::Brace => "`{…}`".to_owned(),
                    Delimiter::Bracket => "`[…]`".to_owned(),
                    Delimiter::None => "a group".to_owned(),
                },
                other => format!("`{other}`"),
            },
        );
        SyntaxError::new("syntax", format!("expected {what}, found {found}"), self.span())
            .label(format!("expected {what}"))
    }
}

pub(crate) fn name(ident: &Ident) -> Name {
    let text = ident.to_string();
    let text = text.strip_prefix("r#").map_or(text.clone(), str::to_owned);
    Name { text, span: ident.span() }
}
