//! One statement of a file, and the small grammar all kinds share.

use super::mistake::{Mistake, Read};
use crate::diagnostic::SourceFile;
use crate::dialect::postgres::types;
use crate::model::{Collation, DataType, Dialect, Model, Options, QName, SchemaObject};
use crate::sql::cursor::Cursor;
use crate::sql::lex::TokenKind;
use crate::sql::split::StatementSpan;
use std::ops::Range;

#[derive(Clone, Debug)]
pub(super) struct Statement<'t> {
    pub(super) c: Cursor<'t>,
    /// Where the statement begins in its file.
    pub(super) offset: usize,
}

impl<'t> Statement<'t> {
    pub(super) fn new(file: &'t SourceFile, span: &StatementSpan, dialect: Dialect) -> Self {
        let text = span.sql(&file.text).trim_end();
        // SQLite triggers hold semicolons; only the last one ends the statement.
        let text = text.strip_suffix(';').unwrap_or(text).trim_end();
        Self { c: Cursor::new(text, dialect), offset: span.range.start }
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.c.dialect
    }

    /// The whole statement without its final semicolon.
    pub(super) fn definition(&self) -> &'t str {
        self.c.text
    }

    /// Its first words, for messages about the whole statement.
    pub(super) fn head(&self) -> Range<usize> {
        let mut c = self.c.clone();
        c.rewind(0);
        let mut end = 0;
        for _ in 0..3 {
            match c.bump() {
                Some(token) if token.kind == TokenKind::Word => end = token.span.end,
                Some(token) if end == 0 => end = token.span.end,
                _ => break,
            }
        }
        0..end
    }

    /// Statements about objects that other statements declare.
    pub(super) fn is_later(&self) -> bool {
        let mut c = self.c.clone();
        if c.is_word("COMMENT") || c.is_word("ALTER") {
            return true;
        }
        c.eat("CREATE");
        c.eat("UNIQUE");
        c.is_word("INDEX")
    }

    pub(super) fn keyword(&mut self, words: &str) -> Read<()> {
        if self.c.eat_words(words) { Ok(()) } else { Err(Mistake::expected(self, words)) }
    }

    pub(super) fn kind(&mut self, kind: TokenKind, what: &str) -> Read<()> {
        if self.c.eat_kind(kind) { Ok(()) } else { Err(Mistake::expected(self, what)) }
    }

    pub(super) fn name(&mut self, what: &str) -> Read<String> {
        let start = self.c.position();
        let Some(name) = self.c.name() else { return Err(Mistake::expected(self, what)) };
        if self.dialect() == Dialect::Postgres && name.len() > 63 {
            let message = format!("the name {name:?} has {} bytes", name.len());
            return Err(Mistake::new("name-too-long", message)
                .at(start..self.c.last_end())
                .help("PostgreSQL cuts names after 63 bytes: choose a shorter one"));
        }
        Ok(name)
    }

    /// A name with an optional schema; the default schema is left out.
    pub(super) fn qname(&mut self, what: &str) -> Read<QName> {
        let start = self.c.position();
        let first = self.name(what)?;
        if !self.c.eat_kind(TokenKind::Dot) {
            return Ok(QName::bare(first));
        }
        let name = self.name(what)?;
        if self.c.is_kind(TokenKind::Dot) {
            return Err(Mistake::new("syntax", "a name has at most a schema before it")
                .at(start..self.c.last_end())
                .help("leave the database's name out"));
        }
        Ok(in_schema(self.dialect(), Some(first), name))
    }

    /// `a, b, c` in parentheses.
    pub(super) fn names(&mut self, what: &str) -> Read<Vec<String>> {
        self.kind(TokenKind::Open, "(")?;
        let mut names = vec![self.name(what)?];
        while self.c.eat_kind(TokenKind::Comma) {
            names.push(self.name(what)?);
        }
        self.kind(TokenKind::Close, ")")?;
        Ok(names)
    }

    pub(super) fn string(&mut self, what: &str) -> Read<String> {
        match self.c.string() {
            Some(value) => Ok(value),
            None => Err(Mistake::expected(self, what)),
        }
    }

    pub(super) fn integer(&mut self, what: &str) -> Read<i64> {
        match self.c.integer() {
            Some(value) => Ok(value),
            None => Err(Mistake::expected(self, what)),
        }
    }

    /// What stands in parentheses.
    pub(super) fn group(&mut self, what: &str) -> Read<&'t str> {
        match self.c.group() {
            Some(span) => Ok(self.c.slice(span)),
            None => Err(Mistake::expected(self, what)),
        }
    }

    /// A type, ended by one of the keywords, a comma or a closing parenthesis.
    pub(super) fn data_type(&mut self, ends: &[&str]) -> Read<DataType> {
        let span = self
            .c
            .until(|c| c.is_kind(TokenKind::Comma) || ends.iter().any(|word| c.is_word(word)));
        if span.is_empty() {
            return Err(Mistake::expected(self, "a type"));
        }
        types::parse(self.c.slice(span.clone()))
            .map_err(|error| Mistake::new("unknown-type", error.to_string()).at(span))
    }

    /// The name behind COLLATE.
    pub(super) fn collation(&mut self) -> Read<Collation> {
        let name = self.qname("a collation")?;
        let schema = name.schema.filter(|schema| schema != "pg_catalog");
        Ok(Collation(QName { schema, name: name.name }))
    }

    /// `(fillfactor = 70, security_barrier)`; a name alone means `true`.
    pub(super) fn options(&mut self) -> Read<Options> {
        self.kind(TokenKind::Open, "(")?;
        let mut options = Options::new();
        loop {
            let name = match self.c.dotted() {
                Some(parts) => parts.join("."),
                None => return Err(Mistake::expected(self, "the name of an option")),
            };
            let value = if self.c.eat_operator("=") { self.option_value()? } else { "true".into() };
            options.insert(name, value);
            if !self.c.eat_kind(TokenKind::Comma) {
                break;
            }
        }
        self.kind(TokenKind::Close, ")")?;
        Ok(options)
    }

    pub(super) fn option_value(&mut self) -> Read<String> {
        if let Some(value) = self.c.string() {
            return Ok(value);
        }
        let span = self.c.until(|c| c.is_kind(TokenKind::Comma));
        if span.is_empty() {
            return Err(Mistake::expected(self, "a value"));
        }
        Ok(self.c.slice(span).to_owned())
    }

    pub(super) fn if_not_exists(&mut self) {
        self.c.eat_words("IF NOT EXISTS");
    }

    /// Nothing may be left.
    pub(super) fn end(&mut self) -> Read<()> {
        if self.c.is_done() {
            Ok(())
        } else {
            Err(Mistake::expected(self, "the end of the statement"))
        }
    }

    /// Everything that is left.
    pub(super) fn rest(&mut self) -> &'t str {
        let start = self.c.position();
        while self.c.bump().is_some() {}
        self.c.slice(start..self.c.text.len())
    }
}

/// The name in the model: `public` (PostgreSQL) and `main` (SQLite) are the default schema.
pub(super) fn in_schema(dialect: Dialect, schema: Option<String>, name: String) -> QName {
    let default = match dialect {
        Dialect::Postgres => "public",
        Dialect::Sqlite => "main",
    };
    QName { schema: schema.filter(|schema| schema != default), name }
}

/// Adds a schema that is used, or declared.
pub(super) fn declare_schema(model: &mut Model, name: &str) {
    if name != "pg_catalog" {
        model
            .schemas
            .entry(name.to_owned())
            .or_insert_with(|| SchemaObject { name: name.to_owned(), comment: None });
    }
}
