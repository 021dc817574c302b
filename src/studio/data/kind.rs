//! What sort of value a column holds, for the page's editors and for comparing.

use crate::dialect::{postgres, sqlite};
use crate::model::{DataType, Dialect, Model, QName, TypeName};
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Integer,
    Number,
    Boolean,
    Text,
    Json,
    Date,
    Time,
    Timestamp,
    Interval,
    Uuid,
    Bytes,
    Enum,
    Array,
    Range,
    Other,
}

/// A column's type, looked into.
pub struct Typed {
    pub kind: Kind,
    pub labels: Option<Vec<String>>,
    pub max_length: Option<u32>,
    /// Diesel's name of the type; `None` where it has none.
    pub diesel: Option<&'static str>,
}

/// Reads a type as the database spells it.
pub fn typed(text: &str, dialect: Dialect, model: &Model) -> Typed {
    match dialect {
        Dialect::Postgres => match postgres::types::parse(text) {
            Ok(ty) => of_postgres(&ty, model),
            Err(_) => Typed { kind: Kind::Other, labels: None, max_length: None, diesel: None },
        },
        Dialect::Sqlite => {
            let ty = sqlite::types::parse(text);
            let diesel = Some(sqlite::types::to_diesel(&ty));
            let name = match &ty.name {
                TypeName::Builtin(name) => name.as_str(),
                TypeName::User(name) => name.name.as_str(),
            };
            Typed { kind: of_sqlite(name), labels: None, max_length: length(&ty), diesel }
        }
    }
}

fn length(ty: &DataType) -> Option<u32> {
    let TypeName::Builtin(name) = &ty.name else { return None };
    let text = name.to_ascii_lowercase().contains("char");
    ty.modifier.as_deref().filter(|_| text)?.parse().ok()
}

fn of_postgres(ty: &DataType, model: &Model) -> Typed {
    let diesel = postgres::types::to_diesel(ty).filter(|_| !ty.array);
    let plain = |kind| Typed { kind, labels: None, max_length: length(ty), diesel };
    if ty.array {
        return plain(Kind::Array);
    }
    let name = match &ty.name {
        TypeName::Builtin(name) => name.as_str(),
        TypeName::User(name) => return of_user(name, model),
    };
    plain(match name {
        "smallint" | "integer" | "bigint" | "oid" => Kind::Integer,
        "numeric" | "real" | "double precision" => Kind::Number,
        "boolean" => Kind::Boolean,
        "text" | "character varying" | "character" | "name" | "\"char\"" | "xml" => Kind::Text,
        "json" | "jsonb" => Kind::Json,
        "date" => Kind::Date,
        "uuid" => Kind::Uuid,
        "bytea" => Kind::Bytes,
        _ if name.starts_with("timestamp") => Kind::Timestamp,
        _ if name.starts_with("time") => Kind::Time,
        _ if name.starts_with("interval") => Kind::Interval,
        _ if name.ends_with("range") => Kind::Range,
        _ => Kind::Other,
    })
}

fn of_user(name: &QName, model: &Model) -> Typed {
    if let Some(found) = model.enums.get(name) {
        let labels = Some(found.labels.clone());
        return Typed { kind: Kind::Enum, labels, max_length: None, diesel: None };
    }
    if let Some(domain) = model.domains.get(name) {
        return of_postgres(&domain.base, model);
    }
    let kind = match name.name.as_str() {
        "citext" => Kind::Text,
        _ if model.ranges.contains_key(name) => Kind::Range,
        _ => Kind::Other,
    };
    let diesel = (name.name == "citext").then_some("Citext");
    Typed { kind, labels: None, max_length: None, diesel }
}

/// By what is declared; anything may be stored all the same.
fn of_sqlite(declared: &str) -> Kind {
    let declared = declared.to_ascii_uppercase();
    let has = |word: &str| declared.contains(word);
    match declared.as_str() {
        "" => Kind::Other,
        "TINYINT" => Kind::Integer,
        _ if has("BOOL") => Kind::Boolean,
        _ if has("JSON") => Kind::Json,
        _ if has("UUID") => Kind::Uuid,
        _ if has("DATETIME") || has("TIMESTAMP") => Kind::Timestamp,
        _ if has("DATE") => Kind::Date,
        _ if has("INT") => Kind::Integer,
        _ if has("TIME") => Kind::Time,
        _ if has("CHAR") || has("CLOB") || has("TEXT") => Kind::Text,
        _ if has("BLOB") || has("BINARY") => Kind::Bytes,
        _ if ["REAL", "FLOA", "DOUB", "NUM", "DEC"].iter().any(|word| has(word)) => Kind::Number,
        _ => Kind::Other,
    }
}
