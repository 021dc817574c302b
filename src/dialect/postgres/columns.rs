//! Columns.

use super::quote::{ident, literal, qname};
use super::{comments, sequences, types};
use crate::model::{
    Collation, Column, ColumnValue, DataType, GeneratedKind, Identity, IdentityMode, QName,
    Storage, TypeName,
};
use crate::plan::{ColumnChange, Conversion};

/// A column as CREATE TABLE and ADD COLUMN write it.
pub(super) fn definition(column: &Column) -> String {
    let mut sql = format!("{} {}", ident(&column.name), types::render(&column.ty));
    if let Some(name) = &column.collation {
        sql.push_str(&format!(" COLLATE {}", collation(name)));
    }
    match &column.value {
        ColumnValue::None => {}
        ColumnValue::Default(expr) => sql.push_str(&format!(" DEFAULT {expr}")),
        ColumnValue::Identity(value) => sql.push_str(&format!(" {}", identity(value))),
        ColumnValue::Generated { expr, kind } => {
            let kind = match kind {
                GeneratedKind::Stored => "STORED",
                GeneratedKind::Virtual => "VIRTUAL",
            };
            sql.push_str(&format!(" GENERATED ALWAYS AS ({expr}) {kind}"));
        }
    }
    if !column.nullable {
        sql.push_str(" NOT NULL");
    }
    sql
}

/// PostgreSQL's own collations are in `pg_catalog`, which is always searched.
pub(super) fn collation(collation: &Collation) -> String {
    match &collation.0 {
        QName { schema: None, name } => format!("\"{}\"", name.replace('"', "\"\"")),
        name => qname(name),
    }
}

fn mode(mode: IdentityMode) -> &'static str {
    match mode {
        IdentityMode::Always => "ALWAYS",
        IdentityMode::ByDefault | IdentityMode::Autoincrement => "BY DEFAULT",
    }
}

fn identity(identity: &Identity) -> String {
    let mut inside = Vec::new();
    if let Some(name) = &identity.sequence {
        inside.push(format!("SEQUENCE NAME {}", qname(name)));
    }
    let options = sequences::options(&identity.options);
    if !options.is_empty() {
        inside.push(options.trim_start().to_owned());
    }
    let inside = if inside.is_empty() { String::new() } else { format!(" ({})", inside.join(" ")) };
    format!("GENERATED {} AS IDENTITY{inside}", mode(identity.mode))
}

fn storage(storage: Storage) -> &'static str {
    match storage {
        Storage::Plain => "PLAIN",
        Storage::External => "EXTERNAL",
        Storage::Extended => "EXTENDED",
        Storage::Main => "MAIN",
    }
}

/// The statements of one change of a column.
pub(super) fn alter(table: &QName, name: &str, change: &ColumnChange, only: bool) -> Vec<String> {
    let only = if only { "ONLY " } else { "" };
    let column = ident(name);
    let start = format!("ALTER TABLE {only}{} ALTER COLUMN {column}", qname(table));
    let whole = format!("ALTER TABLE {} ALTER COLUMN {column}", qname(table));
    let one = |tail: String| vec![format!("{start} {tail};")];
    match change {
        ColumnChange::Type { from, to, using } => {
            vec![format!("{whole} {};", retype(from, to, using.as_ref()))]
        }
        ColumnChange::SetDefault(expr) => one(format!("SET DEFAULT {expr}")),
        ColumnChange::DropDefault => one("DROP DEFAULT".to_owned()),
        ColumnChange::SetNotNull => one("SET NOT NULL".to_owned()),
        ColumnChange::DropNotNull => one("DROP NOT NULL".to_owned()),
        ColumnChange::AddIdentity(value) => one(format!("ADD {}", identity(value))),
        ColumnChange::AlterIdentity { from, to } => alter_identity(&start, table, name, from, to),
        ColumnChange::DropIdentity => one("DROP IDENTITY".to_owned()),
        ColumnChange::DropExpression => vec![format!("{whole} DROP EXPRESSION;")],
        ColumnChange::SetExpression(expr) => one(format!("SET EXPRESSION AS ({expr})")),
        // The type's own storage cannot be named before PostgreSQL 16; EXTENDED is it for every
        // type that has a choice.
        ColumnChange::Storage(value) => {
            one(format!("SET STORAGE {}", value.map_or("EXTENDED", storage)))
        }
        ColumnChange::Compression(value) => {
            one(format!("SET COMPRESSION {}", value.as_deref().unwrap_or("default")))
        }
        ColumnChange::Statistics(value) => one(format!("SET STATISTICS {}", value.unwrap_or(-1))),
        ColumnChange::Options { from, to } => {
            let mut out = Vec::new();
            let gone: Vec<&str> =
                from.keys().filter(|key| !to.contains_key(key)).map(String::as_str).collect();
            if !gone.is_empty() {
                out.push(format!("{start} RESET ({});", gone.join(", ")));
            }
            let set: Vec<String> = to
                .iter()
                .filter(|(key, value)| from.get(key) != Some(value))
                .map(|(key, value)| format!("{key} = {value}"))
                .collect();
            if !set.is_empty() {
                out.push(format!("{start} SET ({});", set.join(", ")));
            }
            out
        }
        ColumnChange::Comment(text) => {
            let target = format!("{}.{column}", qname(table));
            vec![comments::set("COLUMN", &target, text.as_deref())]
        }
    }
}

