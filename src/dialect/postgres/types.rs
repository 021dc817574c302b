//! Type names: what people write, what `format_type` prints, and Diesel's names for them.

use super::quote;
use crate::model::{DataType, QName, TypeName};

/// Built-in types whose canonical name is one plain word (PostgreSQL manual, Data Types, and
/// `pg_type` for the internal ones). Sorted: looked up by binary search.
const PLAIN: &[&str] = &[
    "aclitem",
    "box",
    "bytea",
    "cid",
    "cidr",
    "circle",
    "cstring",
    "date",
    "datemultirange",
    "daterange",
    "gtsvector",
    "inet",
    "int2vector",
    "int4multirange",
    "int4range",
    "int8multirange",
    "int8range",
    "json",
    "jsonb",
    "jsonpath",
    "line",
    "lseg",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "nummultirange",
    "numrange",
    "oid",
    "oidvector",
    "path",
    "pg_brin_bloom_summary",
    "pg_brin_minmax_multi_summary",
    "pg_dependencies",
    "pg_lsn",
    "pg_mcv_list",
    "pg_ndistinct",
    "pg_node_tree",
    "pg_snapshot",
    "point",
    "polygon",
    "record",
    "refcursor",
    "regclass",
    "regcollation",
    "regconfig",
    "regdictionary",
    "regnamespace",
    "regoper",
    "regoperator",
    "regproc",
    "regprocedure",
    "regrole",
    "regtype",
    "text",
    "tid",
    "trigger",
    "tsmultirange",
    "tsquery",
    "tsrange",
    "tstzmultirange",
    "tstzrange",
    "tsvector",
    "txid_snapshot",
    "uuid",
    "void",
    "xid",
    "xid8",
    "xml",
];

/// Words that are types by themselves and whose canonical spelling differs or takes a modifier:
/// (as `pg_type` or the grammar names it, as `format_type` prints it).
const SPELLED: &[(&str, &str)] = &[
    ("int", "integer"),
    ("int2", "smallint"),
    ("int4", "integer"),
    ("int8", "bigint"),
    ("integer", "integer"),
    ("smallint", "smallint"),
    ("bigint", "bigint"),
    ("bool", "boolean"),
    ("boolean", "boolean"),
    ("float4", "real"),
    ("float8", "double precision"),
    ("real", "real"),
    ("numeric", "numeric"),
    ("decimal", "numeric"),
    ("dec", "numeric"),
    ("bpchar", "bpchar"),
    ("varchar", "character varying"),
    ("varbit", "bit varying"),
    ("timestamptz", "timestamp with time zone"),
    ("timetz", "time with time zone"),
];

