//! What schema files say, with the place of everything.

use proc_macro2::Span;

/// Everything in a Rust file that dbkit understands, in order.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// How many `schema!` and `table!` blocks there are, empty ones too.
    pub blocks: usize,
    pub items: Vec<FileItem>,
}

/// An item and the Rust modules around it, outermost first.
#[derive(Clone, Debug)]
pub struct FileItem {
    pub modules: Vec<String>,
    pub item: Item,
}

/// The inside of one `schema!` block.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// `use` lines, without the `use` and the semicolon.
    pub uses: Vec<proc_macro2::TokenStream>,
    pub items: Vec<Item>,
}

#[derive(Clone, Debug)]
pub enum Item {
    Enum(EnumDef),
    Table(TableDef),
    /// `joinable!(child -> parent (column))`
    Joinable(Joinable),
    /// A hand-written SQL type: `#[diesel(postgres_type(name = "mood"))] struct Mood;`
    SqlType(SqlTypeDef),
}

/// A Rust identifier (`r#` taken off) and where it stands.
#[derive(Clone, Debug)]
pub struct Name {
    pub text: String,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct EnumDef {
    pub attributes: Vec<Attribute>,
    pub name: Name,
    pub labels: Vec<Label>,
}

#[derive(Clone, Debug)]
pub struct Label {
    pub attributes: Vec<Attribute>,
    pub name: Name,
}

#[derive(Clone, Debug)]
pub struct TableDef {
    /// True when it stands in `diesel::table!`: attributes dbkit does not know are Diesel's or
    /// Rust's own business there.
    pub plain: bool,
    pub attributes: Vec<Attribute>,
    /// `auth` of `table auth.users`.
    pub schema: Option<Name>,
    pub name: Name,
    pub primary_key: KeyList,
    pub columns: Vec<ColumnDef>,
}

/// The parentheses after a table's name.
#[derive(Clone, Debug)]
pub enum KeyList {
    /// No parentheses: Diesel takes `id`.
    Default,
    /// `()` (empty: no primary key) or the columns.
    Columns(Vec<Name>),
}

#[derive(Clone, Debug)]
pub struct ColumnDef {
    pub attributes: Vec<Attribute>,
    pub name: Name,
    pub ty: TypeTree,
}

/// `Nullable<Array<diesel::sql_types::Text>>`
#[derive(Clone, Debug)]
pub struct TypeTree {
    /// Empty where the type could not be read, which is a mistake.
    pub path: Vec<Name>,
    pub arguments: Vec<TypeTree>,
    pub span: Span,
}

impl TypeTree {
    /// The last part of the path: `Text`.
    #[must_use]
    pub fn last(&self) -> &str {
        self.path.last().map_or("", |name| &name.text)
    }
}

#[derive(Clone, Debug)]
pub struct Joinable {
    pub child: Vec<Name>,
    pub parent: Vec<Name>,
    pub column: Name,
}

#[derive(Clone, Debug)]
pub struct SqlTypeDef {
    pub name: Name,
    /// From `postgres_type(name = "…", schema = "…")`.
    pub sql_name: Option<String>,
    pub schema: Option<String>,
}

/// `#[name]`, `#[name = value]` or `#[name(arguments)]`. A doc comment is `#[doc = "text"]`.
#[derive(Clone, Debug)]
pub struct Attribute {
    pub name: Name,
    pub arguments: Arguments,
    /// From the name to the end of the arguments, without the brackets.
    pub span: Span,
    /// The tokens between the brackets, for the macro to pass on.
    pub tokens: proc_macro2::TokenStream,
}

#[derive(Clone, Debug)]
pub enum Arguments {
    None,
    Value(Term),
    List(Vec<Argument>),
}

impl Attribute {
    /// The arguments in parentheses; empty for the other shapes.
    #[must_use]
    pub fn list(&self) -> &[Argument] {
        match &self.arguments {
            Arguments::List(list) => list,
            _ => &[],
        }
    }

    /// The value after `=`, or a single argument in parentheses that is one term.
    #[must_use]
    pub fn value(&self) -> Option<&Term> {
        match &self.arguments {
            Arguments::Value(term) => Some(term),
            Arguments::List(list) => match list.as_slice() {
                [Argument { key: None, terms, .. }] => match terms.as_slice() {
                    [term] => Some(term),
                    _ => None,
                },
                _ => None,
            },
            Arguments::None => None,
        }
    }

    /// The value as a string literal.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self.value() {
            Some(Term { kind: TermKind::Text(text), .. }) => Some(text),
            _ => None,
        }
    }
}

/// One of the arguments between commas: `created_at desc`, `name = "x"`,
/// `(a, b) references parent(x, y)`.
#[derive(Clone, Debug)]
pub struct Argument {
    pub key: Option<Name>,
    /// One or more terms with nothing but space between them.
    pub terms: Vec<Term>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Term {
    pub kind: TermKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum TermKind {
    Text(String),
    Integer(i64),
    /// A number with a fraction, as written.
    Number(String),
    Bool(bool),
    /// `id`, `parent.id` or `crate::schema::parent::id`.
    Path(Vec<Name>),
    /// `include(a, b)`, `parent(x, y)`
    Call {
        path: Vec<Name>,
        arguments: Vec<Argument>,
    },
    /// `(a, b)`
    Tuple(Vec<Argument>),
}

/// A mistake in a schema file.
#[derive(Clone, Debug)]
pub struct SyntaxError {
    /// Stable, for machines: `unknown-attribute`.
    pub code: &'static str,
    pub message: String,
    pub place: ErrorPlace,
    pub label: Option<String>,
    pub help: Option<String>,
}

/// Where a mistake is: at tokens, or (when the text could not be cut into tokens) at bytes.
#[derive(Clone, Debug)]
pub enum ErrorPlace {
    Tokens(Span),
    Bytes(std::ops::Range<usize>),
}

impl SyntaxError {
    #[must_use]
    pub fn new(code: &'static str, message: impl Into<String>, span: Span) -> Self {
        let place = ErrorPlace::Tokens(span);
        Self { code, message: message.into(), place, label: None, help: None }
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Bytes of the file the mistake was found in. Meaningful only outside a macro.
    #[must_use]
    pub fn bytes(&self) -> std::ops::Range<usize> {
        match &self.place {
            ErrorPlace::Tokens(span) => span.byte_range(),
            ErrorPlace::Bytes(range) => range.clone(),
        }
    }
}
