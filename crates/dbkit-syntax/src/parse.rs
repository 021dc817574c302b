//! Token trees to [`crate::ast`]. Mistakes are collected; parsing goes on behind each.

mod argument;
mod file;

pub use file::{parse_file, read_file};

use crate::ast::{
    Attribute, ColumnDef, EnumDef, Item, KeyList, Label, Name, Schema, SyntaxError, TableDef,
    TypeTree,
};
use crate::check;
use crate::cursor::Cursor;
use crate::nesting;
use argument::attributes;
use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};

pub(crate) type Errors = Vec<SyntaxError>;

/// Parses the inside of `schema! { … }`.
///
/// # Errors
/// Every mistake that can be seen without other files.
pub fn parse_schema(tokens: TokenStream) -> Result<Schema, Vec<SyntaxError>> {
    nesting::check_tokens(tokens.clone()).map_err(|error| vec![error])?;
    let mut errors = Vec::new();
    let mut cursor = Cursor::new(tokens, Span::call_site());
    let schema = schema(&mut cursor, &mut errors);
    check::schema(&schema, &mut errors);
    if errors.is_empty() { Ok(schema) } else { Err(errors) }
}

pub(crate) fn schema(cursor: &mut Cursor, errors: &mut Errors) -> Schema {
    let mut schema = Schema::default();
    while !cursor.is_empty() {
        if cursor.peeks_ident("use") {
            schema.uses.push(use_line(cursor));
            continue;
        }
        let attributes = attributes(cursor, errors);
        if cursor.is_empty() {
            errors.push(cursor.expected("a table or an enum after the attributes"));
            break;
        }
        let keyword = cursor.take_name();
        let item = match keyword.as_ref().map(|k| k.text.as_str()) {
            Some("table") => table_item(cursor, attributes, errors).map(Item::Table),
            Some("enum") => enum_item(cursor, attributes, errors).map(Item::Enum),
            Some(word) => {
                let nearest = crate::nearest(word, ["table", "enum"]);
                let span = keyword.as_ref().map_or(cursor.span(), |k| k.span);
                let mut error = SyntaxError::new(
                    "syntax",
                    format!("expected `table` or `enum`, found `{word}`"),
                    span,
                );
                error.help = Some(nearest.map_or_else(
                    || {
                        "a schema! block holds `table name (key) { … }` and `enum Name { … }`"
                            .to_owned()
                    },
                    |k| format!("did you mean `{k}`?"),
                ));
                errors.push(error);
                None
            }
            None => {
                errors.push(cursor.expected("`table` or `enum`"));
                cursor.next();
                None
            }
        };
        match item {
            Some(item) => schema.items.push(item),
            None => skip_item(cursor),
        }
    }
    schema
}

/// After a mistake in an item's head: on to the next item.
fn skip_item(cursor: &mut Cursor) {
    while let Some(token) = cursor.peek() {
        match token {
            TokenTree::Ident(word) if *word == "table" || *word == "enum" => return,
            TokenTree::Punct(p) if p.as_char() == '#' => return,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                cursor.next();
                return;
            }
            _ => {
                cursor.next();
            }
        }
    }
}

fn use_line(cursor: &mut Cursor) -> TokenStream {
    cursor.next();
    let mut line = TokenStream::new();
    while let Some(token) = cursor.next() {
        if matches!(&token, TokenTree::Punct(p) if p.as_char() == ';') {
            break;
        }
        line.extend([token]);
    }
    line
}

fn enum_item(
    cursor: &mut Cursor,
    attributes: Vec<Attribute>,
    errors: &mut Errors,
) -> Option<EnumDef> {
    let Some(name) = cursor.take_name() else {
        errors.push(cursor.expected("the enum's name"));
        return None;
    };
    let Some(body) = cursor.take_group(Delimiter::Brace) else {
        errors.push(cursor.expected("`{` and the labels"));
        return None;
    };
    let mut inner = Cursor::of(&body);
    let mut labels = Vec::new();
    while !inner.is_empty() {
        let attributes = self::attributes(&mut inner, errors);
        if let Some(name) = inner.take_name() {
            labels.push(Label { attributes, name });
            if !inner.is_empty() && !inner.take_punct(',') {
                errors.push(inner.expected("`,`"));
                inner.skip_past(',');
            }
        } else {
            errors.push(inner.expected("a label"));
            inner.skip_past(',');
        }
    }
    Some(EnumDef { attributes, name, labels })
}

fn table_item(
    cursor: &mut Cursor,
    attributes: Vec<Attribute>,
    errors: &mut Errors,
) -> Option<TableDef> {
    table_body(cursor, attributes, false, errors)
}

/// `[schema.]name [(keys)] { columns }`
pub(crate) fn table_body(
    cursor: &mut Cursor,
    attributes: Vec<Attribute>,
    plain: bool,
    errors: &mut Errors,
) -> Option<TableDef> {
    let Some(mut name) = cursor.take_name() else {
        errors.push(cursor.expected("the table's name"));
        return None;
    };
    let mut schema = None;
    if cursor.take_punct('.') {
        let Some(second) = cursor.take_name() else {
            errors.push(cursor.expected("the table's name after its schema"));
            return None;
        };
        schema = Some(std::mem::replace(&mut name, second));
    }
    let primary_key = match cursor.take_group(Delimiter::Parenthesis) {
        None => KeyList::Default,
        Some(group) => KeyList::Columns(names(&mut Cursor::of(&group), errors)),
    };
    let Some(body) = cursor.take_group(Delimiter::Brace) else {
        errors.push(cursor.expected("`{` and the columns"));
        return None;
    };
    let mut inner = Cursor::of(&body);
    let mut columns = Vec::new();
    while !inner.is_empty() {
        let attributes = self::attributes(&mut inner, errors);
        match inner.take_name() {
            Some(name) => columns.push(column(&mut inner, name, attributes, errors)),
            None => {
                errors.push(inner.expected("a column's name"));
                inner.skip_past(',');
            }
        }
    }
    Some(TableDef { plain, attributes, schema, name, primary_key, columns })
}

