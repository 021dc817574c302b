//! Diesel's SQL type plus `max_length` and `precision` → a column's type, for both directions.

use crate::dialect::{postgres, sqlite};
use crate::model::{DataType, Dialect, Model, TypeName};

/// The type a Diesel type name stands for, with what its attributes add; `None` when the dialect
/// has no such type.
///
/// `max_length` on a type that has no length and `precision` on one that has none change nothing
/// on SQLite; on PostgreSQL [`takes_precision`] and [`takes_length`] tell.
#[must_use]
pub fn from_diesel(
    dialect: Dialect,
    name: &str,
    max_length: Option<u32>,
    precision: Option<&str>,
) -> Option<DataType> {
    let mut ty = match dialect {
        Dialect::Postgres => postgres::types::from_diesel(name)?,
        Dialect::Sqlite => sqlite::types::from_diesel(name)?,
    };
    let TypeName::Builtin(base) = &ty.name else { return Some(ty) };
    let (base, modifier) = match (dialect, base.as_str(), max_length, precision) {
        (Dialect::Postgres, "character", None, _) => ("character", Some("1".to_owned())),
        (Dialect::Postgres, "bpchar" | "character", Some(n), _) => {
            ("character", Some(n.to_string()))
        }
        (Dialect::Postgres, "text" | "character varying", Some(n), _) => {
            ("character varying", Some(n.to_string()))
        }
        (Dialect::Postgres, "numeric", _, Some(p)) if !p.contains(',') => {
            ("numeric", Some(format!("{p},0")))
        }
        (Dialect::Postgres, base, _, Some(p)) if has_precision(base) => (base, Some(p.to_owned())),
        (Dialect::Sqlite, "TEXT", Some(n), _) if matches!(name, "Text") => {
            ("VARCHAR", Some(n.to_string()))
        }
        (Dialect::Sqlite, "VARCHAR" | "CHAR", Some(n), _) => (base.as_str(), Some(n.to_string())),
        (
            Dialect::Sqlite,
            "NUMERIC" | "TIME" | "TIMESTAMP" | "TIMESTAMPTZ" | "DATETIME",
            _,
            Some(p),
        ) => (base.as_str(), Some(p.to_owned())),
        (_, base, _, _) => (base, None),
    };
    ty = DataType { modifier, ..DataType::builtin(base) };
    Some(ty)
}

fn has_precision(base: &str) -> bool {
    base == "numeric"
        || base.starts_with("time")
        || base.starts_with("interval")
        || base.starts_with("bit")
}

/// True when `#[precision]` means something for that Diesel type.
#[must_use]
pub fn takes_precision(name: &str) -> bool {
    matches!(
        name,
        "Numeric"
            | "Decimal"
            | "Time"
            | "Timestamp"
            | "Timestamptz"
            | "TimestamptzSqlite"
            | "Datetime"
            | "Interval"
    )
}

/// True when `#[max_length]` means something for that Diesel type.
#[must_use]
pub fn takes_length(name: &str) -> bool {
    matches!(name, "Text" | "Varchar" | "VarChar" | "Bpchar" | "Char")
}

/// How a column's type is written: the Diesel type and what the attributes must add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub diesel: String,
    pub max_length: Option<u32>,
    /// `3` or `10, 2`.
    pub precision: Option<String>,
    /// The SQL spelling, where Diesel's type does not stand for it.
    pub sql_type: Option<String>,
}

/// The way to write a built-in or unknown type (enums are the writer's own matter). Arrays are
/// written by element: `array` is left aside.
#[must_use]
pub fn to_diesel(model: &Model, ty: &DataType) -> Written {
    let scalar = DataType { array: false, ..ty.clone() };
    let diesel = match model.dialect {
        Dialect::Postgres => {
            postgres::types::to_diesel(&scalar).unwrap_or_else(|| closest(model, &scalar, 0))
        }
        Dialect::Sqlite => sqlite::types::to_diesel(&scalar),
    };
    let mut written =
        Written { diesel: diesel.to_owned(), max_length: None, precision: None, sql_type: None };
    let same = |length: Option<u32>, precision: Option<&str>| {
        from_diesel(model.dialect, diesel, length, precision).as_ref() == Some(&scalar)
    };
    if same(None, None) {
        return written;
    }
    if let Some(modifier) = &scalar.modifier {
        let length = modifier.parse::<u32>().ok().filter(|n| *n > 0 && takes_length(diesel));
        if length.is_some() && same(length, None) {
            // `Text` with a length is read, but `Varchar` says what it is.
            written.diesel = if diesel == "Text" { "Varchar".to_owned() } else { written.diesel };
            written.max_length = length;
            return written;
        }
        let numbers = modifier.split(',').all(|n| n.parse::<u32>().is_ok());
        if numbers && takes_precision(diesel) && same(None, Some(modifier)) {
            written.precision = Some(modifier.replace(',', ", "));
            return written;
        }
    }
    written.sql_type = Some(match model.dialect {
        Dialect::Postgres => postgres::types::render(ty),
        Dialect::Sqlite => sqlite::types::render(ty),
    });
    written
}

/// The Diesel type whose values are nearest to those of a type Diesel does not know. Domains are
/// read as what they are made of.
fn closest(model: &Model, ty: &DataType, depth: u8) -> &'static str {
    match &ty.name {
        TypeName::User(name) => match model.domains.get(name) {
            Some(domain) if depth < 8 && !domain.base.array => {
                postgres::types::to_diesel(&domain.base)
                    .unwrap_or_else(|| closest(model, &domain.base, depth + 1))
            }
            _ => "Text",
        },
        TypeName::Builtin(name) if name.starts_with("interval") => "Interval",
        TypeName::Builtin(name) if name.starts_with("reg") => "Oid",
        TypeName::Builtin(_) => "Text",
    }
}
