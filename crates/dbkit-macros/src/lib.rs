//! `schema!`: Diesel's items from dbkit's schema language.

mod embed;
mod enums;
mod json;
mod names;
mod relations;
mod repository;
mod tables;

use dbkit_syntax::ast::{ErrorPlace, Item, Schema, SyntaxError};
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

/// Tables and enums, written once: expands to plain Diesel items and is read by dbkit.
///
/// - a `table` becomes `diesel::table!`, without the attributes Diesel does not know. One without a
///   primary key, `table t () { … }`, becomes nothing: Diesel cannot address it.
/// - an `enum` becomes a Rust enum that is its own SQL type, with `ToSql` and `FromSql` for every
///   backend, `as_str`, `ALL` and `Display`.
/// - a foreign key of one column to the primary key of a table in the same block becomes
///   `diesel::joinable!`, unless two tables refer to one another more than once.
/// - all tables may appear in the same query.
///
/// ```ignore
/// dbkit::schema! {
///     enum Mood { Happy, Sad }
///
///     #[index(mood)]
///     table people (id) {
///         id -> Integer,
///         #[default = "'happy'"]
///         mood -> Mood,
///     }
/// }
/// ```
///
/// The attributes are described in docs/schema-language.md.
#[proc_macro]
pub fn schema(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    match dbkit_syntax::parse_schema(input.into()).and_then(tables::possible) {
        Ok(schema) => expand(&schema).into(),
        Err(errors) => errors.iter().map(compile_error).collect::<TokenStream>().into(),
    }
}

/// Puts a folder of migrations into the program: a `&'static [dbkit::EmbeddedMigration]` for
/// `dbkit::Migrator`. The path is relative to the package's `Cargo.toml`; without one it is
/// `migrations`.
///
/// ```ignore
/// let migrator = dbkit::Migrator::embedded(dbkit::embed_migrations!("migrations"))?;
/// ```
///
/// Cargo notices edited files by itself; to notice new folders, too, it wants a `build.rs` with
/// `println!("cargo:rerun-if-changed=migrations");`.
#[proc_macro]
pub fn embed_migrations(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    embed::expand(input.into())
        .unwrap_or_else(|message| quote! { ::core::compile_error! { #message } })
        .into()
}

/// The queries that every table wants, as functions of a unit struct, typed by the schema:
/// `find_by_id`, `find_by_ids`, `exists`, `count`, `page`, `delete`, with `new` also `insert` and
/// `insert_many`, with `changes` also `update`.
///
/// ```ignore
/// #[derive(dbkit::Repository)]
/// #[repository(table = shops, entity = Shop, id = i32, new = NewShop, changes = ShopChanges,
///     connection = diesel::PgConnection)]
/// struct Shops;
/// ```
///
/// `key` names the key's column where it is not `id`; a key of several is `key = (order_id, line)`, `id = (i32,
/// String)`. Keys of text are `id = &str`. With `tenant = shop_id, tenant_id = String` every
/// function takes the tenant first: it sees and writes only rows of that tenant, and `new` has no such
/// column. Where no policy does it (SQLite), this is what keeps tenants apart.
#[proc_macro_derive(Repository, attributes(repository))]
pub fn repository(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    repository::expand(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// A type that serde reads and writes, as the value of a `Jsonb` column: Diesel's `ToSql`, `FromSql`,
/// `AsExpression` and `Queryable`, on PostgreSQL and on SQLite.
///
/// ```ignore
/// #[derive(serde::Serialize, serde::Deserialize, dbkit::Jsonb)]
/// struct Brief {
///     vision: String,
///     #[serde(default)]
///     features: Vec<String>,
/// }
/// ```
///
/// A field of a `Queryable` or `Insertable` is then a `Brief`, or an `Option<Brief>` where the column
/// may be NULL. What stands in the column and is no `Brief` is an error that says what is missing. For
/// `serde_json::Value` itself nothing has to be derived: that is Diesel's.
#[proc_macro_derive(Jsonb)]
pub fn jsonb(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    json::expand(&input, "Jsonb", "write_jsonb").unwrap_or_else(|e| e.to_compile_error()).into()
}

/// As the derive `Jsonb`, for a `Json` column. A type has one of the two.
#[proc_macro_derive(Json)]
pub fn json(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    json::expand(&input, "Json", "write_json").unwrap_or_else(|e| e.to_compile_error()).into()
}

fn expand(schema: &Schema) -> TokenStream {
    let mut out = TokenStream::new();
    for item in &schema.items {
        match item {
            Item::Enum(item) => out.extend(enums::expand(item)),
            Item::Table(table) => out.extend(tables::expand(table, schema)),
            Item::Joinable(_) | Item::SqlType(_) => {}
        }
    }
    out.extend(relations::expand(schema));
    out
}

/// The mistake where it was made, with the next action.
fn compile_error(error: &SyntaxError) -> TokenStream {
    let mut message = error.message.clone();
    if let Some(label) = &error.label {
        message.push_str(&format!(" ({label})"));
    }
    if let Some(help) = &error.help {
        message.push_str(&format!("\nhelp: {help}"));
    }
    match &error.place {
        ErrorPlace::Tokens(span) => {
            let span: Span = *span;
            quote_spanned! { span => ::core::compile_error! { #message } }
        }
        ErrorPlace::Bytes(_) => quote! { ::core::compile_error! { #message } },
    }
}
