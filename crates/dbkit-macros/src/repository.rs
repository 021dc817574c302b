//! `#[derive(Repository)]`

use proc_macro2::TokenStream;
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{DeriveInput, Ident, Path, Token, Type};

/// One `name = …` of the attribute.
struct Setting {
    name: Ident,
    value: Value,
}

enum Value {
    Path(Box<Path>),
    Key(Vec<Ident>),
    Type(Box<Type>),
}

impl syn::parse::Parse for Setting {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        let name: Ident = input.parse()?;
        input.parse::<Token![=]>()?;
        let value = match name.to_string().as_str() {
            "table" | "tenant" => Value::Path(Box::new(input.parse()?)),
            "key" => Value::Key(key(input)?),
            "entity" | "id" | "new" | "changes" | "connection" | "tenant_id" => {
                Value::Type(Box::new(input.parse()?))
            }
            other => {
                let known = "table, entity, key, id, new, changes, connection, tenant, tenant_id";
                return Err(syn::Error::new(name.span(), format!("`{other}` is none of {known}")));
            }
        };
        Ok(Self { name, value })
    }
}

/// `id`, or `(order_id, line)`.
fn key(input: syn::parse::ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    if !input.peek(syn::token::Paren) {
        return Ok(vec![input.parse()?]);
    }
    let list;
    let span = syn::parenthesized!(list in input).span.join();
    let columns = Punctuated::<Ident, Token![,]>::parse_terminated(&list)?;
    if columns.is_empty() {
        return Err(syn::Error::new(span, "a key has at least one column"));
    }
    Ok(columns.into_iter().collect())
}

/// What the attribute says.
struct Settings {
    list: Vec<Setting>,
    owner: Ident,
}

impl Settings {
    fn path(&self, name: &str) -> Option<&Path> {
        self.list.iter().find_map(|setting| match &setting.value {
            Value::Path(path) if setting.name == name => Some(&**path),
            _ => None,
        })
    }

    fn key(&self) -> Vec<Ident> {
        let named = self.list.iter().find_map(|setting| match &setting.value {
            Value::Key(columns) => Some(columns.clone()),
            _ => None,
        });
        named.unwrap_or_else(|| vec![Ident::new("id", self.owner.span())])
    }

    fn ty(&self, name: &str) -> Option<&Type> {
        self.list.iter().find_map(|setting| match &setting.value {
            Value::Type(ty) if setting.name == name => Some(&**ty),
            _ => None,
        })
    }

    fn missing(&self, example: &str) -> syn::Error {
        self.wrong(&format!("write #[repository({example}, …)]"))
    }

    fn wrong(&self, message: &str) -> syn::Error {
        syn::Error::new(self.owner.span(), message)
    }
}

/// A type that cannot be a tuple by another name.
fn is_plain(name: &Ident) -> bool {
    ["i16", "i32", "i64", "u32", "bool", "String"].iter().any(|plain| name == plain)
}

/// The columns of the key, in its order.
struct Key<'s> {
    columns: Vec<Ident>,
    table: &'s Path,
}

