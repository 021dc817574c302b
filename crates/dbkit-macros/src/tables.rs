use crate::names::{foreign, ident, text, ty};
use dbkit_syntax::ast::{
    Attribute, Item, KeyList, Schema, SyntaxError, TableDef, Term, TermKind, TypeTree,
};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

/// True when Diesel can name the table's rows: it has a primary key, and the name of its schema is
/// a Rust identifier, which is all `diesel::table!` takes. Without its schema another table might
/// be meant.
pub fn is_addressable(table: &TableDef) -> bool {
    let keyless = matches!(&table.primary_key, KeyList::Columns(keys) if keys.is_empty());
    !keyless && written_schema(table).is_none_or(|schema| syn::parse_str::<Ident>(schema).is_ok())
}

/// A variable of the code `diesel::table!` makes: a column of that name would be taken for it.
const DIESELS_VARIABLE: &str = "q";

/// The schema, unless Diesel would fail on it with words nobody understands.
pub fn possible(schema: Schema) -> Result<Schema, Vec<SyntaxError>> {
    let tables = schema.items.iter().filter_map(|item| match item {
        Item::Table(table) if is_addressable(table) => Some(table),
        _ => None,
    });
    let columns = tables.flat_map(|table| &table.columns);
    let errors: Vec<SyntaxError> = columns
        .filter(|column| column.name.text == DIESELS_VARIABLE)
        .map(|column| {
            let message = "Diesel cannot have a column `q` in Rust";
            SyntaxError::new("reserved-name", message, column.name.span)
                .help("call it `q_`, with #[sql_name = \"q\"] before it")
        })
        .collect();
    if errors.is_empty() { Ok(schema) } else { Err(errors) }
}

/// `diesel::table!` for one table; nothing for one Diesel cannot address.
pub fn expand(table: &TableDef, schema: &Schema) -> TokenStream {
    if !is_addressable(table) {
        return TokenStream::new();
    }
    let keys: Vec<Ident> = match &table.primary_key {
        KeyList::Default => vec![Ident::new("id", Span::call_site())],
        KeyList::Columns(keys) => keys.iter().map(ident).collect(),
    };
    let enums = schema.items.iter().filter_map(|item| match item {
        Item::Enum(item) if table.columns.iter().any(|c| uses(&c.ty, &item.name.text)) => {
            Some(ident(&item.name))
        }
        _ => None,
    });
    let uses = &schema.uses;
    let attributes = passed_on(&table.attributes);
    let name = ident(&table.name);
    let prefix = written_schema(table).map(|schema| {
        let schema = Ident::new(schema, table.name.span);
        quote! { #schema. }
    });
    let columns = table.columns.iter().map(|column| {
        let attributes = passed_on(&column.attributes);
        let (name, ty) = (ident(&column.name), ty(&column.ty));
        quote! { #attributes #name -> #ty, }
    });
    quote! {
        ::diesel::table! {
            use ::diesel::sql_types::*;
            #(use super::#enums;)*
            #(use #uses;)*

            #attributes
            #prefix #name (#(#keys),*) {
                #(#columns)*
            }
        }
    }
}

/// The schema Diesel qualifies the table with; the default schemas are left out, so that the name
/// follows `search_path` as it does in migrations.
fn written_schema(table: &TableDef) -> Option<&str> {
    text(&table.attributes, "schema")
        .or_else(|| table.schema.as_ref().map(|name| name.text.as_str()))
        .filter(|schema| !matches!(*schema, "public" | "main"))
}

/// Rust's own attributes, and what `diesel::table!` reads, in the one form it reads.
fn passed_on(attributes: &[Attribute]) -> TokenStream {
    let own = foreign(attributes);
    let name = text(attributes, "sql_name").map(|name| quote! { #[sql_name = #name] });
    let length = attributes.iter().find(|attribute| attribute.name.text == "max_length");
    let length = length.and_then(Attribute::value).and_then(|term| match term {
        Term { kind: TermKind::Integer(length), .. } => {
            let length = Literal::i64_unsuffixed(*length);
            Some(quote! { #[max_length = #length] })
        }
        _ => None,
    });
    quote! { #own #name #length }
}

/// True when the type is the enum, or holds it: `Nullable<Array<Mood>>`.
fn uses(ty: &TypeTree, name: &str) -> bool {
    (ty.path.len() == 1 && ty.last() == name) || ty.arguments.iter().any(|ty| uses(ty, name))
}
