//! Finds what is dbkit's in the text of a Rust file and leaves the rest alone.

use super::{Errors, argument::attributes, schema, table_body, use_line};
use crate::ast::{ErrorPlace, File, FileItem, Item, Joinable, Name, SqlTypeDef, SyntaxError};
use crate::check;
use crate::cursor::{self, Cursor};
use crate::nesting;
use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use std::str::FromStr;

/// Parses the text of a Rust file: every `schema!`, `table!` and `joinable!` in it, at any path
/// and in any module, and hand-written SQL types.
///
/// # Errors
/// Every mistake that can be seen without other files. Spans carry byte ranges of `text`.
pub fn parse_file(text: &str) -> Result<File, Vec<SyntaxError>> {
    let (file, errors) = read_file(text);
    if errors.is_empty() { Ok(file) } else { Err(errors) }
}

/// The same, for a reader that goes on checking: what could be read, and every mistake that can be
/// seen without other files.
#[must_use]
pub fn read_file(text: &str) -> (File, Vec<SyntaxError>) {
    let mut file = File::default();
    if let Err(error) = nesting::check(text) {
        return (file, vec![error]);
    }
    let tokens = match TokenStream::from_str(text) {
        Ok(tokens) => tokens,
        Err(error) => return (file, vec![not_rust(text, error.span().byte_range().start)]),
    };
    let mut errors = Vec::new();
    let mut cursor = Cursor::new(tokens, Span::call_site());
    items(&mut cursor, &mut Vec::new(), &mut file, &mut errors);
    check::file(&file, &mut errors);
    (file, errors)
}

/// The place is one whole character, the last one when the mistake is at the end.
fn not_rust(text: &str, at: usize) -> SyntaxError {
    let start = (0..=at.min(text.len().saturating_sub(1)))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    let end = start + text.get(start..).and_then(|t| t.chars().next()).map_or(0, char::len_utf8);
    let (mut range, mut message) =
        (start..end, "this is not Rust: a bracket, string or character is not closed".to_owned());
    // The parser stops where a bracket is missed, which may be far behind the one that was opened.
    let stopped = text.get(range.clone()).unwrap_or("");
    let at_bracket = matches!(stopped, ")" | "]" | "}" | "") || text.trim_end().len() <= end;
    if let Some(open) = nesting::unclosed(text).filter(|_| at_bracket) {
        range = open..open + 1;
        let bracket = text.get(range.clone()).unwrap_or("");
        message = format!("this is not Rust: `{bracket}` is not closed");
    }
    SyntaxError {
        code: "not-rust",
        message,
        place: ErrorPlace::Bytes(range),
        label: None,
        help: Some("compile the file once: rustc says more about it".to_owned()),
    }
}

fn items(cursor: &mut Cursor, modules: &mut Vec<String>, file: &mut File, errors: &mut Errors) {
    // Tokens of the attributes before an item: a SQL type carries its name there.
    let mut pending: Vec<Group> = Vec::new();
    while let Some(token) = cursor.next() {
        match token {
            TokenTree::Punct(p) if p.as_char() == '#' => {
                if let Some(group) = cursor.take_group(Delimiter::Bracket) {
                    pending.push(group);
                }
                continue;
            }
            TokenTree::Ident(word) if word == "mod" => {
                if let Some(name) = cursor.take_name()
                    && let Some(body) = cursor.take_group(Delimiter::Brace)
                {
                    modules.push(name.text);
                    items(&mut Cursor::of(&body), modules, file, errors);
                    modules.pop();
                }
            }
            TokenTree::Ident(word) if word == "struct" => {
                if let Some(name) = cursor.take_name()
                    && let Some(found) = sql_type(name, &pending)
                {
                    file.items
                        .push(FileItem { modules: modules.clone(), item: Item::SqlType(found) });
                }
            }
            // Words before `struct` and `mod` keep the attributes waiting.
            TokenTree::Ident(word) if word == "pub" => {
                cursor.take_group(Delimiter::Parenthesis);
                continue;
            }
            TokenTree::Ident(word) if cursor.peeks_punct('!') => {
                macro_call(&word.to_string(), cursor, modules, file, errors);
            }
            _ => {}
        }
        pending.clear();
    }
}