impl Key<'_> {
    /// The parts of a value: itself, or the fields of a tuple.
    fn parts(&self, value: &TokenStream) -> Vec<(TokenStream, TokenStream)> {
        let table = self.table;
        let single = self.columns.len() == 1;
        let parts = self.columns.iter().enumerate().map(|(at, column)| {
            let at = syn::Index::from(at);
            let part = if single { quote!(#value) } else { quote!(#value.#at) };
            (quote!(#table::#column), part)
        });
        parts.collect()
    }

    /// The row of `id`.
    fn is(&self) -> TokenStream {
        let parts = self.parts(&quote!(id)).into_iter();
        let same =
            parts.map(|(column, part)| quote!(diesel::ExpressionMethods::eq(#column, #part)));
        same.reduce(|all, one| quote!(diesel::BoolExpressionMethods::and(#all, #one)))
            .unwrap_or_default()
    }

    /// The rows of `part`, and how many may be asked for at once.
    fn among(&self, connection: &Type) -> (TokenStream, usize) {
        let table = self.table;
        if let [column] = self.columns.as_slice() {
            return (quote!(#table::#column.eq_any(part)), 30_000);
        }
        // Neither database has a typed list of tuples in Diesel; conditions nest as deep as there are
        // keys, and SQLite allows for 1,000.
        let id: Ident = Ident::new("id", proc_macro2::Span::call_site());
        let same = self.parts(&quote!(#id)).into_iter().map(|(column, part)| {
            quote!(diesel::ExpressionMethods::eq(#column, ::core::clone::Clone::clone(&#part)))
        });
        let same = same.reduce(|all, one| quote!(diesel::BoolExpressionMethods::and(#all, #one)));
        let among = quote!({
            let mut any: ::std::boxed::Box<
                dyn diesel::BoxableExpression<
                    #table::table,
                    <#connection as diesel::Connection>::Backend,
                    SqlType = diesel::sql_types::Bool,
                >,
            > = ::std::boxed::Box::new(diesel::dsl::sql::<diesel::sql_types::Bool>("1 = 0"));
            for #id in part {
                any = ::std::boxed::Box::new(diesel::BoolExpressionMethods::or(any, #same));
            }
            any
        });
        (among, 300)
    }

    /// Rows behind `after`: the first column is behind, or the same and the second is behind …
    fn behind(&self) -> TokenStream {
        let clone = |part: &TokenStream| quote!(::core::clone::Clone::clone(&#part));
        let mut parts = self.parts(&quote!(after));
        let Some((column, part)) = parts.pop() else { return TokenStream::new() };
        let mut behind = quote!(diesel::ExpressionMethods::gt(#column, #part));
        while let Some((column, part)) = parts.pop() {
            let (greater, same) = (clone(&part), clone(&part));
            behind = quote!(diesel::BoolExpressionMethods::or(
                diesel::ExpressionMethods::gt(#column, #greater),
                diesel::BoolExpressionMethods::and(
                    diesel::ExpressionMethods::eq(#column, #same),
                    #behind
                )
            ));
        }
        behind
    }

    fn order(&self) -> TokenStream {
        let table = self.table;
        if let [column] = self.columns.as_slice() {
            return quote!(#table::#column);
        }
        let columns = self.columns.iter().map(|column| quote!(#table::#column));
        quote!((#(#columns,)*))
    }
}

pub(super) fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let mut settings = Settings { list: Vec::new(), owner: input.ident.clone() };
    for attribute in input.attrs.iter().filter(|a| a.path().is_ident("repository")) {
        let parser = Punctuated::<Setting, Token![,]>::parse_terminated;
        for setting in attribute.parse_args_with(parser)? {
            if settings.list.iter().any(|known| known.name == setting.name) {
                let message = format!("`{}` is there twice", setting.name);
                return Err(syn::Error::new(setting.name.span(), message));
            }
            settings.list.push(setting);
        }
    }
    if let syn::Data::Enum(_) | syn::Data::Union(_) = &input.data {
        return Err(settings.wrong("a repository is a struct: `struct Shops;`"));
    }
    let table = settings.path("table").ok_or_else(|| settings.missing("table = shops"))?;
    let entity = settings.ty("entity").ok_or_else(|| settings.missing("entity = Shop"))?;
    let id = settings.ty("id").ok_or_else(|| settings.missing("id = i32"))?;
    let connection = settings
        .ty("connection")
        .ok_or_else(|| settings.missing("connection = diesel::PgConnection"))?;
    let key = Key { columns: settings.key(), table };
    // A name may stand for a tuple; what is written out can be counted.
    let parts = match id {
        Type::Path(path) if path.path.get_ident().is_none_or(|name| !is_plain(name)) => None,
        Type::Tuple(tuple) => Some(tuple.elems.len()),
        _ => Some(1),
    };
    if parts.is_some_and(|parts| parts != key.columns.len()) {
        let message = match key.columns.len() {
            1 => "the key has one column: `id` is one type, no tuple".to_owned(),
            number => format!("the key has {number} columns: `id` is a tuple of as many types"),
        };
        return Err(syn::Error::new_spanned(id, message));
    }
    let tenant = match (settings.path("tenant"), settings.ty("tenant_id")) {
        (None, None) => None,
        (Some(column), Some(ty)) => Some((column, ty)),
        _ => return Err(settings.missing("tenant = shop_id, tenant_id = String")),
    };
    let (argument, mine) = match tenant {
        Some((column, ty)) => (
            quote!(tenant: &#ty,),
            quote!(.filter(diesel::ExpressionMethods::eq(#table::#column, tenant))),
        ),
        None => (quote!(), quote!()),
    };
    let scope = quote!(#table::table #mine);
    let same = key.is();
    let one = quote!(diesel::QueryDsl::filter(#scope, #same));
    let new = settings.ty("new").map(|new| inserts(new, table, entity, connection, tenant));
    let changes = settings.ty("changes").map(|changes| {
        quote! {
            /// Changes the row of that key. False when there is none.
            pub fn update(connection: &mut #connection, #argument id: #id, changes: &#changes)
                -> diesel::QueryResult<bool>
            {
                use diesel::prelude::*;
                let changed = diesel::update(#one).set(changes).execute(connection)?;
                Ok(changed > 0)
            }
        }
    });
    let owner = &input.ident;
    let (among, at_once) = key.among(connection);
    let behind = key.behind();
    let order = key.order();
    Ok(quote! {
        impl #owner {
            /// The row of that key.
            pub fn find_by_id(connection: &mut #connection, #argument id: #id)
                -> diesel::QueryResult<::core::option::Option<#entity>>
            {
                use diesel::prelude::*;
                #one.select(<#entity>::as_select()).first(connection).optional()
            }

            /// The rows of those keys, in the order of the key; those that are not there are left out.
            pub fn find_by_ids(connection: &mut #connection, #argument ids: &[#id])
                -> diesel::QueryResult<::std::vec::Vec<#entity>>
            {
                use diesel::prelude::*;
                let mut found = ::std::vec::Vec::new();
                for part in ids.chunks(#at_once) {
                    let rows: ::std::vec::Vec<#entity> = #scope
                        .filter(#among)
                        .order(#order)
                        .select(<#entity>::as_select())
                        .load(connection)?;
                    found.extend(rows);
                }
                Ok(found)
            }

            /// Whether there is a row of that key.
            pub fn exists(connection: &mut #connection, #argument id: #id) -> diesel::QueryResult<bool> {
                use diesel::prelude::*;
                diesel::select(diesel::dsl::exists(#one)).get_result(connection)
            }

            /// How many rows there are.
            pub fn count(connection: &mut #connection, #argument) -> diesel::QueryResult<i64> {
                use diesel::prelude::*;
                #scope.count().get_result(connection)
            }

            /// At most `limit` rows in the order of the key, those behind `after`. The key of the last one
            /// leads to the next page, which costs no more than the first.
            pub fn page(connection: &mut #connection, #argument after: ::core::option::Option<#id>, limit: i64)
                -> diesel::QueryResult<::std::vec::Vec<#entity>>
            {
                use diesel::prelude::*;
                let query = #scope.order(#order).limit(limit).select(<#entity>::as_select());
                match after {
                    Some(after) => query.filter(#behind).load(connection),
                    None => query.load(connection),
                }
            }

            /// Deletes the row of that key. False when there is none.
            pub fn delete(connection: &mut #connection, #argument id: #id) -> diesel::QueryResult<bool> {
                use diesel::prelude::*;
                Ok(diesel::delete(#one).execute(connection)? > 0)
            }

            #new
            #changes
        }
    })
}

fn inserts(
    new: &Type,
    table: &Path,
    entity: &Type,
    connection: &Type,
    tenant: Option<(&Path, &Type)>,
) -> TokenStream {
    // The tenant's column is written here, so that no caller can write another's.
    let (argument, row) = match tenant {
        Some((column, ty)) => (
            quote!(tenant: &#ty,),
            quote!((new, diesel::ExpressionMethods::eq(#table::#column, tenant))),
        ),
        None => (quote!(), quote!(new)),
    };
    quote! {
        /// Inserts a row and returns it as it is in the database.
        pub fn insert(connection: &mut #connection, #argument new: &#new) -> diesel::QueryResult<#entity> {
            use diesel::prelude::*;
            diesel::insert_into(#table::table)
                .values(#row)
                .returning(<#entity>::as_returning())
                .get_result(connection)
        }

        /// Inserts rows, as many at once as the database takes parameters. Returns their number. In a
        /// unit of work all of them are inserted or none.
        pub fn insert_many(connection: &mut #connection, #argument rows: &[#new]) -> diesel::QueryResult<usize> {
            use diesel::prelude::*;
            let Some(new) = rows.first() else { return Ok(0) };
            let first = diesel::insert_into(#table::table).values(#row);
            let first = diesel::debug_query::<<#connection as diesel::Connection>::Backend, _>(&first);
            let size = ::dbkit::app::rows_at_once::<#connection>(&first.to_string());
            let mut inserted = 0;
            for part in rows.chunks(size) {
                let part: ::std::vec::Vec<_> = part.iter().map(|new| #row).collect();
                inserted += diesel::insert_into(#table::table).values(part).execute(connection)?;
            }
            Ok(inserted)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::expand;

    /// What the compiler says of it; empty where it says nothing.
    #[allow(clippy::unwrap_used)]
    fn told(text: &str) -> String {
        expand(&syn::parse_str(text).unwrap()).err().map(|e| e.to_string()).unwrap_or_default()
    }

    #[test]
    fn mistakes_say_what_to_write() {
        for (text, wanted) in [
            ("struct S;", "write #[repository(table = shops, …)]"),
            ("#[repository(table = shops)] struct S;", "entity = Shop"),
            ("#[repository(table = shops, entity = Shop)] struct S;", "id = i32"),
            (
                "#[repository(table = shops, entity = Shop, id = i32)] struct S;",
                "connection = diesel::PgConnection",
            ),
            ("#[repository(tabel = shops)] struct S;", "`tabel` is none of table, entity, key"),
            ("#[repository(table = a, table = b)] struct S;", "`table` is there twice"),
            ("#[repository(key = ())] struct S;", "at least one column"),
            (
                "#[repository(table = t, entity = E, id = i32, connection = C, tenant = shop_id)] struct S;",
                "tenant = shop_id, tenant_id = String",
            ),
            (
                "#[repository(table = t, entity = E, id = i32, connection = C)] enum S { A }",
                "a repository is a struct",
            ),
            (
                "#[repository(table = t, entity = E, key = (a, b), id = i32, connection = C)] struct S;",
                "`id` is a tuple of as many",
            ),
            (
                "#[repository(table = t, entity = E, key = (a, b), id = (i32, i32), connection = C)] struct S;",
                "",
            ),
        ] {
            let told = told(text);
            assert!(
                told.contains(wanted) && told.is_empty() == wanted.is_empty(),
                "{text}: {told}"
            );
        }
    }
}
