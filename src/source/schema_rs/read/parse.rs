//! The text of a Rust file → the tables and enums in it.

use super::super::ast::{
    Arg, Attribute, Body, Column, CustomType, Enum, Items, Joinable, Label, Name, Notes, Span,
    Table, Type, Value, ValueKind,
};
use super::mistakes::{Mistakes, nearest};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use std::collections::VecDeque;

/// Brackets deeper than this are a mistake: nothing in a schema nests like that.
const MAX_DEPTH: usize = 64;

/// A syntax error, already reported.
struct Reported;
type Parsed<T> = Result<T, Reported>;

/// Reads all items of a file; what cannot be read is reported.
pub fn file(mistakes: &mut Mistakes) -> Items {
    let mut items = Items::default();
    let source = std::sync::Arc::clone(&mistakes.file);
    if let Some(at) = too_deep(&source.text) {
        mistakes
            .add(
                "too-deep",
                &(at..at + 1),
                format!("more than {MAX_DEPTH} brackets inside each other"),
            )
            .help("a schema needs none of this; is this the right file?");
        return items;
    }
    match source.text.parse::<TokenStream>() {
        Ok(tokens) => Parser { mistakes, items: &mut items, module: Vec::new() }.rust(tokens),
        Err(error) => {
            let span = error.span().byte_range();
            mistakes
                .add("syntax", &span, "this is not Rust")
                .help("look for a bracket or quote without its partner");
        }
    }
    items
}

/// Where brackets nest too deep, counted without looking at strings: `None` for any real file.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' | b'<' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    // A text may hold such a run in a string; only the real nesting counts.
                    return really_deep(text).then_some(at);
                }
            }
            // `->` closes nothing.
            b'>' if at > 0 && text.as_bytes().get(at - 1) == Some(&b'-') => {}
            b')' | b']' | b'}' | b'>' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// True when brackets of Rust code (strings and comments left aside) nest too deep.
fn really_deep(text: &str) -> bool {
    let mut depth = 0_usize;
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let rest = text.get(at..).unwrap_or("");
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("r#") && raw_string(rest).is_some() {
            raw_string(rest).unwrap_or(1)
        } else if *byte == b'"' {
            string(rest)
        } else {
            match byte {
                b'(' | b'[' | b'{' | b'<' => depth += 1,
                b'>' if at > 0 && bytes.get(at - 1) == Some(&b'-') => {}
                b')' | b']' | b'}' | b'>' => depth = depth.saturating_sub(1),
                _ => {}
            }
            1
        };
        if depth > MAX_DEPTH {
            return true;
        }
        at += skip.max(1);
        while at < bytes.len() && !text.is_char_boundary(at) {
            at += 1;
        }
    }
    false
}

fn raw_string(rest: &str) -> Option<usize> {
    let hashes = rest.get(1..)?.bytes().take_while(|b| *b == b'#').count();
    let body = rest.get(1 + hashes..)?.strip_prefix('"')?;
    let end = body.find(&format!("\"{}", "#".repeat(hashes)))?;
    Some(2 + hashes + end + 1 + hashes)
}

fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

struct Parser<'a> {
    mistakes: &'a mut Mistakes,
    items: &'a mut Items,
    module: Vec<String>,
}

/// Tokens still to be read, and where they end.
struct Cursor {
    tokens: VecDeque<TokenTree>,
    end: Span,
}

impl Cursor {
    fn new(tokens: TokenStream, end: Span) -> Self {
        Self { tokens: tokens.into_iter().collect(), end }
    }

    fn of(group: &Group) -> Self {
        Self::new(group.stream(), group.span_close().byte_range())
    }

    fn next(&mut self) -> Option<TokenTree> {
        self.tokens.pop_front()
    }

    fn span(&self) -> Span {
        self.tokens.front().map_or_else(|| self.end.clone(), span_of)
    }

    fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    fn punct_at(&self, at: usize, c: char) -> bool {
        matches!(self.tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == c)
    }

    fn punct(&mut self, c: char) -> bool {
        let found = self.punct_at(0, c);
        if found {
            self.next();
        }
        found
    }

    fn ident_at(&self, at: usize) -> Option<String> {
        match self.tokens.get(at) {
            Some(TokenTree::Ident(ident)) => Some(text_of(ident)),
            _ => None,
        }
    }

