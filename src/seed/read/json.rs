//! JSON text in, nodes out. Comments are allowed, as in many editors' settings.

use super::node::{Entry, Given, Node, Shape};
use super::place;
use crate::diagnostic::{Diagnostic, SourceFile};
use jsonc_parser::ast::{ObjectPropName, Value};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use std::collections::BTreeSet;
use std::sync::Arc;

const OPTIONS: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_loose_object_property_names: false,
    allow_trailing_commas: true,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

pub(super) fn parse(file: &Arc<SourceFile>) -> Result<Node, Box<Diagnostic>> {
    let wrong = |message: String, range: Range| {
        let end = range.end.max(range.start + 1);
        Box::new(Diagnostic::error("seed-json", message).at(place(file, range.start..end)))
    };
    let parsed = parse_to_ast(&file.text, &CollectOptions::default(), &OPTIONS)
        .map_err(|error| wrong(error.kind().to_string(), error.range()))?;
    let Some(value) = parsed.value else {
        return Err(wrong("the file is empty".to_owned(), Range::new(0, 0)));
    };
    node(&value, &wrong)
}

fn node(
    value: &Value<'_>,
    wrong: &impl Fn(String, Range) -> Box<Diagnostic>,
) -> Result<Node, Box<Diagnostic>> {
    let range = value.range();
    let shape = match value {
        Value::StringLit(text) => Shape::Value(Given::Text(text.value.to_string())),
        Value::NumberLit(number) => Shape::Value(match number.value.parse() {
            Ok(number) => Given::Integer(number),
            Err(_) if number.value.contains(['.', 'e', 'E']) => {
                Given::Float(number.value.to_owned())
            }
            Err(_) => {
                return Err(wrong(
                    "this number is larger than 64 bits: write it as a string".to_owned(),
                    range,
                ));
            }
        }),
        Value::BooleanLit(value) => Shape::Value(Given::Bool(value.value)),
        Value::NullKeyword(_) => Shape::Value(Given::Null),
        Value::Array(items) => Shape::List(
            items.elements.iter().map(|item| node(item, wrong)).collect::<Result<_, _>>()?,
        ),
        Value::Object(object) => {
            let mut seen = BTreeSet::new();
            let mut entries = Vec::with_capacity(object.properties.len());
            for property in &object.properties {
                let (key, at) = match &property.name {
                    ObjectPropName::String(name) => (name.value.to_string(), name.range),
                    ObjectPropName::Word(name) => (name.value.to_owned(), name.range),
                };
                if !seen.insert(key.clone()) {
                    return Err(wrong(format!("a second {key:?} in this object"), at));
                }
                let node = node(&property.value, wrong)?;
                entries.push(Entry { key, key_span: at.start..at.end, node });
            }
            Shape::Map(entries)
        }
    };
    Ok(Node { span: range.start..range.end, shape })
}