/// A column whose type cannot be read keeps its name: others may refer to it.
fn column(
    cursor: &mut Cursor,
    name: Name,
    attributes: Vec<Attribute>,
    errors: &mut Errors,
) -> ColumnDef {
    let ty = column_type(cursor).unwrap_or_else(|error| {
        errors.push(error);
        cursor.skip_past(',');
        TypeTree { path: Vec::new(), arguments: Vec::new(), span: name.span }
    });
    ColumnDef { attributes, name, ty }
}

fn column_type(cursor: &mut Cursor) -> Result<TypeTree, SyntaxError> {
    if !cursor.take_pair('-', '>') {
        return Err(cursor.expected("`->` and the column's type"));
    }
    let ty = type_tree(cursor, 0)?;
    if !cursor.is_empty() && !cursor.take_punct(',') {
        return Err(cursor.expected("`,` after the column's type"));
    }
    Ok(ty)
}

/// `Nullable<path::Type>`
fn type_tree(cursor: &mut Cursor, depth: usize) -> Result<TypeTree, SyntaxError> {
    let span = cursor.span();
    if depth > nesting::LIMIT {
        return Err(nesting::too_deep_at(span));
    }
    cursor.take_pair(':', ':');
    let mut path = Vec::new();
    loop {
        path.push(cursor.take_name().ok_or_else(|| cursor.expected("a type"))?);
        if !cursor.take_pair(':', ':') {
            break;
        }
    }
    let mut arguments = Vec::new();
    if cursor.take_punct('<') {
        while !cursor.take_punct('>') {
            arguments.push(type_tree(cursor, depth + 1)?);
            if !cursor.take_punct(',') && !cursor.peeks_punct('>') {
                return Err(cursor.expected("`>`"));
            }
        }
    }
    let span = span.join(cursor.last_span()).unwrap_or(span);
    Ok(TypeTree { path, arguments, span })
}

/// `a, b, c`
fn names(cursor: &mut Cursor, errors: &mut Errors) -> Vec<Name> {
    let mut names = Vec::new();
    while !cursor.is_empty() {
        match cursor.take_name() {
            Some(name) => names.push(name),
            None => {
                errors.push(cursor.expected("a column's name"));
                cursor.skip_past(',');
                continue;
            }
        }
        if !cursor.is_empty() && !cursor.take_punct(',') {
            errors.push(cursor.expected("`,`"));
            cursor.skip_past(',');
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::parse_file;
    use crate::ast::{Item, KeyList};

    #[test]
    #[allow(clippy::unwrap_used, clippy::indexing_slicing)]
    fn reads_both_languages() {
        let text = r#"
            pub mod sql_types {
                #[derive(diesel::query_builder::QueryId, diesel::sql_types::SqlType)]
                #[diesel(postgres_type(name = "mood", schema = "x"))]
                pub struct Mood;
            }
            diesel::table! { use diesel::sql_types::*; use super::sql_types::Mood;
                /// People.
                auth.users (id) { id -> Int4, #[max_length = 5] r#type -> Nullable<Varchar>, }
            }
            diesel::joinable!(posts -> users (user_id));
            dbkit::schema! {
                enum Context { Project, #[sql_name = "in-progress"] InProgress }
                #[index(a, b desc nulls_last, "lower(c)", where = "a > 0")]
                #[foreign_key((a, b) references parent(x, y), on_delete = cascade)]
                table loose () { a -> Array<Text>, #[precision(10, 2)] b -> Numeric }
            }
        "#;
        let file = parse_file(text).unwrap();
        assert_eq!(file.items.len(), 5);
        let Item::Table(loose) = &file.items[4].item else { panic!("a table") };
        assert!(matches!(&loose.primary_key, KeyList::Columns(keys) if keys.is_empty()));
        assert_eq!(loose.attributes[0].list().len(), 4);
        assert_eq!(loose.columns[0].ty.arguments[0].last(), "Text");
        let place = loose.columns[1].name.span.byte_range();
        assert_eq!(&text[place], "b");
    }

    #[test]
    fn collects_every_mistake() {
        let text = "dbkit::schema! { tabel a (id) { id -> Int4 }
            table b (idd) { id -> Int4, #[uniqe] x -> Text, x -> Text, #[max_length = \"a\"] y -> Text, z Text }
            enum E { A, A } }";
        let codes: Vec<_> =
            parse_file(text).err().unwrap_or_default().iter().map(|e| e.code).collect();
        let expected = [
            "syntax",
            "syntax",
            "duplicate-name",
            "unknown-attribute",
            "attribute-arguments",
            "unknown-column",
            "duplicate-label",
        ];
        assert_eq!(codes, expected);
    }
}