fn macro_call(
    name: &str,
    cursor: &mut Cursor,
    modules: &[String],
    file: &mut File,
    errors: &mut Errors,
) {
    let Some(TokenTree::Group(body)) = cursor.peek_second().cloned() else { return };
    let mut inner = Cursor::of(&body);
    file.blocks += usize::from(matches!(name, "schema" | "table"));
    let mut add = |item| file.items.push(FileItem { modules: modules.to_vec(), item });
    match name {
        "schema" => schema(&mut inner, errors).items.into_iter().for_each(add),
        "table" => {
            if let Some(item) = plain_table(&mut inner, errors) {
                add(item);
            }
        }
        "joinable" => match joinable(&mut inner) {
            Ok(found) => add(Item::Joinable(found)),
            Err(error) => errors.push(error),
        },
        _ => return,
    }
    cursor.take_punct('!');
    cursor.next();
}

fn plain_table(cursor: &mut Cursor, errors: &mut Errors) -> Option<Item> {
    while cursor.peeks_ident("use") {
        use_line(cursor);
    }
    let attributes = attributes(cursor, errors);
    table_body(cursor, attributes, true, errors).map(Item::Table)
}

fn joinable(cursor: &mut Cursor) -> Result<Joinable, SyntaxError> {
    let child = path(cursor)?;
    if !cursor.take_pair('-', '>') {
        return Err(cursor.expected("`->` and the parent table"));
    }
    let parent = path(cursor)?;
    let Some(group) = cursor.take_group(Delimiter::Parenthesis) else {
        return Err(cursor.expected("`(` and the foreign key's column"));
    };
    let mut inner = Cursor::of(&group);
    let column = inner.take_name().ok_or_else(|| inner.expected("a column's name"))?;
    Ok(Joinable { child, parent, column })
}

fn path(cursor: &mut Cursor) -> Result<Vec<Name>, SyntaxError> {
    let mut path = Vec::new();
    loop {
        path.push(cursor.take_name().ok_or_else(|| cursor.expected("a table's name"))?);
        if !cursor.take_pair(':', ':') {
            return Ok(path);
        }
    }
}

/// A struct that derives `SqlType`, with the names in its `postgres_type`.
fn sql_type(name: Name, attributes: &[Group]) -> Option<SqlTypeDef> {
    let derives = attributes.iter().any(|group| {
        let mut cursor = Cursor::of(group);
        cursor.peeks_ident("derive") && group.stream().to_string().contains("SqlType") && {
            cursor.next();
            true
        }
    });
    if !derives {
        return None;
    }
    let mut found = SqlTypeDef { name, sql_name: None, schema: None };
    for group in attributes {
        postgres_type(group, &mut found);
    }
    Some(found)
}

/// Reads `diesel(postgres_type(name = "mood", schema = "x"))`; other shapes are not ours.
fn postgres_type(group: &Group, found: &mut SqlTypeDef) {
    let mut cursor = Cursor::of(group);
    while let Some(token) = cursor.next() {
        match token {
            TokenTree::Group(inner) => postgres_type(&inner, found),
            TokenTree::Ident(word) if cursor.take_punct('=') => {
                let Some(TokenTree::Literal(literal)) = cursor.next() else { continue };
                let text = syn::parse2::<syn::LitStr>(TokenTree::Literal(literal).into());
                let Ok(text) = text else { continue };
                match cursor::name(&word).text.as_str() {
                    "name" => found.sql_name = Some(text.value()),
                    "schema" => found.schema = Some(text.value()),
                    _ => {}
                }
            }
            _ => {}
        }
    }
}
