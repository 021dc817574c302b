//! Type names: what people write, what `format_type` prints, and Diesel's names for them.

mod names;
mod parse;

pub use parse::{TypeError, parse, parse_name};

use super::quote;
use crate::model::{DataType, QName, TypeName};
use names::{DIESEL, known};

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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn canonical(text: &str) -> String {
        render(&parse(text).unwrap())
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
