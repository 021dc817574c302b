use crate::names::{foreign, ident, text, ty};
use dbkit_syntax::ast::{Item, KeyList, Schema, TableDef, TypeTree};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// What `diesel::table!` consumes itself.
const DIESELS: &[&str] = &["sql_name", "max_length"];

/// `diesel::table!` for one table; nothing for a table without a primary key.
pub fn expand(table: &TableDef, schema: &Schema) -> TokenStream {
    let keys: Vec<Ident> = match &table.primary_key {
        KeyList::Default => vec![Ident::new("id", Span::call_site())],
        KeyList::Columns(keys) if keys.is_empty() => return TokenStream::new(),
        KeyList::Columns(keys) => keys.iter().map(ident).collect(),
    };
    let enums = schema.items.iter().filter_map(|item| match item {
        Item::Enum(item) if table.columns.iter().any(|c| uses(&c.ty, &item.name.text)) => {
            Some(ident(&item.name))
        }
        _ => None,
    });
    let uses = &schema.uses;
    let attributes = foreign(&table.attributes, DIESELS);
    let name = ident(&table.name);
    let prefix = schema_name(table).map(|schema| quote! { #schema. });
    let columns = table.columns.iter().map(|column| {
        let attributes = foreign(&column.attributes, DIESELS);
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
fn schema_name(table: &TableDef) -> Option<Ident> {
    let written = match text(&table.attributes, "schema") {
        Some(schema) => Some((schema, table.name.span)),
        None => table.schema.as_ref().map(|name| (name.text.as_str(), name.span)),
    };
    let (schema, span) = written.filter(|(schema, _)| !matches!(*schema, "public" | "main"))?;
    syn::parse_str::<Ident>(schema).ok().map(|_| Ident::new(schema, span))
}

/// True when the type is the enum, or holds it: `Nullable<Array<Mood>>`.
fn uses(ty: &TypeTree, name: &str) -> bool {
    (ty.path.len() == 1 && ty.last() == name) || ty.arguments.iter().any(|ty| uses(ty, name))
}
