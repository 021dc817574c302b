//! One shape for what TOML and JSON files hold.

use std::ops::Range;

/// A value with its place.
#[derive(Clone, Debug)]
pub(in crate::seed) struct Node {
    pub span: Range<usize>,
    pub shape: Shape,
}

#[derive(Clone, Debug)]
pub(in crate::seed) enum Shape {
    Value(Given),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Clone, Debug)]
pub(in crate::seed) struct Entry {
    pub key: String,
    pub key_span: Range<usize>,
    pub node: Node,
}

/// A value as the file gives it. Numbers keep their digits.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::seed) enum Given {
    Null,
    Text(String),
    /// Text whose meaning is the column's: a field of a CSV file, a variable of the environment.
    Raw(String),
    Integer(i64),
    Float(String),
    Bool(bool),
    Time(toml::value::Datetime),
    List(Vec<Given>),
    Map(Vec<(String, Given)>),
    Bytes(Vec<u8>),
    Directive(super::Directive),
}

impl Node {
    /// The value without its places.
    pub fn given(&self) -> Given {
        match &self.shape {
            Shape::Value(value) => value.clone(),
            Shape::List(items) => Given::List(items.iter().map(Node::given).collect()),
            Shape::Map(entries) => Given::Map(
                entries.iter().map(|entry| (entry.key.clone(), entry.node.given())).collect(),
            ),
        }
    }
}
