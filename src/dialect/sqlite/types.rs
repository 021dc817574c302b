//! Declared types of columns, and Diesel's names for them.
//!
//! SQLite keeps any words as a column's type and derives only the affinity from them (datatype3,
//! "Determination Of Column Affinity"), so the words are kept.

use crate::model::{DataType, TypeName};

const JSON: &str = "JSON TEXT";
const JSONB: &str = "JSONB BLOB";

/// Diesel's SQL type, the declared type written for it. The first Diesel name of a spelling is the
/// one `pull` writes.
///
/// Of JSON's types the second word gives the affinity: `JSON` alone would be numeric and turn a long
/// number that stands alone into a floating-point one. The first says what the values are, which
/// nothing else in the database does.
const DIESEL: &[(&str, &str)] = &[
    ("Bool", "BOOLEAN"),
    ("Integer", "INTEGER"),
    ("Int4", "INTEGER"),
    ("SmallInt", "SMALLINT"),
    ("Smallint", "SMALLINT"),
    ("Int2", "SMALLINT"),
    ("TinyInt", "SMALLINT"),
    ("Tinyint", "SMALLINT"),
    ("BigInt", "BIGINT"),
    ("Bigint", "BIGINT"),
    ("Int8", "BIGINT"),
    ("Float", "REAL"),
    ("Float4", "REAL"),
    ("Double", "DOUBLE"),
    ("Float8", "DOUBLE"),
    ("Numeric", "NUMERIC"),
    ("Decimal", "NUMERIC"),
    ("Text", "TEXT"),
    ("Tinytext", "TEXT"),
    ("Mediumtext", "TEXT"),
    ("Longtext", "TEXT"),
    ("Citext", "TEXT"),
    ("Json", JSON),
    ("Varchar", "VARCHAR"),
    ("VarChar", "VARCHAR"),
    ("Bpchar", "CHAR"),
    ("Char", "CHAR"),
    ("Binary", "BLOB"),
    ("Bytea", "BLOB"),
    ("Blob", "BLOB"),
    ("Tinyblob", "BLOB"),
    ("Mediumblob", "BLOB"),
    ("Longblob", "BLOB"),
    ("Varbinary", "BLOB"),
    ("Jsonb", JSONB),
    ("Date", "DATE"),
    ("Time", "TIME"),
    ("Timestamp", "TIMESTAMP"),
    ("TimestamptzSqlite", "TIMESTAMPTZ"),
    ("Timestamptz", "TIMESTAMPTZ"),
    ("Uuid", "TEXT"),
    ("Oid", "INTEGER"),
    ("Inet", "TEXT"),
    ("Cidr", "TEXT"),
    ("MacAddr", "TEXT"),
    ("Macaddr", "TEXT"),
    ("MacAddr8", "TEXT"),
    ("Macaddr8", "TEXT"),
    ("Datetime", "DATETIME"),
];

/// Reads a declared type: `varchar (36)` is name `VARCHAR` and modifier `36`.
///
/// SQLite compares types without regard to case, so the letters become capitals: two spellings of
/// one type are no difference. White space becomes one blank.
#[must_use]
pub fn parse(declared: &str) -> DataType {
    let declared = declared.trim();
    let split = declared.strip_suffix(')').and_then(|body| body.split_once('('));
    let (name, modifier) = match split {
        Some((name, modifier)) => {
            (name, Some(modifier.split(',').map(str::trim).collect::<Vec<_>>().join(",")))
        }
        None => (declared, None),
    };
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_uppercase();
    DataType { modifier, ..DataType::builtin(name) }
}

/// The declared type, as `CREATE TABLE` takes it; empty for a column without a type.
#[must_use]
pub fn render(ty: &DataType) -> String {
    let name = match &ty.name {
        TypeName::Builtin(name) => name.as_str(),
        TypeName::User(name) => name.name.as_str(),
    };
    match &ty.modifier {
        Some(modifier) => format!("{name}({modifier})"),
        None => name.to_owned(),
    }
}

/// The type declared for a Diesel SQL type; `None` when SQLite has nothing like it.
#[must_use]
pub fn from_diesel(name: &str) -> Option<DataType> {
    DIESEL.iter().find(|(diesel, _)| *diesel == name).map(|(_, sql)| DataType::builtin(*sql))
}

/// The type for a table that is `STRICT`, where only SQLite's own words are allowed.
#[must_use]
pub fn in_strict(ty: DataType) -> DataType {
    match &ty.name {
        TypeName::Builtin(name) if name == JSON => DataType::builtin("TEXT"),
        TypeName::Builtin(name) if name == JSONB => DataType::builtin("BLOB"),
        _ => ty,
    }
}

/// True when values of that declared type are JSON in SQLite's binary form.
#[must_use]
pub fn is_jsonb(ty: &DataType) -> bool {
    matches!(&ty.name, TypeName::Builtin(name) if says_jsonb(name))
}

/// The same for a declared type that was not parsed.
#[must_use]
pub fn says_jsonb(declared: &str) -> bool {
    declared.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("jsonb"))
}

/// Every name [`from_diesel`] knows, for suggestions.
pub fn diesel_names() -> impl Iterator<Item = &'static str> {
    DIESEL.iter().map(|(diesel, _)| *diesel)
}

/// The Diesel type that reads such a column, chosen as `diesel print-schema` chooses; `Text` where
/// it would give up, because SQLite converts any value to text.
#[must_use]
pub fn to_diesel(ty: &DataType) -> &'static str {
    let declared = match &ty.name {
        TypeName::Builtin(name) => name.to_ascii_uppercase(),
        TypeName::User(name) => name.name.to_ascii_uppercase(),
    };
    if let Some((diesel, _)) = DIESEL.iter().find(|(_, sql)| *sql == declared) {
        return if declared == "DATETIME" { "Timestamp" } else { diesel };
    }
    let has = |word: &str| declared.contains(word);
    match declared.as_str() {
        "BOOL" => "Bool",
        "INT2" => "SmallInt",
        "INT8" => "BigInt",
        "JSON" => "Json",
        "JSONB" => "Jsonb",
        "" => "Binary",
        _ if has("TINY") && has("INT") => "Bool",
        _ if has("SMALL") && has("INT") => "SmallInt",
        _ if has("BIG") && has("INT") => "BigInt",
        _ if has("INT") => "Integer",
        _ if has("CHAR") || has("CLOB") || has("TEXT") => "Text",
        _ if has("BLOB") => "Binary",
        _ if has("FLOAT") || has("REAL") => "Float",
        _ if has("DOUBLE") || has("NUM") || has("DEC") => "Double",
        _ => "Text",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn words_are_kept_in_capitals() {
        for (written, kept) in [
            ("VARCHAR (36)", "VARCHAR(36)"),
            ("decimal( 10 , 2 )", "DECIMAL(10,2)"),
            ("unsigned  big\nint", "UNSIGNED BIG INT"),
            ("", ""),
        ] {
            assert_eq!(render(&parse(written)), kept);
        }
    }

    #[test]
    fn the_first_name_of_a_spelling_is_written() {
        for (diesel, sql) in DIESEL {
            let written = to_diesel(&parse(sql));
            if *sql != "DATETIME" {
                assert_eq!(render(&from_diesel(written).unwrap()), *sql, "{diesel}");
            }
        }
    }

    #[test]
    fn other_spellings_get_the_type_print_schema_gives() {
        for (declared, diesel) in
            [("tinyint(1)", "Bool"), ("datetime", "Timestamp"), ("int", "Integer"), ("ANY", "Text")]
        {
            assert_eq!(to_diesel(&parse(declared)), diesel);
        }
    }
}
