//! Mistakes that can be seen in one block, without other files.

use crate::ast::{
    Arguments, Attribute, EnumDef, File, Item, KeyList, Name, Schema, SyntaxError, TableDef,
    TermKind,
};
use crate::attributes::{Known, Shape, Target, find, is_foreign, nearest};
use crate::names::separate;
use std::collections::HashMap;

/// PostgreSQL's NAMEDATALEN - 1 (manual, 4.1.1): longer names would be cut off.
const NAME_BYTES: usize = 63;

pub(crate) fn schema(schema: &Schema, errors: &mut Vec<SyntaxError>) {
    all(schema.items.iter().map(|item| (&[][..], item)), errors);
}

pub(crate) fn file(file: &File, errors: &mut Vec<SyntaxError>) {
    all(file.items.iter().map(|i| (i.modules.as_slice(), &i.item)), errors);
}

fn all<'a>(items: impl Iterator<Item = (&'a [String], &'a Item)>, errors: &mut Vec<SyntaxError>) {
    let mut seen: HashMap<(&[String], &str), &str> = HashMap::new();
    for (modules, item) in items {
        let (name, words) = match item {
            Item::Table(table) => {
                self::table(table, errors);
                (&table.name, "table")
            }
            Item::Enum(item) => {
                self::enumeration(item, errors);
                (&item.name, "enum")
            }
            Item::Joinable(_) | Item::SqlType(_) => continue,
        };
        let before = seen.insert((modules, &name.text), words);
        if let Some(before) = before.map(|kind| if kind == "enum" { "an enum" } else { "a table" })
        {
            errors.push(
                SyntaxError::new(
                    "duplicate-name",
                    format!("{words} `{}` is declared twice", name.text),
                    name.span,
                )
                .label(format!("{before} has this name already"))
                .help("rename one of them in Rust and give it its database name with #[sql_name = \"…\"]"),
            );
        }
    }
}

fn table(table: &TableDef, errors: &mut Vec<SyntaxError>) {
    attributes(&table.attributes, Target::Table, table.plain, errors);
    long_name(&table.name, &table.attributes, errors);
    let owner = format!("table {}", table.name.text);
    duplicates(
        "column",
        &owner,
        table.columns.iter().map(|c| (&c.name, c.attributes.as_slice())),
        errors,
    );
    for column in &table.columns {
        attributes(&column.attributes, Target::Column, table.plain, errors);
        long_name(&column.name, &column.attributes, errors);
    }
    if let KeyList::Columns(keys) = &table.primary_key {
        for key in keys {
            if !table.columns.iter().any(|c| c.name.text == key.text) {
                let near =
                    crate::nearest(&key.text, table.columns.iter().map(|c| c.name.text.as_str()));
                errors.push(
                    SyntaxError::new(
                        "unknown-column",
                        format!(
                            "the primary key of {owner} names a column `{}` that is not there",
                            key.text
                        ),
                        key.span,
                    )
                    .help(near.map_or_else(
                        || "name one of the table's columns".to_owned(),
                        |near| format!("did you mean `{near}`?"),
                    )),
                );
            }
        }
    } else if !table.columns.iter().any(|c| c.name.text == "id") {
        errors.push(
            SyntaxError::new(
                "no-primary-key",
                format!("{owner} names no primary key and has no column `id`"),
                table.name.span,
            )
            .help(format!(
                "write `{} (column, …) {{` for a key, or `{} () {{` for a table without one",
                table.name.text, table.name.text
            )),
        );
    }
}

fn enumeration(item: &EnumDef, errors: &mut Vec<SyntaxError>) {
    attributes(&item.attributes, Target::Enum, false, errors);
    long_name(&item.name, &item.attributes, errors);
    let owner = format!("enum {}", item.name.text);
    duplicates(
        "label",
        &owner,
        item.labels.iter().map(|l| (&l.name, l.attributes.as_slice())),
        errors,
    );
    for label in &item.labels {
        attributes(&label.attributes, Target::Label, false, errors);
        long_name(&label.name, &label.attributes, errors);
    }
}

/// The names in the database of a list of columns or labels must differ, and so must the Rust ones.
fn duplicates<'a>(
    what: &str,
    owner: &str,
    names: impl Iterator<Item = (&'a Name, &'a [Attribute])>,
    errors: &mut Vec<SyntaxError>,
) {
    let mut rust: HashMap<&str, ()> = HashMap::new();
    let mut sql: HashMap<String, ()> = HashMap::new();
    for (name, attributes) in names {
        let in_database = match what {
            "label" => sql_label(name, attributes),
            _ => sql_name(name, attributes),
        };
        let twice = rust.insert(&name.text, ()).is_some();
        if sql.insert(in_database.clone(), ()).is_some() || twice {
            errors.push(
                SyntaxError::new(
                    if what == "label" { "duplicate-label" } else { "duplicate-name" },
                    format!("{owner} has the {what} `{in_database}` twice"),
                    name.span,
                )
                .help(format!("take one of them out, or give it a {what} name of its own")),
            );
        }
    }
}

