//! What the reader works on: the items of one file with the places they stand at.

use super::declared::{DeclaredName, DeclaredTable};
use crate::diagnostic::SourceFile;
use crate::model::{Dialect, QName};
use std::ops::Range;

pub type Span = Range<usize>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    pub text: String,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// `users.id`, `cascade`.
    Path(Vec<Name>),
    Text(String),
    Integer(i64),
    Bool(bool),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    pub kind: ValueKind,
    pub span: Span,
}

/// Something in the parentheses of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arg {
    Value(Value),
    /// `name = value`.
    Pair(Name, Value),
    /// `name(…)`.
    List(Name, Vec<Arg>),
}

impl Arg {
    pub fn span(&self) -> Span {
        match self {
            Self::Value(value) => value.span.clone(),
            Self::Pair(name, _) | Self::List(name, _) => name.span.clone(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    None,
    Value(Value),
    List(Vec<Arg>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    pub name: Name,
    pub body: Body,
}

/// Attributes and doc comment of an item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    pub attributes: Vec<Attribute>,
    /// The text of the doc comment, lines joined.
    pub doc: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub name: Name,
    pub notes: Notes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enum {
    /// The Rust module it stands in.
    pub module: Vec<String>,
    pub name: Name,
    pub notes: Notes,
    pub labels: Vec<Label>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    pub path: Vec<Name>,
    pub arguments: Vec<Type>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: Name,
    pub notes: Notes,
    pub ty: Type,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// It stands in `diesel::table!`.
    pub plain: bool,
    /// The Rust module it stands in, for references between files that `--schema` wrote.
    pub module: Vec<String>,
    pub schema: Option<Name>,
    pub name: Name,
    pub notes: Notes,
    /// `None` when not written: Diesel then takes the column `id`.
    pub key: Option<Vec<Name>>,
    pub columns: Vec<Column>,
}

impl Table {
    /// The name in the database, and what the file calls the table and its columns.
    pub fn declared(&self, file: &SourceFile, dialect: Dialect) -> (QName, DeclaredTable) {
        let schema = self.schema.as_ref().map(|name| name.text.as_str());
        let schema = schema.filter(|schema| dialect != Dialect::Postgres || *schema != "public");
        let name = self.notes.text("sql_name").unwrap_or(&self.name.text);
        let columns = self.columns.iter().map(|column| {
            let sql = column.notes.text("sql_name").unwrap_or(&column.name.text);
            (sql.to_owned(), DeclaredName::new(file, &column.name.span))
        });
        let declared = DeclaredTable {
            file: 0,
            plain: self.plain,
            name: DeclaredName::new(file, &self.name.span),
            columns: columns.collect(),
        };
        (QName::new(schema, name), declared)
    }
}

impl CustomType {
    /// The name in the database, and the struct's.
    pub fn declared(&self) -> (QName, String) {
        let schema = self.schema.as_deref().filter(|schema| *schema != "public");
        (QName::new(schema, &self.name), self.ident.clone())
    }
}

impl Notes {
    /// The text of `#[name = "text"]`.
    fn text(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|attribute| attribute.name.text == name)?;
        match &found.body {
            Body::Value(Value { kind: ValueKind::Text(text), .. }) => Some(text),
            _ => None,
        }
    }
}

/// `joinable!(child -> parent (column))`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joinable {
    pub module: Vec<String>,
    pub child: Name,
    pub parent: Name,
    pub column: Name,
}

/// `#[diesel(postgres_type(name = "mood", schema = "public"))] pub struct Mood;`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomType {
    pub module: Vec<String>,
    pub ident: String,
    pub name: String,
    pub schema: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Items {
    /// How many `schema!` and `table!` blocks there are, empty ones too.
    pub blocks: usize,
    pub enums: Vec<Enum>,
    pub tables: Vec<Table>,
    pub joinables: Vec<Joinable>,
    pub custom_types: Vec<CustomType>,
}
