//! Reads the name of a type as people write it and as `format_type` prints it.

use super::names::{SPELLED, known};
use crate::model::{DataType, QName};

/// Why a type could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TypeError {
    #[error("no type is named here")]
    Empty,
    #[error("`{0}` is not the name of a type")]
    Syntax(String),
}

/// Reads a type as a user or `format_type` spells it and brings it to the spelling of
/// `format_type`: `varchar(36)` is `character varying` with modifier `36`.
///
/// Names that are not built in become [`TypeName::User`](crate::model::TypeName); whether they exist is not asked.
///
/// # Errors
/// The text is not one type name.
pub fn parse(text: &str) -> Result<DataType, TypeError> {
    let tokens = tokens(text)?;
    let mut reader = Reader { text, tokens: &tokens };
    if reader.tokens.is_empty() {
        return Err(TypeError::Empty);
    }
    let ty = reader.data_type()?;
    if reader.tokens.is_empty() { Ok(ty) } else { Err(reader.error()) }
}

/// Reads a name of an object, qualified or not, quoted or not: `auth."My Table"`.
///
/// # Errors
/// The text is not one name.
pub fn parse_name(text: &str) -> Result<QName, TypeError> {
    let part = |token: &Token<'_>| match token {
        Token::Word(name) | Token::Quoted(name) => Some(name.clone()),
        _ => None,
    };
    let tokens = tokens(text)?;
    let name = match tokens.as_slice() {
        [name] => part(name).map(QName::bare),
        [schema, Token::Dot, name] => part(schema).zip(part(name)).map(|(schema, name)| {
            QName::new(Some(schema.as_str()).filter(|schema| *schema != "public"), name)
        }),
        _ => None,
    };
    name.ok_or_else(|| TypeError::Syntax(text.to_owned()))
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(String),
    Quoted(String),
    /// What stands between balanced parentheses.
    Parens(&'a str),
    Brackets,
    Dot,
}

fn tokens(text: &str) -> Result<Vec<Token<'_>>, TypeError> {
    let wrong = || TypeError::Syntax(text.to_owned());
    let mut out = Vec::new();
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        let used = match first {
            c if c.is_whitespace() => c.len_utf8(),
            '.' => {
                out.push(Token::Dot);
                1
            }
            '[' => {
                let end = rest.find(']').ok_or_else(wrong)?;
                let size = rest.get(1..end).unwrap_or("").trim();
                if !size.chars().all(|c| c.is_ascii_digit()) {
                    return Err(wrong());
                }
                out.push(Token::Brackets);
                end + 1
            }
            '(' => {
                let end = closing(rest).ok_or_else(wrong)?;
                out.push(Token::Parens(rest.get(1..end).unwrap_or("").trim()));
                end + 1
            }
            '"' => {
                let (name, used) = quoted(rest).ok_or_else(wrong)?;
                out.push(Token::Quoted(name));
                used
            }
            c if c == '_' || c.is_alphabetic() => {
                let end = rest
                    .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
                    .unwrap_or(rest.len());
                // The server folds only ASCII letters in a multi-byte encoding.
                out.push(Token::Word(rest.get(..end).unwrap_or(rest).to_ascii_lowercase()));
                end
            }
            _ => return Err(wrong()),
        };
        rest = rest.get(used..).unwrap_or("");
    }
    Ok(out)
}

/// Byte offset of the parenthesis that closes the first one, quoted text skipped.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

fn quoted(text: &str) -> Option<(String, usize)> {
    let mut name = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != '"' {
            name.push(c);
        } else if chars.peek().is_some_and(|(_, next)| *next == '"') {
            chars.next();
            name.push('"');
        } else {
            return (!name.is_empty()).then_some((name, at + 1));
        }
    }
    None
}

struct Reader<'a> {
    text: &'a str,
    tokens: &'a [Token<'a>],
}

impl<'a> Reader<'a> {
    fn error(&self) -> TypeError {
        TypeError::Syntax(self.text.to_owned())
    }

    fn peek(&self) -> Option<&'a Token<'a>> {
        self.tokens.first()
    }