/// Diesel's SQL type, the PostgreSQL type it stands for. The first Diesel name of a type is the
/// one written.
const DIESEL: &[(&str, &str)] = &[
    ("Bool", "boolean"),
    ("SmallInt", "smallint"),
    ("Int2", "smallint"),
    ("Smallint", "smallint"),
    ("TinyInt", "smallint"),
    ("Tinyint", "smallint"),
    ("Integer", "integer"),
    ("Int4", "integer"),
    ("BigInt", "bigint"),
    ("Int8", "bigint"),
    ("Bigint", "bigint"),
    ("Float", "real"),
    ("Float4", "real"),
    ("Double", "double precision"),
    ("Float8", "double precision"),
    ("Numeric", "numeric"),
    ("Decimal", "numeric"),
    ("Text", "text"),
    ("Tinytext", "text"),
    ("Mediumtext", "text"),
    ("Longtext", "text"),
    ("Varchar", "character varying"),
    ("VarChar", "character varying"),
    ("Bpchar", "bpchar"),
    ("Char", "character"),
    ("Binary", "bytea"),
    ("Bytea", "bytea"),
    ("Blob", "bytea"),
    ("Tinyblob", "bytea"),
    ("Mediumblob", "bytea"),
    ("Longblob", "bytea"),
    ("Varbinary", "bytea"),
    ("Date", "date"),
    ("Interval", "interval"),
    ("Time", "time without time zone"),
    ("Timestamp", "timestamp without time zone"),
    ("Datetime", "timestamp without time zone"),
    ("Timestamptz", "timestamp with time zone"),
    ("TimestamptzSqlite", "timestamp with time zone"),
    ("Json", "json"),
    ("Jsonb", "jsonb"),
    ("Uuid", "uuid"),
    ("Oid", "oid"),
    ("MacAddr", "macaddr"),
    ("Macaddr", "macaddr"),
    ("MacAddr8", "macaddr8"),
    ("Macaddr8", "macaddr8"),
    ("Inet", "inet"),
    ("Cidr", "cidr"),
    ("Money", "money"),
    ("CChar", "\"char\""),
    ("PgLsn", "pg_lsn"),
    ("Int4range", "int4range"),
    ("Int8range", "int8range"),
    ("Numrange", "numrange"),
    ("Tsrange", "tsrange"),
    ("Tstzrange", "tstzrange"),
    ("Daterange", "daterange"),
    ("Int4multirange", "int4multirange"),
    ("Int8multirange", "int8multirange"),
    ("Nummultirange", "nummultirange"),
    ("Tsmultirange", "tsmultirange"),
    ("Tstzmultirange", "tstzmultirange"),
    ("Datemultirange", "datemultirange"),
];

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
/// Names that are not built in become [`TypeName::User`]; whether they exist is not asked.
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

/// The type as PostgreSQL reads it, quoted where it must be: `timestamp(3) with time zone`,
/// `"My Type"[]`.
#[must_use]
pub fn render(ty: &DataType) -> String {
    let mut out = match &ty.name {
        TypeName::Builtin(name) => builtin(name, ty.modifier.as_deref()),
        TypeName::User(name) => {
            let mut out = user(name);
            if let Some(modifier) = &ty.modifier {
                out.push_str(&format!("({modifier})"));
            }
            out
        }
    };
    if ty.array {
        out.push_str("[]");
    }
    out
}

/// The PostgreSQL type a Diesel SQL type (`Int4`, `Timestamptz`) stands for; `None` when Diesel
/// has no such type for PostgreSQL.
#[must_use]
pub fn from_diesel(name: &str) -> Option<DataType> {
    if name == "Citext" {
        return Some(DataType::user(QName::bare("citext")));
    }
    DIESEL.iter().find(|(diesel, _)| *diesel == name).map(|(_, sql)| DataType::builtin(*sql))
}

/// Diesel's name for the type, modifier and array left aside; `None` when Diesel has none.
#[must_use]
pub fn to_diesel(ty: &DataType) -> Option<&'static str> {
    match &ty.name {
        TypeName::Builtin(name) if name == "character" => Some("Bpchar"),
        TypeName::Builtin(name) => {
            DIESEL.iter().find(|(_, sql)| sql == name).map(|(diesel, _)| *diesel)
        }
        TypeName::User(name) if name.name == "citext" => Some("Citext"),
        TypeName::User(_) => None,
    }
}

/// Every name [`from_diesel`] knows, for suggestions.
pub fn diesel_names() -> impl Iterator<Item = &'static str> {
    DIESEL.iter().map(|(diesel, _)| *diesel).chain(["Citext"])
}

fn builtin(name: &str, modifier: Option<&str>) -> String {
    match (name, modifier) {
        // An unquoted `bit` means `bit(1)`; format_type prints the unlimited one quoted.
        ("bit", None) => "\"bit\"".to_owned(),
        (_, None) => name.to_owned(),
        (_, Some(modifier)) => {
            let (head, tail) = match name.split_once(' ') {
                Some((head @ ("timestamp" | "time"), tail)) => (head, Some(tail)),
                _ => (name, None),
            };
            match tail {
                Some(tail) => format!("{head}({modifier}) {tail}"),
                None => format!("{head}({modifier})"),
            }
        }
    }
}

