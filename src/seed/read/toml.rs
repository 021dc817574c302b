//! TOML text in, nodes out.

use super::node::{Entry, Given, Node, Shape};
use super::place;
use crate::diagnostic::{Diagnostic, SourceFile};
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub(super) fn parse(file: &Arc<SourceFile>) -> Result<Vec<Entry>, Vec<Diagnostic>> {
    let (table, errors) = DeTable::parse_recoverable(&file.text);
    let mut mistakes: Vec<Diagnostic> = errors
        .iter()
        .map(|error| {
            let span = error.span().unwrap_or(0..0);
            Diagnostic::error("seed-toml", error.message()).at(place(file, span))
        })
        .collect();
    if mistakes.is_empty() {
        let entries = entries(table.get_ref(), file, &mut mistakes);
        if mistakes.is_empty() {
            return Ok(entries);
        }
    }
    Err(mistakes)
}

fn entries(
    table: &DeTable<'_>,
    file: &Arc<SourceFile>,
    mistakes: &mut Vec<Diagnostic>,
) -> Vec<Entry> {
    let entry = |(key, value): (&Spanned<_>, _)| Entry {
        key: AsRef::<str>::as_ref(key.get_ref()).to_owned(),
        key_span: key.span(),
        node: node(value, file, mistakes),
    };
    table.iter().map(entry).collect()
}

fn node(
    value: &Spanned<DeValue<'_>>,
    file: &Arc<SourceFile>,
    mistakes: &mut Vec<Diagnostic>,
) -> Node {
    let shape = match value.get_ref() {
        DeValue::String(text) => Shape::Value(Given::Text(text.to_string())),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Shape::Value(Given::Integer(number)),
            Err(_) => {
                let message = "this number is larger than 64 bits";
                let found = Diagnostic::error("seed-value", message);
                let found = found.at(place(file, value.span()));
                mistakes.push(found.help("write it as a string"));
                Shape::Value(Given::Null)
            }
        },
        DeValue::Float(number) => Shape::Value(Given::Float(number.as_str().to_owned())),
        DeValue::Boolean(value) => Shape::Value(Given::Bool(*value)),
        DeValue::Datetime(time) => Shape::Value(Given::Time(*time)),
        DeValue::Array(items) => {
            Shape::List(items.iter().map(|item| node(item, file, mistakes)).collect())
        }
        DeValue::Table(table) => Shape::Map(entries(table, file, mistakes)),
    };
    Node { span: value.span(), shape }
}
