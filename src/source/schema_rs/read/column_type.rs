//! The type of a column: its path, and the attributes that say more about it.

use super::super::ast::{self, Span};
use super::super::types;
use super::args::Args;
use super::catalog::{Found, Home};
use super::draft::Context;
use crate::dialect::{postgres, sqlite};
use crate::model::{DataType, Dialect, QName};

/// What a type path came to.
pub(super) struct Resolved {
    pub(super) ty: DataType,
    pub(super) nullable: bool,
    /// The labels, where the type is an enum and the dialect has none.
    pub(super) labels: Option<Vec<String>>,
    pub(super) values: Vec<crate::diff::Value>,
    pub(super) json_array: bool,
    pub(super) serial: bool,
}

/// Attributes of a column that only describe its type.
#[derive(Default)]
pub(super) struct TypeNotes {
    pub(super) sql_type: Option<(String, Span)>,
    pub(super) max_length: Option<u32>,
    pub(super) precision: Option<String>,
}

pub(super) fn type_notes(column: &ast::Column, context: &mut Context<'_>) -> TypeNotes {
    let mut notes = TypeNotes::default();
    for attribute in &column.notes.attributes {
        let mut args = Args::new(attribute, &[]);
        match attribute.name.text.as_str() {
            "sql_type" => notes.sql_type = args.first_text(),
            "max_length" => {
                let length = args.first_integer().and_then(|n| u32::try_from(n).ok());
                if length.is_none_or(|n| n == 0) {
                    context
                        .mistakes
                        .add("wrong-value", &args.span, "`max_length` takes a number above 0")
                        .help("write #[max_length = 36]");
                }
                notes.max_length = length.filter(|n| *n > 0);
            }
            "precision" => {
                let first = args.first_integer();
                let second = args.first_integer();
                notes.precision = match (first, second) {
                    (Some(p), Some(s)) => Some(format!("{p},{s}")),
                    (Some(p), None) => Some(p.to_string()),
                    _ => {
                        context
                            .mistakes
                            .add("wrong-value", &args.span, "`precision` takes one or two numbers")
                            .help("write #[precision(10, 2)] or #[precision = 3]");
                        None
                    }
                };
            }
            _ => continue,
        }
        args.finish(context.mistakes);
    }
    notes
}

/// Takes `Nullable<…>` and `Array<…>` off and looks the name up.
pub(super) fn resolve(
    ty: &ast::Type,
    notes: &TypeNotes,
    home: &Home,
    context: &mut Context<'_>,
) -> Resolved {
    let mut nullable = false;
    let mut array = false;
    let mut inner = ty;
    while let Some(wrapper @ ("Nullable" | "Array")) = inner.path.last().map(|n| n.text.as_str()) {
        let [argument] = inner.arguments.as_slice() else { break };
        match wrapper {
            "Array" => array = true,
            _ if !array => nullable = true,
            // PostgreSQL lets every element be NULL: Nullable inside an array says nothing.
            _ => {}
        }
        inner = argument;
    }
    let mut out = Resolved {
        ty: DataType::builtin("text"),
        nullable,
        labels: None,
        values: Vec::new(),
        json_array: false,
        serial: false,
    };
    let ident = inner.path.last().map(|n| n.text.clone()).unwrap_or_default();
    out.serial = matches!(ident.as_str(), "SmallSerial" | "Serial" | "BigSerial");
    if let Some((sql, span)) = &notes.sql_type {
        out.ty = match context.dialect {
            Dialect::Sqlite => sqlite::types::parse(sql),
            Dialect::Postgres => postgres::types::parse(sql).unwrap_or_else(|error| {
                context.mistakes.add("unknown-type", span, error.to_string()).help(
                    "write the type as SQL does: \"numeric(10,2)\", \"citext\", \"my_type[]\"",
                );
                unresolved()
            }),
        };
        return out;
    }
    if ident.is_empty() {
        out.ty = unresolved();
        return out;
    }
    let path: Vec<&str> = inner.path.iter().map(|name| name.text.as_str()).collect();
    let found = match path.as_slice() {
        // Diesel's own, whatever else has the name.
        [.., "diesel", "sql_types", _] => Found::Nothing,
        [.., qualifier, _] => context.catalog.data_type(&ident, Some(qualifier), home),
        _ => context.catalog.data_type(&ident, None, home),
    };
    match found {
        Found::One(found) => {
            out.labels = (!array).then(|| found.labels.clone()).flatten();
            out.values.clone_from(&found.values);
            out.ty = match context.dialect {
                Dialect::Postgres => with_length(found.ty.clone(), notes.max_length),
                Dialect::Sqlite => DataType::builtin("TEXT"),
            };
        }
        Found::Several => {
            context
                .mistakes
                .add("ambiguous-name", &inner.span, format!("several types are called `{ident}`"))
                .help(format!("write the Rust module before it: `super::module::{ident}`"));
            out.ty = unresolved();
        }
        Found::Nothing => out.ty = named(inner, &ident, notes, context),
    }
    if array {
        match context.dialect {
            Dialect::Postgres => out.ty.array = true,
            Dialect::Sqlite => {
                out.ty = DataType::builtin("TEXT");
                out.json_array = true;
            }
        }
    }
    out
}