/// A user's type as it is named in SQL.
#[must_use]
pub fn user(name: &QName) -> String {
    match &name.schema {
        // pg_catalog comes first in every search path: only a qualified name reaches a user's
        // type of the same name.
        None if known(&name.name).is_some() => format!("public.{}", quote::ident(&name.name)),
        _ => quote::qname(name),
    }
}

/// The canonical name of a built-in type called that in `pg_type`.
fn known(word: &str) -> Option<&'static str> {
    if let Ok(at) = PLAIN.binary_search(&word) {
        return PLAIN.get(at).copied();
    }
    match word {
        "bit" => Some("bit"),
        "char" => Some("\"char\""),
        "interval" => Some("interval"),
        "time" => Some("time without time zone"),
        "timestamp" => Some("timestamp without time zone"),
        _ => SPELLED
            .iter()
            // `int`, `integer`, `decimal` … are grammar, not names in pg_type.
            .filter(|(name, canonical)| name != canonical || matches!(*name, "bpchar" | "numeric"))
            .find(|(name, _)| *name == word && !matches!(word, "int" | "decimal" | "dec"))
            .map(|(_, canonical)| *canonical),
    }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn canonical(text: &str) -> String {
        render(&parse(text).unwrap())
    }

    #[test]
    fn plain_names_are_sorted() {
        assert!(PLAIN.is_sorted());
    }

    #[test]
    fn spellings_become_those_of_format_type() {
        for (written, printed) in [
            ("varchar(36)", "character varying(36)"),
            ("VARCHAR", "character varying"),
            ("int8", "bigint"),
            ("int", "integer"),
            ("decimal(10, 2)", "numeric(10,2)"),
            ("numeric(10)", "numeric(10,0)"),
            ("timestamptz(3)", "timestamp(3) with time zone"),
            ("timestamp", "timestamp without time zone"),
            ("time (3) with time zone", "time(3) with time zone"),
            ("interval day to second(3)", "interval day to second(3)"),
            ("interval(3)", "interval(3)"),
            ("interval year", "interval year"),
            ("bit varying", "bit varying"),
            ("bit varying(4)", "bit varying(4)"),
            ("bit", "bit(1)"),
            ("\"bit\"", "\"bit\""),
            ("\"char\"", "\"char\""),
            ("char", "character(1)"),
            ("char(4)", "character(4)"),
            ("bpchar", "bpchar"),
            ("bpchar(4)", "character(4)"),
            ("pg_catalog.int4", "integer"),
            ("\"int4\"[]", "integer[]"),
            ("integer array", "integer[]"),
            ("integer[3][3]", "integer[]"),
            ("float(24)", "real"),
            ("float", "double precision"),
            ("double precision", "double precision"),
            ("national character varying(3)", "character varying(3)"),
            ("citext", "citext"),
            ("schema.\"My Type\"[]", "schema.\"My Type\"[]"),
            ("public.mood", "mood"),
            ("public.date", "public.date"),
            ("\"user\"", "\"user\""),
            ("geometry(Point, 4326)", "geometry(Point,4326)"),
            ("\"integer\"", "\"integer\""),
            ("Text", "text"),
            ("name", "name"),
        ] {
            assert_eq!(canonical(written), printed, "{written}");
            assert_eq!(canonical(printed), printed, "{printed} again");
        }
    }

    #[test]
    fn what_is_no_type_is_an_error() {
        for text in ["", "  ", "int)", "varchar(", "a.b.c", "a b", "\"\"", "1x", "int[x]"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn diesel_names_come_back() {
        for name in diesel_names() {
            let ty = from_diesel(name).unwrap();
            let diesel = to_diesel(&ty).unwrap();
            assert_eq!(to_diesel(&from_diesel(diesel).unwrap()), Some(diesel), "{name}");
            if name != "Char" {
                assert_eq!(parse(&render(&ty)).unwrap(), ty, "{name}");
            }
        }
    }
}
