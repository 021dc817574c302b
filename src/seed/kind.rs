use crate::model::{ColumnValue, DataType, Dialect, Model, TypeName};

/// What a column takes, as far as a seed file must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Integer {
        min: i64,
        max: i64,
    },
    Float,
    Numeric,
    /// `max`: characters of a `varchar(n)` on PostgreSQL, which refuses longer ones.
    Text {
        max: Option<usize>,
    },
    Timestamp,
    TimestampZoned,
    Date,
    Time,
    Json,
    Array(Box<Kind>),
    Enum(Vec<String>),
    Bytes,
    Uuid,
    /// Any other type: its text form, in quotes.
    Other,
}

impl Kind {
    /// True for a date, a time or both.
    pub(super) fn is_time(&self) -> bool {
        matches!(self, Self::Timestamp | Self::TimestampZoned | Self::Date | Self::Time)
    }

    pub(super) fn of(ty: &DataType, model: &Model) -> Self {
        match model.dialect {
            Dialect::Postgres => postgres(ty, model, 0),
            Dialect::Sqlite => sqlite(ty),
        }
    }

    /// What to write, for messages.
    pub(super) fn wants(&self) -> String {
        match self {
            Self::Bool => "true or false".to_owned(),
            Self::Integer { .. } => "a whole number".to_owned(),
            Self::Float | Self::Numeric => "a number".to_owned(),
            Self::Text { .. } => "text in quotes".to_owned(),
            Self::Timestamp => "a date and time without offset, as 2026-01-31T12:00:00".to_owned(),
            Self::TimestampZoned => {
                "a date and time with offset, as 2026-01-31T12:00:00Z".to_owned()
            }
            Self::Date => "a date, as 2026-01-31".to_owned(),
            Self::Time => "a time, as 12:00:00".to_owned(),
            Self::Json => "a value or an inline table".to_owned(),
            Self::Array(inner) => format!("a list, each item {}", inner.wants()),
            Self::Enum(labels) => format!("one of {}", labels.join(", ")),
            Self::Bytes => "bytes as text, '\\x…' on PostgreSQL".to_owned(),
            Self::Uuid => "a UUID in quotes".to_owned(),
            Self::Other => "its text form in quotes".to_owned(),
        }
    }
}

/// Domains stand on domains at most this deep; a circle cannot be made in PostgreSQL.
const MAX_DOMAINS: usize = 32;

fn postgres(ty: &DataType, model: &Model, depth: usize) -> Kind {
    if ty.array {
        let inner = DataType { array: false, ..ty.clone() };
        return Kind::Array(Box::new(postgres(&inner, model, depth)));
    }
    match &ty.name {
        TypeName::User(name) => {
            if let Some(found) = model.enums.get(name) {
                return Kind::Enum(found.labels.clone());
            }
            match model.domains.get(name) {
                Some(domain) if depth < MAX_DOMAINS => postgres(&domain.base, model, depth + 1),
                _ => Kind::Other,
            }
        }
        TypeName::Builtin(name) => match name.as_str() {
            "boolean" => Kind::Bool,
            "smallint" => Kind::Integer { min: i16::MIN.into(), max: i16::MAX.into() },
            "integer" => Kind::Integer { min: i32::MIN.into(), max: i32::MAX.into() },
            "bigint" => Kind::Integer { min: i64::MIN, max: i64::MAX },
            "real" | "double precision" => Kind::Float,
            "numeric" => Kind::Numeric,
            "character varying" | "character" => {
                Kind::Text { max: ty.modifier.as_deref().and_then(|length| length.parse().ok()) }
            }
            "text" | "name" => Kind::Text { max: None },
            "timestamp without time zone" => Kind::Timestamp,
            "timestamp with time zone" => Kind::TimestampZoned,
            "date" => Kind::Date,
            "time without time zone" => Kind::Time,
            "json" | "jsonb" => Kind::Json,
            "bytea" => Kind::Bytes,
            "uuid" => Kind::Uuid,
            _ => Kind::Other,
        },
    }
}

/// SQLite, datatype3: only the affinity is the database's; the words say what the application
/// reads.
fn sqlite(ty: &DataType) -> Kind {
    let TypeName::Builtin(name) = &ty.name else { return Kind::Other };
    let name = name.to_ascii_uppercase();
    let has = |part: &str| name.contains(part);
    if has("BOOL") {
        Kind::Bool
    } else if has("TIMESTAMPTZ") {
        Kind::TimestampZoned
    } else if has("TIMESTAMP") || has("DATETIME") {
        Kind::Timestamp
    } else if name == "DATE" {
        Kind::Date
    } else if name == "TIME" {
        Kind::Time
    } else if has("JSON") {
        Kind::Json
    } else if has("INT") {
        Kind::Integer { min: i64::MIN, max: i64::MAX }
    } else if has("CHAR") || has("CLOB") || has("TEXT") {
        Kind::Text { max: None }
    } else if has("BLOB") {
        Kind::Bytes
    } else if has("REAL") || has("FLOA") || has("DOUB") {
        Kind::Float
    } else if has("NUM") || has("DEC") {
        Kind::Numeric
    } else {
        Kind::Other
    }
}

/// True when an INSERT may leave the column out.
pub(super) fn has_own_value(value: &ColumnValue) -> bool {
    !matches!(value, ColumnValue::None)
}