    fn ident(&mut self) -> Option<Name> {
        let text = self.ident_at(0)?;
        let span = self.span();
        self.next();
        Some(Name { text, span })
    }

    fn group(&mut self, delimiter: Delimiter) -> Option<Group> {
        match self.tokens.front() {
            Some(TokenTree::Group(group)) if group.delimiter() == delimiter => {
                let group = group.clone();
                self.next();
                Some(group)
            }
            _ => None,
        }
    }
}

fn span_of(token: &TokenTree) -> Span {
    match token {
        TokenTree::Group(group) => group.span_open().byte_range(),
        other => other.span().byte_range(),
    }
}

fn text_of(ident: &proc_macro2::Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}

impl Parser<'_> {
    fn fail<T>(&mut self, span: &Span, message: &str, help: &str) -> Parsed<T> {
        self.mistakes.add("syntax", span, message).help(help);
        Err(Reported)
    }

    /// Looks through Rust code for the macros; everything else is passed over.
    fn rust(&mut self, tokens: TokenStream) {
        let mut cursor = Cursor::new(tokens, 0..0);
        let mut diesel_type = None;
        while let Some(token) = cursor.next() {
            match &token {
                TokenTree::Punct(p) if p.as_char() == '#' => {
                    if let Some(group) = cursor.group(Delimiter::Bracket) {
                        diesel_type = postgres_type(&group).or(diesel_type);
                    }
                }
                TokenTree::Ident(ident) if ident == "mod" => {
                    let name = cursor.ident();
                    if let (Some(name), Some(body)) = (name, cursor.group(Delimiter::Brace)) {
                        self.module.push(name.text);
                        self.rust(body.stream());
                        self.module.pop();
                    }
                }
                TokenTree::Ident(ident) if ident == "struct" => {
                    if let (Some((name, schema)), Some(ident)) =
                        (diesel_type.take(), cursor.ident())
                    {
                        self.items.custom_types.push(CustomType {
                            ident: ident.text,
                            name,
                            schema,
                        });
                    }
                }
                TokenTree::Ident(ident) if cursor.punct_at(0, '!') => {
                    let name = text_of(ident);
                    cursor.next();
                    if let Some(TokenTree::Group(body)) = cursor.tokens.front().cloned() {
                        cursor.next();
                        self.macro_call(&name, &body);
                    }
                }
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {}
                _ => {}
            }
        }
    }

    fn macro_call(&mut self, name: &str, body: &Group) {
        let mut cursor = Cursor::of(body);
        match name {
            "schema" => self.schema(&mut cursor),
            "table" => {
                let _ = self.diesel_table(&mut cursor);
            }
            "joinable" => {
                let _ = self.joinable(&mut cursor);
            }
            _ => {}
        }
    }

    fn schema(&mut self, cursor: &mut Cursor) {
        while !cursor.is_empty() {
            let Ok(notes) = self.notes(cursor) else { continue };
            let span = cursor.span();
            let word = cursor.ident().map(|name| name.text);
            let done = match word.as_deref() {
                Some("pub") => continue,
                Some("table") => self.table(cursor, notes, true),
                Some("enum") => self.enumeration(cursor, notes),
                Some("use") => {
                    while !cursor.is_empty() && !cursor.punct(';') {
                        cursor.next();
                    }
                    Ok(())
                }
                None if cursor.punct(';') || cursor.punct(',') => Ok(()),
                other => {
                    let near = other.and_then(|word| nearest(word, ["table", "enum"]));
                    let help = near.map_or_else(
                        || {
                            "a schema holds `table name (key) { … }` and `enum Name { … }`"
                                .to_owned()
                        },
                        |near| format!("did you mean `{near}`?"),
                    );
                    self.fail(&span, "expected `table` or `enum`", &help)
                }
            };
            if done.is_err() {
                // The next item begins after the next block.
                while cursor.next().is_some_and(
                    |t| !matches!(&t, TokenTree::Group(g) if g.delimiter() == Delimiter::Brace),
                ) {}
            }
        }
    }

    fn diesel_table(&mut self, cursor: &mut Cursor) -> Parsed<()> {
        while cursor.ident_at(0).as_deref() == Some("use") {
            while !cursor.is_empty() && !cursor.punct(';') {
                cursor.next();
            }
        }
        let notes = self.notes(cursor)?;
        self.table(cursor, notes, false)
    }

    fn table(&mut self, cursor: &mut Cursor, notes: Notes, ours: bool) -> Parsed<()> {
        let Some(first) = cursor.ident() else {
            return self.fail(
                &cursor.span(),
                "expected the name of a table",
                "write `table users (id) { … }`",
            );
        };
        let (schema, name) = if cursor.punct('.')
            || (cursor.punct_at(0, ':') && {
                cursor.next();
                cursor.punct(':')
            }) {
            match cursor.ident() {
                Some(name) => (Some(first), name),
                None => {
                    return self.fail(
                        &cursor.span(),
                        "expected the name of a table",
                        "write `table auth.users (id) { … }`",
                    );
                }
            }
        } else {
            (None, first)
        };
        let key = match cursor.group(Delimiter::Parenthesis) {
            Some(group) => Some(self.names(&group)?),
            None => None,
        };
        let _ = ours;
        let Some(body) = cursor.group(Delimiter::Brace) else {
            return self.fail(&cursor.span(), "expected the columns", "write `{ id -> Integer, }`");
        };
        let mut columns = Vec::new();
        let mut inner = Cursor::of(&body);
        while !inner.is_empty() {
            match self.column(&mut inner) {
                Ok(column) => columns.push(column),
                Err(Reported) => {
                    while !inner.is_empty() && !inner.punct(',') {
                        inner.next();
                    }
                }
            }
        }
        let module = self.module.clone();
        self.items.tables.push(Table { module, schema, name, notes, key, columns });
        Ok(())
    }

    fn names(&mut self, group: &Group) -> Parsed<Vec<Name>> {
        let mut inner = Cursor::of(group);
        let mut out = Vec::new();
        while !inner.is_empty() {
            match inner.ident() {
                Some(name) => out.push(name),
                None => {
                    return self.fail(
                        &inner.span(),
                        "expected a column",
                        "write `(id)` or `(a, b)`",
                    );
                }
            }
            if !inner.is_empty() && !inner.punct(',') {
                return self.fail(&inner.span(), "expected a comma", "write `(a, b)`");
            }
        }
        Ok(out)
    }

    fn column(&mut self, cursor: &mut Cursor) -> Parsed<Column> {
        let notes = self.notes(cursor)?;
        let Some(name) = cursor.ident() else {
            return self.fail(&cursor.span(), "expected a column", "write `name -> Type,`");
        };
        if !(cursor.punct('-') && cursor.punct('>')) {
            return self.fail(
                &cursor.span(),
                &format!("column `{}` has no type", name.text),
                &format!("write `{} -> Type,`", name.text),
            );
        }
        let ty = self.ty(cursor, 0)?;
        if !cursor.is_empty() && !cursor.punct(',') {
            return self.fail(
                &cursor.span(),
                "expected a comma after the column",
                "columns end with a comma",
            );
        }
        Ok(Column { name, notes, ty })
    }

    fn ty(&mut self, cursor: &mut Cursor, depth: usize) -> Parsed<Type> {
        let mut span = cursor.span();
        if depth > MAX_DEPTH {
            return self.fail(
                &span,
                "this type is nested too deep",
                "Nullable<Array<…>> is the most there is",
            );
        }
        let mut path = Vec::new();
        loop {
            while cursor.punct(':') {}
            match cursor.ident() {
                Some(name) => path.push(name),
                None => {
                    return self.fail(
                        &cursor.span(),
                        "expected a type",
                        "write Text, Integer, Nullable<Text> …",
                    );
                }
            }
            if !cursor.punct_at(0, ':') {
                break;
            }
        }
        if let Some(last) = path.last() {
            span.end = last.span.end;
        }
        let mut arguments = Vec::new();
        if cursor.punct('<') {
            loop {
                if cursor.punct('>') {
                    break;
                }
                arguments.push(self.ty(cursor, depth + 1)?);
                if cursor.punct(',') {
                    continue;
                }
                if !cursor.punct('>') {
                    return self.fail(
                        &cursor.span(),
                        "expected `>`",
                        "every `<` of a type needs its `>`",
                    );
                }
                break;
            }
        }
        Ok(Type { path, arguments, span })
    }

    fn enumeration(&mut self, cursor: &mut Cursor, notes: Notes) -> Parsed<()> {
        let Some(name) = cursor.ident() else {
            return self.fail(
                &cursor.span(),
                "expected the name of an enum",
                "write `enum Mood { Sad, Happy }`",
            );
        };
        let Some(body) = cursor.group(Delimiter::Brace) else {
            return self.fail(
                &cursor.span(),
                "expected the labels",
                "write `enum Mood { Sad, Happy }`",
            );
        };
        let mut labels = Vec::new();
        let mut inner = Cursor::of(&body);
        while !inner.is_empty() {
            let notes = self.notes(&mut inner)?;
            match inner.ident() {
                Some(name) => labels.push(Label { name, notes }),
                None => {
                    return self.fail(
                        &inner.span(),
                        "expected a label",
                        "write `enum Mood { Sad, Happy }`",
                    );
                }
            }
            if !inner.is_empty() && !inner.punct(',') {
                return self.fail(
                    &inner.span(),
                    "expected a comma",
                    "labels are separated by commas",
                );
            }
        }
        self.items.enums.push(Enum { name, notes, labels });
        Ok(())
    }

    fn joinable(&mut self, cursor: &mut Cursor) -> Parsed<()> {
        const HELP: &str = "write `joinable!(posts -> users (user_id));`";
        let span = cursor.span();
        let child = self.last_of_path(cursor);
        let arrow = cursor.punct('-') && cursor.punct('>');
        let parent = self.last_of_path(cursor);
        let column = cursor.group(Delimiter::Parenthesis).map(|group| self.names(&group));
        match (child, arrow, parent, column) {
            (Some(child), true, Some(parent), Some(Ok(columns))) => {
                let Some(column) = columns.into_iter().next() else {
                    return self.fail(&span, "joinable! names no column", HELP);
                };
                let module = self.module.clone();
                self.items.joinables.push(Joinable { module, child, parent, column });
                Ok(())
            }
            _ => self.fail(&span, "this joinable! cannot be read", HELP),
        }
    }

    fn last_of_path(&mut self, cursor: &mut Cursor) -> Option<Name> {
        let mut name = cursor.ident()?;
        while cursor.punct_at(0, ':') {
            while cursor.punct(':') {}
            name = cursor.ident()?;
        }
        Some(name)
    }

    /// Attributes and doc comments before an item.
    fn notes(&mut self, cursor: &mut Cursor) -> Parsed<Notes> {
        let mut notes = Notes::default();
        let mut lines: Vec<String> = Vec::new();
        while cursor.punct_at(0, '#') {
            cursor.next();
            let Some(group) = cursor.group(Delimiter::Bracket) else {
                return self.fail(
                    &cursor.span(),
                    "expected `[` after `#`",
                    "write #[name = \"…\"]",
                );
            };
            let mut inner = Cursor::of(&group);
            while !inner.is_empty() {
                let attribute = self.attribute(&mut inner)?;
                match (attribute.name.text.as_str(), &attribute.body) {
                    ("doc", Body::Value(Value { kind: ValueKind::Text(text), .. })) => {
                        lines.push(text.strip_prefix(' ').unwrap_or(text).to_owned());
                    }
                    ("cfg" | "cfg_attr" | "allow" | "expect" | "doc", _) => {}
                    _ => notes.attributes.push(attribute),
                }
                if !inner.is_empty() && !inner.punct(',') {
                    return self.fail(
                        &inner.span(),
                        "expected a comma or `]`",
                        "write #[a = 1, b = 2]",
                    );
                }
            }
        }
        notes.doc = (!lines.is_empty()).then(|| lines.join("\n"));
        Ok(notes)
    }

    fn attribute(&mut self, cursor: &mut Cursor) -> Parsed<Attribute> {
        let Some(name) = cursor.ident() else {
            return self.fail(
                &cursor.span(),
                "expected the name of an attribute",
                "write #[unique]",
            );
        };
        if matches!(name.text.as_str(), "cfg" | "cfg_attr" | "allow" | "expect") {
            cursor.tokens.clear();
            return Ok(Attribute { name, body: Body::None });
        }
        let body = if cursor.punct('=') {
            Body::Value(self.value(cursor)?)
        } else if let Some(group) = cursor.group(Delimiter::Parenthesis) {
            Body::List(self.args(&group, 0)?)
        } else {
            Body::None
        };
        Ok(Attribute { name, body })
    }

    fn args(&mut self, group: &Group, depth: usize) -> Parsed<Vec<Arg>> {
        let mut inner = Cursor::of(group);
        let mut out = Vec::new();
        while !inner.is_empty() {
            out.push(self.arg(&mut inner, depth)?);
            if !inner.is_empty() && !inner.punct(',') {
                return self.fail(
                    &inner.span(),
                    "expected a comma or `)`",
                    "arguments are separated by commas",
                );
            }
        }
        Ok(out)
    }

    fn arg(&mut self, cursor: &mut Cursor, depth: usize) -> Parsed<Arg> {
        if depth > MAX_DEPTH {
            return self.fail(&cursor.span(), "nested too deep", "no attribute needs this");
        }
        if cursor.ident_at(0).is_some() {
            if cursor.punct_at(1, '=') {
                if let Some(name) = cursor.ident() {
                    cursor.next();
                    return Ok(Arg::Pair(name, self.value(cursor)?));
                }
            } else if matches!(cursor.tokens.get(1),
                Some(TokenTree::Group(g)) if g.delimiter() == Delimiter::Parenthesis)
                && let Some(name) = cursor.ident()
                && let Some(group) = cursor.group(Delimiter::Parenthesis)
            {
                return Ok(Arg::List(name, self.args(&group, depth + 1)?));
            }
        }
        Ok(Arg::Value(self.value(cursor)?))
    }

    fn value(&mut self, cursor: &mut Cursor) -> Parsed<Value> {
        let mut span = cursor.span();
        let minus = cursor.punct('-');
        let kind = match cursor.next() {
            Some(TokenTree::Literal(literal)) => {
                span.end = literal.span().byte_range().end;
                match syn::Lit::new(literal) {
                    syn::Lit::Str(text) if !minus => ValueKind::Text(text.value()),
                    syn::Lit::Int(number) => match number.base10_parse::<i128>() {
                        Ok(n) => match i64::try_from(if minus { -n } else { n }) {
                            Ok(n) => ValueKind::Integer(n),
                            Err(_) => {
                                return self.fail(
                                    &span,
                                    "this number is too large",
                                    "64 bits are the most",
                                );
                            }
                        },
                        Err(_) => return self.fail(&span, "this is not a whole number", "write 1"),
                    },
                    syn::Lit::Float(number) => ValueKind::Text(format!(
                        "{}{}",
                        if minus { "-" } else { "" },
                        number.base10_digits()
                    )),
                    _ => {
                        return self.fail(
                            &span,
                            "expected a string, a number or a name",
                            "put it in quotes",
                        );
                    }
                }
            }
            Some(TokenTree::Ident(ident)) if !minus => {
                let text = text_of(&ident);
                match text.as_str() {
                    "true" => ValueKind::Bool(true),
                    "false" => ValueKind::Bool(false),
                    _ => {
                        let mut path = vec![Name { text, span: span.clone() }];
                        while cursor.punct_at(0, '.') || cursor.punct_at(0, ':') {
                            while cursor.punct('.') || cursor.punct(':') {}
                            match cursor.ident() {
                                Some(name) => {
                                    span.end = name.span.end;
                                    path.push(name);
                                }
                                None => {
                                    return self.fail(
                                        &cursor.span(),
                                        "expected a name",
                                        "write users.id",
                                    );
                                }
                            }
                        }
                        ValueKind::Path(path)
                    }
                }
            }
            _ => return self.fail(&span, "expected a value", "write a string, a number or a name"),
        };
        Ok(Value { kind, span })
    }
}

/// Name and schema in `#[diesel(postgres_type(name = "…", schema = "…"))]`.
fn postgres_type(group: &Group) -> Option<(String, Option<String>)> {
    let mut outer = Cursor::of(group);
    (outer.ident()?.text == "diesel").then_some(())?;
    let mut list = Cursor::of(&outer.group(Delimiter::Parenthesis)?);
    (list.ident()?.text == "postgres_type").then_some(())?;
    let mut pairs = Cursor::of(&list.group(Delimiter::Parenthesis)?);
    let (mut name, mut schema) = (None, None);
    while let Some(key) = pairs.ident() {
        pairs.punct('=').then_some(())?;
        let Some(TokenTree::Literal(literal)) = pairs.next() else { return None };
        let syn::Lit::Str(text) = syn::Lit::new(literal) else { return None };
        match key.text.as_str() {
            "name" => name = Some(text.value()),
            "schema" => schema = Some(text.value()),
            _ => {}
        }
        pairs.punct(',');
    }
    Some((name?, schema))
}