fn retype(from: &Column, to: &Column, using: Option<&Conversion>) -> String {
    let mut sql = format!("TYPE {}", types::render(&to.ty));
    if let Some(name) = &to.collation {
        sql.push_str(&format!(" COLLATE {}", collation(name)));
    }
    let _ = from;
    if let Some(conversion) = using {
        sql.push_str(&format!(" USING {}", convert(&to.name, &to.ty, conversion)));
    }
    sql
}

/// The value of a column on its way to another type.
pub(super) fn convert(column: &str, ty: &DataType, conversion: &Conversion) -> String {
    let column = ident(column);
    // There may be no cast between two types of the user's.
    let text = if matches!(ty.name, TypeName::User(_)) { "::text" } else { "" };
    let ty = types::render(ty);
    match conversion {
        Conversion::Composite(types) => super::composites::converted(&types.0, &types.1, &column),
        Conversion::Cast => format!("{column}::{ty}"),
        Conversion::ThroughText => format!("{column}::text::{ty}"),
        Conversion::ThroughTextArray => format!("{column}::text[]::{ty}"),
        Conversion::ToArray => {
            format!("CASE WHEN {column} IS NULL THEN NULL ELSE ARRAY[{column}{text}]::{ty} END")
        }
        Conversion::ThroughInteger => format!("{column}::integer::{ty}"),
        Conversion::ThroughNumeric => format!("{column}::numeric::{ty}"),
        Conversion::Expr(expr) => expr.as_str().to_owned(),
        Conversion::FirstElementThroughText => format!("{column}[1]::text::{ty}"),
        Conversion::FirstElement => format!("{column}[1]{text}::{ty}"),
    }
}

fn alter_identity(
    start: &str,
    table: &QName,
    column: &str,
    from: &Identity,
    to: &Identity,
) -> Vec<String> {
    let mut out = Vec::new();
    let default = table.sibling(format!("{}_{column}_seq", table.name));
    let (old, new) = (
        from.sequence.clone().unwrap_or_else(|| default.clone()),
        to.sequence.clone().unwrap_or(default),
    );
    if old.schema != new.schema {
        let schema = new.schema.as_deref().unwrap_or("public");
        out.push(format!("ALTER SEQUENCE {} SET SCHEMA {};", qname(&old), ident(schema)));
    }
    if old.name != new.name {
        let moved = QName { schema: new.schema.clone(), name: old.name };
        out.push(format!("ALTER SEQUENCE {} RENAME TO {};", qname(&moved), ident(&new.name)));
    }
    let mut tail = Vec::new();
    if from.mode != to.mode {
        tail.push(format!("SET GENERATED {}", mode(to.mode)));
    }
    for change in sequences::changes(&from.options, &to.options) {
        tail.push(if change == "RESTART" { change } else { format!("SET {change}") });
    }
    if !tail.is_empty() {
        out.extend(sequences::raised(&new, &from.options, &to.options));
        out.push(format!("{start} {};", tail.join(" ")));
    }
    out
}

/// Lets a column's sequence go on after the highest value.
pub(super) fn advance(table: &QName, column: &str, sequence: Option<&QName>) -> String {
    let sequence = match sequence {
        Some(name) => literal(&qname(name)),
        None => format!("pg_get_serial_sequence({}, {})", literal(&qname(table)), literal(column)),
    };
    let name = ident(column);
    format!(
        "SELECT setval({sequence}, coalesce(max({name}), 0) + 1, false) FROM {} HAVING max({name}) IS NOT NULL;",
        qname(table)
    )
}
