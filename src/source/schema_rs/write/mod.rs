//! Model → `schema.rs`.

mod column;
mod constraint;
mod index;
mod layout;
mod plan;
mod table;

use super::declared::Identified;
use super::types;
use crate::dialect::sqlite;
use crate::model::{
    Column, ColumnRef, ColumnValue, Dialect, EnumType, Mask, Model, Options, QName,
};
use layout::{Arg, Attribute};
use plan::Plan;
use std::collections::BTreeMap;
use std::fmt::Write;

pub(super) use layout::comment;
pub(super) use table::{WrittenColumn, WrittenTable};

/// The tables and enums of a model as a Rust file with one `dbkit::schema!` block.
///
/// What the reader makes of the file is the same model, as far as tables, enums and the sequences
/// of `serial` columns go.
#[must_use]
pub fn write(model: &Model) -> String {
    write_marked(model, &BTreeMap::new())
}

/// The same with the columns marked that hold personal data: no database knows that.
#[must_use]
pub fn write_marked(model: &Model, personal: &BTreeMap<ColumnRef, Option<Mask>>) -> String {
    let written = Written::new(model, &Identified::default(), personal);
    let mut out = String::from(
        "// Written by `dbkit pull`. Edit it freely: from here on this file is the schema, and\n\
         // `dbkit generate` or `dbkit push` carry it to the database. `dbkit pull` brings it up to date.\n",
    );
    if model.dialect == Dialect::Sqlite {
        out.push_str(super::dialect::SQLITE);
        out.push('\n');
    }
    out.push_str("\ndbkit::schema! {\n");
    let mut first = true;
    for enumeration in written.enums.values() {
        separate(&mut first, &mut out);
        out.push_str(enumeration);
    }
    for table in written.tables.values() {
        separate(&mut first, &mut out);
        table.write(&mut out);
    }
    out.push_str("}\n");
    out
}

/// The text of every table and enum by itself.
pub(super) struct Written {
    pub tables: BTreeMap<QName, WrittenTable>,
    pub enums: BTreeMap<QName, String>,
}

impl Written {
    /// What has an identifier already keeps it.
    pub fn new(
        model: &Model,
        identified: &Identified,
        personal: &BTreeMap<ColumnRef, Option<Mask>>,
    ) -> Self {
        let plan = Plan::new(model, identified);
        let enums = model.enums.values().map(|enumeration| {
            let mut text = String::new();
            write_enum(&plan, enumeration, &mut text);
            (enumeration.name.clone(), text)
        });
        let tables = model.tables.values().map(|table| {
            let parts = table::TableWriter::new(model, &plan, table, personal).parts();
            (table.name.clone(), parts)
        });
        Self { enums: enums.collect(), tables: tables.collect() }
    }
}

fn separate(first: &mut bool, out: &mut String) {
    if !std::mem::take(first) {
        out.push('\n');
    }
}

fn write_enum(plan: &Plan<'_>, enumeration: &EnumType, out: &mut String) {
    let ident = plan.enumeration(&enumeration.name).unwrap_or("Unnamed");
    if let Some(text) = &enumeration.comment {
        comment(text, 4, out);
    }
    if let Some(schema) = &enumeration.name.schema {
        Attribute::value("schema", Arg::text(schema)).write(4, out);
    }
    if !plan::says(ident, &enumeration.name.name) {
        Attribute::value("sql_name", Arg::text(&enumeration.name.name)).write(4, out);
    }
    let labels: Vec<&str> = enumeration.labels.iter().map(String::as_str).collect();
    let mut names = super::identifiers::Identifiers::default();
    let idents = names.pascal(&labels);
    let all_said = idents.iter().zip(&labels).all(|(ident, label)| plan::says(ident, label));
    let line = format!("    enum {ident} {{ {} }}", idents.join(", "));
    if labels.is_empty() {
        let _ = writeln!(out, "    enum {ident} {{}}");
    } else if all_said && line.len() <= 80 {
        let _ = writeln!(out, "{line}");
    } else {
        let _ = writeln!(out, "    enum {ident} {{");
        for (ident, label) in idents.iter().zip(labels) {
            if !plan::says(ident, label) {
                Attribute::value("sql_name", Arg::text(label)).write(8, out);
            }
            let _ = writeln!(out, "        {ident},");
        }
        out.push_str("    }\n");
    }
}

/// The pairs of a map as one string each: `"fillfactor=70"`.
fn options(map: &Options) -> Vec<Arg> {
    map.iter().map(|(key, value)| Arg::text(format!("{key}={value}"))).collect()
}

/// Writes a column's type; the attributes go to the caller.
fn column_type(
    model: &Model,
    plan: &Plan<'_>,
    column: &Column,
    attributes: &mut Vec<Attribute>,
) -> String {
    let ty = &column.ty;
    let known = match &ty.name {
        crate::model::TypeName::User(name) if model.dialect == Dialect::Postgres => {
            plan.enumeration(name).filter(|_| ty.modifier.is_none())
        }
        _ => None,
    };
    let diesel = match known {
        Some(ident) => ident.to_owned(),
        None => {
            let mut written = types::to_diesel(model, ty);
            // The reader makes binary JSON of a text; where the type is told in SQL, it does not.
            let text = |value: &ColumnValue| matches!(value, ColumnValue::Default(expr) if expr.as_str().starts_with('\''));
            if model.dialect == Dialect::Sqlite
                && sqlite::types::is_jsonb(ty)
                && text(&column.value)
            {
                written.sql_type = Some(sqlite::types::render(ty));
            }
            if let Some(sql) = written.sql_type {
                attributes.push(Attribute::value("sql_type", Arg::text(sql)));
            }
            if let Some(length) = written.max_length {
                attributes.push(Attribute::value("max_length", Arg::word(length.to_string())));
            }
            if let Some(precision) = written.precision {
                attributes.push(match precision.split_once(", ") {
                    Some((digits, scale)) => {
                        Attribute::list("precision", vec![Arg::word(digits), Arg::word(scale)])
                    }
                    None => Attribute::value("precision", Arg::word(precision)),
                });
            }
            written.diesel
        }
    };
    if ty.array { format!("Array<Nullable<{diesel}>>") } else { diesel }
}