    fn next(&mut self) -> Option<&'a Token<'a>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    /// Takes the next token when it is that unquoted word.
    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(next)) if next == word);
        if found {
            self.next();
        }
        found
    }

    fn words(&mut self, words: &[&str]) -> bool {
        let before = self.tokens;
        let found = words.iter().all(|word| self.word(word));
        if !found {
            self.tokens = before;
        }
        found
    }

    fn modifier(&mut self) -> Option<String> {
        let Some(Token::Parens(inner)) = self.peek() else { return None };
        self.next();
        Some(inner.split(',').map(str::trim).collect::<Vec<_>>().join(","))
    }

    fn data_type(&mut self) -> Result<DataType, TypeError> {
        let mut ty = self.scalar()?;
        if self.word("array") {
            ty.array = true;
        }
        while matches!(self.peek(), Some(Token::Brackets)) {
            self.next();
            ty.array = true;
        }
        Ok(ty)
    }

    fn scalar(&mut self) -> Result<DataType, TypeError> {
        let first = match self.next() {
            Some(Token::Word(word)) => {
                if !matches!(self.peek(), Some(Token::Dot)) {
                    return self.unquoted(word);
                }
                word.clone()
            }
            Some(Token::Quoted(name)) => {
                if !matches!(self.peek(), Some(Token::Dot)) {
                    return Ok(self.named(None, name));
                }
                name.clone()
            }
            _ => return Err(self.error()),
        };
        self.next();
        let name = match self.next() {
            Some(Token::Word(name) | Token::Quoted(name)) => name,
            _ => return Err(self.error()),
        };
        Ok(self.named(Some(&first), name))
    }

    /// A quoted or schema-qualified name: it is looked up in `pg_type`, the grammar's own words
    /// (`int`, `character varying`) do not apply.
    fn named(&mut self, schema: Option<&str>, name: &str) -> DataType {
        let modifier = self.modifier();
        match (schema, known(name)) {
            (None | Some("pg_catalog"), Some(canonical)) => with_modifier(canonical, modifier),
            _ => {
                let schema = schema.filter(|schema| *schema != "public");
                DataType { modifier, ..DataType::user(QName::new(schema, name)) }
            }
        }
    }

    fn unquoted(&mut self, word: &str) -> Result<DataType, TypeError> {
        Ok(match word {
            "character" | "char" | "nchar" => self.character(),
            "national" => {
                if !self.word("character") && !self.word("char") {
                    return Err(self.error());
                }
                self.character()
            }
            "bit" => {
                let varying = self.word("varying");
                let modifier = self.modifier();
                match (varying, modifier) {
                    (true, modifier) => DataType { modifier, ..DataType::builtin("bit varying") },
                    (false, None) => with_modifier("bit", Some("1".to_owned())),
                    (false, modifier) => with_modifier("bit", modifier),
                }
            }
            "double" => {
                if !self.word("precision") {
                    return Ok(self.named(None, "double"));
                }
                DataType::builtin("double precision")
            }
            "float" => match self.modifier().map(|n| n.parse::<u8>()) {
                None => DataType::builtin("double precision"),
                Some(Ok(1..=24)) => DataType::builtin("real"),
                Some(Ok(25..=53)) => DataType::builtin("double precision"),
                Some(_) => return Err(self.error()),
            },
            "time" | "timestamp" => {
                let modifier = self.modifier();
                let zone = if self.words(&["with", "time", "zone"]) {
                    "with"
                } else {
                    self.words(&["without", "time", "zone"]);
                    "without"
                };
                with_modifier(&format!("{word} {zone} time zone"), modifier)
            }
            "interval" => self.interval(),
            "setof" => return Err(self.error()),
            _ => match SPELLED.iter().find(|(name, _)| *name == word) {
                Some((_, canonical)) => {
                    let modifier = self.modifier();
                    with_modifier(canonical, modifier)
                }
                None => self.named(None, word),
            },
        })
    }

    fn character(&mut self) -> DataType {
        let varying = self.word("varying");
        let modifier = self.modifier();
        if varying {
            with_modifier("character varying", modifier)
        } else {
            with_modifier("character", modifier.or_else(|| Some("1".to_owned())))
        }
    }

    fn interval(&mut self) -> DataType {
        const FIELDS: [&str; 6] = ["year", "month", "day", "hour", "minute", "second"];
        let mut name = "interval".to_owned();
        let mut modifier = self.modifier();
        if let Some(from) = FIELDS.iter().find(|field| self.word(field)) {
            name = format!("interval {from}");
            if self.word("to")
                && let Some(to) = FIELDS.iter().find(|field| self.word(field))
            {
                name = format!("{name} to {to}");
            }
            modifier = self.modifier().or(modifier);
        }
        DataType { modifier, ..DataType::builtin(name) }
    }
}

/// Brings a built-in type's modifier to what `format_type` would print.
fn with_modifier(canonical: &str, modifier: Option<String>) -> DataType {
    let (name, modifier) = match (canonical, modifier) {
        ("numeric", Some(m)) if !m.contains(',') => ("numeric", Some(format!("{m},0"))),
        ("bpchar", Some(m)) => ("character", Some(m)),
        (name, modifier) => (name, modifier),
    };
    DataType { modifier, ..DataType::builtin(name) }
}