pub(super) fn with_length(ty: DataType, length: Option<u32>) -> DataType {
    match length {
        Some(n) => DataType { modifier: Some(n.to_string()), ..ty },
        None => ty,
    }
}

/// A type Diesel knows by name, `Range<…>` included.
pub(super) fn named(
    ty: &ast::Type,
    ident: &str,
    notes: &TypeNotes,
    context: &mut Context<'_>,
) -> DataType {
    let ident = match (ident, ty.arguments.as_slice()) {
        ("Range" | "Multirange", [element]) => {
            let element = element.path.last().map_or("", |n| n.text.as_str());
            let base = match element {
                "Int4" | "Integer" => "Int4",
                "Int8" | "BigInt" | "Bigint" => "Int8",
                "Numeric" | "Decimal" => "Num",
                "Timestamp" => "Ts",
                "Timestamptz" => "Tstz",
                "Date" => "Date",
                other => other,
            };
            format!("{base}{}", ident.to_lowercase())
        }
        ("SmallSerial", _) => "SmallInt".to_owned(),
        ("Serial", _) => "Integer".to_owned(),
        ("BigSerial", _) => "BigInt".to_owned(),
        _ => ident.to_owned(),
    };
    if notes.precision.is_some() && !types::takes_precision(&ident) {
        context
            .mistakes
            .add("wrong-attribute", &ty.span, format!("`{ident}` has no precision"))
            .help("remove #[precision], or choose Numeric, Time, Timestamp or Interval");
    }
    if notes.max_length.is_some()
        && types::from_diesel(Dialect::Postgres, &ident, None, None).is_some()
        && !types::takes_length(&ident)
    {
        context
            .mistakes
            .add("wrong-attribute", &ty.span, format!("`{ident}` has no length"))
            .help("remove #[max_length], or choose Varchar or Bpchar");
    }
    let precision = notes.precision.as_deref();
    if let Some(found) = types::from_diesel(context.dialect, &ident, notes.max_length, precision) {
        return found;
    }
    let known: Vec<&str> = match context.dialect {
        Dialect::Postgres => postgres::types::diesel_names().collect(),
        Dialect::Sqlite => sqlite::types::diesel_names().collect(),
    };
    let elsewhere = types::from_diesel(Dialect::Postgres, &ident, None, None).is_some();
    if elsewhere {
        context
            .mistakes
            .add(
                "no-equivalent",
                &ty.span,
                format!("{} has no type for `{ident}`", context.dialect.title()),
            )
            .help("say how it is stored: #[sql_type = \"TEXT\"]");
    } else {
        let all: Vec<&str> = known.into_iter().chain(context.catalog.type_idents()).collect();
        let near = dbkit_syntax::nearest(&ident, all.iter().copied());
        let help = match (ident.as_str(), near) {
            ("Nullable" | "Array", _) => format!("write `{ident}<Text>`, of one type"),
            (_, Some(near)) if ty.arguments.is_empty() => format!("did you mean `{near}`?"),
            (_, _) if !ty.arguments.is_empty() => {
                "ranges are of Integer, BigInt, Numeric, Date, Timestamp or Timestamptz; \
                 name any SQL type with #[sql_type = \"…\"]"
                    .to_owned()
            }
            _ => "declare an `enum` of that name, or name any SQL type: #[sql_type = \"…\"]"
                .to_owned(),
        };
        context
            .mistakes
            .add("unknown-type", &ty.span, format!("there is no type `{}`", written(ty)))
            .help(help);
    }
    unresolved()
}

/// The type's last name, with what it is of: `Range<Text>`.
pub(super) fn written(ty: &ast::Type) -> String {
    let name = ty.path.last().map_or("", |name| &name.text);
    if ty.arguments.is_empty() {
        return name.to_owned();
    }
    let of: Vec<String> = ty.arguments.iter().map(written).collect();
    format!("{name}<{}>", of.join(", "))
}

/// Stands for a type that is a mistake already, so that nothing else is said about it.
pub(super) fn unresolved() -> DataType {
    DataType::user(QName::bare(""))
}