fn sql_name(name: &Name, attributes: &[Attribute]) -> String {
    attributes
        .iter()
        .find(|a| a.name.text == "sql_name")
        .and_then(Attribute::text)
        .map_or_else(|| name.text.clone(), str::to_owned)
}

/// The label in the database; without `#[sql_name]` it is separated into words.
fn sql_label(name: &Name, attributes: &[Attribute]) -> String {
    match attributes.iter().any(|a| a.name.text == "sql_name") {
        true => sql_name(name, attributes),
        false => separate(&name.text),
    }
}

fn long_name(name: &Name, attributes: &[Attribute], errors: &mut Vec<SyntaxError>) {
    let sql = sql_name(name, attributes);
    if sql.len() > NAME_BYTES {
        errors.push(
            SyntaxError::new(
                "name-too-long",
                format!("the name `{sql}` has {} bytes; PostgreSQL keeps {NAME_BYTES}", sql.len()),
                name.span,
            )
            .help("shorten it, or give it a shorter database name with #[sql_name = \"…\"]"),
        );
    }
}

fn attributes(list: &[Attribute], target: Target, plain: bool, errors: &mut Vec<SyntaxError>) {
    let mut seen: Vec<&str> = Vec::new();
    for attribute in list {
        let name = attribute.name.text.as_str();
        if is_foreign(name) {
            continue;
        }
        let Some(known) = find(name) else {
            if !plain {
                errors.push(unknown(attribute, target));
            }
            continue;
        };
        if !known.targets.contains(&target) {
            let places: Vec<_> = known.targets.iter().map(|t| t.words()).collect();
            errors.push(
                SyntaxError::new(
                    "misplaced-attribute",
                    format!("`{name}` cannot stand on {}", target.words()),
                    attribute.span,
                )
                .help(format!(
                    "it belongs to {}: {}",
                    places.join(" or "),
                    known.example
                )),
            );
            continue;
        }
        if seen.contains(&name) && !known.repeats {
            errors.push(
                SyntaxError::new(
                    "duplicate-attribute",
                    format!("`{name}` stands here twice"),
                    attribute.span,
                )
                .help("take one of them out"),
            );
        }
        seen.push(name);
        if !fits(attribute, known) {
            errors.push(
                SyntaxError::new(
                    "attribute-arguments",
                    format!("`{name}` does not take what is written here"),
                    attribute.span,
                )
                .help(format!("write it like this: {}", known.example)),
            );
        }
    }
}

fn unknown(attribute: &Attribute, target: Target) -> SyntaxError {
    let name = &attribute.name.text;
    let error = SyntaxError::new(
        "unknown-attribute",
        format!("unknown attribute `{name}`"),
        attribute.name.span,
    );
    match nearest(name, target) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!(
            "the attributes of {} are listed in docs/schema-language.md",
            target.words()
        )),
    }
}

fn fits(attribute: &Attribute, known: &Known) -> bool {
    let is =
        |wanted: fn(&TermKind) -> bool| attribute.value().is_some_and(|term| wanted(&term.kind));
    let flag = matches!(attribute.arguments, Arguments::None);
    let list = matches!(&attribute.arguments, Arguments::List(list) if !list.is_empty());
    match known.shape {
        Shape::Flag => flag,
        Shape::Text => is(|kind| matches!(kind, TermKind::Text(_))),
        Shape::Value => is(|kind| {
            !matches!(kind, TermKind::Path(_) | TermKind::Call { .. } | TermKind::Tuple(_))
        }),
        Shape::Integer => is(|kind| matches!(kind, TermKind::Integer(_))),
        Shape::IntegerOrList => list || is(|kind| matches!(kind, TermKind::Integer(_))),
        Shape::Word => is(|kind| matches!(kind, TermKind::Path(_) | TermKind::Text(_))),
        Shape::List => list,
        Shape::FlagOrList => flag || list || is(|kind| matches!(kind, TermKind::Path(_))),
        Shape::FlagOrWord => {
            flag || list || is(|kind| matches!(kind, TermKind::Path(_) | TermKind::Text(_)))
        }
        Shape::TextOrList => list || is(|kind| matches!(kind, TermKind::Text(_))),
    }
}
